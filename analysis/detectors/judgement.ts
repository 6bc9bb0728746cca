// The answer of a detector, from what was rated and what was expected.
import type { Rated } from './alarm-rate.ts';
import type { ExpectedBand, Learning, Observation } from './detector.ts';
import { missing, offsetOf, samplesPerWeek } from './reading.ts';

/** What must have come before a detector judges. */
const judgesFrom = { samples: 128, ms: 12 * 3_600_000 } as const;

export const stillLearns = (numbers: Float64Array): Learning | null =>
  missing(numbers, judgesFrom.samples, judgesFrom.ms);

/** The answer to a sample that cannot be judged: without a value, or out of its time. */
export const saysNothing = (numbers: Float64Array): Observation => ({
  score: 0,
  tail: 1,
  perWeek: samplesPerWeek(numbers),
  expected: null,
  direction: 'none',
  learning: stillLearns(numbers),
});

/** A strength of 2 is a score of one half. */
const scoreOf = (strength: number): number => strength / (strength + 2);

/**
 * The answer to a value. `band`: of the continued values of a counter; it comes out in the unit of the series.
 * `learning`: as it was before the sample.
 */
export function judged(
  numbers: Float64Array,
  rated: Rated,
  learning: Learning | null,
  value: number,
  { low, mid, high }: ExpectedBand,
): Observation {
  const offset = offsetOf(numbers);
  const judges = learning === null;
  return {
    score: judges ? scoreOf(rated.onset) : 0,
    tail: judges ? rated.tail : 1,
    perWeek: judges ? rated.perWeek : samplesPerWeek(numbers),
    expected: { low: low - offset, mid: mid - offset, high: high - offset },
    direction: value > high ? 'above' : value < low ? 'below' : 'none',
    learning,
  };
}
