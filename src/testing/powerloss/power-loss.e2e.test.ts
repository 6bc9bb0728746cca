import { describe, expect, it } from 'vitest';
import { lacks, titled } from '../machine/lacks.ts';
import { powerNeeds } from './loop-volume.ts';
import { losePower } from './power-loss.ts';

const lacking = lacks(...powerNeeds);

describe('a loss of power', () => {
  it.skipIf(lacking !== null)(titled('takes nothing that was answered', lacking), async () => {
    const report = await losePower({ rounds: 1, seed: 5 });
    expect(report.violations).toEqual([]);
    expect(report.kills).toBe(1);
    expect(report.promises).toBeGreaterThan(0);
  });
});
