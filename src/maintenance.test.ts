import { describe, expect, it } from 'vitest';
import { silentLog } from './log.ts';
import { cronOf, type MaintenancePorts, startMaintenance } from './maintenance.ts';
import { ManualClock } from './testing/manual-clock.ts';

/** Parts that count what they are asked; `store.retain` has `left` pieces of work. */
function parts(clock: ManualClock, left: number) {
  const calls: string[] = [];
  const ports = {
    engine: { running: true, counts: { commits: 0 }, expireSeries: () => 0 },
    store: {
      retain: () => {
        calls.push('retain');
        return --left > 0;
      },
      checkpoint: () => calls.push('checkpoint'),
    },
    history: {
      fold: () => {
        calls.push('fold');
        return false;
      },
      forget: () => {
        calls.push('forget');
        return false;
      },
    },
    clock,
    log: silentLog,
    retention: {},
    cron: null,
    clockJumped: () => {},
  } as unknown as MaintenancePorts;
  return { ports, calls };
}

describe('housekeeping', () => {
  it('lets no job wait for the end of another, and checkpoints meanwhile', async () => {
    const clock = new ManualClock();
    const { ports, calls } = parts(clock, 200);
    const maintenance = startMaintenance(ports);
    await clock.advance(6_000);
    maintenance.stop();
    expect(calls.slice(0, 4)).toEqual(['checkpoint', 'retain', 'fold', 'forget']);
    expect(calls.filter((call) => call === 'retain')).toHaveLength(200);
    expect(calls.filter((call) => call === 'checkpoint').length).toBeGreaterThan(3);
  });

  it('is due again every hour', async () => {
    const clock = new ManualClock();
    const { ports, calls } = parts(clock, 1);
    const maintenance = startMaintenance(ports);
    await clock.advance(3_000);
    expect(calls.filter((call) => call === 'fold')).toHaveLength(1);
    await clock.advance(3_600_000);
    maintenance.stop();
    expect(calls.filter((call) => call === 'fold')).toHaveLength(2);
  });

  it('refuses a schedule that is none', async () => {
    await expect(cronOf('61 * * * *')).rejects.toThrow('retention.schedule');
    const task = (await cronOf('0 3 * * *'))('test', () => {});
    task.stop();
  });
});
