// When trouble began, read off the series that an alert is about: the first sample that goes a good part of the way from
// the calm beginning of the last unbroken stretch to its worst value. A step is found at its first full sample; of a ramp,
// the place where it is past its first third. Nothing but the series is asked, so an alert that came late, or a clock that
// is off, does not move it.
import type { SeriesSignal } from '../signals.ts';
import { firstFrom, leastNoise, stepOf, stretchBefore, wholeOf } from './deviation.ts';
import { median } from './order.ts';
import type { Sign } from './signs.ts';

export interface Onset {
  readonly at: number;
  /** Distance of the worst sample from the calm level, in the least that counts as a difference. */
  readonly strength: number;
}

/** What of the stretch is taken as calm, and what part of the way is a departure. */
const calmPart = 1 / 3;
const departedPart = 0.4;
/** Samples of the stretch that are looked at. */
const longest = 120;

/** Null where fewer than two finite samples are in the stretch that ends at `until`, or none goes to the bad side. */
export function onsetOf(
  { times, values }: SeriesSignal,
  sign: Sign,
  until: number,
  notBefore = Number.NEGATIVE_INFINITY,
): Onset | null {
  const end = firstFrom(times, until + 1);
  if (end < 2) return null;
  const stepMs = stepOf(times, end);
  const from = Math.max(stretchBefore(times, end, stepMs), end - longest, firstFrom(times, notBefore));
  if (end - from < 2) return null;
  let calmEnd = from + Math.max(1, Math.floor((end - from) * calmPart));
  while (calmEnd < end && !values.subarray(from, calmEnd).some((value) => Number.isFinite(value))) calmEnd++;
  const calm = [...values.subarray(from, calmEnd)].filter((value) => Number.isFinite(value));
  const level = median(calm);
  if (!Number.isFinite(level)) return null;
  const least = leastNoise(sign.name, level, wholeOf(sign.name, values.subarray(from, end))) || 1;
  const turn = sign.worse === 'up' ? 1 : -1;
  const far = (n: number): number => (turn * (values[n]! - level)) / least;
  let worst = 0;
  for (let n = calmEnd; n < end; n++) if (far(n) > worst) worst = far(n);
  if (!(worst > 0)) return null;
  for (let n = calmEnd; n < end; n++)
    if (far(n) >= departedPart * worst) return { at: times[n]!, strength: worst };
  return null;
}
