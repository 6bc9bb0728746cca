// From a tail to what a rule asks for.
import type { ExpectedBand, Learning, Observation } from './detector.ts';
import { samplesPerWeek } from './pace.ts';

/** A sample that cannot be judged: one without a value, or one while too little is known. */
export const learningStill = (numbers: Float64Array, learning: Learning | null): Observation => ({
  score: 0,
  tail: 1,
  perWeek: samplesPerWeek(numbers),
  expected: null,
  direction: 'none',
  learning,
});

/** What is said of a value whose tail is known. */
export function judged(
  numbers: Float64Array,
  tail: number,
  learning: Learning | null,
  expected: ExpectedBand,
  value: number,
): Observation {
  const spoken = learning === null ? Math.max(tail, 1e-10) : 1;
  return {
    score: -Math.log10(spoken) / 10,
    tail: spoken,
    perWeek: spoken * samplesPerWeek(numbers),
    expected,
    direction: value > expected.high ? 'above' : value < expected.low ? 'below' : 'none',
    learning,
  };
}
