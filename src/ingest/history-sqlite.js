// Sample history in a database of its own (`samples.db`): one blob per shard and flush, folded later into one chunk per
// series and hour. synchronous=NORMAL: a power cut may take the last seconds of samples, a kill takes what was not
// flushed, and neither touches the state database.
import { chmodSync } from 'node:fs';
import Database from 'better-sqlite3';
import { labelSet } from '../../rules/labels.js';
import { asStoreError, withStoreErrors } from '../store/sqlite/sqlite-errors.js';
import { decodeChunk, decodeFlush, encodeChunk, encodeFlush, mergeSamples } from './sample-blob.js';

const hourMs = 3_600_000;
/** One call of `fold` takes at most so much, so that an idle turn stays one. */
const foldFlushes = 64;
const foldSamples = 100_000;
const forgetRows = 256;
/** Too many bytes are taken away in small steps (16 chunks of 3,600 samples are 1 MB), so that not much more goes. */
const shrinkRows = 16;
/** Samples of one shard and hour that are visited at once. */
const visitSamples = 65_536;
const schemaVersion = 1;
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
  PRAGMA user_version = ${schemaVersion};`;
function openSamples(file) {
  const raw = new Database(file, { timeout: 0 });
  try {
    chmodSync(file, 0o600);
    const mode = raw.pragma('journal_mode = WAL', { simple: true });
    if (mode !== 'wal') throw new Error(`journal_mode is ${String(mode)}, not wal`);
    raw.pragma('synchronous = NORMAL');
    const version = Number(raw.pragma('user_version', { simple: true }));
    if (version > schemaVersion) throw new Error(`${file} was written by a newer version (${version})`);
    if (version === 0) raw.transaction(() => raw.exec(ddl)).immediate();
    return raw;
  } catch (error) {
    raw.close();
    throw asStoreError(error, `open ${file}`);
  }
}
function span(times) {
  let from = Number.POSITIVE_INFINITY;
  let to = Number.NEGATIVE_INFINITY;
  for (const time of times) {
    if (time < from) from = time;
    if (time > to) to = time;
  }
  return { from, to };
}
/** The samples of a block within [from, to]; the block itself when that is all of it. Null when there is none. */
function within(block, from, to) {
  const keep = [];
  for (let i = 0; i < block.times.length; i++) {
    const time = block.times[i];
    if (time >= from && time <= to) keep.push(i);
  }
  if (keep.length === 0) return null;
  if (keep.length === block.times.length) return block;
  return {
    shard: block.shard,
    series: Uint32Array.from(keep, (i) => block.series[i]),
    times: Float64Array.from(keep, (i) => block.times[i]),
    values: Float64Array.from(keep, (i) => block.values[i]),
  };
}
/** Joins chunks of one shard and hour into blocks, so that a visit is not one call per series. */
function* blocksOf(shard, chunks) {
  let parts = [];
  let count = 0;
  const join = () => {
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
class SqliteHistory {
  #raw;
  #nextNo = new Map();
  #statements;
  constructor(file) {
    const raw = openSamples(file);
    this.#raw = raw;
    this.#statements = {
      series: raw.prepare(
        'SELECT shard, id, tenant, metric, labels, born_at AS bornAt FROM series ORDER BY shard, id',
      ),
      declare:
        raw.prepare(`INSERT INTO series (shard, id, tenant, metric, labels, born_at) VALUES (?, ?, ?, ?, ?, ?)
         ON CONFLICT (shard, id) DO UPDATE SET born_at = min(born_at, excluded.born_at)`),
      lastNo: raw.prepare('SELECT max(no) FROM flush WHERE shard = ?').pluck(),
      flush: raw.prepare('INSERT INTO flush (shard, no, from_at, to_at, blob) VALUES (?, ?, ?, ?, ?)'),
      hours: raw.prepare(
        'SELECT DISTINCT hour, shard FROM chunk WHERE hour BETWEEN ? AND ? ORDER BY hour, shard',
      ),
      chunks: raw.prepare(
        'SELECT shard, series, blob FROM chunk WHERE hour = ? AND shard = ? AND series > ? ORDER BY series LIMIT ?',
      ),
      nextFlush: raw.prepare(`SELECT rowid, shard, blob FROM flush
         WHERE rowid > ? AND to_at >= ? AND from_at <= ? ORDER BY rowid LIMIT 1`),
      oldest: raw.prepare('SELECT rowid, shard, to_at AS toAt, blob FROM flush ORDER BY rowid LIMIT 1'),
      deleteFlush: raw.prepare('DELETE FROM flush WHERE rowid = ?'),
      chunk: raw.prepare('SELECT blob FROM chunk WHERE hour = ? AND shard = ? AND series = ?').pluck(),
      putChunk: raw.prepare(`INSERT INTO chunk (hour, shard, series, blob) VALUES (?, ?, ?, ?)
         ON CONFLICT (hour, shard, series) DO UPDATE SET blob = excluded.blob`),
      forgetChunks: raw.prepare(
        'DELETE FROM chunk WHERE rowid IN (SELECT rowid FROM chunk WHERE hour < ? ORDER BY hour LIMIT ?)',
      ),
      forgetFlushes: raw.prepare(
        'DELETE FROM flush WHERE rowid IN (SELECT rowid FROM flush WHERE to_at < ? ORDER BY rowid LIMIT ?)',
      ),
      oldestChunks: raw.prepare(
        'DELETE FROM chunk WHERE rowid IN (SELECT rowid FROM chunk ORDER BY hour LIMIT ?)',
      ),
      oldestFlushes: raw.prepare(
        'DELETE FROM flush WHERE rowid IN (SELECT rowid FROM flush ORDER BY rowid LIMIT ?)',
      ),
    };
  }
  series() {
    return withStoreErrors('list series', () =>
      this.#statements.series.all().map((row) => ({ ...row, labels: labelSet(JSON.parse(row.labels)) })),
    );
  }
  append(declared, blocks) {
    const numbers = new Map();
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
        this.#statements.flush.run(block.shard, no, from, to, encodeFlush(block));
        numbers.set(block.shard, no + 1);
      }
    });
    for (const [shard, next] of numbers) this.#nextNo.set(shard, next);
  }
  range(from, to, visit) {
    const show = (block) => {
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
        const chunks = this.#statements.chunks.all(hour, shard, after, forgetRows);
        for (const block of blocksOf(shard, chunks)) show(block);
        if (chunks.length < forgetRows) break;
        after = chunks[chunks.length - 1].series;
      }
    let flush = this.#statements.nextFlush.get(0, from, to);
    while (flush !== undefined) {
      show({ shard: flush.shard, ...decodeFlush(flush.blob) });
      flush = this.#statements.nextFlush.get(flush.rowid, from, to);
    }
  }
  fold(before) {
    return this.#transaction('fold samples', () => {
      const gathered = new Map();
      let flushes = 0;
      let samples = 0;
      // Strictly from the oldest on: where a time was sent twice, the later flush must win.
      while (flushes < foldFlushes && samples < foldSamples) {
        const flush = this.#statements.oldest.get();
        if (flush === undefined || flush.toAt >= before) break;
        samples += this.#gather(flush, gathered);
        this.#statements.deleteFlush.run(flush.rowid);
        flushes++;
      }
      for (const { hour, shard, series, times, values } of gathered.values()) {
        const stored = this.#statements.chunk.get(hour, shard, series);
        const old = stored === undefined ? { times: [], values: [] } : decodeChunk(stored);
        const merged = mergeSamples([...old.times, ...times], [...old.values, ...values]);
        this.#statements.putChunk.run(hour, shard, series, encodeChunk(merged));
      }
      return flushes === foldFlushes || samples >= foldSamples;
    });
  }
  forget(before, maxBytes) {
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
  close() {
    this.#raw.close();
  }
  #numberAfterLast(shard) {
    return this.#nextNo.get(shard) ?? (this.#statements.lastNo.get(shard) ?? 0) + 1;
  }
  /** Bytes in use; pages that were freed are used again before the file grows. */
  #bytes() {
    const figure = (name) => Number(this.#raw.pragma(name, { simple: true }));
    return (figure('page_count') - figure('freelist_count')) * figure('page_size');
  }
  #gather(flush, into) {
    const { series, times, values } = decodeFlush(flush.blob);
    for (let i = 0; i < times.length; i++) {
      const hour = Math.floor(times[i] / hourMs);
      const key = `${flush.shard}/${series[i]}/${hour}`;
      let one = into.get(key);
      if (one === undefined) {
        one = { shard: flush.shard, series: series[i], hour, times: [], values: [] };
        into.set(key, one);
      }
      one.times.push(times[i]);
      one.values.push(values[i]);
    }
    return times.length;
  }
  #transaction(doing, work) {
    return withStoreErrors(doing, () => this.#raw.transaction(work).immediate());
  }
}
/** Opens `samples.db`, creating it when it is new. Its owner is whoever owns the state database beside it. */
export function openSqliteHistory(options) {
  return new SqliteHistory(options.file);
}
//# sourceMappingURL=history-sqlite.js.map
