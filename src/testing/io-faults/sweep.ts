// The real program on a disk of which one call fails: each life meets a later one. It has to end by itself, and what it
// answered has to be there after the next start.
import { type CampaignReport, runCampaign } from '../kills/harness.ts';
import { compileShim, type IoFault } from './shim.ts';

/** A life that its fault does not end is killed then. */
const longestLifeMs = 2_500;

export interface SweepOptions {
  readonly faults: readonly IoFault[];
  readonly seed: number;
  /** No further life after that time, epoch milliseconds. */
  readonly until?: number;
}

/** Of the state database; the first calls are those of the start. */
export function stateFaults(nths: readonly number[]): IoFault[] {
  return nths.flatMap((nth) =>
    (['sync', 'write'] as const).map((call) => ({ call, nth, file: 'tocsin.db' })),
  );
}

export function sweepIoFaults({ faults, seed, until }: SweepOptions): Promise<CampaignReport> {
  const environment = compileShim();
  return runCampaign({
    seed,
    mayBreak: true,
    deaths: faults.map(() => ({ afterReadyMs: longestLifeMs })),
    env: (no) => environment(faults[no - 1]!),
    ...(until !== undefined && { until }),
  });
}
