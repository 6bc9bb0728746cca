// Why a rule says what it says, in figures: for people who ask, never on the path of a sample.
import { acrossOf, type GroupTotals } from './across.ts';
import { aggregateAt } from './aggregates/index.ts';
import { firstAfter, slot } from './aggregates/points.ts';
import { conditionTruths, judgeComposite } from './composite.ts';
import { formatDuration } from './duration.ts';
import { judgeFrequency } from './frequency.ts';
import type { GroupContext } from './group-context.ts';
import { evaluateThreshold, judge } from './threshold.ts';
import type {
  Comparison,
  CompositeRule,
  Evaluation,
  FrequencyRule,
  PatternRule,
  Reading,
  ReadingRule,
  SeriesWindow,
  ThresholdRule,
  Verdict,
} from './types.ts';

export interface Explanation {
  readonly verdict: Verdict;
  /** The figure that is compared; null when there is none. */
  readonly value: number | null;
  /** One line, e.g. `avg over 5m = 83.2, gt 80: true`. */
  readonly why: string;
}

const time = (at: number) => new Date(at).toISOString();

/** A figure as people read it: six digits are enough to compare by eye. */
function figure(value: number): string {
  return String(Number(value.toPrecision(6)));
}

/** What is compared, e.g. `avg over 5m`. */
function subject({ aggregate, windowMs, measure }: Reading & { readonly measure?: string }): string {
  if (measure !== undefined) return `${measure} over ${formatDuration(windowMs)}`;
  return aggregate === 'last' && windowMs === 0 ? 'last' : `${aggregate} over ${formatDuration(windowMs)}`;
}

function comparison(rule: Comparison, value: number, wasTrue: boolean): Explanation {
  const { operator, threshold, resolveThreshold } = rule;
  const held = wasTrue && resolveThreshold !== undefined;
  const verdict = judge(rule, value, wasTrue);
  const limit = held ? `${figure(resolveThreshold)} (resolve_threshold: it was true)` : figure(threshold);
  return { verdict, value, why: `${figure(value)}, ${operator} ${limit}: ${verdict}` };
}

/**
 * The verdict on one series at its newest sample up to `now`; `absent` is asked about `now` itself. `wasTrue` is the
 * verdict before, see `evaluateThreshold`.
 */
export function explainSeries(
  rule: ReadingRule,
  window: SeriesWindow,
  now: number,
  wasTrue: boolean,
): Explanation {
  const newest = firstAfter(window, now) - 1;
  const what = subject(rule);
  const unknown = (why: string): Explanation => ({
    verdict: 'insufficient_data',
    value: null,
    why: `${what}: ${why}`,
  });
  if (newest < 0) return unknown('no sample');
  const at = window.times[slot(window, newest)]!;
  if (rule.aggregate === 'absent') {
    const silentMs = now - at;
    const verdict = silentMs >= rule.windowMs ? 'true' : 'false';
    return {
      verdict,
      value: null,
      why: `${what}: the last sample is of ${time(at)}, ${formatDuration(silentMs)} ago: ${verdict}`,
    };
  }
  const out: Evaluation = { verdict: 'insufficient_data', value: Number.NaN };
  evaluateThreshold(rule, window, at, wasTrue, out);
  if (!Number.isNaN(out.value)) {
    const said = comparison(rule, out.value, wasTrue);
    return { ...said, why: `${what} = ${said.why}` };
  }
  return unknown(whyNothing(rule, window, at));
}

/** Why a window of which there is a sample at `at` has no figure. */
function whyNothing({ aggregate, windowMs }: Reading, window: SeriesWindow, at: number): string {
  const from = at - windowMs;
  const reaches = `the window reaches back to ${time(from)}`;
  if (window.bornAt > from) return `${reaches}, before the first sample at ${time(window.bornAt)}`;
  if (window.completeAfter > from) return `${reaches}, into samples that are not kept any more`;
  if (aggregate === 'last' || aggregate === 'absent') return 'no sample in the window';
  const count = aggregateAt('count', windowMs, window, at);
  return count > 0 ? `${figure(count)} samples in the window are too few` : 'no sample in the window';
}

/** The verdict on a group whose series were all taken in. */
export function explainAcross(
  rule: ThresholdRule,
  [of]: readonly GroupTotals[],
  { at }: GroupContext,
  wasTrue: boolean,
): Explanation {
  const totals = of!;
  const { across, aggregate, windowMs } = rule;
  if (aggregate === 'absent' || across === undefined) {
    const heard = Number.isFinite(totals.newestAt);
    const silentMs = at - totals.newestAt;
    const verdict = !heard ? 'insufficient_data' : silentMs >= windowMs ? 'true' : 'false';
    const last = heard
      ? `the last sample is of ${time(totals.newestAt)}, ${formatDuration(silentMs)} ago`
      : 'no sample';
    return { verdict, value: null, why: `${subject(rule)}: ${last}: ${verdict}` };
  }
  const what = `${across} of ${subject(rule)}`;
  const value = acrossOf(across, totals);
  if (Number.isNaN(value))
    return {
      verdict: 'insufficient_data',
      value: null,
      why: `${what}: no series has a value at ${time(at)}`,
    };
  const said = comparison(rule, value, wasTrue);
  const series = totals.count === 1 ? '1 series' : `${totals.count} series`;
  return { verdict: said.verdict, value, why: `${what} over ${series} = ${said.why}` };
}

/** The same of conditions: what each of the outermost comes to. */
export function explainComposite(
  rule: CompositeRule,
  totals: readonly GroupTotals[],
  context: GroupContext,
  wasTrue: boolean,
): Explanation {
  const out: Evaluation = { verdict: 'insufficient_data', value: Number.NaN };
  judgeComposite(rule, totals, context, wasTrue, out);
  const truths = conditionTruths(rule, totals, context, wasTrue);
  const { condition } = rule;
  const outermost = 'of' in condition && Array.isArray(condition.of) ? condition.of : [condition];
  const parts = truths.map((truth, i) => {
    const one: unknown = outermost[i];
    return `${conditionText(rule, one as CompositeRule['condition'])} ${truth === null ? 'unknown' : String(truth)}`;
  });
  return {
    verdict: out.verdict,
    value: Number.isNaN(out.value) ? null : out.value,
    why: `${condition.kind} of (${parts.join('; ')}): ${out.verdict}`,
  };
}

function conditionText(rule: CompositeRule, condition: CompositeRule['condition']): string {
  switch (condition.kind) {
    case 'reading': {
      const reading = rule.readings[condition.reading]!;
      if (reading.aggregate === 'absent') return `${reading.metric} ${subject(reading)}:`;
      return `${reading.metric} ${subject(reading)} ${reading.operator} ${figure(reading.threshold)}:`;
    }
    case 'rule':
      return `${condition.rule} ${condition.state}:`;
    case 'not':
      return `not ${conditionText(rule, condition.of)}`;
    default:
      return `${condition.kind} of ${condition.of.length}:`;
  }
}

/** Whether one of the patterns was found in the window. */
export function explainPattern(
  rule: PatternRule,
  totals: readonly GroupTotals[],
  context: GroupContext,
  wasTrue: boolean,
): Explanation {
  const out: Evaluation = { verdict: 'insufficient_data', value: Number.NaN };
  judgeFrequency(rule, totals, context, wasTrue, out);
  const what = `findings of ${rule.patterns.join(' or ')} over ${formatDuration(rule.windowMs)}`;
  return { verdict: out.verdict, value: out.value, why: `${what}: ${out.value}` };
}

/** How many there were, and how many there had to be. */
export function explainFrequency(
  rule: FrequencyRule,
  totals: readonly GroupTotals[],
  context: GroupContext,
  wasTrue: boolean,
): Explanation {
  const out: Evaluation = { verdict: 'insufficient_data', value: Number.NaN };
  judgeFrequency(rule, totals, context, wasTrue, out);
  const what = `count over ${formatDuration(rule.windowMs)}`;
  if (out.verdict === 'insufficient_data')
    return {
      verdict: out.verdict,
      value: out.value,
      why: `${what} = ${out.value}, of a window not heard whole`,
    };
  const said = comparison(rule, out.value, wasTrue);
  return { ...said, why: `${what} = ${said.why}` };
}
