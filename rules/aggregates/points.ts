// Finding points in a series' ring. Points lie in order of time, one per time.
import type { SeriesWindow } from '../types.ts';

/** Where point `point` (0 = oldest) lies in the arrays of the window. */
export function slot(window: SeriesWindow, point: number): number {
  return window.base + ((window.head + point) & window.mask);
}

/** The first point with a time after `at`, `count` if there is none. */
export function firstAfter(window: SeriesWindow, at: number): number {
  let low = 0;
  let high = window.count;
  if (high > 0 && window.times[slot(window, high - 1)]! <= at) return high;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (window.times[slot(window, middle)]! <= at) low = middle + 1;
    else high = middle;
  }
  return low;
}
