// EWMA: how far is the value from a moving level, measured by how far values usually are? S. W. Roberts, "Control Chart
// Tests Based on Geometric Moving Averages", Technometrics 1, 1959; level and spread are smoothed as in J. S. Hunter, "The
// Exponentially Weighted Moving Average", Journal of Quality Technology 18, 1986.
import { beginRate, rate, rateBins, rateNumbers, type UsualStrength } from './alarm-rate.ts';
import type { Detector } from './detector.ts';
import { judged, saysNothing, stillLearns } from './judgement.ts';
import { countOf, read, readingNumbers } from './reading.ts';
import { freshMemory, type Layout, memoryBytes } from './series-memory.ts';
import { exceededOnceIn, forgetSizes, surprise, tailBins } from './tail-sketch.ts';

const LEVEL = readingNumbers;
const SPREAD = LEVEL + 1;
const SIZES = LEVEL + 2;
const RATE = LEVEL + 3;

const layout: Layout = { kind: 2, numbers: RATE + rateNumbers, sketch: tailBins + rateBins };

/** The level follows within so many samples, the spread within a few hundred. */
const levelSamples = 16;
const spreadSamples = 512;
const smallestSpread = 1e-4;
const usual: UsualStrength = { from: 1, scale: 0.45 };

export const ewma: Detector = {
  name: 'ewma',
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
    if (count === 1) numbers[LEVEL] = value;
    const level = numbers[LEVEL]!;
    const off = value - level;
    const spread = Math.max(numbers[SPREAD]!, smallestSpread * Math.abs(level) + 1e-300);
    const sizes = numbers[SIZES]!;
    const width = spread * exceededOnceIn(sketch, 0, sizes, 100);
    const strength = surprise(sketch, 0, sizes, Math.abs(off) / spread);
    numbers[SIZES] = forgetSizes(sketch, 0, tailBins, sizes + 1);
    numbers[LEVEL] = level + off / Math.min(count, levelSamples);
    numbers[SPREAD] = numbers[SPREAD]! + (Math.abs(off) - numbers[SPREAD]!) / Math.min(count, spreadSamples);
    const rated = rate(numbers, RATE, sketch, tailBins, usual, strength);
    return judged(numbers, rated, learning, value, { low: level - width, mid: level, high: level + width });
  },
};
