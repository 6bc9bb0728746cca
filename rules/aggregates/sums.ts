// count, sum, avg, stddev: over the points first..last of a ring. Sums are compensated, so that their error is that of
// one rounding whatever the number of points.
import type { MinuteTotals, SeriesWindow } from '../types.ts';
import type { AggregateDefinition } from './definition.ts';
import { slot } from './points.ts';

/** Neumaier's sum: as if the exact sum were rounded once. */
function sumOf(window: SeriesWindow, first: number, last: number): number {
  let sum = 0;
  let rest = 0;
  for (let i = first; i <= last; i++) {
    const value = window.values[slot(window, i)]!;
    const next = sum + value;
    rest += Math.abs(sum) >= Math.abs(value) ? sum - next + value : value - next + sum;
    sum = next;
  }
  // Of infinities only the plain sum means something.
  return Number.isFinite(sum) ? sum + rest : sum;
}

/** The mean lies between the least and the greatest value; rounding must not carry it out (0.1, 0.1, 0.1 → 0.1). */
function within(mean: number, least: number, greatest: number): number {
  return mean < least ? least : mean > greatest ? greatest : mean;
}

function meanOf(window: SeriesWindow, first: number, last: number): number {
  let least = window.values[slot(window, first)]!;
  let greatest = least;
  for (let i = first + 1; i <= last; i++) {
    const value = window.values[slot(window, i)]!;
    if (value < least) least = value;
    else if (value > greatest) greatest = value;
  }
  return within(sumOf(window, first, last) / (last - first + 1), least, greatest);
}

/**
 * Population standard deviation, sqrt(Σ(x - mean)² / n); 0 for one point. The corrected two-pass algorithm of Chan, Golub
 * and LeVeque (1983): what the mean lost by rounding is taken out again.
 */
function deviationOf(window: SeriesWindow, first: number, last: number): number {
  const mean = meanOf(window, first, last);
  const count = last - first + 1;
  let squares = 0;
  let rest = 0;
  for (let i = first; i <= last; i++) {
    const apart = window.values[slot(window, i)]! - mean;
    squares += apart * apart;
    rest += apart;
  }
  return Math.sqrt(Math.max(0, squares - (rest * rest) / count) / count);
}

const meanOfTotals = ({ sum, count, min, max }: MinuteTotals) => within(sum / count, min, max);

export const count: AggregateDefinition = {
  empty: 0,
  points: (_window, first, last) => last - first + 1,
  minutes: (totals) => totals.count,
};
export const sum: AggregateDefinition = { points: sumOf, minutes: (totals) => totals.sum };
export const avg: AggregateDefinition = { points: meanOf, minutes: meanOfTotals };
export const stddev: AggregateDefinition = {
  points: deviationOf,
  minutes: ({ squares, count }) => Math.sqrt(squares / count),
};
