// A forest that follows a stream: trees grow from a reservoir of its rows (J. S. Vitter, "Random Sampling with a Reservoir",
// ACM Transactions on Mathematical Software 11, 1985) beside the stream, and a model takes effect at a sample index that was
// fixed when it was ordered, wherever it grew. The reservoir and the model in effect lie in the state itself.
import type { Model, Training, TrainingOrder } from './detector.ts';
import { forestBytes, forestScore, growForest } from './grow-forest.ts';
import { nextState, uniform } from './random.ts';
import type { SeriesMemory } from './series-memory.ts';

const RANDOM = 0;
/** Rows that came by since the reservoir was last left alone. */
const OFFERED = 1;
/** Seed of the model in effect and of the open order; 0 where there is none. */
const MODEL = 2;
const ORDER = 3;
/** Sample index at which the open order takes effect. */
const EFFECT = 4;
/** Numbers that it takes in a state. */
export const forestNumbers = 5;

/** A first model early, then better ones, then one every so many samples. */
const orderedAt = (count: number): boolean => count === 128 || count === 512 || count % 2_048 === 0;
/** Samples between an order and the effect of its model; the reservoir is left alone meanwhile. */
const growthSamples = 32;
/** Older rows fade, since the chance of a new one never falls below one in so many. */
const leastChance = 8;

export interface ReservoirForest {
  /** What it takes of the rows of a state. */
  readonly rows: number;
  readonly training: Training;
  begin(state: SeriesMemory): void;
  /** The score of a row by the model in effect at sample `count`; NaN before there is one. */
  score(state: SeriesMemory, row: Int8Array, count: number): number;
  /** Offers the row of sample `count` to the reservoir. */
  learn(state: SeriesMemory, row: Int8Array, count: number): void;
}

/** `at`: the place of its numbers. Rows of `width` whole numbers, of which it holds `most`. */
export function reservoirForest(at: number, width: number, most: number): ReservoirForest {
  /** Behind the reservoir. */
  const grown = most * width;
  /** The model of the open order, by state. It is derived: what is lost grows again from the state's own rows. */
  const next = new WeakMap<SeriesMemory, Model>();
  const openOrder = ({ numbers, rows }: SeriesMemory): TrainingOrder => ({
    rows: rows.slice(0, Math.min(most, numbers[at + OFFERED]!) * width),
    width,
    seed: numbers[at + ORDER]!,
  });
  return {
    rows: grown + forestBytes,
    training: {
      modelBytes: forestBytes,
      wanted: (state) => (state.numbers[at + ORDER] !== 0 && !next.has(state) ? openOrder(state) : null),
      grow: growForest,
      provide(state, model) {
        if (model.seed !== state.numbers[at + ORDER]) return false;
        next.set(state, model);
        return true;
      },
    },
    begin(state) {
      state.numbers[at + RANDOM] = state.seed;
    },
    score(state, row, count) {
      const { numbers, rows } = state;
      if (numbers[at + ORDER] !== 0 && count >= numbers[at + EFFECT]!) {
        rows.set((next.get(state) ?? growForest(openOrder(state))).nodes, grown);
        next.delete(state);
        numbers[at + MODEL] = numbers[at + ORDER]!;
        numbers[at + ORDER] = 0;
      }
      return numbers[at + MODEL] === 0 ? Number.NaN : forestScore(rows, grown, row);
    },
    learn({ numbers, rows, seed }, row, count) {
      if (numbers[at + ORDER] !== 0) return;
      const offered = numbers[at + OFFERED]!;
      numbers[at + OFFERED] = offered + 1;
      const random = nextState(numbers[at + RANDOM]!);
      numbers[at + RANDOM] = random;
      const slot =
        offered < most ? offered : Math.floor(uniform(random) * Math.min(offered + 1, leastChance * most));
      if (slot < most) rows.set(row, slot * width);
      if (!orderedAt(count)) return;
      // Never 0, which is no order.
      numbers[at + ORDER] = (Math.floor(uniform(nextState(seed + count)) * 2 ** 32) | 1) >>> 0;
      numbers[at + EFFECT] = count + growthSamples;
    },
  };
}

/**
 * A distance in spreads as a whole number of eight bits, by which a row and a cut take a byte for each column: steps of 3.5
 * percent, and all the same from 60 spreads on.
 */
export const whole = (distance: number): number =>
  Math.round(Math.sign(distance) * Math.min(119, 20 * Math.log2(1 + Math.abs(distance))));

/** Scores lie between 0.3 and 0.9; a histogram of tails wants sizes over several doublings. */
export const sizeOfScore = (score: number): number => 2 ** (25 * (score - 0.4));
