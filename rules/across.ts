// One figure over many series: the aggregate of each at a time of the grid, then a figure over these. A group is taken
// in series by series, so that a large one can be put off in between. Allocates nothing per series.
import { aggregateAt } from './aggregates/index.ts';
import { firstAfter, slot } from './aggregates/points.ts';
import type { Sight } from './sight.ts';
import { judge } from './threshold.ts';
import type { Across, Evaluation, Reading, SeriesWindow, ThresholdRule } from './types.ts';

/** The series of a group that were taken in so far. */
export interface GroupTotals {
  /** Series with a value. */
  count: number;
  sum: number;
  /** What `sum` lost by rounding. */
  rest: number;
  least: number;
  greatest: number;
  /** Series of which a condition holds, for conditions of which one series is enough. */
  hits: number;
  /** Time of the newest sample up to the time of the grid; -Infinity without one. */
  newestAt: number;
  /** Of a rule about unusual values: the strangest that was seen in a series of the group. */
  sight: Sight | null;
}

export function emptyTotals(): GroupTotals {
  const nothing = { count: 0, sum: 0, rest: 0, least: 0, greatest: 0, hits: 0, newestAt: 0, sight: null };
  clearTotals(nothing);
  return nothing;
}

export function clearTotals(totals: GroupTotals): void {
  totals.count = 0;
  totals.sum = 0;
  totals.rest = 0;
  totals.least = Number.POSITIVE_INFINITY;
  totals.greatest = Number.NEGATIVE_INFINITY;
  totals.hits = 0;
  totals.newestAt = Number.NEGATIVE_INFINITY;
  totals.sight = null;
}

/** Takes in one series at grid time `at`; answers its value. One without a value then (NaN) does not take part. */
export function addSeries(reading: Reading, window: SeriesWindow, at: number, into: GroupTotals): number {
  const { aggregate, windowMs } = reading;
  let value: number;
  if (aggregate === 'last' || aggregate === 'absent') {
    const last = firstAfter(window, at) - 1;
    if (last < 0) return Number.NaN;
    const place = slot(window, last);
    const lastAt = window.times[place]!;
    if (lastAt > into.newestAt) into.newestAt = lastAt;
    if (aggregate === 'absent' || lastAt <= at - windowMs) return Number.NaN;
    value = window.values[place]!;
  } else {
    // Of the minute of `at` more may be known by now than was up to `at`: minutes count once they are whole.
    value = aggregateAt(aggregate, windowMs, window, at, true);
  }
  if (Number.isNaN(value)) return value;
  into.count += 1;
  // Neumaier's sum, as if the exact sum were rounded once: the order of the series must not matter.
  const next = into.sum + value;
  into.rest += Math.abs(into.sum) >= Math.abs(value) ? into.sum - next + value : value - next + into.sum;
  into.sum = next;
  if (value < into.least) into.least = value;
  if (value > into.greatest) into.greatest = value;
  return value;
}

/** The figure over the series that took part; NaN when none did. */
export function acrossOf(across: Across, totals: GroupTotals): number {
  const { count, sum, rest, least, greatest } = totals;
  if (count === 0) return Number.NaN;
  // Of infinities only the plain sum means something.
  const total = Number.isFinite(sum) ? sum + rest : sum;
  switch (across) {
    case 'sum':
      return total;
    case 'avg':
      // Rounding must not carry the mean out of the values.
      return Math.min(Math.max(total / count, least), greatest);
    case 'min':
      return least;
    case 'max':
      return greatest;
    case 'count':
      return count;
  }
}

/**
 * Fills `out` with the verdict on a group whose series were all taken in. `insufficient_data` when none of them has a
 * value, and for `absent`, which is a matter of when samples came and is decided by whoever watches the time.
 */
export function judgeGroup(
  rule: ThresholdRule,
  totals: GroupTotals,
  wasTrue: boolean,
  out: Evaluation,
): void {
  const { across } = rule;
  out.value = across === undefined || rule.aggregate === 'absent' ? Number.NaN : acrossOf(across, totals);
  out.verdict = judge(rule, out.value, wasTrue);
}
