// How many events or alerts there were in a window, compared with a constant.
import type { GroupContext } from './group-context.ts';
import { judge } from './threshold.ts';
import type { CountingRule, Evaluation } from './types.ts';

/** Of one group so many occurrences are kept, the newest: no rule may ask for more. */
export const mostCounted = 10_000;

/** Whether the verdict may be true because there were too few: then it matters from when on was listened. */
export function mindsFew({ operator }: Pick<CountingRule, 'operator'>): boolean {
  return operator === 'lt' || operator === 'lte' || operator === 'eq' || operator === 'neq';
}

/**
 * Fills `out` with the verdict on a group at a time of the grid, and with the count. Too few are known only when the whole
 * window was listened to: before that a count that is too small says nothing.
 */
export function judgeFrequency(
  rule: CountingRule,
  _totals: readonly unknown[],
  context: GroupContext,
  wasTrue: boolean,
  out: Evaluation,
): void {
  const count = context.occurrences();
  out.value = count;
  out.verdict = judge(rule, count, wasTrue);
  if (mindsFew(rule) && context.since > context.at - rule.windowMs && out.verdict === 'true')
    out.verdict = 'insufficient_data';
}
