// What waits in the store is taken up in bites, one in a pass of the event loop.
import { expect, it } from 'vitest';
import type { Clock } from '../clock.ts';
import { silentLog } from '../log.ts';
import { ManualClock } from '../testing/manual-clock.ts';
import { Claimer, type ClaimerPorts } from './claimer.ts';

it('has one bite in a pass of the loop, and none once it is closed', () => {
  const passes: (() => void)[] = [];
  const manual = new ManualClock(1_000);
  const clock: Clock = {
    now: () => manual.now(),
    wall: () => manual.wall(),
    at: (at, callback) => manual.at(at, callback),
    soon: (callback) => passes.push(callback),
    breath: () => new Promise((resolve) => passes.push(resolve)),
  };
  let bites = 0;
  const store = {
    claimDue: () => {
      bites += 1;
      return bites < 5 ? [{ delivery: { expiresAt: 2_000 }, body: '{}' }] : [];
    },
    nextDueAt: () => null,
  };
  const none = { high: new Set(), normal: new Set(), low: new Set() };
  const claimer = new Claimer({
    ...{ store, clock, log: silentLog, owner: 'node-1', leaseMs: 30_000 },
    dispatcher: { full: () => none, offerAll: () => {} },
    ...{ pauses: () => [], claimed: () => true, howManyGoAlong: () => 0, expired: () => {} },
  } as unknown as ClaimerPorts);
  claimer.wakeAt(1_000);
  claimer.wakeAt(1_000);
  expect(bites).toBe(0);
  const perPass: number[] = [];
  while (passes.length > 0) {
    const before = bites;
    for (const pass of passes.splice(0)) pass();
    perPass.push(bites - before);
  }
  expect(perPass).toEqual([1, 1, 1, 1, 1]);
  claimer.wakeAt(1_000);
  claimer.close();
  for (const pass of passes.splice(0)) pass();
  expect(bites).toBe(5);
});
