// What predictions were worth, by model: how many came true, with the interval of that share, and how far the confidence is
// from it. Only those whose outcome is known count.
import { wilson } from '../wilson.ts';
import { type ForecastModel, forecastModels, kindOfModel, type PredictionKind } from './prediction.ts';

/** Bins of the confidence in which the calibration error is counted. */
export const recordBins = 10;

/** Predictions of one model with a confidence in one bin. */
export interface OutcomeCount {
  readonly model: ForecastModel;
  /** 0 … 9: the tenth of the confidence. */
  readonly bin: number;
  readonly state: 'open' | 'came_true' | 'missed' | 'withdrawn';
  readonly count: number;
  /** Of their confidences. */
  readonly sum: number;
}

export interface ModelRecord {
  readonly model: ForecastModel;
  readonly kind: PredictionKind;
  readonly made: number;
  readonly open: number;
  readonly cameTrue: number;
  readonly missed: number;
  readonly withdrawn: number;
  /** 0 … 1: of those decided, how many came true; null: none was decided. Wilson 1927, 95 %. */
  readonly precision: number | null;
  readonly precisionLow: number | null;
  readonly precisionHigh: number | null;
  /** The same of those with a confidence of .8 or more. */
  readonly sure: { readonly decided: number; readonly cameTrue: number; readonly precision: number | null };
  /** Guo and others, 2017, ten bins: mean distance of the confidence from the share that came true. */
  readonly calibrationError: number | null;
}

const sureBin = 8;

/** A line for each model that ever said something, in the order of `forecastModels`. */
export function trackRecord(counts: readonly OutcomeCount[]): ModelRecord[] {
  return forecastModels.flatMap((model) => {
    const own = counts.filter((one) => one.model === model);
    return own.length === 0 ? [] : [recordOf(model, own)];
  });
}

function recordOf(model: ForecastModel, own: readonly OutcomeCount[]): ModelRecord {
  const of = (state: OutcomeCount['state'], least = 0): number =>
    own.reduce((sum, one) => (one.state === state && one.bin >= least ? sum + one.count : sum), 0);
  const [open, cameTrue, missed, withdrawn] = [of('open'), of('came_true'), of('missed'), of('withdrawn')];
  const decided = cameTrue + missed;
  const sureCame = of('came_true', sureBin);
  const sureDecided = sureCame + of('missed', sureBin);
  const [low, high] = decided === 0 ? [null, null] : wilson(cameTrue, decided);
  return {
    ...{ model, kind: kindOfModel[model], made: open + decided + withdrawn },
    ...{ open, cameTrue, missed, withdrawn },
    ...{ precision: decided === 0 ? null : cameTrue / decided, precisionLow: low, precisionHigh: high },
    sure: {
      ...{ decided: sureDecided, cameTrue: sureCame },
      precision: sureDecided === 0 ? null : sureCame / sureDecided,
    },
    calibrationError: decided === 0 ? null : calibrationError(own) / decided,
  };
}

/** Times the number of those decided. */
function calibrationError(own: readonly OutcomeCount[]): number {
  let sum = 0;
  for (let bin = 0; bin < recordBins; bin++) {
    let away = 0;
    for (const one of own) {
      if (one.bin !== bin || (one.state !== 'came_true' && one.state !== 'missed')) continue;
      away += (one.state === 'came_true' ? one.count : 0) - one.sum;
    }
    sum += Math.abs(away);
  }
  return sum;
}
