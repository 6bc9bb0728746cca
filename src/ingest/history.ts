// Sample history behind a small port of its own, so that a take-over elsewhere can refill windows.
import type { Labels } from '../../rules/types.ts';
import type { StoredStates } from '../detection/stored-states.ts';

/** Samples of one flush, column by column; `series` holds ids that were declared before. */
export interface HistoryBlock {
  readonly shard: number;
  readonly series: Uint32Array;
  readonly times: Float64Array;
  readonly values: Float64Array;
}

export interface HistorySeries {
  readonly shard: number;
  /** Unique within a shard and stable over restarts; given by `declare`. */
  readonly id: number;
  readonly tenant: string;
  readonly metric: string;
  readonly labels: Labels;
  /** Sample time of the first sample ever seen. */
  readonly bornAt: number;
}

export interface History {
  /** Every series known, for the refill at start. */
  series(): readonly HistorySeries[];
  /** Makes the new series of a flush known and stores its blocks: one transaction. */
  append(declared: readonly HistorySeries[], blocks: readonly HistoryBlock[]): void;
  /** Calls back with the stored samples of the span [from, to], block by block, in the order in which they were flushed. */
  range(from: number, to: number, visit: (block: HistoryBlock) => void): void;
  /**
   * Folds flushes that ended before `before` into a chunk per series and hour; bounded work, true when there may be
   * more: call it again, soon. A fold may go on in a thread meanwhile.
   */
  fold(before: number): boolean;
  /** Forgets samples before `before`, and the oldest beyond `maxBytes`; bounded work, true when there may be more. */
  forget(before: number, maxBytes: number): boolean;
  /** What detectors know of the series; absent where nothing is kept. */
  readonly states?: StoredStates;
  close(): void;
}
