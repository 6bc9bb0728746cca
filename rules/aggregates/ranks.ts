// min, max and percentiles: the value at a rank among the points in ascending order, so always one that was measured.
// The percentile p of n points is the value at rank ceil(p/100 · n) (nearest rank): the smallest value that at least
// p % of the points do not exceed.
import type { SeriesWindow } from '../types.ts';
import type { AggregateDefinition } from './definition.ts';
import { slot } from './points.ts';

/** Per mille, a whole number, so that no rounding of 99.9 % moves a rank. */
export function rankOf(perMille: number, count: number): number {
  return Math.max(1, Math.ceil((perMille * count) / 1_000));
}

// As large as the largest ring; used between two statements of one call only.
let scratch = new Float64Array(4_096);

/** The value at `rank` (1 = least) of the points first..last, by quickselect: O(n) on the average. */
function valueAtRank(window: SeriesWindow, first: number, last: number, rank: number): number {
  const count = last - first + 1;
  if (count > scratch.length) scratch = new Float64Array(count);
  const values = scratch;
  for (let i = 0; i < count; i++) values[i] = window.values[slot(window, first + i)]!;
  const wanted = rank - 1;
  let low = 0;
  let high = count - 1;
  while (low < high) {
    // Median of three: series that rise or fall steadily are usual and would be the worst case of an end as pivot.
    const a = values[low]!;
    const b = values[(low + high) >>> 1]!;
    const c = values[high]!;
    const pivot = a < b ? (b < c ? b : a < c ? c : a) : a < c ? a : b < c ? c : b;
    let i = low;
    let j = high;
    while (i <= j) {
      while (values[i]! < pivot) i++;
      while (values[j]! > pivot) j--;
      if (i > j) break;
      const value = values[i]!;
      values[i++] = values[j]!;
      values[j--] = value;
    }
    if (wanted <= j) high = j;
    else if (wanted >= i) low = i;
    else return values[wanted]!;
  }
  return values[wanted]!;
}

export const min: AggregateDefinition = {
  points(window, first, last) {
    let least = window.values[slot(window, first)]!;
    for (let i = first + 1; i <= last; i++) {
      const value = window.values[slot(window, i)]!;
      if (value < least) least = value;
    }
    return least;
  },
  minutes: (totals) => totals.min,
};

export const max: AggregateDefinition = {
  points(window, first, last) {
    let greatest = window.values[slot(window, first)]!;
    for (let i = first + 1; i <= last; i++) {
      const value = window.values[slot(window, i)]!;
      if (value > greatest) greatest = value;
    }
    return greatest;
  },
  minutes: (totals) => totals.max,
};

export function percentile(perMille: number): AggregateDefinition {
  return {
    points: (window, first, last) => valueAtRank(window, first, last, rankOf(perMille, last - first + 1)),
  };
}
