// How much of a symptom a service can account for. What is wrong at a service is measured in lost seconds (extra latency
// times requests) or lost requests (extra failures times requests); such losses add up along calls, so a callee that lost
// as much as the caller explains the caller, and a callee with a wild score and five requests does not. What a service's
// own callees lost is taken off before it is blamed, which is why the callee's side of an edge wins; and blame must come
// through: on the way to the symptom no hop may have lost less than what is blamed on its callee (the widest path).
import type { SeriesSignal } from '../signals.ts';
import type { Dependencies } from './dependency.ts';
import { firstFrom, leastNoise, stepOf, stretchBefore, wanderOf, wholeOf } from './deviation.ts';
import { median } from './order.ts';
import type { Sign } from './signs.ts';

/** What may be measured of a loss at one service: the symptom's kind of series, and its requests where they are counted. */
export interface FlowSeries {
  readonly sign: Sign;
  readonly series: SeriesSignal;
  readonly requests: SeriesSignal | null;
}

/** What one service lost while the symptom lasted. */
export interface Loss {
  /** Seconds (of latency, in the unit of the series) or requests. */
  readonly lost: number;
  readonly level: number;
  /** Mean value while the symptom lasted. */
  readonly during: number;
}

export interface Share {
  /** 0 … 1 of what the symptom's service lost: not accounted for by its callees, and with a way to the symptom. */
  readonly share: number;
  readonly loss: Loss;
}

export interface FlowOptions {
  /** Differences of less than this many noises are not losses. */
  readonly countsFrom: number;
  /** The symptom lasts where it is past this part of its worst. */
  readonly lastsFrom: number;
}
/** Structural, not fitted: two noises, and what is nearer to the worst than to the level, with some room. */
export const usualFlow: FlowOptions = { countsFrom: 2, lastsFrom: 0.4 };

/** A hop that nothing is known of passes on this part. */
const unknownHop = 0.5;
/** Samples before the onset that the level is taken from, and after it that the loss is summed over. */
const levelSamples = 60;
const lossSamples = 120;

const levelBefore = ({ times, values }: SeriesSignal, onset: number): number => {
  const at = firstFrom(times, onset);
  const from = Math.max(stretchBefore(times, at, stepOf(times, at)), at - levelSamples);
  const near = [...values.subarray(from, at)].filter((value) => Number.isFinite(value));
  if (near.length > 0) return median(near);
  return median([...values.subarray(0, at)].filter((value) => Number.isFinite(value)).slice(-levelSamples));
};

const farFrom = (level: number, { worse }: Sign, value: number): number =>
  worse === 'up' ? value - level : level - value;

/** Times from the onset to `until` at which the symptom lasts. */
function symptomTimes(
  { sign, series }: FlowSeries,
  onset: number,
  until: number,
  lastsFrom: number,
): number[] {
  const { times, values } = series;
  const level = levelBefore(series, onset);
  const at = firstFrom(times, onset);
  const end = Math.min(firstFrom(times, until + 1), at + lossSamples);
  let worst = 0;
  for (let n = at; n < end; n++) {
    const far = farFrom(level, sign, values[n]!);
    if (far > worst) worst = far;
  }
  const lasting: number[] = [];
  for (let n = at; n < end; n++)
    if (worst > 0 && farFrom(level, sign, values[n]!) >= lastsFrom * worst) lasting.push(times[n]!);
  return lasting;
}

/** The sample that stands for this time; NaN where none is near. */
function valueAt({ times, values }: SeriesSignal, at: number, stepMs: number): number {
  const n = firstFrom(times, at + 1) - 1;
  return n >= 0 && at - times[n]! < 2 * stepMs ? values[n]! : Number.NaN;
}

/** Null where nothing is known of the service at those times. `volume`: requests where the service counts none. */
function lossOf(
  { sign, series, requests }: FlowSeries,
  onset: number,
  at: readonly number[],
  volume: SeriesSignal | null,
  countsFrom: number,
): Loss | null {
  const level = levelBefore(series, onset);
  if (!Number.isFinite(level)) return null;
  const whole = wholeOf(sign.name, series.values);
  const least = countsFrom * Math.max(leastNoise(sign.name, level, whole), wanderOf(series, onset));
  const stepMs = stepOf(series.times, firstFrom(series.times, onset));
  const counted = requests ?? volume;
  const countedStep = counted ? stepOf(counted.times, firstFrom(counted.times, onset)) : stepMs;
  let lost = 0;
  let sum = 0;
  let seen = 0;
  for (const time of at) {
    const value = valueAt(series, time, stepMs);
    if (!Number.isFinite(value)) continue;
    sum += value;
    seen++;
    const calls = counted ? valueAt(counted, time, countedStep) : 1;
    const far = farFrom(level, sign, value) - least;
    if (far > 0 && calls > 0) lost += (far / (whole ?? 1)) * calls;
  }
  return seen === 0 ? null : { lost, level, during: sum / seen };
}

/** Of every service that the symptom's service depends on, and of itself: the part of the symptom that begins there. */
export function sharesOf(
  symptom: string,
  flows: ReadonlyMap<string, FlowSeries>,
  dependencies: Dependencies,
  onset: number,
  until: number,
  options: FlowOptions,
): Map<string, Share> {
  const shares = new Map<string, Share>();
  const mine = flows.get(symptom);
  const at = mine ? symptomTimes(mine, onset, until, options.lastsFrom) : [];
  if (!mine || at.length === 0) return shares;
  const known = new Map<string, Loss | null>();
  const of = (service: string): Loss | null => {
    let loss = known.get(service);
    if (loss === undefined) {
      const flow = flows.get(service);
      loss = flow ? lossOf(flow, onset, at, mine.requests, options.countsFrom) : null;
      known.set(service, loss);
    }
    return loss;
  };
  // A symptom below what counts as a loss is still the alert that fired: then it is as large as its worst callee's loss.
  let whole = of(symptom)?.lost ?? 0;
  if (whole <= 0)
    for (const [callee] of dependencies.calleesOf(symptom)) whole = Math.max(whole, of(callee)?.lost ?? 0);
  if (whole <= 0) return shares;
  for (const [service, width] of widestFrom(symptom, dependencies, (name) => {
    const loss = of(name);
    return loss === null ? null : loss.lost / whole;
  })) {
    const loss = of(service);
    if (loss === null) continue;
    let below = 0;
    for (const [callee] of dependencies.calleesOf(service)) below = Math.max(below, of(callee)?.lost ?? 0);
    shares.set(service, { share: Math.min(width, Math.max(0, loss.lost - below) / whole, 1), loss });
  }
  return shares;
}

/** The widest path to each service: its narrowest hop, at most 1. `part`: null where nothing is known of a service. */
function widestFrom(
  from: string,
  { calleesOf }: Dependencies,
  part: (service: string) => number | null,
): Map<string, number> {
  const widest = new Map([[from, 1]]);
  let edge = new Set([from]);
  while (edge.size > 0) {
    const next = new Set<string>();
    for (const service of edge)
      for (const [callee, confidence] of calleesOf(service)) {
        const before = widest.get(service)! * confidence;
        const own = part(callee);
        const width = own === null ? before * unknownHop : Math.min(before, own);
        if (width <= (widest.get(callee) ?? -1)) continue;
        widest.set(callee, width);
        next.add(callee);
      }
    edge = next;
  }
  return widest;
}
