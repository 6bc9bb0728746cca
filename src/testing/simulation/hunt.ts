// Looks for one planted bug: seed after seed until an invariant breaks or the bound of simulated hours is spent.
import type { Mutant } from './mutant.ts';
import { simulate } from './simulate.ts';
import type { InvariantId } from './violation.ts';

const hoursPerSeed = 3;
const seedsPerMutant = 20;

export interface Found {
  readonly invariant: InvariantId;
  readonly message: string;
  readonly seed: number;
  /** Simulated hours over all seeds until then. */
  readonly hours: number;
}

export async function huntMutant(mutant: Mutant, fromSeed: number): Promise<Found | null> {
  let hours = 0;
  for (let seed = fromSeed; seed < fromSeed + seedsPerMutant; seed++) {
    const { plan = (drawn) => drawn } = mutant;
    const result = await simulate({
      seed,
      hours: hoursPerSeed,
      wraps: mutant.wraps(),
      // The hours are few: all of them are full.
      plan: (drawn) => ({ ...plan(drawn), nights: null }),
    });
    hours += result.foundAfter ?? hoursPerSeed;
    if (result.violation !== null)
      return { invariant: result.violation.id, message: result.violation.message, seed, hours };
  }
  return null;
}
