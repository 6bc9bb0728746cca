// Brings the journal to the disk, beside the loop where that is slow: a commit that does not wait for the disk writes its frames,
// and one `fdatasync`, in libuv's pool, stands for all that were written before it began. It is what SQLite's synchronous=FULL does at
// the end of every commit, on the main thread, and what NORMAL leaves to the next checkpoint.
import { closeSync, fdatasync, fdatasyncSync, openSync } from 'node:fs';
import type Database from 'better-sqlite3';
import { StoreError } from '../store.ts';
import { type Pace, SyncPace } from './sync-pace.ts';

/** Hears that all is on the disk, or why that cannot be said. */
export type OnDisk = (failed: StoreError | null) => void;

/** So that what is written while one is under way does not wait for the loop to hear of its end. */
const mostUnderWay = 2;

export class JournalSync {
  readonly #raw: Database.Database;
  readonly #file: string;
  readonly #pace: Pace;
  #descriptor: number | null = null;
  /** Transactions that did not wait: all of them, those that a sync has begun after, and those that are on the disk. */
  #written = 0;
  #begun = 0;
  #synced = 0;
  #underWay = 0;
  #closed = false;
  /** What the first sync that failed said: the next one that succeeds would not make it good. */
  #broken: StoreError | null = null;
  /** In the order of asking. */
  #waiting: { readonly upTo: number; readonly done: OnDisk }[] = [];

  /**
   * @param raw A connection that was opened to be durable.
   * @param file Its database; the journal stands beside it and stays the same file while the database is open.
   * @param pace Whether a sync is waited for.
   */
  constructor(raw: Database.Database, file: string, pace: Pace = new SyncPace()) {
    this.#raw = raw;
    this.#file = `${file}-wal`;
    this.#pace = pace;
  }

  /** Runs one transaction, whose commit does not wait for the disk. Everything else that is written does. */
  writing<T>(transaction: () => T): T {
    this.#raw.pragma('synchronous = NORMAL');
    try {
      // Also where it throws: what a commit that failed has left in the journal is nobody's to tell.
      this.#written += 1;
      return transaction();
    } finally {
      this.#raw.pragma('synchronous = FULL');
    }
  }

  /**
   * Calls back once all that was written so far is on the disk, in the order of the calls; before it returns where it is there,
   * or the disk is quick.
   */
  onDisk(done: OnDisk): void {
    if (this.#broken !== null || this.#synced === this.#written) {
      done(this.#broken);
      return;
    }
    this.#waiting.push({ upTo: this.#written, done });
    if (this.#pace.next() === 'beside') {
      this.#begin();
      return;
    }
    const began = performance.now();
    this.#syncNow();
    this.#pace.waited(performance.now() - began);
    this.#tell();
  }

  /** Brings everything to the disk now, and lets everybody hear of it that waits. */
  now(): void {
    this.#syncNow();
    this.#tell();
  }

  #syncNow(): void {
    if (this.#broken !== null || this.#synced === this.#written) return;
    const upTo = this.#written;
    const done = this.#try(() => {
      fdatasyncSync(this.#open());
      return true;
    });
    if (done !== null) this.#synced = upTo;
  }

  close(): void {
    this.#closed = true;
    // A sync under way still has the descriptor.
    if (this.#underWay === 0) this.#release();
  }

  #begin(): void {
    const last = this.#waiting.at(-1);
    if (last === undefined || last.upTo <= this.#begun) return;
    if (this.#underWay >= mostUnderWay || this.#closed) return;
    const upTo = this.#written;
    const descriptor = this.#try(() => this.#open());
    if (descriptor === null) {
      this.#tell();
      return;
    }
    this.#begun = upTo;
    this.#underWay += 1;
    fdatasync(descriptor, (error) => {
      this.#underWay -= 1;
      if (error !== null) this.#broken ??= brokenDisk(error);
      else this.#synced = Math.max(this.#synced, upTo);
      if (this.#closed && this.#underWay === 0) this.#release();
      this.#tell();
      this.#begin();
    });
  }

  /** Whoever waits for no more than what is on the disk, or for what will never be said. */
  #tell(): void {
    for (let first = this.#waiting[0]; first !== undefined; first = this.#waiting[0]) {
      if (this.#broken === null && first.upTo > this.#synced) return;
      this.#waiting.shift();
      first.done(this.#broken);
    }
  }

  #try<T>(work: () => T): T | null {
    try {
      return work();
    } catch (error) {
      this.#broken ??= brokenDisk(error);
      return null;
    }
  }

  #release(): void {
    if (this.#descriptor !== null) closeSync(this.#descriptor);
    this.#descriptor = null;
  }

  /** With the right to write, which some systems ask of whoever syncs. */
  #open(): number {
    this.#descriptor ??= openSync(this.#file, 'r+');
    return this.#descriptor;
  }
}

function brokenDisk(error: unknown): StoreError {
  const text = error instanceof Error ? error.message : String(error);
  return new StoreError('io', `sync of the journal: ${text}`, { cause: error });
}
