// Reads of the sample history beside the main thread: one thread, started with the first question, ended when nobody
// asks any more. A question has two seconds; then, or when who asked went away, the thread is ended under it.
import type { Worker } from 'node:worker_threads';
import type { Clock, Timer } from '../clock.ts';
import { ApiError } from '../errors.ts';
import type { RangeAnswer, RangeQuery, SeriesAnswer, SeriesQuery } from './range-read.ts';
import type { FromReads, ToReads } from './reads-messages.ts';
import { startThread } from './threads.ts';

export interface HistoryReader {
  /**
   * Samples of the last second may not be in it yet. Rejects with ApiError `query_timeout`, `query_too_large`,
   * `overloaded` or `unavailable`, and with the signal's reason.
   */
  readRange(query: RangeQuery, signal?: AbortSignal): Promise<RangeAnswer>;
  listSeries(query: SeriesQuery, signal?: AbortSignal): Promise<SeriesAnswer>;
  close(): void;
}

export interface ReaderOptions {
  /** `samples.db`; it exists. */
  readonly file: string;
  readonly clock: Clock;
}

const limitMs = 2_000;
const idleMs = 30_000;
const mostWaiting = 16;

interface Job {
  readonly ask: ToReads;
  settle(answer: FromReads): void;
  reject(error: unknown): void;
  readonly signal: AbortSignal | undefined;
  readonly onAbort: () => void;
}

class ThreadReader implements HistoryReader {
  readonly #options: ReaderOptions;
  #thread: Worker | null = null;
  #ready = false;
  #current: Job | null = null;
  readonly #waiting: Job[] = [];
  /** The limit of the current question, or the end of idleness. */
  #timer: Timer | null = null;
  #closed = false;

  constructor(options: ReaderOptions) {
    this.#options = options;
  }

  async readRange(query: RangeQuery, signal?: AbortSignal): Promise<RangeAnswer> {
    const answer = await this.#ask({ kind: 'range', query }, signal);
    if (answer.kind !== 'range') throw new Error(`a range was answered with ${answer.kind}`);
    return answer.answer;
  }

  async listSeries(query: SeriesQuery, signal?: AbortSignal): Promise<SeriesAnswer> {
    const answer = await this.#ask({ kind: 'list', query }, signal);
    if (answer.kind !== 'list') throw new Error(`a list was answered with ${answer.kind}`);
    return answer.answer;
  }

  close(): void {
    this.#closed = true;
    this.#end();
    const gone = new ApiError('unavailable');
    for (const job of this.#waiting.splice(0)) this.#finish(job, () => job.reject(gone));
    if (this.#current !== null) this.#settleCurrent((job) => job.reject(gone));
  }

  #ask(ask: ToReads, signal: AbortSignal | undefined): Promise<FromReads> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason);
      if (this.#closed) return reject(new ApiError('unavailable'));
      if (this.#waiting.length >= mostWaiting) return reject(new ApiError('overloaded', { retryAfter: 1 }));
      const job: Job = { ask, settle: resolve, reject, signal, onAbort: () => this.#abort(job) };
      signal?.addEventListener('abort', job.onAbort, { once: true });
      this.#waiting.push(job);
      this.#next();
    });
  }

  #next(): void {
    if (this.#current !== null || this.#closed) return;
    const job = this.#waiting.shift();
    this.#timer?.cancel();
    this.#timer = null;
    if (job === undefined) {
      if (this.#thread !== null) this.#after(idleMs, () => this.#end());
      return;
    }
    this.#current = job;
    this.#start().postMessage(job.ask);
    if (this.#ready) this.#limit();
  }

  #limit(): void {
    this.#after(limitMs, () => this.#giveUp(new ApiError('query_timeout')));
  }

  #after(ms: number, callback: () => void): void {
    const { clock } = this.#options;
    this.#timer = clock.at(clock.now() + ms, callback);
  }

  #start(): Worker {
    if (this.#thread !== null) return this.#thread;
    const thread = startThread('range-worker', { file: this.#options.file });
    this.#thread = thread;
    this.#ready = false;
    thread.on('message', (message: FromReads) => {
      if (this.#thread !== thread) return;
      if (message.kind === 'ready') {
        // Its start does not count: it waits for the processor, not for the question.
        this.#ready = true;
        if (this.#current !== null) this.#limit();
        return;
      }
      this.#settleCurrent((job) => {
        if (message.kind === 'too_many') job.reject(new ApiError('query_too_large'));
        else job.settle(message);
      });
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

  #abort(job: Job): void {
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

  #settleCurrent(settle: (job: Job) => void): void {
    const job = this.#current;
    if (job === null) return;
    this.#current = null;
    this.#finish(job, () => settle(job));
    this.#next();
  }

  #finish(job: Job, settle: () => void): void {
    job.signal?.removeEventListener('abort', job.onAbort);
    settle();
  }
}

export function openHistoryReader(options: ReaderOptions): HistoryReader {
  return new ThreadReader(options);
}
