// What a forecast says, and what became of it. Terminology:
//   prediction   an alert that is to begin to fire within a window of time, said before it does
//   outcome      whether it came; known when the window is over and news of its time had time to arrive
//   proposal     what a model would say; the track record of the model decides what confidence it deserves
//   record       outcomes of proposals that are alike: each model has one or two
// Invariants: a prediction is never changed after it was made; at most one is open for each model and key; `from` is not
// before `madeAt`.

export const forecastModels = ['renewal', 'clock', 'capacity', 'cascade', 'burst'] as const;
export type ForecastModel = (typeof forecastModels)[number];

/** What a model foretells: what comes again at its time, what fills up, what follows, further ones of a kind. */
export const predictionKinds = ['periodic', 'capacity', 'cascade', 'burst'] as const;
export type PredictionKind = (typeof predictionKinds)[number];

export const kindOfModel = {
  renewal: 'periodic',
  clock: 'periodic',
  capacity: 'capacity',
  cascade: 'cascade',
  burst: 'burst',
} as const satisfies Record<ForecastModel, PredictionKind>;

export interface Prediction {
  /** Given by the caller. */
  readonly id: string;
  readonly model: ForecastModel;
  /** The key of the predicted alert; where it `matches` labels, a name for those. */
  readonly key: string;
  /** `key`: the alert with this key comes. `labels`: an alert with these labels comes, whatever else it has. */
  readonly matches: 'key' | 'labels';
  readonly labels: Readonly<Record<string, string>>;
  /** It is to begin to fire in this window, by its own time; both ends are within. */
  readonly from: number;
  readonly to: number;
  readonly madeAt: number;
  /** 0 … 1: the share of predictions like this one that came true. */
  readonly confidence: number;
  /** What it rests on, by name; units are in the names. */
  readonly figures: Readonly<Record<string, number>>;
}

export interface PredictionOutcome {
  readonly id: string;
  readonly model: ForecastModel;
  readonly key: string;
  readonly confidence: number;
  readonly came: boolean;
  /** The alert that came true; null where none did. */
  readonly alert: string | null;
  /** When it became known. */
  readonly decidedAt: number;
}

/** Outcomes of proposals that are alike are counted together; a trend of capacity is counted for itself. */
export const recordNames = ['renewal', 'clock', 'capacity', 'cascade', 'cascade_again', 'burst'] as const;
export type RecordName = (typeof recordNames)[number];

export interface Proposal extends Omit<Prediction, 'id' | 'madeAt' | 'confidence'> {
  /** 0 … 1, in the model's own measure: more is surer. */
  readonly score: number;
  readonly record: RecordName;
}
