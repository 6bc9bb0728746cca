// Forecasts of alerts: what comes at intervals, at times of the day, when something fills up, after something else, and in
// bursts.
export type { Threshold, WatchedSample } from './capacity.ts';
export type { OffsetAt } from './clock.ts';
export {
  advanceForecast,
  createForecast,
  type ForecastContext,
  type ForecastOptions,
  type ForecastState,
  type Forecasts,
  graceMs,
  observeNews,
  observeWatched,
  openPredictions,
} from './forecast.ts';
export { type ForecastModel, forecastModels, type Prediction, type PredictionOutcome } from './prediction.ts';
export { restoreForecast, saveForecast, withRecordsOf } from './saved.ts';
