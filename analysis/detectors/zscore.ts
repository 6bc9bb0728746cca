// z-score over all that was seen: how many standard deviations is the value from the mean? Mean and variance are those of
// B. P. Welford, "Note on a method for calculating corrected sums of squares and products", Technometrics 4, 1962, with a
// memory that ends: after `memory` samples the oldest fade.
import type { Detector } from './detector.ts';
import { judged, learningStill } from './judgement.ts';
import { countOf, missing, paceNumbers, takeTime } from './pace.ts';
import { freshMemory, type Layout, memoryBytes } from './series-memory.ts';
import { learnTail, tailBins, tailOf } from './tail-sketch.ts';

const MEAN = paceNumbers;
const VARIANCE = paceNumbers + 1;

const memory = 4_096;
const layout: Layout = { kind: 1, numbers: paceNumbers + 2, sketch: tailBins };

export const zscore: Detector = {
  name: 'zscore',
  layout,
  stateBytes: memoryBytes(layout),
  create: (seed) => freshMemory(layout, seed),
  observe({ numbers, sketch }, value, at) {
    if (!Number.isFinite(value) || !takeTime(numbers, at)) return learningStill(numbers, null);
    const mean = numbers[MEAN]!;
    const deviation = Math.sqrt(numbers[VARIANCE]!);
    const off = value - mean;
    const z = Math.abs(off) / Math.max(deviation, 1e-9 * Math.abs(mean), Number.MIN_VALUE);
    const tail = tailOf(sketch, 0, z);
    const learning = missing(numbers, 200, 0);
    learnTail(sketch, 0, z, memory);
    const step = 1 / Math.min(countOf(numbers), memory);
    numbers[MEAN] = mean + step * off;
    numbers[VARIANCE] = (1 - step) * (numbers[VARIANCE]! + step * off * off);
    return judged(
      numbers,
      tail,
      learning,
      { low: mean - 3 * deviation, mid: mean, high: mean + 3 * deviation },
      value,
    );
  },
};
