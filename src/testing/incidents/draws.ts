// Distributions over the simulation's generator.
import type { Random } from '../simulation/random.ts';

export const second = 1_000;
export const minute = 60 * second;
export const hour = 60 * minute;

/** Uniform in [low, high). */
export const between = (random: Random, low: number, high: number): number =>
  low + random.next() * (high - low);

/** Standard normal: Box and Muller, "A Note on the Generation of Random Normal Deviates", 1958. */
export const normal = (random: Random): number =>
  Math.sqrt(-2 * Math.log(1 - random.next())) * Math.cos(2 * Math.PI * random.next());

/** Log-normal around this median, within [low, high]. */
export const lognormal = (random: Random, median: number, sigma: number, low: number, high: number): number =>
  Math.min(high, Math.max(low, median * Math.exp(sigma * normal(random))));

/** Exponentially distributed. */
export const exponential = (random: Random, mean: number): number => -Math.log(1 - random.next()) * mean;

/** Times of a Poisson process in [from, to), ascending. */
export function poissonTimes(random: Random, from: number, to: number, perHour: number): number[] {
  const times: number[] = [];
  let at = from;
  if (perHour <= 0) return times;
  for (;;) {
    at += exponential(random, hour / perHour);
    if (at >= to) return times;
    times.push(Math.round(at));
  }
}

/** Up to `count` different ones of the list, in a random order. */
export function sample<T>(random: Random, list: readonly T[], count: number): T[] {
  const left = [...list];
  const taken: T[] = [];
  while (taken.length < count && left.length > 0)
    taken.push(left.splice(random.int(0, left.length - 1), 1)[0]!);
  return taken;
}

/** One of the entries, by weight. */
export function weighted<T>(random: Random, entries: readonly (readonly [T, number])[]): T {
  let left = random.next() * entries.reduce((sum, [, weight]) => sum + weight, 0);
  for (const [value, weight] of entries) {
    left -= weight;
    if (left < 0) return value;
  }
  return entries.at(-1)![0];
}
