// Sample history in a database of its own (`samples.db`): one blob per shard and flush, folded later into one chunk per
// series and hour. synchronous=NORMAL: a power cut may take the last seconds of samples, a kill takes what was not
// flushed, and neither touches the state database.
import { chmodSync } from 'node:fs';
import Database from 'better-sqlite3';
import { labelsOfText } from '../../rules/labels.ts';
import { jointRowsDdl, sqliteStates, statesDdl } from '../detection/states-sqlite.ts';
import type { StoredStates } from '../detection/stored-states.ts';
import { Checkpoints } from '../store/sqlite/checkpoints.ts';
import { asStoreError, withStoreErrors } from '../store/sqlite/sqlite-errors.ts';
import { type FoldLimits, hourMs, planFold } from './fold-plan.ts';
import { Folder } from './folder.ts';
import type { History, HistoryBlock, HistorySeries } from './history.ts';
import { decodeChunk, encodeFlush, viewFlush } from './sample-blob.ts';

/** What one call of `fold` takes at most where no thread does the work. */
const foldLimits: FoldLimits = { flushes: 64, samples: 100_000, sliceSamples: 1_000_000 };
const chunksPerRead = 256;
/** Rows that one call of `forget` deletes: 32 chunks of 3,600 samples are 2 MB. */
const forgetRows = 32;
/** Too many bytes are taken away in small steps (16 chunks of 3,600 samples are 1 MB), so that not much more goes. */
const shrinkRows = 16;
/** A flush of 200,000 samples. */
const keptFlushBytes = 4 * 1024 * 1024;
/** Samples of one shard and hour that are visited at once. */
const visitSamples = 65_536;

const schemaVersion = 3;
const ddl = `
  CREATE TABLE series (
    shard   INTEGER NOT NULL,
    id      INTEGER NOT NULL,
    tenant  TEXT NOT NULL,
    metric  TEXT NOT NULL,
    labels  TEXT NOT NULL,
    born_at REAL NOT NULL,
    PRIMARY KEY (shard, id)
  ) STRICT, WITHOUT ROWID;
  -- rowid is the order of flushing, over all shards
  CREATE TABLE flush (
    shard   INTEGER NOT NULL,
    no      INTEGER NOT NULL,
    from_at REAL NOT NULL,
    to_at   REAL NOT NULL,
    blob    BLOB NOT NULL,
    PRIMARY KEY (shard, no)
  ) STRICT;
  CREATE TABLE chunk (
    shard  INTEGER NOT NULL,
    series INTEGER NOT NULL,
    hour   INTEGER NOT NULL,
    blob   BLOB NOT NULL,
    PRIMARY KEY (hour, shard, series)
  ) STRICT;
  ${statesDdl}
  PRAGMA user_version = ${schemaVersion};`;
/** By the version that a file has: what it lacks. */
const upgrades: Readonly<Record<number, string>> = { 1: statesDdl, 2: jointRowsDdl };

interface FlushRow {
  readonly shard: number;
  readonly blob: Buffer;
}

interface ChunkRow {
  readonly shard: number;
  readonly series: number;
  readonly blob: Buffer;
}

function openSamples(file: string): Database.Database {
  const raw = new Database(file, { timeout: 0 });
  try {
    chmodSync(file, 0o600);
    const mode = raw.pragma('journal_mode = WAL', { simple: true });
    if (mode !== 'wal') throw new Error(`journal_mode is ${String(mode)}, not wal`);
    raw.pragma('synchronous = NORMAL');
    // The driver's own is 16 MB, which fills with what was written a minute ago and is not read again.
    raw.pragma('cache_size = -2000');
    const version = Number(raw.pragma('user_version', { simple: true }));
    if (version > schemaVersion) throw new Error(`${file} was written by a newer version (${version})`);
    if (version === 0) createHistoryTables(raw);
    const lacks = upgrades[version];
    if (lacks !== undefined)
      raw.transaction(() => raw.exec(`${lacks} PRAGMA user_version = ${schemaVersion};`)).immediate();
    return raw;
  } catch (error) {
    raw.close();
    throw asStoreError(error, `open ${file}`);
  }
}

/** Makes the tables of an empty database. */
export function createHistoryTables(raw: Database.Database): void {
  raw.transaction(() => raw.exec(ddl)).immediate();
}

function span(times: Float64Array): { from: number; to: number } {
  let from = Number.POSITIVE_INFINITY;
  let to = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < times.length; i++) {
    const time = times[i]!;
    if (time < from) from = time;
    if (time > to) to = time;
  }
  return { from, to };
}

/** The samples of a block within [from, to]; the block itself when that is all of it. Null when there is none. */
function within(block: HistoryBlock, from: number, to: number): HistoryBlock | null {
  const all = span(block.times);
  if (all.from >= from && all.to <= to) return block;
  const keep: number[] = [];
  for (let i = 0; i < block.times.length; i++) {
    const time = block.times[i]!;
    if (time >= from && time <= to) keep.push(i);
  }
  if (keep.length === 0) return null;
  return {
    shard: block.shard,
    series: Uint32Array.from(keep, (i) => block.series[i]!),
    times: Float64Array.from(keep, (i) => block.times[i]!),
    values: Float64Array.from(keep, (i) => block.values[i]!),
  };
}

/** Joins chunks of one shard and hour into blocks, so that a visit is not one call per series. */
function* blocksOf(shard: number, chunks: readonly ChunkRow[]): Generator<HistoryBlock> {
  let parts: { series: number; times: Float64Array; values: Float64Array }[] = [];
  let count = 0;
  const join = (): HistoryBlock => {
    const block = {
      shard,
      series: new Uint32Array(count),
      times: new Float64Array(count),
      values: new Float64Array(count),
    };
    let at = 0;
    for (const part of parts) {
      block.series.fill(part.series, at, at + part.times.length);
      block.times.set(part.times, at);
      block.values.set(part.values, at);
      at += part.times.length;
    }
    parts = [];
    count = 0;
    return block;
  };
  for (const chunk of chunks) {
    const columns = decodeChunk(chunk.blob);
    parts.push({ series: chunk.series, ...columns });
    count += columns.times.length;
    if (count >= visitSamples) yield join();
  }
  if (count > 0) yield join();
}

class SqliteHistory implements History {
  readonly #raw;
  readonly #nextNo = new Map<number, number>();
  #memory: Buffer = Buffer.alloc(0);
  readonly #statements;

  /** Null where `fold` does the work itself. */
  readonly #folder: Folder | null;
  readonly #checkpoints: Checkpoints | null;

  readonly states: StoredStates;
  readonly #inTransaction;
  readonly #limits: FoldLimits;

  /** `threadsOf`: the file that threads open, too; null where `fold` does the work itself. */
  constructor(raw: Database.Database, threadsOf: string | null, limits: FoldLimits) {
    this.#limits = limits;
    this.#raw = raw;
    this.#inTransaction = raw.transaction((work: () => unknown) => work());
    this.#checkpoints = threadsOf === null ? null : new Checkpoints(raw, threadsOf);
    this.#folder =
      threadsOf === null || this.#checkpoints === null ? null : new Folder(raw, threadsOf, this.#checkpoints);
    this.states = sqliteStates(raw, (bytes) => this.#checkpoints?.wrote(bytes));
    this.#statements = {
      series: raw.prepare<
        [],
        { shard: number; id: number; tenant: string; metric: string; labels: string; bornAt: number }
      >('SELECT shard, id, tenant, metric, labels, born_at AS bornAt FROM series ORDER BY shard, id'),
      declare: raw.prepare<[number, number, string, string, string, number]>(
        `INSERT INTO series (shard, id, tenant, metric, labels, born_at) VALUES (?, ?, ?, ?, ?, ?)
         ON CONFLICT (shard, id) DO UPDATE SET born_at = min(born_at, excluded.born_at)`,
      ),
      lastNo: raw.prepare<[number], number | null>('SELECT max(no) FROM flush WHERE shard = ?').pluck(),
      flush: raw.prepare<[number, number, number, number, Buffer]>(
        'INSERT INTO flush (shard, no, from_at, to_at, blob) VALUES (?, ?, ?, ?, ?)',
      ),
      hours: raw.prepare<[number, number], { hour: number; shard: number }>(
        'SELECT DISTINCT hour, shard FROM chunk WHERE hour BETWEEN ? AND ? ORDER BY hour, shard',
      ),
      chunks: raw.prepare<[number, number, number, number], ChunkRow>(
        'SELECT shard, series, blob FROM chunk WHERE hour = ? AND shard = ? AND series > ? ORDER BY series LIMIT ?+0',
      ),
      flushes: raw.prepare<[number, number], FlushRow>(
        'SELECT shard, blob FROM flush WHERE to_at >= ? AND from_at <= ? ORDER BY rowid',
      ),
      deleteFlush: raw.prepare<[number, number]>('DELETE FROM flush WHERE shard = ? AND no = ?'),
      putChunk: raw.prepare<[number, number, number, Buffer]>(
        `INSERT INTO chunk (hour, shard, series, blob) VALUES (?, ?, ?, ?)
         ON CONFLICT (hour, shard, series) DO UPDATE SET blob = excluded.blob`,
      ),
      forgetChunks: raw.prepare<[number, number]>(
        'DELETE FROM chunk WHERE rowid IN (SELECT rowid FROM chunk WHERE hour < ? ORDER BY hour LIMIT ?+0)',
      ),
      forgetFlushes: raw.prepare<[number, number]>(
        'DELETE FROM flush WHERE rowid IN (SELECT rowid FROM flush WHERE to_at < ? ORDER BY rowid LIMIT ?+0)',
      ),
      oldestChunks: raw.prepare<[number]>(
        'DELETE FROM chunk WHERE rowid IN (SELECT rowid FROM chunk ORDER BY hour LIMIT ?+0)',
      ),
      oldestFlushes: raw.prepare<[number]>(
        'DELETE FROM flush WHERE rowid IN (SELECT rowid FROM flush ORDER BY rowid LIMIT ?+0)',
      ),
    };
  }

  series(): readonly HistorySeries[] {
    return withStoreErrors('list series', () =>
      this.#statements.series.all().map((row) => ({ ...row, labels: labelsOfText(row.labels) })),
    );
  }

  append(declared: readonly HistorySeries[], blocks: readonly HistoryBlock[]): void {
    const numbers = new Map<number, number>();
    let bytes = 0;
    this.#transaction('append samples', () => {
      for (const one of declared)
        this.#statements.declare.run(
          one.shard,
          one.id,
          one.tenant,
          one.metric,
          JSON.stringify(one.labels),
          one.bornAt,
        );
      for (const block of blocks) {
        if (block.times.length === 0) continue;
        const { from, to } = span(block.times);
        const no = numbers.get(block.shard) ?? this.#numberAfterLast(block.shard);
        const blob = encodeFlush(block, (size) => this.#flushMemory(size));
        this.#statements.flush.run(block.shard, no, from, to, blob);
        bytes += blob.length;
        numbers.set(block.shard, no + 1);
      }
    });
    for (const [shard, next] of numbers) this.#nextNo.set(shard, next);
    this.#checkpoints?.wrote(bytes);
  }

  range(from: number, to: number, visit: (block: HistoryBlock) => void): void {
    const show = (block: HistoryBlock) => {
      const part = within(block, from, to);
      if (part !== null) visit(part);
    };
    // Chunks are older than every flush: fold takes the oldest first.
    const hours = this.#statements.hours.all(
      Math.floor(Math.max(from, -8.64e15) / hourMs),
      Math.floor(Math.min(to, 8.64e15) / hourMs),
    );
    for (const { hour, shard } of hours)
      for (let after = -1; ; ) {
        const chunks = this.#statements.chunks.all(hour, shard, after, chunksPerRead);
        for (const block of blocksOf(shard, chunks)) show(block);
        if (chunks.length < chunksPerRead) break;
        after = chunks[chunks.length - 1]!.series;
      }
    for (const { shard, blob } of this.#statements.flushes.iterate(from, to))
      show({ shard, ...viewFlush(blob) });
  }

  fold(before: number): boolean {
    const folder = this.#folder;
    if (folder !== null) return withStoreErrors('fold samples', () => folder.step(before));
    return this.#transaction('fold samples', () => {
      const plan = planFold(this.#raw, before, this.#limits);
      if (plan === null) return false;
      for (const { hour, shard, series, blob } of plan.chunks())
        this.#statements.putChunk.run(hour, shard, series, blob);
      for (const { shard, no } of plan.flushes) this.#statements.deleteFlush.run(shard, no);
      return plan.more;
    });
  }

  forget(before: number, maxBytes: number): boolean {
    return this.#transaction('forget samples', () => {
      const hour = Math.floor(before / hourMs); // the hour that `before` lies in is kept whole
      const aged =
        this.#statements.forgetChunks.run(hour, forgetRows).changes +
        this.#statements.forgetFlushes.run(before, forgetRows).changes;
      if (aged > 0) return true;
      if (this.#bytes() <= maxBytes) return false;
      return (
        this.#statements.oldestChunks.run(shrinkRows).changes > 0 ||
        this.#statements.oldestFlushes.run(shrinkRows).changes > 0
      );
    });
  }

  close(): void {
    this.#folder?.close();
    this.#raw.close();
  }

  /** SQLite copies what it is given: one piece of memory serves every flush, as long as it is not a large one. */
  #flushMemory(bytes: number): Buffer {
    if (bytes > keptFlushBytes) return Buffer.allocUnsafe(bytes);
    if (this.#memory.length < bytes)
      this.#memory = Buffer.allocUnsafeSlow(Math.min(keptFlushBytes, bytes * 2));
    return this.#memory.subarray(0, bytes);
  }

  #numberAfterLast(shard: number): number {
    return this.#nextNo.get(shard) ?? (this.#statements.lastNo.get(shard) ?? 0) + 1;
  }

  /** Bytes in use; pages that were freed are used again before the file grows. */
  #bytes(): number {
    const figure = (name: string) => Number(this.#raw.pragma(name, { simple: true }));
    return (figure('page_count') - figure('freelist_count')) * figure('page_size');
  }

  #transaction<T>(doing: string, work: () => T): T {
    return withStoreErrors(doing, () => this.#inTransaction.immediate(work) as T);
  }
}

export interface SqliteHistoryOptions {
  readonly file: string;
  /**
   * `fold` has a thread read and encode, and each call of it only writes a small piece; checkpoints are made by a thread,
   * too. Otherwise a call does a bounded fold at once: the same result, in the thread of the caller.
   */
  readonly foldInThread?: boolean;
}

/** Opens `samples.db`, creating it when it is new. Its owner is whoever owns the state database beside it. */
export function openSqliteHistory(options: SqliteHistoryOptions): History {
  const { file, foldInThread } = options;
  return new SqliteHistory(openSamples(file), foldInThread === true ? file : null, foldLimits);
}

/** The history on a connection that has its tables; folds in the thread of the caller, up to `limits` a call. */
export function historyOf(raw: Database.Database, limits: FoldLimits): History {
  return new SqliteHistory(raw, null, limits);
}
