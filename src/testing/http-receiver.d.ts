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
  | {
      readonly status: number;
      readonly headers?: Readonly<Record<string, string>>;
      readonly body?: string;
    }
  | 'hang'
  | 'reset'
  | 'cut';
export interface ReceiverOptions {
  /** Decides the answer; 200 unless given. `count` is 1 for the first request. */
  readonly handler?: (request: ReceivedRequest, count: number) => ReceiverAnswer | Promise<ReceiverAnswer>;
  /** How many requests are kept; the oldest go first. */
  readonly keep?: number;
  readonly port?: number;
}
export interface Receiver {
  /** `http://127.0.0.1:<port>` */
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
export declare function startReceiver(options?: ReceiverOptions): Promise<Receiver>;
