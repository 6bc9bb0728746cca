// z-score: how many standard deviations is the value from the mean of all that was seen? Mean and variance as in B. P.
// Welford, "Note on a method for calculating corrected sums of squares and products", Technometrics 4, 1962, with a memory
// that ends. No normal distribution is believed in: the own past says how rare a z is.
import { beginRate, rate, rateBins, rateNumbers, type UsualStrength } from './alarm-rate.ts';
import type { Detector } from './detector.ts';
import { judged, saysNothing, stillLearns } from './judgement.ts';
import { countOf, read, readingNumbers } from './reading.ts';
import { freshMemory, type Layout, memoryBytes } from './series-memory.ts';
import { exceededOnceIn, forgetSizes, surprise, tailBins } from './tail-sketch.ts';

const MEAN = readingNumbers;
const VARIANCE = MEAN + 1;
const SIZES = MEAN + 2;
const RATE = MEAN + 3;

const layout: Layout = { kind: 1, numbers: RATE + rateNumbers, sketch: tailBins + rateBins };

const memory = 8_192;
const smallestDeviation = 1e-4;
const usual: UsualStrength = { from: 0.8, scale: 0.45 };

export const zscore: Detector = {
  name: 'zscore',
  layout,
  stateBytes: memoryBytes(layout),
  create(seed) {
    const memory = freshMemory(layout, seed);
    beginRate(memory.sketch, tailBins, usual);
    return memory;
  },
  observe({ numbers, sketch }, given, at) {
    const learning = stillLearns(numbers);
    const value = read(numbers, given, at);
    if (Number.isNaN(value)) return saysNothing(numbers);
    const count = countOf(numbers);
    if (count === 1) numbers[MEAN] = value;
    const mean = numbers[MEAN]!;
    const deviation = Math.max(Math.sqrt(numbers[VARIANCE]!), smallestDeviation * Math.abs(mean) + 1e-300);
    const sizes = numbers[SIZES]!;
    const width = deviation * exceededOnceIn(sketch, 0, sizes, 100);
    const strength = surprise(sketch, 0, sizes, Math.abs(value - mean) / deviation);
    numbers[SIZES] = forgetSizes(sketch, 0, tailBins, sizes + 1);
    const step = 1 / Math.min(count, memory);
    numbers[MEAN] = mean + step * (value - mean);
    numbers[VARIANCE] = (1 - step) * (numbers[VARIANCE]! + step * (value - mean) ** 2);
    const rated = rate(numbers, RATE, sketch, tailBins, usual, strength);
    return judged(numbers, rated, learning, value, { low: mean - width, mid: mean, high: mean + width });
  },
};
