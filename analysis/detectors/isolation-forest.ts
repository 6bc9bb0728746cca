// Isolation forest over what a sample is beside its value: its distance to the moving and to the long level, its step, the
// unrest of steps, its distance to the shape of day and week. Its scores are rated by the series' own past, since a raw one
// means little.
import { beginRate, rate, rateBins, rateNumbers, type UsualStrength } from './alarm-rate.ts';
import type { Detector } from './detector.ts';
import { judged, saysNothing, stillLearns } from './judgement.ts';
import { countOf, read, readingNumbers } from './reading.ts';
import { forestNumbers, reservoirForest, sizeOfScore, whole } from './reservoir-forest.ts';
import { learnSeason, predict, seasonNumbers, seasonSketch } from './season-profile.ts';
import { freshMemory, type Layout, memoryBytes } from './series-memory.ts';
import { exceededOnceIn, forgetSizes, surprise, tailBins } from './tail-sketch.ts';

const SHORT = readingNumbers;
const LONG = SHORT + 1;
const SPREAD = SHORT + 2;
const STEP = SHORT + 3;
const STEP_NOW = SHORT + 4;
const BEFORE = SHORT + 5;
const OFF_SPREAD = SHORT + 6;
const OFF_8 = SHORT + 7;
const SIZES = SHORT + 8;
const WIDTHS = SHORT + 9;
const FOREST = SHORT + 10;
/** Scores that the histogram took. */
const SCORES = FOREST + forestNumbers;
const SEASON = SCORES + 1;
const RATE = SEASON + seasonNumbers;

/** Histograms: of the forest's scores, and of the distances to the long level for the expected band. */
const BAND = tailBins;
const SHAPE = 2 * tailBins;
const RATES = SHAPE + seasonSketch;

const width = 6;
const forest = reservoirForest(FOREST, width, 512);

const layout: Layout = {
  kind: 4,
  numbers: RATE + rateNumbers,
  sketch: RATES + rateBins,
  rows: forest.rows,
};

/** A forest knows that a row is alone and not how far away it is: the distance to the long level counts for this much beside. */
const farWeight = 0.3;

const longSamples = 512;
const smallestSpread = 1e-4;
const usual: UsualStrength = { from: 1, scale: 0.45 };

const row = new Int8Array(width);

export const isolationForest: Detector = {
  name: 'isolation-forest',
  layout,
  stateBytes: memoryBytes(layout),
  training: forest.training,
  create(seed) {
    const state = freshMemory(layout, seed);
    forest.begin(state);
    beginRate(state.sketch, RATES, usual);
    return state;
  },
  observe(state, given, at) {
    const { numbers, sketch } = state;
    const learning = stillLearns(numbers);
    const value = read(numbers, given, at);
    if (Number.isNaN(value)) return saysNothing(numbers);
    const count = countOf(numbers);
    if (count === 1) for (const place of [SHORT, LONG, BEFORE]) numbers[place] = value;

    const long = numbers[LONG]!;
    const floor = smallestSpread * Math.abs(long) + 1e-300;
    const spread = Math.max(numbers[SPREAD]!, floor);
    const season = predict(numbers, SEASON, sketch, SHAPE, at, long);
    const off = value - season.value;
    const offSpread = Math.max(numbers[OFF_SPREAD]!, floor);
    const step = Math.abs(value - numbers[BEFORE]!);
    const usualStep = Math.max(numbers[STEP]!, floor);
    row[0] = whole((value - long) / spread);
    row[1] = whole((value - numbers[SHORT]!) / spread);
    row[2] = whole((value - numbers[BEFORE]!) / usualStep);
    row[3] = whole(numbers[STEP_NOW]! / usualStep);
    row[4] = whole(off / offSpread);
    row[5] = whole(numbers[OFF_8]! / offSpread);

    const score = forest.score(state, row, count);
    const judges = !Number.isNaN(score);
    const sizes = numbers[SIZES]!;
    const scores = numbers[SCORES]!;
    const alone = judges ? surprise(sketch, 0, scores, sizeOfScore(score)) : 0;
    if (judges) numbers[SCORES] = forgetSizes(sketch, 0, tailBins, scores + 1);
    const width99 = spread * numbers[WIDTHS]!;
    const far = surprise(sketch, BAND, sizes, Math.abs(value - long) / spread);
    const strength = judges ? (alone + farWeight * far) / (1 + farWeight) : 0;
    numbers[SIZES] = forgetSizes(sketch, BAND, tailBins, sizes + 1);
    if (count % 32 === 0) numbers[WIDTHS] = exceededOnceIn(sketch, BAND, numbers[SIZES]!, 100);

    forest.learn(state, row, count);
    const move = (place: number, to: number, samples: number) => {
      numbers[place] = numbers[place]! + (to - numbers[place]!) / Math.min(count, samples);
    };
    move(SPREAD, Math.abs(value - long), longSamples);
    move(SHORT, value, 8);
    move(LONG, value, longSamples);
    move(STEP, step, longSamples);
    move(STEP_NOW, step, 16);
    move(OFF_SPREAD, Math.abs(off), longSamples);
    move(OFF_8, off, 8);
    numbers[BEFORE] = value;
    learnSeason(numbers, SEASON, sketch, SHAPE, value, at);
    const rated = rate(numbers, RATE, sketch, RATES, usual, strength);
    return judged(numbers, rated, learning, value, { low: long - width99, mid: long, high: long + width99 });
  },
};
