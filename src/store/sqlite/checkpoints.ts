// When the journal of a database is written back: once so many bytes went into it, by a thread that lives only for that.
import type { Worker } from 'node:worker_threads';
import type Database from 'better-sqlite3';
import { startThread } from '../../ingest/threads.ts';

const everyBytes = 16 * 1024 * 1024;
/** Only where threads fail again and again does a commit of the main thread write back by itself: 64 MiB of 4 KiB. */
const lastResortPages = 16_384;

export class Checkpoints {
  readonly #raw: Database.Database;
  readonly #file: string;
  #bytes = 0;
  #thread: Worker | null = null;

  constructor(raw: Database.Database, file: string) {
    this.#raw = raw;
    this.#file = file;
    raw.pragma(`wal_autocheckpoint = ${lastResortPages}`);
    raw.pragma(`journal_size_limit = ${lastResortPages * 4_096}`);
  }

  /** Whoever writes a lot waits for it: the journal begins anew only when nothing is left to write back. */
  get busy(): boolean {
    return this.#thread !== null;
  }

  wrote(bytes: number): void {
    this.#bytes += bytes;
    if (this.#bytes < everyBytes || this.#thread !== null) return;
    this.#bytes = 0;
    const thread = startThread('checkpoint-worker', { file: this.#file }, { beside: import.meta.url });
    this.#thread = thread;
    // A failure is made good by the next one; the commit of the last resort tells what is wrong with the disk.
    thread.on('error', () => {});
    thread.on('exit', (code) => {
      this.#thread = null;
      if (code === 0 && this.#raw.open) this.#finish();
    });
  }

  /**
   * The journal begins anew only when nothing at all is left of it, and a thread cannot be sure of that while commits go on.
   * Here none does, and what came since its last pass is a few hundred pages at most.
   */
  #finish(): void {
    try {
      this.#raw.pragma('wal_checkpoint(PASSIVE)');
    } catch {
      // As for the thread.
    }
  }
}
