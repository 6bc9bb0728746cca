// Several series at one time: is this combination of their distances from what is expected of each unusual, though each by
// itself may be usual? An isolation forest cuts along one column at a time, and a combination is unusual across columns. So a
// row has each metric twice: how far it is from its own middle, and how far from where the others lead to expect it, which is
// its regression on them (T. W. Anderson, "An Introduction to Multivariate Statistical Analysis", 1958, section 2.5), read off
// the inverse of the covariance. The second says too which metrics do not fit, and by how much.
import { beginRate, rate, rateBins, rateNumbers, type UsualStrength } from './alarm-rate.ts';
import type { Learning, Training } from './detector.ts';
import { stillLearns } from './judgement.ts';
import { countOf, read, readingNumbers, samplesPerWeek } from './reading.ts';
import { forestNumbers, reservoirForest, sizeOfScore, whole } from './reservoir-forest.ts';
import { freshMemory, type Layout, memoryBytes, type SeriesMemory } from './series-memory.ts';
import { forgetSizes, surprise, tailBins } from './tail-sketch.ts';

export const mostJointMetrics = 8;

/** How a metric stands beside the others. Both in halves of its own expected band, as what was given. */
export interface Beside {
  /** What the others lead to expect, and within which distance 99 of 100 are. */
  readonly expected: number;
  readonly within: number;
  /** Distance from it in its usual ones: beyond 2.6 one of a hundred. */
  readonly off: number;
}

export interface JointObservation {
  readonly score: number;
  readonly tail: number;
  /** As of a `Detector`. */
  readonly perWeek: number;
  /** One for each metric; empty where nothing was learned of the row. */
  readonly beside: readonly Beside[];
  readonly learning: Learning | null;
}

export interface JointForest {
  readonly layout: Layout;
  readonly stateBytes: number;
  readonly training: Training;
  create(seed: number): SeriesMemory;
  /**
   * Takes a row into the state and says how strange it is. `distances`: of each metric from its expected middle, in halves of
   * its expected band. A row with one that is not finite, and one that is not later than the one before, teaches nothing.
   */
  observe(state: SeriesMemory, distances: readonly number[], at: number): JointObservation;
}

const rowsHeld = 256;
const memoryRows = 2_048;
const fewRows = 64;
/** One absurd value is not what goes together from now on: no distance counts for more than this. */
const farthestLearned = 4;
/** Of each metric's own variance, and beside it: metrics that say the same make no singular matrix. */
const ridge = 0.01;
const leastVariance = 1e-4;
/** Of the normal distribution: 99 of 100 lie within. */
const normal99 = 2.576;

/** Of many columns a tree cuts few, and one that stands out is one of many: how far it does counts for more. */
const misfitWeight = 2;

const usual: UsualStrength = { from: 1, scale: 0.45 };

const made = new Map<number, JointForest>();

/** The forest over so many metrics, 2 … 8. */
export function jointForest(metrics: number): JointForest {
  let forest = made.get(metrics);
  if (forest === undefined) {
    if (!(metrics >= 2 && metrics <= mostJointMetrics))
      throw new Error(`expected 2 to 8 metrics, found ${metrics}`);
    forest = newForest(metrics);
    made.set(metrics, forest);
  }
  return forest;
}

function newForest(metrics: number): JointForest {
  const FOREST = readingNumbers;
  const SIZES = FOREST + forestNumbers;
  const SCORES = SIZES + 1;
  const MEANS = SCORES + 1;
  const COVARIANCE = MEANS + metrics;
  const RATE = COVARIANCE + metrics * metrics;
  const forest = reservoirForest(FOREST, 2 * metrics, rowsHeld);
  const layout: Layout = {
    kind: 16 + metrics,
    numbers: RATE + rateNumbers,
    sketch: 2 * tailBins + rateBins,
    rows: forest.rows,
  };
  const row = new Int8Array(2 * metrics);
  const off = new Float64Array(metrics);
  const inverse = new Float64Array(metrics * metrics);

  return {
    layout,
    stateBytes: memoryBytes(layout),
    training: forest.training,
    create(seed) {
      const state = freshMemory(layout, seed);
      forest.begin(state);
      beginRate(state.sketch, 2 * tailBins, usual);
      return state;
    },
    observe(state, distances, at) {
      const { numbers, sketch } = state;
      const learning = stillLearns(numbers);
      if (!distances.every(Number.isFinite) || Number.isNaN(read(numbers, 0, at)))
        return { score: 0, tail: 1, perWeek: samplesPerWeek(numbers), beside: [], learning };
      const count = countOf(numbers);
      for (let i = 0; i < metrics; i++) off[i] = distances[i]! - numbers[MEANS + i]!;
      invertCovariance(numbers, COVARIANCE, metrics, inverse);
      const beside = besideOf(distances, off, inverse);
      let most = 0;
      for (let i = 0; i < metrics; i++) {
        row[2 * i] = whole(distances[i]!);
        row[2 * i + 1] = whole(beside[i]!.off);
        most = Math.max(most, Math.abs(beside[i]!.off));
      }
      const score = forest.score(state, row, count);
      // What is expected of few rows is off by much, and would be the usual size for long.
      const sizes = numbers[SIZES]!;
      const misfit = count > fewRows ? surprise(sketch, tailBins, sizes, most * most) : 0;
      if (count > fewRows) numbers[SIZES] = forgetSizes(sketch, tailBins, tailBins, sizes + 1);
      let strength = 0;
      if (!Number.isNaN(score)) {
        const scores = numbers[SCORES]!;
        const alone = surprise(sketch, 0, scores, sizeOfScore(score));
        numbers[SCORES] = forgetSizes(sketch, 0, tailBins, scores + 1);
        strength = (alone + misfitWeight * misfit) / (1 + misfitWeight);
      }
      learnTogether(numbers, MEANS, COVARIANCE, metrics, off, Math.min(count, memoryRows));
      forest.learn(state, row, count);
      const rated = rate(numbers, RATE, sketch, 2 * tailBins, usual, strength);
      const judges = learning === null && !Number.isNaN(score);
      return {
        score: judges ? rated.onset / (rated.onset + 2) : 0,
        tail: judges ? rated.tail : 1,
        perWeek: judges ? rated.perWeek : samplesPerWeek(numbers),
        beside,
        learning,
      };
    },
  };
}

/** Moves means and covariances towards a row by 1/n. */
function learnTogether(
  numbers: Float64Array,
  means: number,
  covariance: number,
  metrics: number,
  off: Float64Array,
  n: number,
): void {
  for (let i = 0; i < metrics; i++) off[i] = Math.max(-farthestLearned, Math.min(farthestLearned, off[i]!));
  for (let i = 0; i < metrics; i++) {
    numbers[means + i] = numbers[means + i]! + off[i]! / n;
    for (let j = 0; j < metrics; j++) {
      const place = covariance + i * metrics + j;
      numbers[place] = numbers[place]! + (off[i]! * off[j]! * (1 - 1 / n) - numbers[place]!) / n;
    }
  }
}

/** Gauss and Jordan, without pivots: the matrix is symmetric and positive definite. */
function invertCovariance(numbers: Float64Array, from: number, metrics: number, into: Float64Array): void {
  for (let i = 0; i < metrics * metrics; i++) into[i] = numbers[from + i]!;
  for (let i = 0; i < metrics; i++)
    into[i * metrics + i] = into[i * metrics + i]! * (1 + ridge) + leastVariance;
  for (let k = 0; k < metrics; k++) {
    const pivot = 1 / into[k * metrics + k]!;
    for (let j = 0; j < metrics; j++) if (j !== k) into[k * metrics + j] = into[k * metrics + j]! * pivot;
    for (let i = 0; i < metrics; i++) {
      if (i === k) continue;
      const factor = into[i * metrics + k]!;
      for (let j = 0; j < metrics; j++)
        if (j !== k) into[i * metrics + j] = into[i * metrics + j]! - factor * into[k * metrics + j]!;
      into[i * metrics + k] = -factor * pivot;
    }
    into[k * metrics + k] = pivot;
  }
}

/** Of the inverse P of the covariance: the i-th, given the others, is off by (P d)i / Pii, and that varies by 1 / Pii. */
function besideOf(distances: readonly number[], off: Float64Array, inverse: Float64Array): Beside[] {
  const { length } = distances;
  return distances.map((distance, i) => {
    let sum = 0;
    for (let j = 0; j < length; j++) sum += inverse[i * length + j]! * off[j]!;
    const precision = inverse[i * length + i]!;
    return {
      expected: distance - sum / precision,
      within: normal99 / Math.sqrt(precision),
      off: sum / Math.sqrt(precision),
    };
  });
}
