import { describe, expect, it } from 'vitest';
import { lacks, titled } from '../machine/lacks.ts';
import { stateFaults, sweepIoFaults } from './sweep.ts';

const lacking = process.platform === 'linux' ? lacks('gcc') : 'needs Linux';

describe('a call of the disk that fails once', () => {
  it.skipIf(lacking !== null)(
    titled('ends the process with code 70, and the next start has everything that was answered', lacking),
    async () => {
      const report = await sweepIoFaults({ seed: 3, faults: stateFaults([40]) });
      expect(report.violations).toEqual([]);
      expect(report.broke).toBe(2);
      expect(report.promises).toBeGreaterThan(0);
    },
  );
});
