// Who grows models beside the stream.
import type { Model, Training, TrainingOrder } from '../../analysis/detectors/index.ts';

/** Grows a model and hands it back, soon or never (null): whoever does not wait for it grows the same one itself. */
export type Grower = (training: Training, order: TrainingOrder, grown: (model: Model | null) => void) => void;
