// What passes between the program and the thread in which models grow.
import type { Model, TrainingOrder } from '../../analysis/detectors/index.ts';

export interface ToForest {
  readonly id: number;
  readonly order: TrainingOrder;
}

export interface FromForest {
  readonly id: number;
  readonly model: Model;
}
