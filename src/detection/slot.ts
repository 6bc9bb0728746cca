// What is held of one series, or of several together, by one way of watching: the state, what was seen in it last, and how far
// it is ahead of the store.
import {
  type Detector,
  detectors,
  type JointForest,
  type JointObservation,
  jointForest,
  type Keeper,
  restore,
  type SeriesMemory,
} from '../../analysis/detectors/index.ts';
import type { Unseen } from '../../rules/anomaly.ts';
import type { Before, Sight } from '../../rules/sight.ts';
import type { Detection, JointDetection } from '../../rules/types.ts';
import type { JointRow, StateKey } from './stored-states.ts';

export interface Slot {
  readonly series: number;
  readonly key: string;
  readonly keeper: Keeper;
  /** Null where several series are watched together: the state lies with one of them. */
  readonly own: { readonly detector: Detector; readonly detection: Detection } | null;
  readonly forest: JointForest | null;
  recent: Sight[] | null;
  memory: SeriesMemory | null;
  sight: Sight | null;
  /** What was seen in the newest row of several series. */
  joint: JointObservation | null;
  /** Rows that were shown to it and are not stored, while the state that is stored stays. */
  rows: JointRow[];
  unseen: Unseen;
  before: Before | null;
  firstAt: number;
  /** Time of the last sample that was looked at. */
  standsAt: number;
  /** Engine time. */
  fedAt: number;
  /** Engine time since which it is ahead of the store; null: it is not. */
  aheadSince: number | null;
  /** Where it is stored; null: nowhere. */
  stored: StateKey | null;
  /** It was said that there is no room for it. */
  refused: boolean;
  /** A model grows for it. */
  growing: boolean;
}

export function newSlot(series: number, detection: Detection | JointDetection, recent: boolean): Slot {
  const forest = 'metrics' in detection ? jointForest(detection.metrics) : null;
  const own = 'metrics' in detection ? null : { detector: detectors[detection.detector], detection };
  const keeper: Keeper = own?.detector ?? forest!;
  return {
    ...{ series, key: detection.key, keeper, own, forest },
    recent: recent ? [] : null,
    memory: null,
    sight: null,
    joint: null,
    rows: [],
    unseen: 'no_sample',
    before: null,
    firstAt: 0,
    standsAt: Number.NEGATIVE_INFINITY,
    fedAt: 0,
    aheadSince: null,
    stored: null,
    refused: false,
    growing: false,
  };
}

/** Of the state, with the model that is grown from it. */
export const bytesOf = ({ stateBytes, training }: Keeper): number => stateBytes + (training?.modelBytes ?? 0);

/** Null: the bytes are of another version of the detector, and the series learns anew. */
export function memoryOf(keeper: Keeper, bytes: Uint8Array): SeriesMemory | null {
  try {
    return restore(keeper, bytes);
  } catch {
    return null;
  }
}
