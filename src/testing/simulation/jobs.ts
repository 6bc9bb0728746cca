// What a run of the simulation is made of: seeds to simulate and mutants to hunt, each by itself, so that it may be done
// in this process or in another. Answers are plain data.
import { checkBatching } from './batching.ts';
import { type Found, huntMutant } from './hunt.ts';
import { mutants } from './mutants.ts';
import { type SimulationResult, simulate } from './simulate.ts';

export type Job =
  | {
      readonly kind: 'seed';
      readonly seed: number;
      readonly hours: number;
      readonly about?: string;
    }
  | { readonly kind: 'mutant'; readonly name: string; readonly fromSeed: number };

export type Done =
  | {
      readonly kind: 'seed';
      readonly result: Omit<SimulationResult, 'counters' | 'violation'> & {
        readonly counters: readonly (readonly [string, number])[];
        readonly violation: { readonly id: string; readonly message: string } | null;
      };
      /** What the batching of samples changed; null when nothing. */
      readonly batching: string | null;
      readonly ms: number;
    }
  | { readonly kind: 'mutant'; readonly name: string; readonly found: Found | null; readonly ms: number };

export async function doJob(job: Job): Promise<Done> {
  const before = performance.now();
  if (job.kind === 'mutant') {
    const mutant = mutants.find(({ name }) => name === job.name);
    if (!mutant) throw new Error(`there is no mutant "${job.name}"`);
    const found = await huntMutant(mutant, job.fromSeed);
    return { kind: 'mutant', name: job.name, found, ms: performance.now() - before };
  }
  const { counters, violation, lines, ...result } = await simulate(job);
  const batching = await checkBatching(job.seed);
  return {
    kind: 'seed',
    result: {
      ...result,
      counters: counters.entries(),
      violation: violation && { id: violation.id, message: violation.message },
      lines: violation ? lines : [],
    },
    batching,
    ms: performance.now() - before,
  };
}
