// An aggregate of one series' window compared with a constant. Runs once per sample and rule, so it allocates nothing.
import { aggregateAt } from './aggregates/index.ts';
import { firstAfter, slot } from './aggregates/points.ts';
import type { Comparison, Evaluation, Operator, ReadingRule, SeriesWindow, Verdict } from './types.ts';

/**
 * Fills `out` with the rule's verdict on a series at sample time `at` and with the aggregate's value.
 *
 * The window is (at - windowMs, at]. While it reaches back beyond what is known of the series (before its first
 * sample, or into samples that are not kept) the verdict is `insufficient_data`. `wasTrue` is the verdict before:
 * with a resolve threshold it stays true until the value is back on the good side of that.
 *
 * `absent` is false at every sample, because a sample has just come. That it becomes true, namely when no sample came
 * for `windowMs`, is the passing of a deadline and is decided by whoever watches the time.
 */
export function evaluateThreshold(
  rule: ReadingRule,
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
  if (rule.aggregate === 'last') {
    const last = firstAfter(window, at) - 1;
    if (last >= 0) out.value = window.values[slot(window, last)]!;
  } else {
    out.value = aggregateAt(rule.aggregate, rule.windowMs, window, at);
  }
  out.verdict = verdictOf(rule, out.value, wasTrue);
}

/** What the rule says when the figure that it compares is known already, see `evaluateThreshold`. */
export function verdictOf(rule: ReadingRule, figure: number, wasTrue: boolean): Verdict {
  return rule.aggregate === 'absent' ? 'false' : judge(rule, figure, wasTrue);
}

/**
 * What people are shown of a figure; null: nothing new. One that is beyond all numbers and bad is the greatest there is;
 * of one that is not bad (a trend without a direction) there is nothing to show.
 */
export function shownValue(figure: number, verdict: Verdict): number | null {
  if (Number.isFinite(figure)) return figure;
  if (verdict !== 'true' || Number.isNaN(figure)) return null;
  return figure > 0 ? Number.MAX_VALUE : -Number.MAX_VALUE;
}

/** Compares a figure with a threshold, or once true with the one at which it resolves. */
export function judge(rule: Comparison, figure: number, wasTrue: boolean): Verdict {
  // NaN: no point, not enough of them, or infinities that cancel out. There is nothing to compare.
  if (Number.isNaN(figure)) return 'insufficient_data';
  const limit = wasTrue && rule.resolveThreshold !== undefined ? rule.resolveThreshold : rule.threshold;
  return compare(rule.operator, figure, limit) ? 'true' : 'false';
}

/** Whether `value` is on the bad side of `limit`. */
export function compare(operator: Operator, value: number, limit: number): boolean {
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
