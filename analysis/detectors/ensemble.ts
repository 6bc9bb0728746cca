// Many small questions about a sample, each answered by how rare the answer is here; the mean of the answers counts, not
// the loudest. One view is of the level and its changes, a second of the distance to the shape of the day or the week; the
// second speaks as loud as the shape explains the series.
//
// The parts are old and cheap. Level, change and spread: exponentially weighted means (S. W. Roberts, "Control Chart Tests
// Based on Geometric Moving Averages", Technometrics 1, 1959). Rarity: the own past of each part. A mean of logarithms of
// tails is Fisher's way to join tests (R. A. Fisher, "Statistical Methods for Research Workers", 1925). A value outside of
// all that was seen has a part of its own.
import { beginRate, rate, rateBins, rateNumbers, type UsualStrength } from './alarm-rate.ts';
import type { Detector, ExpectedBand } from './detector.ts';
import { judged, saysNothing, stillLearns } from './judgement.ts';
import { countOf, read, readingNumbers } from './reading.ts';
import {
  explained,
  learnSeason,
  predict,
  seasonNumbers,
  seasonSketch,
  shapeIsSeen,
} from './season-profile.ts';
import { freshMemory, type Layout, memoryBytes } from './series-memory.ts';
import { exceededOnceIn, forgetSizes, surprise, tailBins } from './tail-sketch.ts';

// Places in the numbers.
const SHORT = readingNumbers;
const MIDDLE = SHORT + 1;
const LONG = SHORT + 2;
const SPREAD = SHORT + 3;
const STEP = SHORT + 4;
const STEP_NOW = SHORT + 5;
const BEFORE = SHORT + 6;
const LOWEST = SHORT + 7;
const HIGHEST = SHORT + 8;
const SIZES = SHORT + 9;
const OFF_SPREAD = SHORT + 10;
const OFF_NOW = SHORT + 11;
const OFF_8 = SHORT + 12;
const OFF_32 = SHORT + 13;
const OFF_100 = SHORT + 14;
const OFF_SEEN = SHORT + 15;
const WIDTH_SHORT = SHORT + 16;
const WIDTH_LONG = SHORT + 17;
const WIDTH_SEASON = SHORT + 18;
const SEASON = SHORT + 19;
const RATE = SEASON + seasonNumbers;

// Places in the sketch: one histogram for each question, then the shape and the rate.
const questions = 14;
const SHAPE = questions * tailBins;
const RATES = SHAPE + seasonSketch;

const layout: Layout = { kind: 5, numbers: RATE + rateNumbers, sketch: RATES + rateBins };

/** Samples over which a mean forgets: a moment, an hour or so, and what is usual. */
const shortSamples = 8;
const middleSamples = 64;
const longSamples = 512;
const stepSamples = 16;
const offSamples = 1_024;

/**
 * The range that was seen shrinks by this part of it every 128 samples, once there were many: one absurd value is not the
 * limit of what is usual for ever. Half of it is forgotten after 45,000 samples, five months of five minutes each.
 */
const rangeForgetting = 512;
const rangeForgetsFrom = 8_192;

/** No spread is taken for less than this part of the level: digits that flicker are not news. */
const smallestSpread = 1e-4;

/** What a value outside of all that was seen adds: a part of its rarity, and a bonus that grows with how far it is out. */
const outsideWeight = 0.4;
const outsideBonus = (out: number): number => (out > 0 ? Math.min(1, 0.3 + out) : 0);

/** Blocks of the ensemble's strength on series of many kinds, outside of incidents. */
const usual: UsualStrength = { from: 0.57, scale: 0.25 };

const asked = (sketch: Float32Array, question: number, sizes: number, size: number): number =>
  surprise(sketch, question * tailBins, sizes, size);

export const ensemble: Detector = {
  name: 'ensemble',
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
    if (countOf(numbers) === 1) begin(numbers, value);

    const long = numbers[LONG]!;
    const floor = smallestSpread * Math.abs(long) + 1e-300;
    const spread = Math.max(numbers[SPREAD]!, floor);
    const season = predict(numbers, SEASON, sketch, SHAPE, at, long);
    const offSpread = Math.max(numbers[OFF_SPREAD]!, floor);
    const band = narrowest(numbers, spread, season.value, offSpread);

    const sizes = numbers[SIZES]!;
    const off = value - season.value;
    const offNow = asked(sketch, 8, sizes, Math.abs(off) / offSpread);
    if (season.known) learnOff(numbers, off);
    const off32 = asked(sketch, 10, sizes, Math.abs(numbers[OFF_32]!) / offSpread);
    const level = levelView(numbers, sketch, value, spread, floor, offNow + off32);
    const shape = seasonView(numbers, sketch, offSpread, floor, offNow + off32);
    const trust = shapeIsSeen(numbers, SEASON) && season.known ? explained(season.error, spread) : 0;
    const strength = Math.max(level, trust * shape);

    learnLevel(numbers, value);
    learnSeason(numbers, SEASON, sketch, SHAPE, value, at);
    countSizes(numbers, sketch);
    const rated = rate(numbers, RATE, sketch, RATES, usual, strength);
    return judged(numbers, rated, learning, value, band);
  },
};

/** The first value is the level; there is nothing that it differs from. */
function begin(numbers: Float64Array, value: number): void {
  for (const place of [SHORT, MIDDLE, LONG, BEFORE, LOWEST, HIGHEST]) numbers[place] = value;
}

/** How strange are the value, its step, the levels and the unrest of steps? `off`: and how far is the shape, together. */
function levelView(
  numbers: Float64Array,
  sketch: Float32Array,
  value: number,
  spread: number,
  floor: number,
  off: number,
): number {
  const sizes = numbers[SIZES]!;
  const short = numbers[SHORT]!;
  const long = numbers[LONG]!;
  const step = Math.max(numbers[STEP]!, floor);
  const unrest = Math.max(numbers[STEP_NOW]!, floor) / step;
  const sum =
    asked(sketch, 0, sizes, Math.abs(value - short) / spread) +
    asked(sketch, 1, sizes, Math.abs(value - long) / spread) +
    asked(sketch, 2, sizes, Math.abs(value - numbers[BEFORE]!) / step) +
    asked(sketch, 3, sizes, Math.abs(short - long) / spread) +
    asked(sketch, 4, sizes, unrest) +
    asked(sketch, 5, sizes, 1 / unrest) +
    asked(sketch, 6, sizes, Math.abs(numbers[MIDDLE]! - long) / spread) +
    asked(sketch, 13, sizes, Math.abs(short - numbers[MIDDLE]!) / spread) +
    off;
  const range = Math.max(numbers[HIGHEST]! - numbers[LOWEST]!, floor);
  const out = Math.max(0, value - numbers[HIGHEST]!, numbers[LOWEST]! - value) / range;
  return sum / 10 + outsideWeight * asked(sketch, 7, sizes, out) + outsideBonus(out);
}

/** How strange are the distances to the shape: now and over 32 samples (`off`), over two spans more, and their unrest? */
function seasonView(
  numbers: Float64Array,
  sketch: Float32Array,
  spread: number,
  floor: number,
  off: number,
): number {
  const sizes = numbers[SIZES]!;
  return (
    (off +
      asked(sketch, 9, sizes, Math.abs(numbers[OFF_8]!) / spread) +
      asked(sketch, 11, sizes, Math.abs(numbers[OFF_100]!) / spread) +
      asked(sketch, 12, sizes, Math.max(numbers[OFF_NOW]!, floor) / spread)) /
    5
  );
}

/** Around the short level, the long level or the shape: the band that is narrowest is the one that knows most. */
function narrowest(numbers: Float64Array, spread: number, shape: number, offSpread: number): ExpectedBand {
  let mid = numbers[SHORT]!;
  let width = numbers[WIDTH_SHORT]! * spread;
  if (numbers[WIDTH_LONG]! * spread < width) {
    mid = numbers[LONG]!;
    width = numbers[WIDTH_LONG]! * spread;
  }
  if (numbers[WIDTH_SEASON]! * offSpread < width) {
    mid = shape;
    width = numbers[WIDTH_SEASON]! * offSpread;
  }
  return { low: mid - width, mid, high: mid + width };
}

/** Moves the mean at `place` towards a value, by 1/n up to the given number of samples. */
function moveMean(numbers: Float64Array, place: number, value: number, count: number, samples: number): void {
  numbers[place] = numbers[place]! + (value - numbers[place]!) / Math.min(count, samples);
}

function learnLevel(numbers: Float64Array, value: number): void {
  const count = countOf(numbers);
  const step = Math.abs(value - numbers[BEFORE]!);
  moveMean(numbers, SPREAD, Math.abs(value - numbers[LONG]!), count, longSamples);
  moveMean(numbers, SHORT, value, count, shortSamples);
  moveMean(numbers, MIDDLE, value, count, middleSamples);
  moveMean(numbers, LONG, value, count, longSamples);
  moveMean(numbers, STEP, step, count, longSamples);
  moveMean(numbers, STEP_NOW, step, count, stepSamples);
  numbers[BEFORE] = value;
  numbers[LOWEST] = Math.min(numbers[LOWEST]!, value);
  numbers[HIGHEST] = Math.max(numbers[HIGHEST]!, value);
}

function learnOff(numbers: Float64Array, off: number): void {
  const seen = numbers[OFF_SEEN]! + 1;
  numbers[OFF_SEEN] = seen;
  moveMean(numbers, OFF_SPREAD, Math.abs(off), seen, offSamples);
  moveMean(numbers, OFF_NOW, Math.abs(off), seen, stepSamples);
  moveMean(numbers, OFF_8, off, seen, shortSamples);
  moveMean(numbers, OFF_32, off, seen, 32);
  moveMean(numbers, OFF_100, off, seen, 100);
}

/** Every histogram took one size. Now and then: forgets, and reads off how wide a band of 99 in 100 is. */
function countSizes(numbers: Float64Array, sketch: Float32Array): void {
  const sizes = forgetSizes(sketch, 0, SHAPE, numbers[SIZES]! + 1);
  numbers[SIZES] = sizes;
  const count = countOf(numbers);
  if (count % 128 === 0 && count > rangeForgetsFrom) {
    for (const place of [LOWEST, HIGHEST])
      numbers[place] = numbers[place]! + (numbers[LONG]! - numbers[place]!) / rangeForgetting;
  }
  if (count % 32 !== 0) return;
  numbers[WIDTH_SHORT] = exceededOnceIn(sketch, 0, sizes, 100);
  numbers[WIDTH_LONG] = exceededOnceIn(sketch, tailBins, sizes, 100);
  numbers[WIDTH_SEASON] = exceededOnceIn(sketch, 8 * tailBins, sizes, 100);
}
