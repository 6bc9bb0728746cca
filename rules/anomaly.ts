// Values that are unusual for their series: what a rule makes of what a detector saw in a sample.
//
//   detection   how a series is watched: the detector, and the times that are left out (`Detection`)
//   sight       what the detector of a series saw in one sample, beside the sample itself
//   figure      the logarithm of (false alarms a week that the rule bears / those of a rule that fires here): from 0 on true
//
// Detectors get used to what lasts, within minutes some of them. So a rule that was true stays true for as long as the value
// is outside of what is expected, however rare that still is: its figure does not fall below the one at which it resolves.
import type { Observation } from '../analysis/detectors/detector.ts';
import type { GroupTotals } from './across.ts';
import { formatDuration } from './duration.ts';
import type { Explanation } from './explain.ts';
import type { GroupContext } from './group-context.ts';
import { judge } from './threshold.ts';
import type { AnomalyRule, Evaluation, Finding } from './types.ts';

/** A sample as its detector saw it. */
export interface Sight {
  readonly at: number;
  readonly value: number;
  readonly seen: Observation;
  /** Sample time of the first sample that the detector learned from. */
  readonly firstAt: number;
  readonly before: Before | null;
}

/** What was expected before the series became unusual: to come back there is not unusual, whatever the detector says. */
export interface Before {
  readonly low: number;
  readonly high: number;
  /** So many usual samples more, and it is forgotten. */
  readonly left: number;
}

/** From one in so many on a sample outside of what is expected begins such a time. */
const disturbingOneIn = 200;
const usualSamplesAfter = 32;

/** What is remembered behind a sample, from what was remembered before it. */
export function beforeOf(known: Before | null, seen: Observation, value: number): Before | null {
  const { expected, direction, tail } = seen;
  const inside = known !== null && value >= known.low && value <= known.high;
  if (expected !== null && direction !== 'none' && tail * disturbingOneIn < 1 && !inside) {
    const { low, high } = known ?? expected;
    return { low, high, left: usualSamplesAfter };
  }
  return known === null || known.left <= 1 ? null : { ...known, left: known.left - 1 };
}

/** Why nothing was seen in the newest sample of a series. */
export type Unseen =
  /** It is of a time that is left out. */
  | 'excluded'
  /** The memory of detectors is full. */
  | 'no_room'
  /** No sample came since the start. */
  | 'no_sample';

/** What is missing until the rule says something of the series; null: nothing. Samples and milliseconds, both must be over. */
export function missingOf(
  rule: AnomalyRule,
  { at, seen, firstAt }: Sight,
): { readonly samples: number; readonly ms: number } | null {
  const ms = Math.max(0, firstAt + rule.learningMs - at, seen.learning?.ms ?? 0);
  const samples = seen.learning?.samples ?? 0;
  return ms === 0 && samples === 0 ? null : { samples, ms };
}

/** The figure at which such a rule resolves. */
export const heldFigure = -1;

/** See the head of the file. NaN: nothing is known; -Infinity: whatever it is, the rule is not about it. */
export function anomalyFigure(rule: AnomalyRule, sight: Sight | null): number {
  if (sight === null || missingOf(rule, sight) !== null) return Number.NaN;
  const { seen, value } = sight;
  // A value that is not finite says nothing.
  if (seen.expected === null) return Number.NaN;
  if (!concerns(rule, value, seen.expected.mid) || isBack(sight)) return Number.NEGATIVE_INFINITY;
  return held(Math.log10(rule.sensitivity / seen.perWeek), isOutside(sight));
}

/** A figure that is not rare enough to become true, but enough to stay so where the value is outside of what is expected. */
function held(figure: number, outside: boolean): number {
  if (figure >= 0) return figure;
  return outside ? heldFigure : Number.NEGATIVE_INFINITY;
}

/** The value is where it was expected before the series became unusual. */
const isBack = ({ before, value }: Sight): boolean =>
  before !== null && value >= before.low && value <= before.high;

const isOutside = ({ seen }: Sight): boolean => seen.direction !== 'none';

/** Whether a value lies where the rule looks. */
function concerns({ direction, minChange }: AnomalyRule, value: number, mid: number): boolean {
  if (direction === 'up' && value <= mid) return false;
  if (direction === 'down' && value >= mid) return false;
  return Math.abs(value - mid) >= minChange;
}

/** What people are told of a sample that was unusual; null where nothing was expected. */
export function findingOf({ detection }: AnomalyRule, { seen, value, at }: Sight): Finding | null {
  const { expected, score, tail } = seen;
  if (expected === null) return null;
  const { low, mid, high } = expected;
  const seasonal = detection.detector === 'seasonal' || detection.detector === 'ensemble';
  return { value, at, low, mid, high, score, oneIn: 1 / tail, seasonal };
}

/** Takes what was seen in one series of a group into the totals of its metric. */
export function addSight(rule: AnomalyRule, sight: Sight | null, into: GroupTotals): void {
  if (sight === null || sight.seen.expected === null || missingOf(rule, sight) !== null) return;
  const { seen, value, at } = sight;
  const concerned = concerns(rule, value, seen.expected!.mid) && !isBack(sight);
  const tail = concerned ? seen.tail : 1;
  if (concerned && isOutside(sight)) into.hits += 1;
  into.count += 1;
  into.least = Math.min(into.least, tail);
  into.greatest = Math.max(into.greatest, seen.perWeek / seen.tail);
  into.newestAt = Math.max(into.newestAt, at);
}

/**
 * How rare it is that all metrics of a group are together as they are, by Fisher's method (R. A. Fisher, "Statistical
 * Methods for Research Workers", 1925): minus twice the sum of the logarithms of k tails is chi-squared with 2k degrees of
 * freedom, of which the tail is e^-s · Σ s^i / i!. Of several series of one metric the strangest counts, and is that many
 * times less strange. NaN while a metric says nothing.
 */
function jointFigure(rule: AnomalyRule, totals: readonly GroupTotals[]): { figure: number; tail: number } {
  let sum = 0;
  let perWeek = 0;
  let outside = false;
  const { length } = rule.readings;
  for (let i = 0; i < length; i++) {
    const { count, least, greatest, hits } = totals[i]!;
    if (count === 0) return { figure: Number.NaN, tail: Number.NaN };
    sum -= Math.log(Math.max(Number.MIN_VALUE, Math.min(1, count * least)));
    perWeek = Math.max(perWeek, greatest);
    outside ||= hits > 0;
  }
  let series = 0;
  let term = 1;
  for (let i = 0; i < length; i++) {
    series += term;
    term *= sum / (i + 1);
  }
  const log = (Math.log(series) - sum) * Math.LOG10E;
  const figure = held(Math.log10(rule.sensitivity) - log - Math.log10(perWeek), outside);
  return { figure, tail: 10 ** log };
}

/** Fills `out` with the verdict on a group, of which every series was taken in. */
export function judgeAnomaly(
  rule: AnomalyRule,
  totals: readonly GroupTotals[],
  _context: GroupContext,
  wasTrue: boolean,
  out: Evaluation,
): void {
  const { figure, tail } = jointFigure(rule, totals);
  out.verdict = judge(rule, figure, wasTrue);
  out.value = Number.isNaN(figure) ? Number.NaN : Math.min(1 / tail, Number.MAX_VALUE);
}

/** A figure as people read it. */
const figure = (value: number): string => String(Number(value.toPrecision(6)));
const short = (value: number): string => String(Number(value.toPrecision(3)));

/** Two figures, at most, of how rare it is: 1 in 40,000. */
const odds = (oneIn: number): string => `1 in ${short(Number(oneIn.toPrecision(2)))}`;

const unseenTexts: Readonly<Record<Unseen, string>> = {
  excluded: 'the sample is of an excluded time',
  no_room: 'the memory of detectors is full (limits.detector_bytes)',
  no_sample: 'no sample',
};

/** Why the rule says what it says of the newest sample of a series. */
export function explainSight(
  rule: AnomalyRule,
  sight: Sight | null,
  unseen: Unseen,
  wasTrue: boolean,
): Explanation {
  const what = rule.detection.detector;
  const nothing = (why: string): Explanation => ({
    verdict: 'insufficient_data',
    value: null,
    why: `${what}: ${why}`,
  });
  if (sight === null) return nothing(unseenTexts[unseen]);
  const missing = missingOf(rule, sight);
  if (missing !== null) return nothing(`learning, ${missingText(missing)}`);
  const { seen, value } = sight;
  if (seen.expected === null) return nothing(`${figure(value)} says nothing`);
  const { low, high } = seen.expected;
  const found = anomalyFigure(rule, sight);
  const verdict = judge(rule, found, wasTrue);
  const rare = `${odds(1 / seen.tail)}, ${short(seen.perWeek)} false alarms a week`;
  const why = `${what}: expected ${short(low)} to ${short(high)}, got ${figure(value)}; ${rare}, ${asideText(rule, sight, seen.expected.mid, wasTrue && found < 0)}: ${verdict}`;
  return { verdict, value, why };
}

/** What decided beside how rare it is; `held`: it would not become true now. */
function asideText(rule: AnomalyRule, sight: Sight, mid: number, held: boolean): string {
  if (isBack(sight)) return 'back where it was before';
  if (!concerns(rule, sight.value, mid)) {
    const way = rule.direction === 'both' ? '' : `${rule.direction} `;
    return `not ${way}by ${short(rule.minChange)} from ${short(mid)}`;
  }
  return held && isOutside(sight)
    ? 'true before, and outside of it still'
    : `sensitivity ${short(rule.sensitivity)}`;
}

/** What is missing, in words. */
export function missingText({ samples, ms }: { readonly samples: number; readonly ms: number }): string {
  const parts = [
    ...(samples > 0 ? [`${samples} more samples`] : []),
    ...(ms > 0 ? [`${formatDuration(Math.ceil(ms / 60_000) * 60_000)} more`] : []),
  ];
  return `needs ${parts.join(' and ')}`;
}

/** The same of a group of several metrics. */
export function explainJoint(
  rule: AnomalyRule,
  totals: readonly GroupTotals[],
  _context: GroupContext,
  wasTrue: boolean,
): Explanation {
  const what = `${rule.detection.detector} of ${rule.readings.map(({ metric }) => metric).join(' and ')}`;
  const { figure: joint, tail } = jointFigure(rule, totals);
  const verdict = judge(rule, joint, wasTrue);
  if (Number.isNaN(joint)) {
    const silent = rule.readings.filter((_, i) => totals[i]!.count === 0).map(({ metric }) => metric);
    return {
      verdict,
      value: null,
      why: `${what}: nothing is known of ${silent.join(' and ')} at this time`,
    };
  }
  return {
    verdict,
    value: 1 / tail,
    why: `${what}: together ${odds(1 / tail)}, sensitivity ${short(rule.sensitivity)}: ${verdict}`,
  };
}
