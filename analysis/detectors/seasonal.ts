// Seasonal: how far is the value from what is usual at this time of day, or at this hour of the week? Means by season as in
// P. R. Winters, "Forecasting Sales by Exponentially Weighted Moving Averages", Management Science 6, 1960, without a trend;
// distances are also averaged over a moment and an hour, since a shape that is missed stays missed for a while.
import { beginRate, rate, rateBins, rateNumbers, type UsualStrength } from './alarm-rate.ts';
import type { Detector } from './detector.ts';
import { judged, saysNothing, stillLearns } from './judgement.ts';
import { countOf, read, readingNumbers } from './reading.ts';
import { learnSeason, predict, seasonNumbers, seasonSketch } from './season-profile.ts';
import { freshMemory, type Layout, memoryBytes } from './series-memory.ts';
import { exceededOnceIn, forgetSizes, surprise, tailBins } from './tail-sketch.ts';

const LEVEL = readingNumbers;
const SPREAD = LEVEL + 1;
const OFF_8 = LEVEL + 2;
const OFF_32 = LEVEL + 3;
const SIZES = LEVEL + 4;
const SEASON = LEVEL + 5;
const RATE = SEASON + seasonNumbers;
const SHAPE = 3 * tailBins;
const RATES = SHAPE + seasonSketch;

const layout: Layout = { kind: 3, numbers: RATE + rateNumbers, sketch: RATES + rateBins };

const levelSamples = 512;
const spreadSamples = 1_024;
const smallestSpread = 1e-4;
const usual: UsualStrength = { from: 0.6, scale: 0.35 };

export const seasonal: Detector = {
  name: 'seasonal',
  layout,
  stateBytes: memoryBytes(layout),
  create(seed) {
    const memory = freshMemory(layout, seed);
    beginRate(memory.sketch, RATES, usual);
    return memory;
  },
  observe({ numbers, sketch }, given, at) {
    const learning = stillLearns(numbers);
    const value = read(numbers, given, at);
    if (Number.isNaN(value)) return saysNothing(numbers);
    const count = countOf(numbers);
    if (count === 1) numbers[LEVEL] = value;
    const level = numbers[LEVEL]!;
    const { value: mid } = predict(numbers, SEASON, sketch, SHAPE, at, level);
    const off = value - mid;
    const spread = Math.max(numbers[SPREAD]!, smallestSpread * Math.abs(level) + 1e-300);
    const sizes = numbers[SIZES]!;
    const width = spread * exceededOnceIn(sketch, 0, sizes, 100);
    const move = (place: number, to: number, samples: number) => {
      numbers[place] = numbers[place]! + (to - numbers[place]!) / Math.min(count, samples);
    };
    move(OFF_8, off, 8);
    move(OFF_32, off, 32);
    const ask = (question: number, distance: number) =>
      surprise(sketch, question * tailBins, sizes, Math.abs(distance) / spread);
    const strength = (ask(0, off) + ask(1, numbers[OFF_8]!) + ask(2, numbers[OFF_32]!)) / 3;
    numbers[SIZES] = forgetSizes(sketch, 0, SHAPE, sizes + 1);
    move(LEVEL, value, levelSamples);
    move(SPREAD, Math.abs(off), spreadSamples);
    learnSeason(numbers, SEASON, sketch, SHAPE, value, at);
    const rated = rate(numbers, RATE, sketch, RATES, usual, strength);
    return judged(numbers, rated, learning, value, { low: mid - width, mid, high: mid + width });
  },
};
