import type { Life } from './process.ts';
export interface Answered {
  readonly status: number;
  readonly body: unknown;
  /** The life that answered. */
  readonly life: Life;
  /** When the whole answer was here, epoch milliseconds. */
  readonly at: number;
}
/** The harness ends: nobody answers any more. */
export declare class Ended extends Error {}
export declare class KillClient {
  #private;
  /** Requests that got no answer. */
  lost: number;
  attach(life: Life, url: string): void;
  detach(): Promise<void>;
  end(): void;
  /** One attempt on whichever life is up; null when nobody knows what became of it. */
  once(
    method: 'GET' | 'POST',
    path: string,
    body?: unknown,
    headers?: Readonly<Record<string, string>>,
  ): Promise<Answered | null>;
  /** Repeats until there is an answer that is not "later". */
  sure(
    method: 'GET' | 'POST',
    path: string,
    body?: unknown,
    headers?: Readonly<Record<string, string>>,
  ): Promise<Answered>;
}
