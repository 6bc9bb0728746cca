// What every detector does first with a sample: is it one that teaches, how far apart do samples come, and has a counter
// begun again at zero? First in every detector's numbers.
import type { Learning } from './detector.ts';

const LAST_AT = 0;
const COUNT = 1;
const INTERVAL = 2;
const SPAN = 3;
const RAW = 4;
const RISES = 5;
const OFFSET = 6;

/** Numbers that a reading takes, at the head of a detector's numbers. */
export const readingNumbers = 7;

const weekMs = 7 * 86_400_000;
/** A longer silence than this many usual distances is a gap, and does not count as time that was seen. */
const gapIntervals = 16;
/** Values beyond are taken for this: single precision holds it, and its squares are finite. */
const largest = 1e30;
/** So many rises without one fall make a counter; one that fell is a gauge until it has risen this much longer. */
const risesOfCounter = 64;
const risesOfGauge = -1_024;

/**
 * Takes a sample into the reading. The answer is the value to learn and judge: of a counter that began again at zero the
 * continued one, of everything else the value itself. NaN where the sample teaches nothing: its value is not finite, or
 * its time is not later than the last one.
 */
export function read(numbers: Float64Array, value: number, at: number): number {
  if (!Number.isFinite(value) || !Number.isFinite(at)) return Number.NaN;
  const held = value > largest ? largest : value < -largest ? -largest : value;
  if (!takeTime(numbers, at)) return Number.NaN;
  const raw = numbers[RAW]!;
  numbers[RAW] = held;
  if (numbers[COUNT] === 1) return held;
  if (held > raw) numbers[RISES] = numbers[RISES]! + 1;
  else if (held < raw) {
    // Less than half of what it was: a counter of many rises that falls by a little is no counter.
    const reset = numbers[RISES]! >= risesOfCounter && held >= 0 && held < raw / 2;
    if (reset) numbers[OFFSET] = numbers[OFFSET]! + raw - held;
    else numbers[RISES] = risesOfGauge;
  }
  return held + numbers[OFFSET]!;
}

function takeTime(numbers: Float64Array, at: number): boolean {
  const count = numbers[COUNT]!;
  if (count > 0) {
    const passed = at - numbers[LAST_AT]!;
    const interval = numbers[INTERVAL]!;
    if (!(passed > 0)) {
      // The clock was set back by more than a gap: from here on that is the time.
      if (passed < -gapIntervals * interval) numbers[LAST_AT] = at;
      return false;
    }
    if (interval === 0) numbers[INTERVAL] = passed;
    else numbers[INTERVAL] = interval + (Math.min(passed, 4 * interval) - interval) / Math.min(count, 256);
    numbers[SPAN] = numbers[SPAN]! + (interval === 0 ? passed : Math.min(passed, gapIntervals * interval));
  }
  numbers[LAST_AT] = at;
  numbers[COUNT] = count + 1;
  return true;
}

/** Samples taken so far. */
export const countOf = (numbers: Float64Array): number => numbers[COUNT]!;

/** Usual distance of samples in milliseconds; 0 while there are less than two. */
export const intervalOf = (numbers: Float64Array): number => numbers[INTERVAL]!;

/** Milliseconds that the samples span, gaps left out. */
export const spanOf = (numbers: Float64Array): number => numbers[SPAN]!;

/** Samples of a week at the usual distance. */
export const samplesPerWeek = (numbers: Float64Array): number => weekMs / Math.max(1, numbers[INTERVAL]!);

/** What is added to the values of a counter that began again; to be taken off what is said in the series' own unit. */
export const offsetOf = (numbers: Float64Array): number => numbers[OFFSET]!;

/** What is missing until `samples` samples over `spanMs` milliseconds were seen; null where nothing is. */
export function missing(numbers: Float64Array, samples: number, spanMs: number): Learning | null {
  const more = Math.max(0, samples - numbers[COUNT]!);
  const ms = Math.max(0, spanMs - numbers[SPAN]!);
  return more === 0 && ms === 0 ? null : { samples: more, ms };
}
