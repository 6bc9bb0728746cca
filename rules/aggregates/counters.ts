// increase and rate of counters, delta of gauges, all without extrapolation to the edges of the window.
//
//   increase = sum of the steps between consecutive samples; a step down is a reset to zero, and counts as the value
//              after it. The samples are those of the window and the last one before it, if that is at most 5 minutes
//              older than the window.
//   rate     = increase / seconds between the first and the last of these samples.
//   delta    = last - first sample of the window.
// Two samples are needed; of one there is nothing to say.
import type { MinuteTotals, SeriesWindow } from '../types.ts';
import type { AggregateDefinition } from './definition.ts';
import { counterLookbackMs } from './minutes.ts';
import { slot } from './points.ts';

/** The first sample of an increase over first..last; -1 when it may be one that is not in the ring any more. */
export function counterBase(window: SeriesWindow, first: number, from: number): number {
  const earliest = from - counterLookbackMs;
  if (first > 0) return window.times[slot(window, first - 1)]! >= earliest ? first - 1 : first;
  return window.completeAfter >= earliest ? -1 : first;
}

function increaseFrom(window: SeriesWindow, base: number, last: number): number {
  let before = window.values[slot(window, base)]!;
  const start = before;
  // Rises telescope: without a reset the increase is exactly last - first.
  let lost = 0;
  for (let i = base + 1; i <= last; i++) {
    const value = window.values[slot(window, i)]!;
    if (value < before) lost += before;
    before = value;
  }
  return before - start + lost;
}

function increaseOf(window: SeriesWindow, first: number, last: number, from: number): number {
  const base = counterBase(window, first, from);
  return base === -1 || base >= last ? Number.NaN : increaseFrom(window, base, last);
}

const secondsOf = ({ firstAt, lastAt }: MinuteTotals) => (lastAt - firstAt) / 1_000;
const two = (totals: MinuteTotals, value: number) => (totals.lastAt > totals.firstAt ? value : Number.NaN);

export const increase: AggregateDefinition = {
  looksBack: true,
  points: increaseOf,
  minutes: (totals) => two(totals, totals.increase),
};

export const rate: AggregateDefinition = {
  looksBack: true,
  points(window, first, last, from) {
    const base = counterBase(window, first, from);
    if (base === -1 || base >= last) return Number.NaN;
    const spanMs = window.times[slot(window, last)]! - window.times[slot(window, base)]!;
    return increaseFrom(window, base, last) / (spanMs / 1_000);
  },
  minutes: (totals) => two(totals, totals.increase / secondsOf(totals)),
};

export const delta: AggregateDefinition = {
  points(window, first, last) {
    if (first === last) return Number.NaN;
    return window.values[slot(window, last)]! - window.values[slot(window, first)]!;
  },
  minutes: (totals) => two(totals, totals.last - totals.first),
};
