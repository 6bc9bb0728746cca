// Rounds of a power loss: the real program under load, the power of its volume cut, started again on what was left; at
// the end everything that was ever answered is looked for.
import { type CampaignReport, runCampaign } from '../kills/harness.ts';
import { durabilityVariable } from '../kills/points.ts';
import { Random } from '../simulation/random.ts';
import { makeLoopVolume } from './loop-volume.ts';

export interface PowerLossOptions {
  readonly rounds: number;
  readonly seed: number;
  /** `normal`: a store that does not wait for the disk, to see that its loss is found. */
  readonly durability?: 'full' | 'normal';
  /** No further round after that time, epoch milliseconds. */
  readonly until?: number;
}

const shortestMs = 100;
const longestMs = 1_500;

export async function losePower(options: PowerLossOptions): Promise<CampaignReport> {
  const { rounds, seed, durability = 'full', until } = options;
  const random = new Random(seed);
  const volume = makeLoopVolume();
  try {
    return await runCampaign({
      seed,
      power: volume,
      deaths: Array.from({ length: rounds }, () => ({ afterReadyMs: random.int(shortestMs, longestMs) })),
      ...(until !== undefined && { until }),
      ...(durability === 'normal' && {
        env: () => ({ [durabilityVariable]: 'normal' }),
      }),
    });
  } finally {
    volume.remove();
  }
}
