// Grows models in a thread that runs only while there are some to grow. Where it breaks nothing is lost: a model that does
// not come grows where it is needed.
import type { Worker } from 'node:worker_threads';
import type { Model } from '../../analysis/detectors/index.ts';
import type { Clock, Timer } from '../clock.ts';
import { startThread } from '../ingest/threads.ts';
import type { Log } from '../log.ts';
import type { FromForest, ToForest } from './forest-messages.ts';
import type { Grower } from './grower.ts';

/** Orders under way; more grow where they are needed. Each is some 7 KiB, and ten milliseconds. */
const mostOpen = 512;
/** A thread that nobody asks ends after so long. */
const idleMs = 30_000;

export class ThreadGrower {
  readonly #clock: Pick<Clock, 'now' | 'at'>;
  readonly #log: Log;
  readonly #open = new Map<number, (model: Model | null) => void>();
  #thread: Worker | null = null;
  #timer: Timer | null = null;
  #next = 0;
  #closed = false;

  constructor(clock: Pick<Clock, 'now' | 'at'>, log: Log) {
    this.#clock = clock;
    this.#log = log;
  }

  readonly grow: Grower = (_training, order, grown) => {
    if (this.#closed || this.#open.size >= mostOpen) {
      grown(null);
      return;
    }
    this.#timer?.cancel();
    this.#timer = null;
    const id = this.#next++;
    this.#open.set(id, grown);
    this.#thread ??= this.#start();
    this.#thread.postMessage({ id, order } satisfies ToForest);
  };

  close(): void {
    this.#closed = true;
    this.#end(null);
  }

  #start(): Worker {
    const thread = startThread('forest-worker', null, { beside: import.meta.url });
    thread.on('message', ({ id, model }: FromForest) => {
      const grown = this.#open.get(id);
      this.#open.delete(id);
      grown?.(model);
      if (this.#open.size > 0) return;
      this.#timer = this.#clock.at(this.#clock.now() + idleMs, () => this.#end(null));
    });
    thread.on('error', (error) => this.#end(thread, error));
    thread.on('exit', () => this.#end(thread));
    return thread;
  }

  /** `ended`: the thread that is over by itself; null: it is not needed any more. */
  #end(ended: Worker | null, error?: unknown): void {
    if (ended !== null && ended !== this.#thread) return;
    if (error !== undefined) this.#log.warn('detectors.thread_failed', { error: String(error) });
    this.#timer?.cancel();
    this.#timer = null;
    const thread = this.#thread;
    this.#thread = null;
    if (ended === null) void thread?.terminate();
    for (const grown of this.#open.values()) grown(null);
    this.#open.clear();
  }
}
