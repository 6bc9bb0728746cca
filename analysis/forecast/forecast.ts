// The forecast: news, time and samples in, predictions and their outcomes out. A proposal of a model is said when the
// record of proposals like it gives it confidence enough; the others are followed in silence, so that a model can gain a
// record, or gain it back. Each is decided once, when its alert came or its window is over.
import type { AlertNews, AlertSignal } from '../signals.ts';
import { type BurstState, emptyBursts, observeBurst, scopeOf } from './burst.ts';
import { type Calibration, confidenceOf, emptyCalibration, learnOutcome } from './calibration.ts';
import { type CapacityState, observeSample, type WatchedSample } from './capacity.ts';
import { type CascadeState, emptyCascades, observeCascade } from './cascade.ts';
import { type OffsetAt, proposeClock } from './clock.ts';
import { ended, isKept, type OccurrencesByKey, occurred } from './occurrences.ts';
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
  newId(): string;
  /** Local time of the zone whose clocks jobs go by; UTC where nothing is said. */
  readonly offsetAt?: OffsetAt;
}

export interface Forecasts {
  readonly made: readonly Prediction[];
  readonly ended: readonly PredictionOutcome[];
}

interface Open extends Proposal {
  /** Null where it was not said. */
  readonly id: string | null;
  readonly madeAt: number;
  readonly confidence: number;
}

/** Plain data, maps and sets of it: see saved.ts. */
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
  occurred(state.occurrences, alert);
  proposeTimes(state, alert.key, said, context);
  for (const each of observeCascade(state.cascades, alert.key, alert.at, state.occurrences, now))
    propose(state, each, said, context);
  const burst = observeBurst(state.bursts, alert, now);
  if (burst !== null) propose(state, burst, said, context);
  return said;
}

/** Takes a sample of a watched series in. */
export function observeWatched(
  state: ForecastState,
  sample: WatchedSample,
  context: ForecastContext,
): Forecasts {
  const said: Said = { made: [], ended: [] };
  forward(state, sample.at);
  endDue(state, said, context);
  for (const each of observeSample(state.capacity, sample)) {
    if (state.occurrences.get(each.key)?.firing == null) propose(state, each, said, context);
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

function forward(state: ForecastState, at: number): number {
  if (at > state.now && at <= latest) state.now = at;
  return state.now;
}

const targetOf = (matches: Prediction['matches'], key: string): string => `${matches} ${key}`;

function predictionOf({ id, score: _, record: __, ...one }: Open): Prediction | null {
  return id === null ? null : { ...one, id };
}

function propose(state: ForecastState, proposal: Proposal, said: Said, { newId }: ForecastContext): void {
  const { now } = state;
  const { from, to, score, record } = proposal;
  if (!(from >= now && to >= from && score >= 0 && score <= 1)) return;
  const target = targetOf(proposal.matches, proposal.key);
  const ones = state.open.get(target) ?? new Map<string, Open>();
  const confidence = confidenceOf(state.records.get(record)!, score);
  const isSaid = confidence >= state.leastConfidence;
  const slot = `${proposal.model} ${isSaid ? 'said' : 'silent'}`;
  if (ones.has(slot) || state.openCount >= mostOpen) return;
  const one: Open = { ...proposal, id: isSaid ? newId() : null, madeAt: now, confidence };
  ones.set(slot, one);
  state.open.set(target, ones);
  state.openCount++;
  state.nextEndAt = Math.min(state.nextEndAt, to + graceMs);
  const prediction = predictionOf(one);
  if (prediction !== null) said.made.push(prediction);
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
  const ones = state.open.get(target)!;
  ones.delete(slot);
  if (ones.size === 0) state.open.delete(target);
  state.openCount--;
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
