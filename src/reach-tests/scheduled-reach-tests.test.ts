// When a test of who can be reached is begun and ended, on a manual clock: once for each time, over restarts and DST.
import { describe, expect, it } from 'vitest';
import { parseSchedule, type Schedule } from '../reports/schedule.ts';
import { ManualClock } from '../testing/manual-clock.ts';
import { startReachTests } from './scheduled-reach-tests.ts';

const quiet = { debug() {}, info() {}, warn() {}, error() {} };
const settled = () => new Promise<void>((resolve) => setImmediate(resolve));

function stage(cron: string, timeZone: string, from: string) {
  const clock = new ManualClock(Date.parse(from));
  const meta = new Map<string, string>();
  const begun: string[] = [];
  const ended: string[] = [];
  let open: { id: string; confirmBy: number }[] = [];
  const plan = {
    ...{ schedule: parseSchedule(cron) as Schedule, timeZone, to: [] },
    ...{ confirmWithinMs: 30 * 60_000, reportTo: null },
  };
  const ports = {
    plans: () => new Map([['default', plan]]),
    tenants: () => ['default'],
    async begin(_: string, __: unknown, key: string) {
      const at = new Date(Number(key.slice(key.lastIndexOf(':') + 1))).toISOString();
      begun.push(at);
      open.push({ id: at, confirmBy: clock.now() + plan.confirmWithinMs });
    },
    async end(_: string, id: string) {
      ended.push(`${id} ${new Date(clock.now()).toISOString()}`);
      open = open.filter((one) => one.id !== id);
    },
    open: () => open,
    store: {
      meta: (key: string) => meta.get(key) ?? null,
      setMeta: (key: string, value: string) => void meta.set(key, value),
    },
    ...{ clock, log: quiet },
  };
  let tests = startReachTests(ports as unknown as Parameters<typeof startReachTests>[0]);
  return {
    begun,
    ended,
    stop: () => tests.stop(),
    start() {
      tests = startReachTests(ports as unknown as Parameters<typeof startReachTests>[0]);
    },
    async pass(minutes: number, step = 10) {
      for (let passed = 0; passed < minutes; passed += step) {
        await settled();
        await clock.advance(step * 60_000);
      }
      await settled();
    },
  };
}

describe('the schedule of a reach test', () => {
  it('begins each time once and ends it when its time is over, also where clocks move', async () => {
    // Clocks are put forward over 02:30 on 29 March, and back over it on 25 October.
    const spring = stage('30 2 * * *', 'Europe/Vienna', '2026-03-28T12:00:00Z');
    await spring.pass(2 * 1_440);
    spring.stop();
    expect(spring.begun).toEqual(['2026-03-29T01:30:00.000Z', '2026-03-30T00:30:00.000Z']);
    expect(spring.ended).toEqual([
      '2026-03-29T01:30:00.000Z 2026-03-29T02:00:00.000Z',
      '2026-03-30T00:30:00.000Z 2026-03-30T01:00:00.000Z',
    ]);
    const autumn = stage('30 2 * * *', 'Europe/Vienna', '2026-10-24T12:00:00Z');
    await autumn.pass(1_440);
    autumn.stop();
    expect(autumn.begun).toEqual(['2026-10-25T00:30:00.000Z']);
  });

  it('is not made up for after an hour, and what was begun before a restart is ended after it', async () => {
    const daily = stage('0 10 * * *', 'UTC', '2026-01-01T09:00:00Z');
    await daily.pass(70);
    expect(daily.begun).toHaveLength(1);
    daily.stop();
    await daily.pass(40);
    daily.start();
    await daily.pass(10);
    expect([daily.begun.length, daily.ended.length]).toEqual([1, 1]);
    daily.stop();
    // Down from 11:00 to 10:30 the next day: half an hour late it is sent still.
    await daily.pass(1_410);
    daily.start();
    await daily.pass(10);
    expect(daily.begun).toHaveLength(2);
    daily.stop();
    await daily.pass(1_440 + 60);
    daily.start();
    await daily.pass(10);
    daily.stop();
    expect(daily.begun).toHaveLength(2);
  });
});
