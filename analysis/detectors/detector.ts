// The one interface of all detectors of unusual values. Terminology:
//   sample       a value of one series at a time; NaN and infinities are samples that say nothing
//   tail         probability that a usual sample of this series is at least as strange as this one
//   learning     too little is known to judge; the tail is 1 and nothing fires
//   state        all that a detector knows of one series: a block of bytes of fixed size
// Invariants: a sample is judged by what came before it and never by what comes after; one set of parameters serves all
// series; the same samples and seed give the same bytes, also over a save and a restore in between.
import type { Layout, SeriesMemory } from './series-memory.ts';

export const detectorNames = ['zscore', 'ewma', 'seasonal', 'isolation-forest', 'ensemble'] as const;
export type DetectorName = (typeof detectorNames)[number];

/** Where usual values lie at this time, in the unit of the series: 99 of 100 between `low` and `high`. */
export interface ExpectedBand {
  readonly low: number;
  readonly mid: number;
  readonly high: number;
}

/** What is missing until a series is judged: both must be over. */
export interface Learning {
  readonly samples: number;
  readonly ms: number;
}

export interface Observation {
  /**
   * 0 … 1, only at an onset: where no stronger sample came within the hundred before. Comparable between series of one
   * detector, for drawing and for benchmarks; a rule reads `perWeek`.
   */
  readonly score: number;
  /** "One in 1 / tail samples": calibrated by the series' own past, in (0, 1]. */
  readonly tail: number;
  /**
   * False alarms a week that a rule would raise which fires at this tail: the tail times the samples of a week at the
   * rate that the series has. A rule that allows n false alarms a week fires where this is at most n.
   */
  readonly perWeek: number;
  /** Null while nothing is known. It is of the time before this sample came. */
  readonly expected: ExpectedBand | null;
  /** On which side of the expected middle the value is; `none` where it is inside the band and only its course is strange. */
  readonly direction: 'above' | 'below' | 'none';
  readonly learning: Learning | null;
}

export interface Detector {
  readonly name: DetectorName;
  readonly layout: Layout;
  /** Size of the state of one series in bytes; of every series the same. */
  readonly stateBytes: number;
  /** The state of a series that nothing is known of. `seed`: an integer, 0 … 2^32 - 1. */
  create(seed: number): SeriesMemory;
  /**
   * Takes a sample into the state and says how strange it is. `at`: epoch milliseconds; a sample that is not later than
   * the one before is not learned from. A value that is not finite is answered as usual and changes nothing.
   */
  observe(state: SeriesMemory, value: number, at: number): Observation;
  /** Of detectors that learn a model in the background; the others have none. */
  readonly training?: Training;
}

/** What a model is grown from. Plain data: it may go to a worker. */
export interface TrainingOrder {
  /** One row after the other. */
  readonly rows: Int8Array;
  /** Numbers of a row. */
  readonly width: number;
  readonly seed: number;
}

/** A grown model: plain data too, of a fixed size. It goes into the state when it takes effect. */
export interface Model {
  readonly seed: number;
  readonly nodes: Int8Array;
}

/**
 * Models grow beside the stream. After an `observe` ask `wanted`; grow the order anywhere (`grow` is a pure function) and
 * hand the model back by `provide`. A model takes effect at a sample whose index was fixed when the order was made; where it
 * is not there by then, `observe` grows it itself: some ten milliseconds slower, and with the same scores, so that a replay
 * gives the same. A state that is restored between an order and its effect wants the model again.
 */
export interface Training {
  /** What a model that waits for its effect takes beside the state, in bytes. */
  readonly modelBytes: number;
  /** The open order of this state, the same until its model was provided; null where none is open. */
  wanted(state: SeriesMemory): TrainingOrder | null;
  grow(order: TrainingOrder): Model;
  /** False where the state has no use for this model (any more). */
  provide(state: SeriesMemory, model: Model): boolean;
}
