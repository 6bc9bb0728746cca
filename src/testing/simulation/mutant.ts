import type { SeedPlan } from './plan-of-seed.ts';
import type { Wraps } from './world.ts';

/** A planted bug: it wraps a port or a service of the real program and touches no product code. */
export interface Mutant {
  readonly name: string;
  readonly what: string;
  readonly wraps: () => Wraps;
  readonly plan?: (plan: SeedPlan) => SeedPlan;
}
