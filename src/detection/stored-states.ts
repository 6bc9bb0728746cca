// Where the states of detectors are kept between two runs: a port of its own, beside the sample history.
import type { Before, Sight } from '../../rules/sight.ts';

/** Which state of which series; ids as in the history. */
export interface StateKey {
  readonly shard: number;
  readonly series: number;
  /** Of the detection, see `Detection`. */
  readonly key: string;
}

export interface StoredState extends StateKey {
  /** Sample times of the first sample that was learned from, and of the last one that was looked at. */
  readonly firstAt: number;
  readonly standsAt: number;
  /** What was seen last; null: nothing. */
  readonly sight: Sight | null;
  readonly before: Before | null;
  /** The detector's own. */
  readonly bytes: Uint8Array;
}

/** What several series were at one time, as their forest was shown it: no sample says that again. */
export interface JointRow {
  readonly at: number;
  /** See `JointForest`. */
  readonly distances: readonly number[];
}

export interface StoredStates {
  /** The states, those that stand at the latest time first; with the rows that were shown to each since, in their order. */
  states(): Iterable<StoredState & { readonly rows: readonly JointRow[] }>;
  /** Every sample that came before this (engine time) is in the states; null: nothing was ever written. */
  completeAt(): number | null;
  /** One transaction. With a state the rows go that it has seen; `rows` are of states that stay as they are stored. */
  write(
    put: readonly StoredState[],
    remove: readonly StateKey[],
    rows: readonly (StateKey & JointRow)[],
    completeAt: number,
  ): void;
}
