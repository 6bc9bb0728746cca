// Values that are unusual for their series: what a rule makes of what a detector saw in a sample.
//
//   detection   how a series is watched: the detector, and the times that are left out (`Detection`)
//   sight       what the detector of a series saw in one sample, beside the sample itself
//   figure      the logarithm of (false alarms a week that the rule bears / those of a rule that fires here): from 0 on true
//
// Detectors get used to what lasts, within minutes some of them. So a rule that was true stays true for as long as the value
// is outside of what is expected, however rare that still is: its figure does not fall below the one at which it resolves.
import type { Observation } from '../analysis/detectors/detector.ts';
import { formatDuration } from './duration.ts';
import type { Explanation } from './explain.ts';
import type { Before, Sight } from './sight.ts';
import { judge } from './threshold.ts';
import type { AnomalyRule, Detection, Finding } from './types.ts';

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

/** Whether the sample time lies in a planned window. */
export const isExcluded = ({ exclude, windows }: Detection, at: number): boolean =>
  exclude?.contains(at) === true || windows?.some((one) => one.contains(at)) === true;

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
export function held(figure: number, outside: boolean): number {
  if (figure >= 0) return figure;
  return outside ? heldFigure : Number.NEGATIVE_INFINITY;
}

/** The value is where it was expected before the series became unusual. */
export const isBack = ({ before, value }: Sight): boolean =>
  before !== null && value >= before.low && value <= before.high;

export const isOutside = ({ seen }: Sight): boolean => seen.direction !== 'none';

/** Whether a value lies where the rule looks. */
export function concerns({ direction, minChange }: AnomalyRule, value: number, mid: number): boolean {
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

/** A figure as people read it. */
const figure = (value: number): string => String(Number(value.toPrecision(6)));
export const short = (value: number): string => String(Number(value.toPrecision(3)));

/** Two figures, at most, of how rare it is: 1 in 40,000. */
export const odds = (oneIn: number): string => `1 in ${short(Number(oneIn.toPrecision(2)))}`;

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
