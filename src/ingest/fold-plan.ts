// What a fold has to write: flushes become one chunk per series and hour, merged with the chunk that is there. It only
// reads, and samples of equal time keep the value that was flushed last, so whoever writes the result may do so in any
// number of steps, and again after a crash, as long as the flushes are deleted after all of it and from the oldest on.
import type Database from 'better-sqlite3';
import { decodeChunk, encodeChunk, mergeSamples, type SampleColumns, viewFlush } from './sample-blob.ts';

export const hourMs = 3_600_000;

export interface FoldLimits {
  /** Flushes and samples of one plan; it ends with the flush that reaches one of them. */
  readonly flushes: number;
  readonly samples: number;
  /** Samples in memory at once: series are taken in slices of so many, and the flushes are read once for each. */
  readonly sliceSamples: number;
}

export interface FlushName {
  readonly shard: number;
  readonly no: number;
}

export interface FoldedChunk {
  readonly hour: number;
  readonly shard: number;
  readonly series: number;
  readonly blob: Buffer;
}

export interface FoldPlan {
  /** Oldest first. To be deleted in this order, after every chunk is written. */
  readonly flushes: readonly FlushName[];
  /** A limit was reached: there may be more. */
  readonly more: boolean;
  /** Each (hour, shard, series) once. */
  chunks(): Generator<FoldedChunk>;
}

interface FlushHead extends FlushName {
  readonly rowid: number;
  readonly toAt: number;
  readonly bytes: number;
}

const bytesPerSample = 20;

/** Plans for the oldest flushes up to the first one that does not end before `before`; null when there is none. */
export function planFold(raw: Database.Database, before: number, limits: FoldLimits): FoldPlan | null {
  const heads = raw.prepare<[number], FlushHead>(
    'SELECT rowid, shard, no, to_at AS toAt, length(blob) AS bytes FROM flush WHERE rowid > ? ORDER BY rowid LIMIT 256',
  );
  const taken: FlushHead[] = [];
  let samples = 0;
  let last = 0;
  scan: for (;;) {
    const page = heads.all(last);
    for (const head of page) {
      if (head.toAt >= before || taken.length >= limits.flushes || samples >= limits.samples) break scan;
      taken.push(head);
      samples += Math.floor(head.bytes / bytesPerSample);
      last = head.rowid;
    }
    if (page.length === 0) break;
  }
  if (taken.length === 0) return null;
  return {
    flushes: taken.map(({ shard, no }) => ({ shard, no })),
    more: taken.length >= limits.flushes || samples >= limits.samples,
    chunks: () => foldShards(raw, taken, limits.sliceSamples),
  };
}

function* foldShards(
  raw: Database.Database,
  heads: readonly FlushHead[],
  sliceSamples: number,
): Generator<FoldedChunk> {
  const blob = raw
    .prepare<[number, number], Buffer>('SELECT blob FROM flush WHERE shard = ? AND no = ?')
    .pluck();
  const stored = raw
    .prepare<[number, number, number], Buffer>(
      'SELECT blob FROM chunk WHERE hour = ? AND shard = ? AND series = ?',
    )
    .pluck();
  const byShard = groupByShard(heads);
  for (const [shard, flushes] of byShard) {
    // A flush may have been forgotten since: then there is nothing of it to keep.
    const read = function* () {
      for (const { no } of flushes) {
        const bytes = blob.get(shard, no);
        if (bytes !== undefined) yield viewFlush(bytes);
      }
    };
    for (const slice of slices(countSamples(read()), sliceSamples)) {
      for (const { series, columns } of gather(read(), slice)) {
        for (const { hour, part } of byHour(columns)) {
          const old = stored.get(hour, shard, series);
          const merged = old === undefined ? part : append(decodeChunk(old), part);
          yield { hour, shard, series, blob: encodeChunk(merged) };
        }
      }
    }
  }
}

function groupByShard(heads: readonly FlushHead[]): Map<number, FlushHead[]> {
  const map = new Map<number, FlushHead[]>();
  for (const head of heads) {
    const list = map.get(head.shard);
    if (list === undefined) map.set(head.shard, [head]);
    else list.push(head);
  }
  return map;
}

/** How many samples each series has, by id. */
function countSamples(flushes: Iterable<{ series: Uint32Array }>): Uint32Array {
  let counts = new Uint32Array(1_024);
  for (const { series } of flushes) {
    for (const id of series) {
      if (id >= counts.length) {
        const larger = new Uint32Array(Math.max(id + 1, counts.length * 2));
        larger.set(counts);
        counts = larger;
      }
      counts[id]!++;
    }
  }
  return counts;
}

interface Slice {
  /** First series id, and the one behind the last. */
  readonly from: number;
  readonly to: number;
  readonly counts: Uint32Array;
  readonly samples: number;
}

function* slices(counts: Uint32Array, most: number): Generator<Slice> {
  let from = 0;
  let samples = 0;
  for (let id = 0; id < counts.length; id++) {
    if (samples > 0 && samples + counts[id]! > most) {
      yield { from, to: id, counts, samples };
      from = id;
      samples = 0;
    }
    samples += counts[id]!;
  }
  if (samples > 0) yield { from, to: counts.length, counts, samples };
}

/** The samples of each series of the slice in time order, one per time. The columns are good until the next one. */
function* gather(
  flushes: Iterable<SampleColumns & { series: Uint32Array }>,
  { from, to, counts, samples }: Slice,
): Generator<{ series: number; columns: SampleColumns }> {
  const times = new Float64Array(samples);
  const values = new Float64Array(samples);
  const next = new Uint32Array(to - from);
  for (let id = from, at = 0; id < to; id++) {
    next[id - from] = at;
    at += counts[id]!;
  }
  for (const flush of flushes) {
    const { series } = flush;
    for (let i = 0; i < series.length; i++) {
      const id = series[i]!;
      if (id < from || id >= to) continue;
      const place = next[id - from]!++;
      times[place] = flush.times[i]!;
      values[place] = flush.values[i]!;
    }
  }
  for (let id = from, at = 0; id < to; id++) {
    const end = at + counts[id]!;
    // Fewer than were counted, where a flush was forgotten between the two passes.
    const filled = next[id - from]!;
    if (filled > at) {
      yield { series: id, columns: inOrder(times.subarray(at, filled), values.subarray(at, filled)) };
    }
    at = end;
  }
}

function isAscending(times: Float64Array): boolean {
  for (let i = 1; i < times.length; i++) if (times[i]! <= times[i - 1]!) return false;
  return true;
}

/** In time order, and of equal times the one that came last. */
export function inOrder(times: Float64Array, values: Float64Array): SampleColumns {
  return isAscending(times) ? { times, values } : mergeSamples(times, values);
}

function* byHour({ times, values }: SampleColumns): Generator<{ hour: number; part: SampleColumns }> {
  for (let from = 0; from < times.length; ) {
    const hour = Math.floor(times[from]! / hourMs);
    let to = from + 1;
    while (to < times.length && Math.floor(times[to]! / hourMs) === hour) to++;
    yield { hour, part: { times: times.subarray(from, to), values: values.subarray(from, to) } };
    from = to;
  }
}

function append(old: SampleColumns, part: SampleColumns): SampleColumns {
  const length = old.times.length + part.times.length;
  const times = new Float64Array(length);
  const values = new Float64Array(length);
  times.set(old.times);
  times.set(part.times, old.times.length);
  values.set(old.values);
  values.set(part.values, old.values.length);
  return inOrder(times, values);
}
