// How far a series left what it was before the onset: a robust score in the direction that is bad for it. Level: median of
// the last unbroken stretch before the onset. Noise: successive differences over all that is known from before, so that a
// slow swing of the day is not taken for noise (J. von Neumann et al., "The Mean Square Successive Difference", 1941, with
// the median in the place of the mean), and never less than what a person would call a difference.
import type { SeriesSignal } from '../signals.ts';
import { median, quantile, spreadOf } from './order.ts';
import type { Sign, SignName } from './signs.ts';

/** Samples from before the onset that noise is taken from, and those of them that the level is taken from. */
const noiseSamples = 720;
const levelSamples = 60;
/** Samples after the onset that are looked at. */
const afterSamples = 240;
/** Of a long incident the latest part: what a slow climb does in the end is not there in its first hour. */
const latestMs = 20 * 60_000;
/** A stretch ends where more than this many steps are missing. */
const brokenAfterSteps = 5;

export interface Deviation {
  readonly level: number;
  readonly noise: number;
  /** Upper quartile of the distances after the onset, in noises, to the side that is bad; negative on the other side. */
  readonly score: number;
  /** The same of the middle: negative where the series went to the side that is not bad. */
  readonly middle: number;
}

/** Signs whose values are parts of a whole, 0 … 1 or 0 … 100. */
const parts: ReadonlySet<SignName> = new Set([
  'availability',
  'errors',
  'cpu',
  'memory',
  'disk',
  'saturation',
  'storage',
]);
const smallestPart: Partial<Record<SignName, number>> = { availability: 0.003, errors: 0.003 };

/** 1 or 100 of a sign that is a part of a whole; null of what is counted in anything else. */
export function wholeOf(sign: SignName, values: Float64Array): number | null {
  if (!parts.has(sign)) return null;
  let most = 0;
  for (const value of values) if (Number.isFinite(value)) most = Math.max(most, Math.abs(value));
  return most <= 1.000001 ? 1 : most <= 100.0001 ? 100 : null;
}

/** Index of the first time that is not before `at`. */
export function firstFrom(times: Float64Array, at: number): number {
  let low = 0;
  let high = times.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (times[middle]! < at) low = middle + 1;
    else high = middle;
  }
  return low;
}

export function stepOf(times: Float64Array, end: number): number {
  const steps: number[] = [];
  for (let n = Math.max(1, end - 50); n < Math.min(times.length, Math.max(end, 2)); n++)
    steps.push(times[n]! - times[n - 1]!);
  const step = median(steps);
  return step > 0 ? step : 60_000;
}

/** First index of the unbroken stretch that ends before `end`. */
export function stretchBefore(times: Float64Array, end: number, stepMs: number): number {
  let from = Math.max(0, end - 1);
  while (from > 0 && times[from]! - times[from - 1]! <= brokenAfterSteps * stepMs) from--;
  return from;
}

const finite = (values: Float64Array): number[] => [...values].filter((value) => Number.isFinite(value));

/** The least that counts as a difference: so many parts of the whole, or of the level. */
export function leastNoise(sign: SignName, level: number, whole: number | null): number {
  if (whole !== null) return whole * (smallestPart[sign] ?? 0.02);
  return Math.max(0.05 * Math.abs(level), sign === 'requests' ? 1 : 0);
}

/**
 * The noise of a series before this time: the median of its successive differences, scaled to the standard deviation of a
 * normal distribution. 0 where fewer than two neighbours are known.
 */
export function wanderOf({ times, values }: Pick<SeriesSignal, 'times' | 'values'>, onset: number): number {
  const at = firstFrom(times, onset);
  const longest = brokenAfterSteps * stepOf(times, at);
  const changes: number[] = [];
  for (let n = Math.max(0, at - noiseSamples) + 1; n < at; n++) {
    const change = values[n]! - values[n - 1]!;
    if (Number.isFinite(change) && times[n]! - times[n - 1]! <= longest) changes.push(Math.abs(change));
  }
  return changes.length > 0 ? (1.4826 * median(changes)) / Math.SQRT2 : 0;
}

/** Null where there is no finite value before the onset or none after it. `until`: samples after it are not looked at. */
export function deviationOf(
  { times, values }: SeriesSignal,
  sign: Sign,
  onset: number,
  until: number,
): Deviation | null {
  const at = firstFrom(times, onset);
  const end = firstFrom(times, until + 1);
  const latest = Math.max(at, firstFrom(times, until - latestMs), end - afterSamples);
  const after = finite(values.subarray(latest, end));
  if (after.length === 0 || at === 0) return null;
  const stepMs = stepOf(times, at);
  const from = Math.max(0, at - noiseSamples);
  const stretch = Math.max(from, stretchBefore(times, at, stepMs), at - levelSamples);
  let before = finite(values.subarray(stretch, at));
  if (before.length === 0) before = finite(values.subarray(from, at)).slice(-levelSamples);
  if (before.length === 0) return null;
  const level = median(before);
  const wander = wanderOf({ times, values }, onset);
  const spread = before.length >= 8 ? spreadOf(before) : 0;
  let noise = Math.max(
    wander,
    spread,
    leastNoise(sign.name, level, wholeOf(sign.name, values.subarray(from, end))),
  );
  // A counter that never moved before: what it does now is news, but nothing says how large a piece of news.
  if (!(noise > 0)) noise = 0.1 * Math.max(...after.map((value) => Math.abs(value - level))) || 1;
  const turn = sign.worse === 'up' ? 1 : -1;
  const scores = after.map((value) => (turn * (value - level)) / noise);
  return { level, noise, score: quantile(scores, 0.75), middle: median(scores) };
}
