// Forecasts of alerts: what comes at intervals, at times of the day, when something fills up, after something else, and in
// bursts.

export { scopeOf } from './burst.ts';
export type { Threshold, WatchedSample } from './capacity.ts';
export type { OffsetAt } from './clock.ts';
export {
  adoptPrediction,
  advanceForecast,
  createForecast,
  dropPrediction,
  type ForecastContext,
  type ForecastOptions,
  type ForecastState,
  type Forecasts,
  graceMs,
  type NewPrediction,
  observeNews,
  observeWatched,
  openPredictions,
  scoreOf,
} from './forecast.ts';
export {
  type ForecastModel,
  forecastModels,
  kindOfModel,
  type Prediction,
  type PredictionKind,
  type PredictionOutcome,
  predictionKinds,
  type RecordName,
} from './prediction.ts';
export { ForecastRestorer, forecastParts, restoreForecast, saveForecast, withRecordsOf } from './saved.ts';
export { type ModelRecord, type OutcomeCount, trackRecord } from './track-record.ts';
