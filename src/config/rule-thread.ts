// The thread of the rule reader, from the side of whoever asks: one reading at a time, and it may be asked again.
import type { Worker } from 'node:worker_threads';
import { startThread } from '../ingest/threads.ts';
import type { FromRuleThread, RuleTask } from './rule-messages.ts';

/** A document is a hundred times its text while it is parsed. */
const memoryMb = 512;
/** Of a document most is garbage as soon as it is read: in a small nursery that costs half of the time. */
const youngMb = 64;

/** Whoever waits for a reading. */
export interface Asker {
  told(message: FromRuleThread): void;
  /** The thread is gone; why, in words. */
  failed(why: string): void;
}

export class RuleThread {
  readonly #worker: Worker;
  #asker: Asker | null = null;

  constructor() {
    this.#worker = startThread('rule-worker', null, { beside: import.meta.url, memoryMb, youngMb });
    this.#worker.on('message', (message: FromRuleThread) => this.#asker?.told(message));
    this.#worker.on('error', (error: NodeJS.ErrnoException) => {
      this.#fail(
        error.code === 'ERR_WORKER_OUT_OF_MEMORY'
          ? `they need more than ${memoryMb} MiB of memory; are they too large?`
          : error.message,
      );
    });
    this.#worker.on('exit', () => this.#fail('the thread ended'));
  }

  /** Somebody waits for it: it keeps the process alive. */
  ref(): void {
    this.#worker.ref();
  }

  ask(task: RuleTask, asker: Asker): void {
    this.#asker = asker;
    this.#worker.postMessage(task);
  }

  /** The next rules of the reading. */
  more(): void {
    this.#worker.postMessage('more');
  }

  /** Nobody waits for it any more. */
  rest(): void {
    this.#asker = null;
    this.#worker.unref();
  }

  end(): void {
    this.#asker = null;
    void this.#worker.terminate();
  }

  #fail(why: string): void {
    const asker = this.#asker;
    this.#asker = null;
    asker?.failed(why);
  }
}
