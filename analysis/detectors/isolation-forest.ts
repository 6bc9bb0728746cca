// Isolation forest over what a sample is beside its value: its distance to the moving and to the long level, its step, the
// unrest of steps, its distance to the shape of day and week. Trees grow from a reservoir of rows (J. S. Vitter, "Random
// Sampling with a Reservoir", ACM Transactions on Mathematical Software 11, 1985) beside the stream: a model takes effect at a
// sample index that was fixed before, and its scores are rated by the series' own past, since a raw one means little.
import { beginRate, rate, rateBins, rateNumbers, type UsualStrength } from './alarm-rate.ts';
import type { Detector, Model, Training, TrainingOrder } from './detector.ts';
import { forestScore, growForest, mostModelBytes } from './grow-forest.ts';
import { judged, saysNothing, stillLearns } from './judgement.ts';
import { nextState, uniform } from './random.ts';
import { countOf, read, readingNumbers } from './reading.ts';
import { learnSeason, predict, seasonNumbers, seasonSketch } from './season-profile.ts';
import { freshMemory, type Layout, memoryBytes, type SeriesMemory } from './series-memory.ts';
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
const RANDOM = SHORT + 10;
/** Rows that came by since the reservoir was last left alone. */
const OFFERED = SHORT + 11;
/** Seed of the model in effect and of the open order; 0 where there is none. */
const MODEL = SHORT + 12;
const ORDER = SHORT + 13;
/** Sample index at which the open order takes effect. */
const EFFECT = SHORT + 14;
/** Rows from which the model in effect grew. */
const GROWN_ROWS = SHORT + 15;
/** Scores that the histogram took. */
const SCORES = SHORT + 16;
const SEASON = SHORT + 17;
const RATE = SEASON + seasonNumbers;

/** Histograms: of the forest's scores, and of the distances to the long level for the expected band. */
const BAND = tailBins;
const SHAPE = 2 * tailBins;
const RATES = SHAPE + seasonSketch;

const width = 6;
const reservoirRows = 512;
/** The reservoir, and the rows from which the model in effect grew: it grows again from them after a restore. */
const GROWN_FROM = reservoirRows * width;

const layout: Layout = {
  kind: 4,
  numbers: RATE + rateNumbers,
  sketch: RATES + rateBins,
  rows: 2 * reservoirRows * width,
};

/** A first model early, then better ones, then one every so many samples. */
const orderedAt = (count: number): boolean => count === 128 || count === 512 || count % 2_048 === 0;
/** Samples between an order and the effect of its model; the reservoir is left alone meanwhile. */
const growthSamples = 32;

const longSamples = 512;
const smallestSpread = 1e-4;
const usual: UsualStrength = { from: 1, scale: 0.45 };

/** Models by state. They are derived: what is lost grows again from the state's own rows. */
interface Grown {
  inEffect: Model | null;
  next: Model | null;
}
const models = new WeakMap<SeriesMemory, Grown>();
const modelsOf = (state: SeriesMemory): Grown => {
  const known = models.get(state);
  if (known) return known;
  const fresh: Grown = { inEffect: null, next: null };
  models.set(state, fresh);
  return fresh;
};

/** The rows from `from` on, as an order. */
const order = ({ rows }: SeriesMemory, from: number, count: number, seed: number): TrainingOrder => ({
  rows: rows.slice(from, from + count * width),
  width,
  seed,
});
const filled = (numbers: Float64Array): number => Math.min(reservoirRows, numbers[OFFERED]!);
const openOrder = (state: SeriesMemory): TrainingOrder =>
  order(state, 0, filled(state.numbers), state.numbers[ORDER]!);
const grownFrom = (state: SeriesMemory): TrainingOrder =>
  order(state, GROWN_FROM, state.numbers[GROWN_ROWS]!, state.numbers[MODEL]!);

const training: Training = {
  // The one in effect, and the next.
  modelBytes: 2 * mostModelBytes,
  wanted(state) {
    const { numbers } = state;
    const known = modelsOf(state);
    if (numbers[MODEL] !== 0 && known.inEffect === null) return grownFrom(state);
    if (numbers[ORDER] !== 0 && known.next === null) return openOrder(state);
    return null;
  },
  grow: growForest,
  provide(state, model) {
    const known = modelsOf(state);
    if (model.seed === state.numbers[MODEL] && known.inEffect === null) known.inEffect = model;
    else if (model.seed === state.numbers[ORDER]) known.next = model;
    else return false;
    return true;
  },
};

/** The model in effect, which grows here where nobody brought it; null before the first. */
function modelInEffect(state: SeriesMemory): Model | null {
  const { numbers } = state;
  if (numbers[ORDER] !== 0 && countOf(numbers) >= numbers[EFFECT]!) takeEffect(state);
  if (numbers[MODEL] === 0) return null;
  const known = modelsOf(state);
  known.inEffect ??= growForest(grownFrom(state));
  return known.inEffect;
}

function takeEffect(state: SeriesMemory): void {
  const { numbers, rows } = state;
  const known = modelsOf(state);
  known.inEffect = known.next ?? growForest(openOrder(state));
  known.next = null;
  rows.copyWithin(GROWN_FROM, 0, reservoirRows * width);
  numbers[GROWN_ROWS] = filled(numbers);
  numbers[MODEL] = numbers[ORDER]!;
  numbers[ORDER] = 0;
}

/** Offers a row to the reservoir: older rows fade, since the chance of a new one never falls below one in eight. */
function offer({ numbers, rows }: SeriesMemory, row: Int16Array): void {
  const offered = numbers[OFFERED]!;
  numbers[OFFERED] = offered + 1;
  const state = nextState(numbers[RANDOM]!);
  numbers[RANDOM] = state;
  const slot =
    offered < reservoirRows ? offered : Math.floor(uniform(state) * Math.min(offered + 1, 8 * reservoirRows));
  if (slot < reservoirRows) rows.set(row, slot * width);
}

/** A distance in spreads as a whole number: exact near 0, coarse far away, at most what the forest's outsiders have. */
const whole = (distance: number): number =>
  Math.round(Math.sign(distance) * Math.min(15_000, 1_000 * Math.log2(1 + Math.abs(distance))));

const row = new Int16Array(width);

export const isolationForest: Detector = {
  name: 'isolation-forest',
  layout,
  stateBytes: memoryBytes(layout),
  training,
  create(seed) {
    const state = freshMemory(layout, seed);
    state.numbers[RANDOM] = state.seed;
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

    const model = modelInEffect(state);
    const sizes = numbers[SIZES]!;
    // Scores lie between 0.3 and 0.9; the histogram wants sizes over several doublings.
    const scores = numbers[SCORES]!;
    const strength = model ? surprise(sketch, 0, scores, 2 ** (25 * (forestScore(model, row) - 0.4))) : 0;
    if (model) numbers[SCORES] = forgetSizes(sketch, 0, tailBins, scores + 1);
    const width99 = spread * numbers[WIDTHS]!;
    surprise(sketch, BAND, sizes, Math.abs(value - long) / spread);
    numbers[SIZES] = forgetSizes(sketch, BAND, tailBins, sizes + 1);
    if (count % 32 === 0) numbers[WIDTHS] = exceededOnceIn(sketch, BAND, numbers[SIZES]!, 100);

    if (numbers[ORDER] === 0) {
      offer(state, row);
      if (orderedAt(count)) {
        // Never 0, which is no order.
        numbers[ORDER] = (Math.floor(uniform(nextState(state.seed + count)) * 2 ** 32) | 1) >>> 0;
        numbers[EFFECT] = count + growthSamples;
      }
    }
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
