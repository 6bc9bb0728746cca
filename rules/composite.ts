// Conditions over several metrics and over other rules, joined by three-valued logic (Kleene's): what nobody knows stays
// unknown only where it matters.
import { acrossOf, addSeries, type GroupTotals } from './across.ts';
import type { GroupContext } from './group-context.ts';
import { judge } from './threshold.ts';
import type { CompositeRule, Condition, ConditionReading, Evaluation, SeriesWindow } from './types.ts';

type Truth = boolean | null;

/** Takes in one series of one condition at grid time `at`. */
export function addToCondition(
  rule: CompositeRule,
  reading: number,
  window: SeriesWindow,
  at: number,
  wasTrue: boolean,
  totals: readonly GroupTotals[],
): void {
  const condition = rule.readings[reading]!;
  const into = totals[reading]!;
  const value = addSeries(condition, window, at, into);
  if (condition.across === undefined && judge(condition, value, wasTrue) === 'true') into.hits += 1;
}

/**
 * Fills `out` with the verdict on a group whose series were all taken in; its value is the number of conditions (of the
 * outermost) that hold. Once the rule was true, each condition has its resolve threshold.
 */
export function judgeComposite(
  rule: CompositeRule,
  totals: readonly GroupTotals[],
  context: GroupContext,
  wasTrue: boolean,
  out: Evaluation,
): void {
  const truths = conditionTruths(rule, totals, context, wasTrue);
  const verdict = joined(rule.condition, truths);
  out.verdict = verdict === null ? 'insufficient_data' : verdict ? 'true' : 'false';
  out.value = verdict === null ? Number.NaN : truths.filter((truth) => truth === true).length;
}

/** What each of the outermost conditions comes to; null: not known. */
export function conditionTruths(
  rule: CompositeRule,
  totals: readonly GroupTotals[],
  context: GroupContext,
  wasTrue: boolean,
): Truth[] {
  const { condition } = rule;
  const outermost =
    'of' in condition && Array.isArray(condition.of) ? (condition.of as Condition[]) : [condition];
  const truth = (one: Condition): Truth => {
    switch (one.kind) {
      case 'reading':
        return readingTruth(rule.readings[one.reading]!, totals[one.reading]!, context, wasTrue);
      case 'rule':
        return context.ruleState(one.rule, one.state);
      case 'not': {
        const inner = truth(one.of);
        return inner === null ? null : !inner;
      }
      default:
        return joined(one, one.of.map(truth));
    }
  };
  return outermost.map(truth);
}

function readingTruth(
  reading: ConditionReading,
  totals: GroupTotals,
  { at, since }: GroupContext,
  wasTrue: boolean,
): Truth {
  if (reading.aggregate === 'absent') {
    if (totals.newestAt > at - reading.windowMs) return false;
    // Absence counts only time in which something could have come.
    return Math.max(totals.newestAt, since) > at - reading.windowMs ? null : true;
  }
  if (totals.count === 0) return null;
  if (reading.across === undefined) return totals.hits > 0;
  const verdict = judge(reading, acrossOf(reading.across, totals), wasTrue);
  return verdict === 'insufficient_data' ? null : verdict === 'true';
}

/** What a condition comes to when those in it come to `truths`. */
function joined(condition: Condition, truths: readonly Truth[]): Truth {
  const holding = truths.filter((truth) => truth === true).length;
  const unknown = truths.filter((truth) => truth === null).length;
  switch (condition.kind) {
    case 'all':
      if (holding === truths.length) return true;
      return holding + unknown === truths.length ? null : false;
    case 'any':
      return holding > 0 ? true : unknown > 0 ? null : false;
    case 'at_least':
      if (holding >= condition.count) return true;
      return holding + unknown >= condition.count ? null : false;
    default:
      return truths[0] ?? null;
  }
}
