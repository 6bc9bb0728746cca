// A real HTTP server that keeps what it receives and answers, hangs or breaks off as it is told.
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import type { TestCertificate } from './certificate.ts';

export interface ReceivedRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** When the whole body was here, epoch milliseconds. */
  readonly at: number;
}

/**
 * - `hang`: reads the request and never answers.
 * - `reset`: breaks the connection off (RST) after reading the request, unanswered; also a lost reply.
 * - `cut`: answers 200 with a body shorter than announced, then breaks off.
 */
export type ReceiverAnswer =
  | { readonly status: number; readonly headers?: Readonly<Record<string, string>>; readonly body?: string }
  | 'hang'
  | 'reset'
  | 'cut';

export interface ReceiverOptions {
  /** Decides the answer; 200 unless given. `count` is 1 for the first request. */
  readonly handler?: (request: ReceivedRequest, count: number) => ReceiverAnswer | Promise<ReceiverAnswer>;
  /** How many requests are kept; the oldest go first. */
  readonly keep?: number;
  readonly port?: number;
  /** Speaks TLS with this certificate; clients have to call it `localhost`. */
  readonly tls?: TestCertificate;
}

export interface Receiver {
  /** `http://127.0.0.1:<port>`, or `https://localhost:<port>` */
  readonly url: string;
  readonly port: number;
  /** The requests kept, oldest first. */
  readonly received: readonly ReceivedRequest[];
  /** How many requests came in all. */
  readonly count: number;
  /** The first requests that are still kept, once at least `n` have come. */
  waitFor(n: number): Promise<readonly ReceivedRequest[]>;
  /** Ends every connection, also those that hang. */
  close(): Promise<void>;
}

export async function startReceiver(options: ReceiverOptions = {}): Promise<Receiver> {
  const keep = options.keep ?? 100_000;
  const received: ReceivedRequest[] = [];
  const waiting: { readonly n: number; readonly resolve: () => void }[] = [];
  const sockets = new Set<Socket>();
  let count = 0;

  const onRequest = (request: IncomingMessage, response: ServerResponse) => {
    handle(request, response).catch((error: unknown) => {
      // The peer went away in the middle of its request; nothing was received.
      response.destroy(error instanceof Error ? error : undefined);
    });
  };
  const server = options.tls ? createSecureServer(options.tls, onRequest) : createServer(onRequest);
  server.keepAliveTimeout = 60_000;
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Uint8Array[] = [];
    for await (const chunk of request as AsyncIterable<Uint8Array>) chunks.push(chunk);
    const entry: ReceivedRequest = {
      method: request.method ?? '',
      path: request.url ?? '',
      headers: Object.fromEntries(
        Object.entries(request.headers).map(([name, value]) => [name, String(value)]),
      ),
      body: Buffer.concat(chunks).toString('utf8'),
      at: Date.now(),
    };
    count += 1;
    received.push(entry);
    if (received.length > keep) received.shift();
    const answer = (await options.handler?.(entry, count)) ?? { status: 200 };
    for (let i = waiting.length - 1; i >= 0; i--) {
      if (waiting[i]!.n <= count) waiting.splice(i, 1)[0]!.resolve();
    }
    answerWith(answer, request, response);
  }

  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port ?? 0, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;

  return {
    url: options.tls ? `https://localhost:${port}` : `http://127.0.0.1:${port}`,
    port,
    received,
    get count() {
      return count;
    },
    async waitFor(n) {
      if (count < n) await new Promise<void>((resolve) => waiting.push({ n, resolve }));
      return received;
    },
    close: () =>
      new Promise((resolve, reject) => {
        server.close((error) => (error === undefined ? resolve() : reject(error)));
        for (const socket of sockets) socket.destroy();
      }),
  };
}

function answerWith(answer: ReceiverAnswer, request: IncomingMessage, response: ServerResponse): void {
  if (answer === 'hang') return;
  if (answer === 'reset') {
    request.socket.resetAndDestroy();
    return;
  }
  if (answer === 'cut') {
    response.writeHead(200, { 'content-length': '1000' });
    response.write('half', () => request.socket.destroy());
    return;
  }
  response.writeHead(answer.status, answer.headers);
  response.end(answer.body ?? '');
}
