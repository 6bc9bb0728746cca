// When samples come: their count, their usual distance and the time that they span. First in every detector's numbers.
import type { Learning } from './detector.ts';

const LAST_AT = 0;
const COUNT = 1;
const INTERVAL = 2;
const SPAN = 3;

/** Numbers that the pace takes, at the head of a detector's numbers. */
export const paceNumbers = 4;

const weekMs = 7 * 86_400_000;
/** A longer silence than this many usual distances is a gap, and does not count as time that was seen. */
const gapIntervals = 16;

/** Takes the time of a sample. False where it is not later than the last one: such a sample teaches nothing. */
export function takeTime(numbers: Float64Array, at: number): boolean {
  const count = numbers[COUNT]!;
  if (count > 0) {
    const passed = at - numbers[LAST_AT]!;
    if (!(passed > 0)) {
      // The clock was set back by more than a gap: what was said about the time holds no longer, the values do.
      if (passed < -gapIntervals * numbers[INTERVAL]!) numbers[LAST_AT] = at;
      return false;
    }
    const interval = numbers[INTERVAL]!;
    if (interval === 0) numbers[INTERVAL] = passed;
    else
      numbers[INTERVAL] = interval + (Math.min(passed, 4 * interval) - interval) / Math.min(count + 1, 256);
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

/** Samples of a week at the usual distance. */
export const samplesPerWeek = (numbers: Float64Array): number => weekMs / Math.max(1, numbers[INTERVAL]!);

/** What is missing until `samples` samples over `spanMs` milliseconds were seen; null where nothing is. */
export function missing(numbers: Float64Array, samples: number, spanMs: number): Learning | null {
  const more = Math.max(0, samples - numbers[COUNT]!);
  const ms = Math.max(0, spanMs - numbers[SPAN]!);
  return more === 0 && ms === 0 ? null : { samples: more, ms };
}
