// An aggregate of one series' window compared with a constant. Runs once per sample and rule, so it allocates nothing.
import type { Evaluation, Operator, SeriesWindow, ThresholdRule } from './types.ts';

/**
 * Fills `out` with the rule's verdict on a series at sample time `at` and with the aggregate's value.
 *
 * The window is (at - windowMs, at]. While it reaches back beyond what is known of the series (before its first
 * sample, or into points that were overwritten) the verdict is `insufficient_data`. `wasTrue` is the verdict before:
 * with a resolve threshold it stays true until the value is back on the good side of that.
 *
 * `absent` is false at every sample, because a sample has just come. That it becomes true, namely when no sample came
 * for `windowMs`, is the passing of a deadline and is decided by whoever watches the time.
 */
export function evaluateThreshold(
  rule: ThresholdRule,
  window: SeriesWindow,
  at: number,
  wasTrue: boolean,
  out: Evaluation,
): void {
  out.value = Number.NaN;
  if (rule.aggregate === 'absent') {
    out.verdict = 'false';
    return;
  }
  const last = firstAfter(window, at) - 1;
  if (rule.aggregate === 'last') {
    if (last >= 0) out.value = window.values[slot(window, last)]!;
  } else {
    const from = at - rule.windowMs;
    if (window.bornAt <= from && window.completeAfter <= from) {
      out.value = aggregate(rule.aggregate, window, firstAfter(window, from), last);
    }
  }
  // NaN: no point, not enough of them, or infinities that cancel out. There is nothing to compare.
  if (Number.isNaN(out.value)) {
    out.verdict = 'insufficient_data';
    return;
  }
  const limit = wasTrue && rule.resolveThreshold !== undefined ? rule.resolveThreshold : rule.threshold;
  out.verdict = compare(rule.operator, out.value, limit) ? 'true' : 'false';
}

function slot(window: SeriesWindow, point: number): number {
  return window.base + ((window.head + point) & window.mask);
}

/** The first point with a time after `at`, `count` if there is none. Points lie in order of time. */
function firstAfter(window: SeriesWindow, at: number): number {
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

/** Over the points first..last, oldest first; NaN when there is none, except that their count is 0. */
function aggregate(
  kind: 'avg' | 'min' | 'max' | 'sum' | 'count',
  window: SeriesWindow,
  first: number,
  last: number,
): number {
  const count = last - first + 1;
  if (kind === 'count') return count;
  if (count <= 0) return Number.NaN;
  let result = window.values[slot(window, first)]!;
  for (let i = first + 1; i <= last; i++) {
    const value = window.values[slot(window, i)]!;
    if (kind === 'min') {
      if (value < result) result = value;
    } else if (kind === 'max') {
      if (value > result) result = value;
    } else {
      result += value;
    }
  }
  return kind === 'avg' ? result / count : result;
}

/** Whether `value` is on the bad side of `limit`. */
function compare(operator: Operator, value: number, limit: number): boolean {
  switch (operator) {
    case 'gt':
      return value > limit;
    case 'gte':
      return value >= limit;
    case 'lt':
      return value < limit;
    case 'lte':
      return value <= limit;
    case 'eq':
      return value === limit;
    case 'neq':
      return value !== limit;
  }
}
