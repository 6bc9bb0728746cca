import { killPointNames } from './points.js';
/** Every point at its first and its tenth hit. */
export const namedDeaths = [1, 10].flatMap((hit) => killPointNames.map((point) => ({ point, hit })));
const startingShare = 0.15;
const longestStartMs = 900;
const longestLifeMs = 1_500;
/** One life in so many is long enough that samples of it are due to be stored. */
const longShare = 0.1;
const longLifeMs = 4_000;
/** Random moments without end. */
export function* randomDeaths(random) {
  for (;;) {
    if (random.chance(startingShare)) yield { afterSpawnMs: random.int(5, longestStartMs) };
    else yield { afterReadyMs: random.int(1, random.chance(longShare) ? longLifeMs : longestLifeMs) };
  }
}
export function* first(n, all) {
  if (n <= 0) return;
  let taken = 0;
  for (const one of all) {
    yield one;
    taken += 1;
    if (taken === n) return;
  }
}
//# sourceMappingURL=deaths.js.map
