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

export interface StoredStates {
  /** The states, those that stand at the latest time first. */
  states(): Iterable<StoredState>;
  /** Every sample that came before this (engine time) is in the states; null: nothing was ever written. */
  completeAt(): number | null;
  /** One transaction. */
  write(put: readonly StoredState[], remove: readonly StateKey[], completeAt: number): void;
}
