// Recorded samples in columns: out of the history, in time order, or as they were given, in the order in which they came.
import type Database from 'better-sqlite3';
import { labelSet } from '../../rules/labels.ts';
import { readingsOf } from '../../rules/readings.ts';
import type { Labels, Rule } from '../../rules/types.ts';
import { listSeries, readRange, TooManySamples } from '../ingest/range-read.ts';
import { orderByTime } from '../ingest/sort-by-time.ts';
import type { Occurrence } from '../store/store.ts';
import { type GivenSample, replayLimits, TooLarge } from './questions.ts';

export interface RecordedSeries {
  readonly metric: string;
  readonly labels: Labels;
}

export interface Recorded {
  readonly series: readonly RecordedSeries[];
  /** Known before the first of these samples; they may have none. */
  readonly known: readonly (RecordedSeries & { readonly bornAt: number })[];
  /** Positions in `series`. */
  readonly index: Uint32Array;
  readonly times: Float64Array;
  readonly values: Float64Array;
  /** Events for rules that count them, in order. */
  readonly occurrences: readonly Occurrence[];
}

const tooManySamples = () =>
  new TooLarge(`more than ${replayLimits.samples} samples; ask for a shorter span or for fewer rules`);
const tooManySeries = () =>
  new TooLarge(`more than ${replayLimits.series} series; ask for fewer rules or narrower matchers`);

export function recordedOf(samples: readonly GivenSample[]): Recorded {
  if (samples.length > replayLimits.samples) throw tooManySamples();
  const places = new Map<string, number>();
  const series: RecordedSeries[] = [];
  const index = new Uint32Array(samples.length);
  samples.forEach(({ metric, labels: given }, i) => {
    const labels = labelSet(given);
    const name = JSON.stringify([metric, labels]);
    let place = places.get(name);
    if (place === undefined) {
      place = series.push({ metric, labels }) - 1;
      places.set(name, place);
      if (place >= replayLimits.series) throw tooManySeries();
    }
    index[i] = place;
  });
  return {
    series,
    known: [],
    index,
    times: Float64Array.from(samples, ({ timestamp }) => timestamp),
    values: Float64Array.from(samples, ({ value }) => value),
    occurrences: [],
  };
}

/** What the rules read between `from` and `to`. */
export function recordedIn(
  raw: Database.Database,
  tenant: string,
  rules: readonly Rule[],
  from: number,
  to: number,
): Recorded {
  const series: RecordedSeries[] = [];
  const parts: { readonly place: number; readonly times: Float64Array; readonly values: Float64Array }[] = [];
  const known: { metric: string; labels: Labels; bornAt: number }[] = [];
  let count = 0;
  for (const metric of new Set(rules.flatMap(readingsOf).map(({ metric }) => metric))) {
    const limit = replayLimits.series - series.length;
    let read: ReturnType<typeof readRange>;
    try {
      read = readRange(raw, { tenant, metric, from, to, limit });
    } catch (error) {
      if (error instanceof TooManySamples) throw tooManySamples();
      throw error;
    }
    if (read.more) throw tooManySeries();
    for (const { labels, times, values } of read.series) {
      parts.push({ place: series.push({ metric, labels }) - 1, times, values });
      count += times.length;
      if (count > replayLimits.samples) throw tooManySamples();
    }
    const { items } = listSeries(raw, { tenant, metric, after: null, limit: replayLimits.series });
    for (const { labels, bornAt } of items)
      if (bornAt < from)
        known.push({ metric, labels: labelSet(JSON.parse(labels) as Record<string, string>), bornAt });
  }
  const index = new Uint32Array(count);
  const times = new Float64Array(count);
  const values = new Float64Array(count);
  let end = 0;
  for (const part of parts) {
    index.fill(part.place, end, end + part.times.length);
    times.set(part.times, end);
    values.set(part.values, end);
    end += part.times.length;
  }
  const order = orderByTime(times, count);
  return {
    series,
    known,
    index: Uint32Array.from(order, (from) => index[from]!),
    times: Float64Array.from(order, (from) => times[from]!),
    values: Float64Array.from(order, (from) => values[from]!),
    occurrences: [],
  };
}
