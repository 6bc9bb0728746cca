// Alerts that come at intervals: of a timer (each at a fixed time after the one before) or of a clock (each at a whole
// number of periods after the first, with a jitter that does not add up). D. R. Cox, "Renewal Theory", 1962, chapter 1.
// The period is the median interval; an interval of two or three periods is one with occurrences left out. Whichever of
// the two kinds leaves the smaller errors is believed.
import type { Occurrences } from './occurrences.ts';
import type { Proposal } from './prediction.ts';
import { median, slopesBetween, spreadAround } from './robust.ts';

const least = 4;
const most = 16;
const shortestPeriodMs = 120_000;
const narrowestMs = 2_000;
/** Half of a window, at most this part of a period: what varies more is not regular. */
const widest = 0.15;
/** That what came regularly does not come any more, each time. */
const endsEachTime = 0.01;
const mostLeftOut = 3;

interface Fit {
  readonly periodMs: number;
  /** When the occurrence with the number zero was or ought to have been; the last one has the number `last`. */
  readonly origin: number;
  readonly last: number;
  readonly halfMs: number;
  readonly regular: number;
  readonly clock: boolean;
}

/** When the alert comes next, by its own past; null where that has no regularity, or it failed to come several times. */
export function proposeRenewal(key: string, one: Occurrences, now: number): Proposal | null {
  const times = one.times.slice(-most);
  const fit = fitOf(times);
  if (fit === null) return null;
  const { periodMs, origin, last, halfMs, regular, clock } = fit;
  let slot = last + 1;
  while (slot <= last + mostLeftOut && origin + slot * periodMs + halfMs <= now) slot++;
  const leftOut = slot - last - 1;
  if (leftOut >= mostLeftOut) return null;
  const expected = origin + slot * periodMs;
  // What lies partly in the past came already or does not come.
  const from = Math.max(now, Math.ceil(expected - halfMs));
  const to = Math.floor(expected + halfMs);
  if (from >= expected) return null;
  const filled = regular / (last + 1.5);
  const missedByChance = (1 - Math.min(0.97, filled)) ** leftOut;
  const alive = missedByChance / (missedByChance + endsEachTime * leftOut);
  const score = Math.min(1, filled) * alive * (1 - 1 / times.length) * (1 - halfMs / periodMs);
  return {
    model: 'renewal',
    record: 'renewal',
    key,
    matches: 'key',
    labels: one.labels,
    from,
    to,
    score,
    figures: {
      occurrences: times.length,
      period_seconds: periodMs / 1_000,
      half_window_seconds: halfMs / 1_000,
      left_out: leftOut,
      by_clock: clock ? 1 : 0,
    },
  };
}

function fitOf(times: readonly number[]): Fit | null {
  if (times.length < least) return null;
  const gaps = times.slice(1).map((at, n) => at - times[n]!);
  const rough = median(gaps);
  if (rough < shortestPeriodMs) return null;
  const counts = gaps.map((gap) => Math.max(1, Math.round(gap / rough)));
  const numbers = [0];
  for (const count of counts) numbers.push(numbers.at(-1)! + count);
  const last = numbers.at(-1)!;
  if (last > 2 * times.length) return null;
  const periodMs = median(gaps.map((gap, n) => gap / counts[n]!));
  const begins = times.map((at, n) => at - numbers[n]! * periodMs);
  const slope = median(slopesBetween(numbers, begins));
  const clockPeriod = periodMs + slope;
  const origins = times.map((at, n) => at - numbers[n]! * clockPeriod);
  const origin = median(origins);
  const clockSpread = spreadAround(origins, origin);
  const timerSpread = spreadAround(
    gaps.map((gap, n) => gap - counts[n]! * periodMs),
    0,
  );
  const clock = clockSpread <= timerSpread;
  const width = 3 + 6 / (times.length - 2);
  const halfMs = narrowestMs + width * (clock ? clockSpread : timerSpread);
  const period = clock ? clockPeriod : periodMs;
  if (!(halfMs <= widest * period)) return null;
  const regular = clock
    ? origins.filter((each) => Math.abs(each - origin) <= halfMs).length
    : 1 + gaps.filter((gap, n) => Math.abs(gap - counts[n]! * periodMs) <= halfMs).length;
  if (regular < 0.75 * times.length) return null;
  const begin = clock ? origin : times.at(-1)! - last * periodMs;
  return { periodMs: period, origin: begin, last, halfMs, regular, clock };
}
