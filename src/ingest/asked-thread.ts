// A thread that answers questions one at a time: started with the first, ended when nobody asks any more. A question has
// so long; then, or when who asked went away, the thread is ended under it.
import type { Worker } from 'node:worker_threads';
import type { Clock, Timer } from '../clock.ts';
import { ApiError } from '../errors.ts';

export interface AskedThreadOptions {
  /** Starts the thread. It says `{ kind: 'ready' }` once, and then one message for each question. */
  readonly start: () => Worker;
  readonly clock: Pick<Clock, 'now' | 'at'>;
  /** Milliseconds that a question may take. */
  readonly limitMs: number;
  /** Said when it took longer; the message of `query_timeout` unless given. */
  readonly tooLong?: string;
  /** Milliseconds after the last answer until the thread is ended; half a minute unless given. */
  readonly idleMs?: number;
}

const usualIdleMs = 30_000;
const mostWaiting = 16;

interface Job<Ask, Reply> {
  readonly ask: Ask;
  settle(answer: Reply): void;
  reject(error: unknown): void;
  readonly signal: AbortSignal | undefined;
  readonly onAbort: () => void;
}

export class AskedThread<Ask, Reply extends { readonly kind: string }> {
  readonly #options: AskedThreadOptions;
  #thread: Worker | null = null;
  #ready = false;
  #current: Job<Ask, Reply> | null = null;
  readonly #waiting: Job<Ask, Reply>[] = [];
  /** The limit of the current question, or the end of idleness. */
  #timer: Timer | null = null;
  #closed = false;

  constructor(options: AskedThreadOptions) {
    this.#options = options;
  }

  /** Rejects with ApiError `query_timeout`, `overloaded` or `unavailable`, and with the signal's reason. */
  ask(ask: Ask, signal?: AbortSignal): Promise<Exclude<Reply, { kind: 'ready' }>> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason);
      if (this.#closed) return reject(new ApiError('unavailable'));
      if (this.#waiting.length >= mostWaiting) return reject(new ApiError('overloaded', { retryAfter: 1 }));
      const settle = (answer: Reply) => resolve(answer as Exclude<Reply, { kind: 'ready' }>);
      const job: Job<Ask, Reply> = { ask, settle, reject, signal, onAbort: () => this.#abort(job) };
      signal?.addEventListener('abort', job.onAbort, { once: true });
      this.#waiting.push(job);
      this.#next();
    });
  }

  close(): void {
    this.#closed = true;
    this.#end();
    const gone = new ApiError('unavailable');
    for (const job of this.#waiting.splice(0)) this.#finish(job, () => job.reject(gone));
    if (this.#current !== null) this.#settleCurrent((job) => job.reject(gone));
  }

  #next(): void {
    if (this.#current !== null || this.#closed) return;
    const job = this.#waiting.shift();
    this.#timer?.cancel();
    this.#timer = null;
    if (job === undefined) {
      const { idleMs = usualIdleMs } = this.#options;
      if (this.#thread !== null) this.#after(idleMs, () => this.#end());
      return;
    }
    this.#current = job;
    this.#start().postMessage(job.ask);
    if (this.#ready) this.#limit();
  }

  #limit(): void {
    const { limitMs, tooLong } = this.#options;
    const said = tooLong === undefined ? {} : { message: tooLong };
    this.#after(limitMs, () => this.#giveUp(new ApiError('query_timeout', said)));
  }

  #after(ms: number, callback: () => void): void {
    const { clock } = this.#options;
    this.#timer = clock.at(clock.now() + ms, callback);
  }

  #start(): Worker {
    if (this.#thread !== null) return this.#thread;
    const thread = this.#options.start();
    this.#thread = thread;
    this.#ready = false;
    thread.on('message', (message: Reply) => {
      if (this.#thread !== thread) return;
      if (message.kind === 'ready') {
        // Its start does not count: it waits for the processor, not for the question.
        this.#ready = true;
        if (this.#current !== null) this.#limit();
        return;
      }
      this.#settleCurrent((job) => job.settle(message));
    });
    const broken = (error: unknown) => {
      if (this.#thread === thread) this.#giveUp(new ApiError('unavailable', { retryAfter: 1, cause: error }));
    };
    thread.on('error', broken);
    thread.on('exit', (code) => broken(new Error(`the thread of reads ended with code ${code}`)));
    return thread;
  }

  /** Ends the thread; the next question starts another one. */
  #end(): void {
    const thread = this.#thread;
    this.#thread = null;
    this.#timer?.cancel();
    this.#timer = null;
    void thread?.terminate();
  }

  #giveUp(error: ApiError): void {
    this.#end();
    if (this.#current !== null) this.#settleCurrent((job) => job.reject(error));
  }

  #abort(job: Job<Ask, Reply>): void {
    const place = this.#waiting.indexOf(job);
    if (place >= 0) {
      this.#waiting.splice(place, 1);
      job.reject(job.signal?.reason);
      return;
    }
    if (this.#current !== job) return;
    this.#end();
    this.#settleCurrent(() => job.reject(job.signal?.reason));
  }

  #settleCurrent(settle: (job: Job<Ask, Reply>) => void): void {
    const job = this.#current;
    if (job === null) return;
    this.#current = null;
    this.#finish(job, () => settle(job));
    this.#next();
  }

  #finish(job: Job<Ask, Reply>, settle: () => void): void {
    job.signal?.removeEventListener('abort', job.onAbort);
    settle();
  }
}
