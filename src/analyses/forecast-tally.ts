// How many of the alerts that came were foretold.
import type { ForecastModel, ForecastState } from '../../analysis/forecast/index.ts';

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
  /** Series that were not looked at the last time because there were too many. */
  unwatched: number;
}

export interface Foretold {
  readonly tally: ForecastTally;
  /** What was forgotten or left out because there was too much. */
  readonly left: ForecastState['left'];
}

export const emptyTally = (): ForecastTally => ({
  ...{ since: 0, alerts: 0, foretold: 0, foretoldSurely: 0, byModel: {}, unsaid: 0, unwatched: 0 },
});
