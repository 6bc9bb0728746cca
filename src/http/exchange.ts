// A request and the headers of its answer as the checks of a route need them, whoever carries it: Hono, or Node directly.
import type { IncomingMessage } from 'node:http';
import type { Context } from 'hono';
import type { HttpEnv } from './env.ts';

export interface Exchange {
  /** A header of the request; `name` in lower case. */
  header(name: string): string | undefined;
  /** Sets a header of the answer; `name` in lower case. */
  set(name: string, value: string): void;
  /** Node's request; undefined in process. */
  readonly incoming: IncomingMessage | undefined;
  /** The body where there is no Node request. */
  stream(): ReadableStream<Uint8Array> | null;
}

export function exchangeOf(c: Context<HttpEnv>): Exchange {
  return {
    header: (name) => c.req.header(name),
    set: (name, value) => c.header(name, value),
    incoming: c.env?.incoming,
    stream: () => c.req.raw.body,
  };
}
