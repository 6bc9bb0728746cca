// The forecast: news, time and samples in, predictions and their outcomes out. A proposal of a model is said when the
// record of proposals like it gives it confidence enough; the others are followed in silence, so that a model can gain a
// record, or gain it back. Each is decided once, when its alert came or its window is over.
import type { AlertNews, AlertSignal } from '../signals.ts';
import { type BurstState, emptyBursts, observeBurst, scopeOf } from './burst.ts';
import { type Calibration, confidenceOf, emptyCalibration, learnOutcome } from './calibration.ts';
import { type CapacityState, mostSeries, observeSample, type WatchedSample } from './capacity.ts';
import { type CascadeState, emptyCascades, observeCascade } from './cascade.ts';
import { type OffsetAt, proposeClock } from './clock.ts';
import { mostLeaders } from './leaders.ts';
import { ended, isKept, mostKeys, type OccurrencesByKey, occurred } from './occurrences.ts';
import type { Prediction, PredictionOutcome, Proposal, RecordName } from './prediction.ts';
import { recordNames } from './prediction.ts';
import { proposeRenewal } from './renewal.ts';

/** News of a time may come so much later. */
export const graceMs = 60_000;
const mostOpen = 2_000;
/** The last time that a date can be. */
const latest = 8.64e15;

export interface ForecastOptions {
  /** Nothing is said with less; .5 where nothing is said. */
  readonly leastConfidence?: number;
}

/** What the caller has that the forecast has not. */
export interface ForecastContext {
  /** The id of a prediction that is about to be made. */
  newId(of: NewPrediction): string;
  /** Local time of the zone whose clocks jobs go by; UTC where nothing is said. */
  readonly offsetAt?: OffsetAt;
}

/** What tells a prediction from every other one. */
export type NewPrediction = Pick<Prediction, 'model' | 'matches' | 'key' | 'madeAt'>;

export interface Forecasts {
  readonly made: readonly Prediction[];
  readonly ended: readonly PredictionOutcome[];
}

export interface Open extends Proposal {
  /** Null where it was not said. */
  readonly id: string | null;
  readonly madeAt: number;
  readonly confidence: number;
}

/** Plain data, maps and sets of it, and a table: see saved.ts. */
export interface ForecastState {
  readonly leastConfidence: number;
  readonly occurrences: OccurrencesByKey;
  readonly cascades: CascadeState;
  readonly bursts: BurstState;
  readonly capacity: CapacityState;
  readonly records: Map<RecordName, Calibration>;
  /** By what is predicted, then by model and whether it was said. */
  readonly open: Map<string, Map<string, Open>>;
  openCount: number;
  /** What was forgotten or left out because there was too much, by what it was. */
  readonly left: { keys: number; leaders: number; series: number; predictions: number };
  now: number;
  /** Nothing ends before this. */
  nextEndAt: number;
}

export const createForecast = ({ leastConfidence = 0.5 }: ForecastOptions = {}): ForecastState => ({
  leastConfidence,
  occurrences: new Map(),
  cascades: emptyCascades(),
  bursts: emptyBursts(),
  capacity: new Map(),
  records: new Map(recordNames.map((name) => [name, emptyCalibration()])),
  open: new Map(),
  openCount: 0,
  left: { keys: 0, leaders: 0, series: 0, predictions: 0 },
  now: 0,
  nextEndAt: Number.MAX_SAFE_INTEGER,
});

interface Said {
  readonly made: Prediction[];
  readonly ended: PredictionOutcome[];
}

/** Takes news in; `seenAt` that goes back counts as now. */
export function observeNews(
  state: ForecastState,
  { kind, alert, seenAt }: AlertNews,
  context: ForecastContext,
): Forecasts {
  const said: Said = { made: [], ended: [] };
  const now = forward(state, seenAt);
  endDue(state, said, context);
  if (kind === 'resolved') {
    ended(state.occurrences, alert);
    return said;
  }
  if (!isKept(alert, now)) return said;
  comeTrue(state, alert, said);
  const { left, occurrences, cascades } = state;
  if (occurrences.size >= mostKeys && !occurrences.has(alert.key)) left.keys++;
  if (cascades.leaders.size >= mostLeaders && !cascades.leaders.has(alert.key)) left.leaders++;
  occurred(occurrences, alert);
  proposeTimes(state, alert.key, said, context);
  for (const each of observeCascade(cascades, alert.key, alert.at, occurrences, now))
    propose(state, each, said, context);
  const burst = observeBurst(state.bursts, alert, now);
  if (burst !== null) propose(state, burst, said, context);
  return said;
}

/**
 * Takes a sample of a watched series in. Its time is not that of the forecast: with the same news in the same order alerts
 * are foretold the same, whatever is measured meanwhile.
 */
export function observeWatched(
  state: ForecastState,
  sample: WatchedSample,
  context: ForecastContext,
): Forecasts {
  const said: Said = { made: [], ended: [] };
  if (state.capacity.size >= mostSeries && !state.capacity.has(sample.series)) state.left.series++;
  for (const each of observeSample(state.capacity, sample)) {
    if (state.occurrences.get(each.key)?.firing == null)
      propose(state, each, said, context, Math.max(state.now, sample.at));
  }
  return said;
}

/** Time that passed, at least every ten seconds. */
export function advanceForecast(state: ForecastState, now: number, context: ForecastContext): Forecasts {
  const said: Said = { made: [], ended: [] };
  forward(state, now);
  endDue(state, said, context);
  return said;
}

/** What is said and not decided. */
export function openPredictions(state: ForecastState): Prediction[] {
  return [...state.open.values()].flatMap((ones) =>
    [...ones.values()].flatMap((one) => predictionOf(one) ?? []),
  );
}

/** What a prediction was made of; null: none with this id is open. */
export function scoreOf(state: ForecastState, { id, model, matches, key }: KnownPrediction): Score | null {
  const one = state.open.get(targetOf(matches, key))?.get(slotOf(model, true));
  return one === undefined || one.id !== id ? null : { score: one.score, record: one.record };
}

type KnownPrediction = Pick<Prediction, 'id' | 'model' | 'matches' | 'key'>;
type Score = Pick<Proposal, 'score' | 'record'>;

/** Takes a prediction up that was said and that the state does not know; one that it has in its place is forgotten. */
export function adoptPrediction(state: ForecastState, prediction: Prediction, score: Score): void {
  const target = targetOf(prediction.matches, prediction.key);
  const slot = slotOf(prediction.model, true);
  if (state.open.get(target)?.get(slot)?.id === prediction.id) return;
  forget(state, target, slot);
  follow(state, target, slot, { ...prediction, ...score });
}

/** Forgets a prediction; `came`: what became of it is known elsewhere, and is learned. */
export function dropPrediction(
  state: ForecastState,
  { model, matches, key }: KnownPrediction,
  came: boolean | null,
): void {
  const target = targetOf(matches, key);
  const slot = slotOf(model, true);
  const one = state.open.get(target)?.get(slot);
  if (one !== undefined && came !== null) learnOutcome(state.records.get(one.record)!, one.score, came);
  forget(state, target, slot);
}

function forget(state: ForecastState, target: string, slot: string): void {
  const ones = state.open.get(target);
  if (ones?.delete(slot)) state.openCount--;
  if (ones?.size === 0) state.open.delete(target);
}

const slotOf = (model: Prediction['model'], isSaid: boolean): string =>
  `${model} ${isSaid ? 'said' : 'silent'}`;

function forward(state: ForecastState, at: number): number {
  if (at > state.now && at <= latest) state.now = at;
  return state.now;
}

const targetOf = (matches: Prediction['matches'], key: string): string => `${matches} ${key}`;

function predictionOf({ id, score: _, record: __, ...one }: Open): Prediction | null {
  return id === null ? null : { ...one, id };
}

function propose(
  state: ForecastState,
  proposal: Proposal,
  said: Said,
  { newId }: ForecastContext,
  now = state.now,
): void {
  const { from, to, score, record } = proposal;
  if (!(from >= now && to >= from && score >= 0 && score <= 1)) return;
  const target = targetOf(proposal.matches, proposal.key);
  const ones = state.open.get(target);
  const confidence = confidenceOf(state.records.get(record)!, score);
  const isSaid = confidence >= state.leastConfidence;
  const slot = slotOf(proposal.model, isSaid);
  if (ones?.has(slot)) return;
  if (state.openCount >= mostOpen) {
    state.left.predictions++;
    return;
  }
  const { model, matches, key } = proposal;
  const id = isSaid ? newId({ model, matches, key, madeAt: now }) : null;
  const one: Open = { ...proposal, id, madeAt: now, confidence };
  follow(state, target, slot, one);
  const prediction = predictionOf(one);
  if (prediction !== null) said.made.push(prediction);
}

function follow(state: ForecastState, target: string, slot: string, one: Open): void {
  const ones = state.open.get(target) ?? new Map<string, Open>();
  ones.set(slot, one);
  state.open.set(target, ones);
  state.openCount++;
  state.nextEndAt = Math.min(state.nextEndAt, one.to + graceMs);
}

function proposeTimes(state: ForecastState, key: string, said: Said, context: ForecastContext): void {
  const one = state.occurrences.get(key);
  if (one === undefined) return;
  const renewal = proposeRenewal(key, one, state.now);
  if (renewal !== null) propose(state, renewal, said, context);
  const clock = proposeClock(key, one, context.offsetAt ?? (() => 0), state.now);
  if (clock !== null) propose(state, clock, said, context);
}

function comeTrue(state: ForecastState, alert: AlertSignal, said: Said): void {
  const scope = scopeOf(alert);
  for (const target of [
    targetOf('key', alert.key),
    ...(scope === null ? [] : [targetOf('labels', scope.key)]),
  ]) {
    const ones = state.open.get(target);
    if (ones === undefined) continue;
    for (const [slot, one] of ones)
      if (alert.at >= one.from && alert.at <= one.to) decide(state, target, slot, one, alert.id, said);
  }
}

function decide(
  state: ForecastState,
  target: string,
  slot: string,
  one: Open,
  alert: string | null,
  said: Said,
): void {
  forget(state, target, slot);
  learnOutcome(state.records.get(one.record)!, one.score, alert !== null);
  if (one.id === null) return;
  const { id, model, key, confidence } = one;
  said.ended.push({ id, model, key, confidence, came: alert !== null, alert, decidedAt: state.now });
}

function endDue(state: ForecastState, said: Said, context: ForecastContext): void {
  if (state.now < state.nextEndAt) return;
  const over: [string, string, Open][] = [];
  let next = Number.MAX_SAFE_INTEGER;
  for (const [target, ones] of state.open)
    for (const [slot, one] of ones)
      if (one.to + graceMs <= state.now) over.push([target, slot, one]);
      else next = Math.min(next, one.to + graceMs);
  state.nextEndAt = next;
  for (const [target, slot, one] of over) decide(state, target, slot, one, null, said);
  // What comes at its times and was left out once may come the next time.
  for (const [, , { model, key }] of over)
    if (model === 'renewal' || model === 'clock') proposeTimes(state, key, said, context);
}
