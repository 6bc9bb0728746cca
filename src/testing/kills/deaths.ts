// How lives end: at a named point, or at a random moment of the load or of the start.
import type { Random } from '../simulation/random.ts';
import { type KillPoint, killPointNames } from './points.ts';

export type Death =
  | { readonly point: KillPoint; readonly hit: number }
  /** That long after it was ready. */
  | { readonly afterReadyMs: number }
  /** That long after the process was started, ready or not. */
  | { readonly afterSpawnMs: number };

/** Every point at its first and its tenth hit. */
export const namedDeaths: readonly Death[] = [1, 10].flatMap((hit) =>
  killPointNames.map((point) => ({ point, hit })),
);

const startingShare = 0.15;
const longestStartMs = 900;
const longestLifeMs = 1_500;
/** One life in so many is long enough that samples of it are due to be stored. */
const longShare = 0.1;
const longLifeMs = 4_000;

/** Random moments without end. */
export function* randomDeaths(random: Random): Generator<Death> {
  for (;;) {
    if (random.chance(startingShare)) yield { afterSpawnMs: random.int(5, longestStartMs) };
    else yield { afterReadyMs: random.int(1, random.chance(longShare) ? longLifeMs : longestLifeMs) };
  }
}

export function* first<T>(n: number, all: Iterable<T>): Generator<T> {
  if (n <= 0) return;
  let taken = 0;
  for (const one of all) {
    yield one;
    taken += 1;
    if (taken === n) return;
  }
}
