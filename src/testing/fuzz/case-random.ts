// All chance of a case: one seed, one target, one number. No case knows of another, so each can be played alone.
import { type Random, randomFrom } from '../../ingest/scan-fuzz-bodies.ts';

export type { Random } from '../../ingest/scan-fuzz-bodies.ts';

/** The chance of case `number` (from 0) of the target of this name, for a whole number `seed`. */
export function caseRandom(seed: number, target: string, number: number): Random {
  let hash = 0x811c9dc5;
  for (let i = 0; i < target.length; i++) hash = Math.imul(hash ^ target.charCodeAt(i), 0x01000193);
  hash = mixed(hash ^ mixed(seed | 0) ^ mixed(Math.floor(seed / 2 ** 32) + 0x51ed27f));
  return randomFrom(mixed(hash + Math.imul(number + 1, 0x9e3779b1)));
}

/** The finaliser of murmur3. */
function mixed(from: number): number {
  let hash = from | 0;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return hash ^ (hash >>> 16);
}
