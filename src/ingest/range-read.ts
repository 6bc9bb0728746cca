// Reads of the sample history for plots and backtests, over a connection that only reads: chunks first and then the
// flushes that are not folded yet, as the writer's own `range` does, but only the series that were asked for.
import type Database from 'better-sqlite3';
import { labelSet } from '../../rules/labels.ts';
import { matchesAll, parseMatcher } from '../../rules/matchers.ts';
import type { Labels, Matcher } from '../../rules/types.ts';
import { hourMs, inOrder } from './fold-plan.ts';
import { decodeChunk, type SampleColumns, viewFlush } from './sample-blob.ts';

export interface RangeQuery {
  readonly tenant: string;
  readonly metric: string;
  /** In the grammar of matchers, e.g. `host="a"`; all must match. They were read once already: a bad one is a bug. */
  readonly matchers?: readonly string[];
  /** Epoch milliseconds, both included. */
  readonly from: number;
  readonly to: number;
  /** Milliseconds of one bucket, the first begins at `from`; without it every sample is given. */
  readonly step?: number;
  /** Series at most, in the order of their labels. */
  readonly limit: number;
}

/** One series, column by column, in time order with one sample per time. */
export interface RangeSeries {
  readonly labels: Labels;
  /** Times of samples, or of the beginnings of buckets that have some. */
  readonly times: Float64Array;
  /** Values of samples, or the averages of buckets. */
  readonly values: Float64Array;
  /** Only with `step`. */
  readonly buckets: {
    readonly min: Float64Array;
    readonly max: Float64Array;
    readonly count: Uint32Array;
  } | null;
}

export interface RangeAnswer {
  readonly series: readonly RangeSeries[];
  /** More series match than `limit`. */
  readonly more: boolean;
}

export interface SeriesQuery {
  readonly tenant: string;
  readonly metric?: string;
  readonly matchers?: readonly string[];
  /** Where the last page ended. */
  readonly after: SeriesPlace | null;
  readonly limit: number;
}

/** Series are in the order of metric and labels, as UTF-8. */
export interface SeriesPlace {
  readonly metric: string;
  readonly labels: string;
}

export interface KnownSeries extends SeriesPlace {
  /** Epoch milliseconds of the first sample ever. */
  readonly bornAt: number;
}

export interface SeriesAnswer {
  readonly items: readonly KnownSeries[];
  readonly next: SeriesPlace | null;
}

/** Samples that one query takes into memory: 64 MB. */
const mostSamples = 4_000_000;

export class TooManySamples extends Error {
  override name = 'TooManySamples';
}

function readMatchers(texts: readonly string[] = []): readonly Matcher[] {
  return texts.map((text) => {
    const matcher = parseMatcher(text);
    if ('problem' in matcher) throw new Error(`matcher ${text}: ${matcher.problem}`);
    return matcher;
  });
}

const read = (labels: string): Labels => labelSet(JSON.parse(labels) as Record<string, string>);

/** Series of a tenant; one that came back after it had been dropped has several ids and is one series all the same. */
export function listSeries(raw: Database.Database, query: SeriesQuery): SeriesAnswer {
  const matchers = readMatchers(query.matchers);
  // The order and the comparison are both SQLite's: by bytes of UTF-8, which is not that of UTF-16.
  const rows = raw.prepare<[string, string | null, string | null, string, string], KnownSeries>(
    `SELECT metric, labels, min(born_at) AS bornAt FROM series
     WHERE tenant = ? AND (? IS NULL OR metric = ?) AND (metric, labels) > (?, ?)
     GROUP BY metric, labels ORDER BY metric, labels`,
  );
  const { after, limit, metric = null } = query;
  const items: KnownSeries[] = [];
  for (const row of rows.iterate(query.tenant, metric, metric, after?.metric ?? '', after?.labels ?? '')) {
    if (matchers.length > 0 && !matchesAll(matchers, read(row.labels))) continue;
    if (items.length === limit) {
      const last = items[limit - 1]!;
      return { items, next: { metric: last.metric, labels: last.labels } };
    }
    items.push(row);
  }
  return { items, next: null };
}

/** @throws TooManySamples when the span and the series hold more than four million. */
export function readRange(raw: Database.Database, query: RangeQuery): RangeAnswer {
  const { from, to, step } = query;
  const { wanted, more } = wantedSeries(raw, query);
  const read = samplesOf(raw, wanted, from, to);
  const series = wanted.map(({ labels }): RangeSeries => {
    const columns = read.next().value!;
    return step === undefined
      ? { labels, ...columns, buckets: null }
      : { labels, ...bucketed(columns, from, step) };
  });
  return { series: series.filter(({ times }) => times.length > 0), more };
}

/** All ids that one series has had. */
interface SeriesIds {
  readonly ids: readonly { readonly shard: number; readonly id: number }[];
}

/**
 * The samples of each of these series between `from` and `to`, in time order, one series after the other.
 * @throws TooManySamples when they are more than four million.
 */
export function* samplesOf(
  raw: Database.Database,
  wanted: readonly SeriesIds[],
  from: number,
  to: number,
): Generator<SampleColumns, undefined> {
  const parts: SampleColumns[][] = wanted.map(() => []);
  let left = mostSamples;
  const take = (index: number, part: SampleColumns) => {
    left -= part.times.length;
    if (left < 0) throw new TooManySamples();
    parts[index]!.push(part);
  };
  readChunks(raw, wanted, from, to, take);
  readFlushes(raw, wanted, from, to, take);
  for (const [index, mine] of parts.entries()) {
    parts[index] = [];
    yield joined(mine);
  }
}

interface Wanted extends SeriesIds {
  readonly labels: Labels;
  readonly ids: { readonly shard: number; readonly id: number }[];
}

function wantedSeries(raw: Database.Database, query: RangeQuery): { wanted: Wanted[]; more: boolean } {
  const matchers = readMatchers(query.matchers);
  const rows = raw.prepare<[string, string], { shard: number; id: number; labels: string }>(
    'SELECT shard, id, labels FROM series WHERE tenant = ? AND metric = ? ORDER BY labels, shard, id',
  );
  const wanted = new Map<string, Wanted>();
  for (const { shard, id, labels: text } of rows.iterate(query.tenant, query.metric)) {
    const known = wanted.get(text);
    if (known !== undefined) {
      known.ids.push({ shard, id });
      continue;
    }
    const labels = read(text);
    if (!matchesAll(matchers, labels)) continue;
    if (wanted.size === query.limit) return { wanted: [...wanted.values()], more: true };
    wanted.set(text, { labels, ids: [{ shard, id }] });
  }
  return { wanted: [...wanted.values()], more: false };
}

type Take = (index: number, part: SampleColumns) => void;

function readChunks(
  raw: Database.Database,
  wanted: readonly SeriesIds[],
  from: number,
  to: number,
  take: Take,
): void {
  // From hour to hour by seeks: DISTINCT would walk over every chunk of every series.
  const nextHour = raw
    .prepare<[number], number | null>('SELECT min(hour) FROM chunk WHERE hour >= ?')
    .pluck();
  const chunk = raw
    .prepare<[number, number, number], Buffer>(
      'SELECT blob FROM chunk WHERE hour = ? AND shard = ? AND series = ?',
    )
    .pluck();
  const lastHour = Math.floor(to / hourMs);
  let hour = nextHour.get(Math.floor(from / hourMs)) ?? null;
  while (hour !== null && hour <= lastHour) {
    for (const [index, { ids }] of wanted.entries())
      for (const { shard, id } of ids) {
        const blob = chunk.get(hour, shard, id);
        if (blob === undefined) continue;
        const { times, values } = decodeChunk(blob);
        let first = 0;
        let end = times.length;
        while (first < end && times[first]! < from) first++;
        while (end > first && times[end - 1]! > to) end--;
        if (end > first)
          take(index, { times: times.subarray(first, end), values: values.subarray(first, end) });
      }
    hour = nextHour.get(hour + 1) ?? null;
  }
}

function readFlushes(
  raw: Database.Database,
  wanted: readonly SeriesIds[],
  from: number,
  to: number,
  take: Take,
): void {
  const indexOf = new Map<number, Map<number, number>>();
  for (const [index, { ids }] of wanted.entries())
    for (const { shard, id } of ids) {
      const of = indexOf.get(shard) ?? new Map<number, number>();
      indexOf.set(shard, of.set(id, index));
    }
  const next = raw.prepare<[number, number, number], { rowid: number; shard: number; blob: Buffer }>(
    'SELECT rowid, shard, blob FROM flush WHERE rowid > ? AND to_at >= ? AND from_at <= ? ORDER BY rowid LIMIT 1',
  );
  for (let flush = next.get(0, from, to); flush !== undefined; flush = next.get(flush.rowid, from, to)) {
    const of = indexOf.get(flush.shard);
    if (of === undefined) continue;
    const { series, times, values } = viewFlush(flush.blob);
    const found = new Map<number, { times: number[]; values: number[] }>();
    for (let i = 0; i < series.length; i++) {
      const index = of.get(series[i]!);
      if (index === undefined || times[i]! < from || times[i]! > to) continue;
      const columns = found.get(index) ?? { times: [], values: [] };
      found.set(index, columns);
      columns.times.push(times[i]!);
      columns.values.push(values[i]!);
    }
    for (const [index, columns] of found)
      take(index, { times: Float64Array.from(columns.times), values: Float64Array.from(columns.values) });
  }
}

function joined(parts: readonly SampleColumns[]): SampleColumns {
  const length = parts.reduce((sum, { times }) => sum + times.length, 0);
  const times = new Float64Array(length);
  const values = new Float64Array(length);
  let at = 0;
  for (const part of parts) {
    times.set(part.times, at);
    values.set(part.values, at);
    at += part.times.length;
  }
  return inOrder(times, values);
}

function bucketed({ times, values }: SampleColumns, from: number, step: number): Omit<RangeSeries, 'labels'> {
  const begins: number[] = [];
  const avg: number[] = [];
  const min: number[] = [];
  const max: number[] = [];
  const count: number[] = [];
  for (let i = 0; i < times.length; ) {
    const bucket = Math.floor((times[i]! - from) / step);
    const first = i;
    let low = values[i]!;
    let high = low;
    let mean = 0;
    for (; i < times.length && Math.floor((times[i]! - from) / step) === bucket; i++) {
      const value = values[i]!;
      if (value < low) low = value;
      if (value > high) high = value;
      mean += (value - mean) / (i - first + 1);
    }
    begins.push(from + bucket * step);
    avg.push(mean);
    min.push(low);
    max.push(high);
    count.push(i - first);
  }
  return {
    times: Float64Array.from(begins),
    values: Float64Array.from(avg),
    buckets: { min: Float64Array.from(min), max: Float64Array.from(max), count: Uint32Array.from(count) },
  };
}
