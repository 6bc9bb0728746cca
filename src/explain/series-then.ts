// What a series did around a time, beside the rule that read it: how many samples, how far they went, and whether that
// met the rule.
import { compare } from '../../rules/threshold.ts';
import type { Comparison, Labels, Reading } from '../../rules/types.ts';
import type { RangeSeries } from '../ingest/range-read.ts';
import type { Span } from './search.ts';

export interface Point {
  readonly at: number;
  readonly value: number;
}

export interface SeriesThen {
  readonly metric: string;
  readonly labels: Labels;
  /** Samples of the span. */
  readonly samples: number;
  /** The last sample at or before the end of the span, as far back as was read. */
  readonly last: Point | null;
  /** The one of the span that came nearest to meeting the rule; null without samples or where values are not compared. */
  readonly extreme: Point | null;
  /** The longest time in one piece, from sample to sample, for which samples of the span met the rule; null: none did. */
  readonly metMs: number | null;
}

/** Whether the rule compares samples as they are: then it can be told from them whether it was met. */
export function comparesSamples({ aggregate, windowMs }: Reading): boolean {
  return aggregate === 'last' && windowMs === 0;
}

export function seriesThen(
  reading: Reading & Comparison,
  { labels, times, values }: Pick<RangeSeries, 'labels' | 'times' | 'values'>,
  { from, to }: Span,
): SeriesThen {
  const { operator, threshold } = reading;
  const high = operator === 'gt' || operator === 'gte';
  let samples = 0;
  let last: Point | null = null;
  let extreme: Point | null = null;
  let metSince: number | null = null;
  let metMs: number | null = null;
  for (let i = 0; i < times.length; i++) {
    const at = times[i]!;
    const value = values[i]!;
    if (at > to) break;
    last = { at, value };
    if (at < from) continue;
    samples += 1;
    const nearer = extreme === null || (high ? value > extreme.value : value < extreme.value);
    if (nearer) extreme = last;
    if (compare(operator, value, threshold)) {
      metSince ??= at;
      metMs = Math.max(metMs ?? 0, at - metSince);
    } else metSince = null;
  }
  const compared = comparesSamples(reading);
  const ends = operator === 'eq' || operator === 'neq' ? null : extreme;
  return {
    ...{ metric: reading.metric, labels, samples, last },
    extreme: compared ? ends : null,
    metMs: compared ? metMs : null,
  };
}
