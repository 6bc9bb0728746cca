// The registry of detectors, and how their states are kept.
import { type Detector, type DetectorName, detectorNames } from './detector.ts';
import { ensemble } from './ensemble.ts';
import { ewma } from './ewma.ts';
import { isolationForest } from './isolation-forest.ts';
import { countOf, spanOf } from './reading.ts';
import { seasonal } from './seasonal.ts';
import { restoredMemory, type SeriesMemory, savedBytes } from './series-memory.ts';
import { zscore } from './zscore.ts';

/** Every detector by its name. */
export const detectors: Readonly<Record<DetectorName, Detector>> = {
  zscore,
  ewma,
  seasonal,
  'isolation-forest': isolationForest,
  ensemble,
};

/** What keeps a state of a fixed size: a detector of one series, or a forest over several. */
export type Keeper = Pick<Detector, 'layout' | 'stateBytes' | 'create' | 'training'>;

/** The bytes of a state, to be stored; they go on as they are in `restore`. */
export const save = savedBytes;

/** The state that `save` gave. Throws where the bytes are of another detector, version or size: begin anew then. */
export const restore = (detector: Keeper, bytes: Uint8Array): SeriesMemory =>
  restoredMemory(detector.layout, bytes);

export type {
  Detector,
  DetectorName,
  ExpectedBand,
  Learning,
  Model,
  Observation,
  Training,
  TrainingOrder,
} from './detector.ts';
/** How much of a series was seen: samples, and the milliseconds that they span without gaps. */
export const seen = ({ numbers }: SeriesMemory): { samples: number; ms: number } => ({
  samples: countOf(numbers),
  ms: spanOf(numbers),
});

export { type Beside, type JointForest, type JointObservation, jointForest } from './joint-forest.ts';
export type { SeriesMemory } from './series-memory.ts';
export { detectorNames };
