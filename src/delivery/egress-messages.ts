// What the main thread and the thread of calls say to each other. Many calls and many outcomes go in one message: a message
// costs more than what is in it.
import type { HttpOutcome, HttpRequest } from '../../channels/http-exchange.ts';
import type { EgressDeadlines } from './egress.ts';

/** The way out, as another thread can be told of it. */
export interface EgressData {
  readonly allow: readonly string[];
  readonly proxy: {
    readonly host: string;
    readonly port: number;
    readonly username: string | null;
    readonly password: string | null;
  } | null;
  readonly deadlines?: Partial<EgressDeadlines>;
  readonly socketsPerOrigin?: number;
  readonly ca?: string;
}

export interface AskedCall extends Omit<HttpRequest, 'signal'> {
  readonly id: number;
}

export interface ToEgress {
  readonly calls: readonly AskedCall[];
  /** Ids of calls that nobody waits for any more: each gets its outcome all the same. */
  readonly aborted: readonly number[];
}

export type FromEgress =
  | { readonly kind: 'ready' }
  | { readonly kind: 'done'; readonly outcomes: readonly (readonly [id: number, outcome: HttpOutcome])[] };
