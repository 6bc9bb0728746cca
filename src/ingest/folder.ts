// The main thread's side of a fold: starts the thread, and writes what it hands over in small transactions, one for
// each call of `step`. Order is what makes a kill harmless: all chunks of a plan are written before the first of its
// flushes is deleted, and flushes go from the oldest on, so that at any moment chunks first and then the flushes that
// are left tell every sample, and of equal times the right one.
import type { Worker } from 'node:worker_threads';
import type Database from 'better-sqlite3';
import type { Checkpoints } from '../store/sqlite/checkpoints.ts';
import type { ChunkPiece, FoldedFlushes, FoldTask, FromFold, ToFold } from './fold-messages.ts';
import { startThread } from './threads.ts';

/** Flushes that one step deletes: as many as hold so many bytes together, at least one. */
const deleteBytes = 1024 * 1024;
const deleteFlushes = 32;
export class Folder {
  readonly #raw: Database.Database;
  readonly #file: string;
  readonly #checkpoints: Checkpoints;
  readonly #statements;
  #thread: Worker | null = null;
  #failure: unknown = null;
  #handed: FromFold[] = [];
  #deleted = 0;

  constructor(raw: Database.Database, file: string, checkpoints: Checkpoints) {
    this.#raw = raw;
    this.#checkpoints = checkpoints;
    this.#file = file;
    this.#statements = {
      oldestTo: raw.prepare<[], number>('SELECT to_at FROM flush ORDER BY rowid LIMIT 1').pluck(),
      putChunk: raw.prepare<[number, number, number, Buffer]>(
        `INSERT INTO chunk (hour, shard, series, blob) VALUES (?, ?, ?, ?)
         ON CONFLICT (hour, shard, series) DO UPDATE SET blob = excluded.blob`,
      ),
      // By its own number, not by rowid: rowids begin again once the table was empty.
      deleteFlush: raw.prepare<[number, number]>('DELETE FROM flush WHERE shard = ? AND no = ?'),
      bytes: raw
        .prepare<[number, number], number>('SELECT length(blob) FROM flush WHERE shard = ? AND no = ?')
        .pluck(),
    };
  }

  /** Takes the fold one small step on; false when everything that ended before `before` is folded. Throws its failure. */
  step(before: number): boolean {
    if (this.#failure !== null) {
      const failure = this.#failure;
      this.#forgetThread();
      throw new Error('fold samples', { cause: failure });
    }
    if (this.#thread === null) {
      const oldest = this.#statements.oldestTo.get();
      if (oldest === undefined || oldest >= before) return false;
      this.#start({ file: this.#file, before });
      return true;
    }
    const message = this.#handed[0];
    if (message === undefined || this.#checkpoints.busy) return true;
    if (message.kind === 'end') {
      this.#forgetThread();
      return false;
    }
    const done = message.kind === 'chunks' ? this.#write(message) : this.#delete(message);
    if (done) {
      this.#handed.shift();
      this.#say('done');
    }
    return true;
  }

  close(): void {
    if (this.#thread !== null) this.#forgetThread();
  }

  #start(task: FoldTask): void {
    const thread = startThread('fold-worker', task);
    this.#thread = thread;
    thread.on('message', (message: FromFold) => {
      if (this.#thread === thread) this.#handed.push(message);
    });
    const failed = (error: unknown) => {
      if (this.#thread === thread) this.#failure ??= error;
    };
    thread.on('error', failed);
    thread.on('exit', (code) => {
      // `end` was said before: then the exit is the ordinary one.
      if (!this.#handed.some(({ kind }) => kind === 'end'))
        failed(new Error(`the thread ended with code ${code}`));
    });
  }

  #say(message: ToFold): void {
    this.#thread?.postMessage(message);
  }

  #forgetThread(): void {
    const thread = this.#thread;
    this.#thread = null;
    this.#failure = null;
    this.#handed = [];
    this.#deleted = 0;
    // Whatever it still reads it reads for nobody; how it ends is of no interest.
    void thread?.terminate();
  }

  #write({ hours, shards, series, ends, bytes }: ChunkPiece): boolean {
    const { putChunk } = this.#statements;
    this.#transaction(() => {
      for (let i = 0, from = 0; i < ends.length; i++) {
        const blob = Buffer.from(bytes.buffer, bytes.byteOffset + from, ends[i]! - from);
        putChunk.run(hours[i]!, shards[i]!, series[i]!, blob);
        from = ends[i]!;
      }
    });
    this.#checkpoints.wrote(bytes.length);
    return true;
  }

  /** A few of the flushes; true after the last of them. */
  #delete({ shards, nos }: FoldedFlushes): boolean {
    let next = this.#deleted;
    this.#transaction(() => {
      for (let bytes = 0, n = 0; next < nos.length && bytes < deleteBytes && n < deleteFlushes; next++, n++) {
        bytes += this.#statements.bytes.get(shards[next]!, nos[next]!) ?? 0;
        this.#statements.deleteFlush.run(shards[next]!, nos[next]!);
      }
    });
    this.#deleted = next < nos.length ? next : 0;
    return next >= nos.length;
  }

  #transaction(work: () => void): void {
    this.#raw.transaction(work).immediate();
  }
}
