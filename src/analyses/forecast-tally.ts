// How many of the alerts that came were foretold.
import type { ForecastModel } from '../../analysis/forecast/index.ts';

export interface ForecastTally {
  /** Epoch milliseconds: alerts count from then on. */
  since: number;
  alerts: number;
  /** By any prediction that was stored before, and by one with a confidence of .8 or more. */
  foretold: number;
  foretoldSurely: number;
  readonly byModel: Partial<Record<ForecastModel, number>>;
  /** Predictions that were decided before they could be stored. */
  unsaid: number;
}

export const emptyTally = (): ForecastTally => ({
  ...{ since: 0, alerts: 0, foretold: 0, foretoldSurely: 0, byModel: {}, unsaid: 0 },
});
