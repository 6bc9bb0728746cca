// Serves the routes that allow it from Node's own request and answer: a web Request and Response cost more than one
// sample. Route, checks, limits, headers and errors are the same ones; what is in any way unusual is left to Hono.
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Exchange } from './exchange.ts';
import { failureOf } from './failure.ts';
import { requestIdOf, secureHeaders } from './headers.ts';
import type { HttpMetrics } from './http-metrics.ts';
import type { HttpDeps, Route } from './route.ts';

/** Takes a request over and answers it; false when it is not for this. */
export type Direct = (incoming: IncomingMessage, outgoing: ServerResponse) => boolean;

export function directly(routes: readonly Route[], deps: HttpDeps, measured: HttpMetrics): Direct {
  // By path as it is written in the request: a query or an escape in it is unusual.
  const byPath = new Map(
    routes.filter((route) => route.direct !== null).map((route) => [route.path as string, route]),
  );
  return (incoming, outgoing) => {
    const route = byPath.get(incoming.url ?? '');
    if (route === undefined || route.method.toUpperCase() !== incoming.method) return false;
    if (!isPlain(incoming, deps.limits.ingestBytes)) return false;
    void serve(route, incoming, outgoing, deps, measured);
    return true;
  };
}

/** Without a body, or with one of a length that is allowed: Node never reads more than was announced, so nobody has to watch. */
function isPlain({ method, headers }: IncomingMessage, mostBytes: number): boolean {
  const announced = headers['content-length'];
  if (method === 'GET') return announced === undefined && headers['transfer-encoding'] === undefined;
  return Number(announced) <= mostBytes;
}

const headersOfEvery = [...secureHeaders.flat(), 'content-type', 'application/json'];

async function serve(
  route: Route,
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  deps: HttpDeps,
  measured: HttpMetrics,
): Promise<void> {
  const began = performance.now();
  const method = incoming.method ?? '';
  const exchange = new NodeExchange(incoming);
  const id = requestIdOf(exchange.header('x-request-id'), () => deps.services.newId());
  let answer: { readonly status: number; readonly body: unknown };
  try {
    answer = await route.direct!(exchange, deps);
  } catch (thrown) {
    const set = (name: string, value: string) => exchange.set(name, value);
    answer = failureOf(thrown, { id, method }, deps.log, set);
  }
  const text = JSON.stringify(answer.body);
  const headers = headersOfEvery.concat(
    exchange.answered,
    'x-request-id',
    id,
    'content-length',
    String(Buffer.byteLength(text)),
  );
  // Head and body leave in one write because the body is a string.
  outgoing.writeHead(answer.status, headers);
  outgoing.end(text);
  measured.observe(method, route.path, answer.status, (performance.now() - began) / 1_000);
}

class NodeExchange implements Exchange {
  readonly incoming: IncomingMessage;
  /** Headers of the answer: names and values in turn. */
  readonly answered: string[] = [];

  constructor(incoming: IncomingMessage) {
    this.incoming = incoming;
  }

  header(name: string): string | undefined {
    const value = this.incoming.headers[name];
    return typeof value === 'string' ? value : undefined;
  }

  set(name: string, value: string): void {
    this.answered.push(name, value);
  }

  stream(): null {
    return null;
  }
}
