import { describe, expect, it } from 'vitest';
import { SyncPace } from './sync-pace.ts';

/** How many of so many syncs a disk that takes `msOf` each was waited for, and for how long in all. */
function syncs(pace: SyncPace, count: number, msOf: (n: number) => number): { waited: number; ms: number } {
  const seen = { waited: 0, ms: 0 };
  for (let n = 0; n < count; n++) {
    if (pace.next() === 'beside') continue;
    const ms = msOf(n);
    pace.waited(ms);
    seen.waited += 1;
    seen.ms += ms;
  }
  return seen;
}

describe('the pace of syncs', () => {
  it('waits for a quick disk, each time, also where one in a hundred takes longer', () => {
    expect(syncs(new SyncPace(), 1_000, (n) => (n % 100 === 99 ? 12 : 1)).waited).toBe(1_000);
  });

  it('lets a slow disk go on beside, and costs the loop 5 ms at most in a hundred syncs however slow it is', () => {
    for (const ms of [4, 10, 50, 1_000]) {
      const { waited, ms: all } = syncs(new SyncPace(), 100_000, () => ms);
      expect(waited).toBeGreaterThan(1);
      expect((all * 100) / 100_000).toBeLessThanOrEqual(5);
    }
  });

  it('finds out that a disk has become quick, and that it has become slow', () => {
    const pace = new SyncPace();
    syncs(pace, 1_000, () => 10);
    expect(syncs(pace, 1_000, () => 1).waited).toBeGreaterThan(700);
    expect(syncs(pace, 1_000, () => 10).waited).toBeLessThan(20);
  });
});
