// Several metrics that are unusual together, which is found in two ways. Apart: each is somewhat odd, and that all are at once is
// rare (Fisher's method). Beside one another: each may be usual, and they do not fit (the joint forest). Each way has half of
// the false alarms that the rule bears; the louder one counts.
import type { JointObservation } from '../analysis/detectors/joint-forest.ts';
import type { GroupTotals } from './across.ts';
import { concerns, held, isBack, isOutside, missingOf, missingText, odds, short } from './anomaly.ts';
import type { Explanation } from './explain.ts';
import type { GroupContext } from './group-context.ts';
import type { Sight } from './sight.ts';
import { judge } from './threshold.ts';
import type { AnomalyRule, Evaluation, Finding, Unfitting } from './types.ts';

/** Beyond it lies one of a hundred distances beside the others. */
const unfitting = 2.576;
/** Metrics that people are told of. */
const mostTold = 3;
/** Of metrics that are odd apart those are told of that are rarer than this. */
const oddTail = 0.05;
/** In halves of the expected band: what is farther away is as strange as this. */
const farthest = 64;

/** Takes what was seen in one series of a group into the totals of its metric. */
export function addSight(rule: AnomalyRule, sight: Sight | null, into: GroupTotals): void {
  if (sight === null || sight.seen.expected === null) return;
  const { seen, value, at } = sight;
  // The combination is learned while the rule still waits, and from bands that mean something.
  if (seen.learning === null && (into.sight === null || isStranger(sight, into.sight))) into.sight = sight;
  if (missingOf(rule, sight) !== null) return;
  const concerned = concerns(rule, value, sight.seen.expected.mid) && !isBack(sight);
  const tail = concerned ? seen.tail : 1;
  if (concerned && isOutside(sight)) into.hits += 1;
  into.count += 1;
  into.least = Math.min(into.least, tail);
  into.greatest = Math.max(into.greatest, seen.perWeek / seen.tail);
  into.newestAt = Math.max(into.newestAt, at);
}

/** The order of the series must not matter. */
function isStranger(one: Sight, other: Sight): boolean {
  if (one.seen.tail !== other.seen.tail) return one.seen.tail < other.seen.tail;
  return Math.abs(distanceOf(one)) > Math.abs(distanceOf(other));
}

/** From the expected middle, in halves of the expected band. */
function distanceOf({ value, seen }: Sight): number {
  const { low, mid, high } = seen.expected!;
  const distance = (value - mid) / Math.max((high - low) / 2, 1e-300);
  return Number.isNaN(distance) ? 0 : Math.max(-farthest, Math.min(farthest, distance));
}

/** What the joint forest is shown of a group; null where a metric says nothing. */
export function distancesOf(totals: readonly GroupTotals[]): number[] | null {
  const distances: number[] = [];
  for (const { sight } of totals) {
    if (sight === null) return null;
    distances.push(distanceOf(sight));
  }
  return distances;
}

interface Together {
  readonly figure: number;
  readonly tail: number;
  /** They do not fit one another; else each is odd. */
  readonly beside: boolean;
}

const unknown: Together = { figure: Number.NaN, tail: Number.NaN, beside: false };

/** NaN while a metric says nothing. */
function together(rule: AnomalyRule, totals: readonly GroupTotals[], { joint }: GroupContext): Together {
  const apart = oddApart(rule, totals);
  if (apart === null) return unknown;
  const allowed = Math.log10(rule.sensitivity / 2);
  const apartFigure = allowed - apart.logPerWeek;
  const misfit = joint == null ? null : misfitOf(rule, joint);
  const besideFigure =
    joint == null || misfit === null ? Number.NEGATIVE_INFINITY : allowed - Math.log10(joint.perWeek);
  const beside = besideFigure > apartFigure;
  const outside = apart.outside || (misfit !== null && misfit > unfitting);
  return {
    figure: held(Math.max(apartFigure, besideFigure), outside),
    tail: beside ? joint!.tail : apart.tail,
    beside,
  };
}

/** How far the metric is off that fits least; null while that is learned, and where the rule does not look that way. */
function misfitOf({ direction }: AnomalyRule, { beside, learning }: JointObservation): number | null {
  if (learning !== null || beside.length === 0) return null;
  const { off } = beside.reduce((most, one) => (Math.abs(one.off) > Math.abs(most.off) ? one : most));
  if ((direction === 'up' && off <= 0) || (direction === 'down' && off >= 0)) return null;
  return Math.abs(off);
}

/**
 * How rare it is that all metrics of a group are as odd as they are, by Fisher's method (R. A. Fisher, "Statistical Methods
 * for Research Workers", 1925): minus twice the sum of the logarithms of k tails is chi-squared with 2k degrees of freedom, of
 * which the tail is e^-s · Σ s^i / i!. Of several series of one metric the strangest counts, and is that many times less
 * strange. Null while a metric says nothing.
 */
function oddApart(rule: AnomalyRule, totals: readonly GroupTotals[]) {
  let sum = 0;
  let perWeek = 0;
  let outside = false;
  const { length } = rule.readings;
  for (let i = 0; i < length; i++) {
    const { count, greatest, hits } = totals[i]!;
    if (count === 0) return null;
    sum -= Math.log(tailOf(totals[i]!));
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
  return { tail: 10 ** log, logPerWeek: log + Math.log10(perWeek), outside };
}

const tailOf = ({ count, least }: GroupTotals): number =>
  Math.max(Number.MIN_VALUE, Math.min(1, count * least));

/** Fills `out` with the verdict on a group, of which every series was taken in. */
export function judgeAnomaly(
  rule: AnomalyRule,
  totals: readonly GroupTotals[],
  context: GroupContext,
  wasTrue: boolean,
  out: Evaluation,
): void {
  const { figure, tail } = together(rule, totals, context);
  out.verdict = judge(rule, figure, wasTrue);
  out.value = Number.isNaN(figure) ? Number.NaN : oneIn(tail);
}

const oneIn = (tail: number): number => Math.min(1 / tail, Number.MAX_VALUE);

/** What people are told of a group that is unusual: which metrics made it so; null where a metric says nothing. */
export function findingTogether(
  rule: AnomalyRule,
  totals: readonly GroupTotals[],
  context: GroupContext,
): Finding | null {
  const said = together(rule, totals, context);
  const told = toldOf(rule, totals, context, said);
  const first = told[0];
  if (first === undefined) return null;
  const { value, low, high } = first;
  const sights = totals.flatMap(({ sight }) => (sight === null ? [] : [sight]));
  const { detector } = rule.detection;
  return {
    ...{ value, low, mid: (low + high) / 2, high, oneIn: oneIn(said.tail) },
    at: Math.max(...sights.map(({ at }) => at)),
    score: said.beside ? context.joint!.score : Math.max(...sights.map(({ seen }) => seen.score)),
    seasonal: detector === 'seasonal' || detector === 'ensemble',
    together: told,
  };
}

/** The metrics that made it unusual, the one that is farthest off first. */
function toldOf(
  rule: AnomalyRule,
  totals: readonly GroupTotals[],
  { joint }: GroupContext,
  { figure, beside }: Together,
): Unfitting[] {
  if (Number.isNaN(figure) || totals.some(({ sight }) => sight === null)) return [];
  const all = rule.readings.map(({ metric }, i) => {
    const { value, seen } = totals[i]!.sight!;
    const { low, mid, high } = seen.expected!;
    if (!beside) return { strange: -Math.log(tailOf(totals[i]!)), metric, value, low, high, beside };
    const half = (high - low) / 2;
    const { expected, within, off } = joint!.beside[i]!;
    const middle = mid + expected * half;
    const width = within * half;
    return { strange: Math.abs(off), metric, value, low: middle - width, high: middle + width, beside };
  });
  all.sort((a, b) => b.strange - a.strange);
  const most = all[0]!.strange;
  const least = beside ? Math.max(unfitting, most / 2) : -Math.log(oddTail);
  return all
    .filter(({ strange }, i) => i === 0 || strange >= least)
    .slice(0, mostTold)
    .map(({ strange, ...told }) => told);
}

/** Why the rule says what it says of a group of several metrics. */
export function explainJoint(
  rule: AnomalyRule,
  totals: readonly GroupTotals[],
  context: GroupContext,
  wasTrue: boolean,
): Explanation {
  const what = `${rule.detection.detector} of ${rule.readings.map(({ metric }) => metric).join(' and ')}`;
  const said = together(rule, totals, context);
  const verdict = judge(rule, said.figure, wasTrue);
  if (Number.isNaN(said.figure)) {
    const silent = rule.readings.filter((_, i) => totals[i]!.count === 0).map(({ metric }) => metric);
    return {
      verdict,
      value: null,
      why: `${what}: nothing is known of ${silent.join(' and ')} at this time`,
    };
  }
  const told = toldOf(rule, totals, context, said).map(
    ({ metric, value, low, high, beside }) =>
      `${metric} expected ${short(low)} to ${short(high)}${beside ? ' beside the others' : ''}, got ${short(value)}`,
  );
  const learning = context.joint?.learning;
  const rest = learning == null ? [] : [`how they go together is learned, ${missingText(learning)}`];
  const parts = [...told, `together ${odds(1 / said.tail)}, sensitivity ${short(rule.sensitivity)}`, ...rest];
  return { verdict, value: oneIn(said.tail), why: `${what}: ${parts.join('; ')}: ${verdict}` };
}
