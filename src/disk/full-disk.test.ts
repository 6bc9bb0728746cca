import { existsSync } from 'node:fs';
import { afterEach, describe, expect, it } from 'vitest';
import type { History } from '../ingest/history.ts';
import { failingStore } from '../store/contract/failing-store.ts';
import { Stage, type StageOptions } from '../testing/stage.ts';

const s = 1_000;
const min = 60 * s;
/** `in_ballast`: writes find room once the ballast is gone; `gone`: they find none at all. */
let room: 'plenty' | 'in_ballast' | 'gone' = 'plenty';
let stage: Stage;
const at = (options: StageOptions = {}) => {
  room = 'plenty';
  stage = new Stage({
    route: { groupWaitMs: 0, groupIntervalMs: 0, resolveWaitMs: 0, repeatIntervalMs: 10 * min },
    receiver: { dedupeWindowMs: 0 },
    ballastBytes: 64 * 1024,
    wrapStore: (store) =>
      failingStore(store, ({ method }) => {
        if (room === 'plenty' || !['commit', 'claimDue', 'takeShards', 'probe'].includes(method)) return null;
        if (room === 'in_ballast' && !existsSync(stage.ballastFile)) return null;
        return { when: 'before', failure: 'full' };
      }),
    ...options,
  });
  return stage;
};
afterEach(() => {
  room = 'plenty';
  return stage.close();
});

const names = () => stage.sent.map(({ message }) => message.alerts[0]!.labels.alertname);
const health = () => stage.runtime.services.health();
const full = { code: 'unavailable', retryAfter: 5 };

describe('a full disk', () => {
  it('costs the write that finds it nothing; then nothing new is taken, and deliveries go on', async () => {
    at();
    expect(existsSync(stage.ballastFile)).toBe(true);
    expect(health()).toMatchObject({ ready: true, status: 'ok', checks: { disk: { ok: true } } });
    room = 'in_ballast';
    await stage.push(90);
    expect(existsSync(stage.ballastFile)).toBe(false);
    let touched = false;
    const history = stage.disk!.guardHistory({ append: () => (touched = true) } as unknown as History);
    expect(() => history.append([], [])).toThrow('wait in memory');
    expect([touched, history.fold(0)]).toEqual([false, false]);
    await expect(stage.push(91)).rejects.toMatchObject(full);
    await expect(stage.push(5, { host: 'unseen' })).rejects.toMatchObject(full);
    await stage.advance(s);
    expect(names()).toEqual(['HighCpu', 'tocsin.disk_full']);
    expect(stage.runtime.engine.counts.reloads).toBe(0);
    expect(stage.store.deliveryCounts('default')).toMatchObject({ sent: 2, queued: 0, sending: 0 });
    expect(health()).toMatchObject({ ready: false, status: 'degraded', checks: { disk: { ok: false } } });
    // What fires is still repeated, the disk is told of once.
    await stage.advance(11 * min);
    expect(names()).toEqual(['HighCpu', 'tocsin.disk_full', 'HighCpu']);
  });

  it('is over without a restart once there is room, and the ballast is there again', async () => {
    at();
    room = 'in_ballast';
    await stage.push(90);
    await stage.advance(min);
    await expect(stage.push(10)).rejects.toMatchObject(full);
    room = 'plenty';
    await stage.advance(2 * s);
    expect(existsSync(stage.ballastFile)).toBe(true);
    expect(health()).toMatchObject({ ready: true, status: 'ok' });
    await stage.push(10);
    await stage.advance(s);
    expect(stage.said().map(([, reason]) => reason)).toEqual(['first', 'event', 'resolved']);
  });

  it('takes no silence for absence while it takes no samples', async () => {
    at({ rules: [{ aggregate: 'absent', windowMs: 30 * s }] });
    await stage.push(10);
    room = 'in_ballast';
    await stage.advance(20 * s);
    stage.store.probe(stage.clock.now());
    await stage.advance(10 * min);
    room = 'plenty';
    await stage.advance(20 * s);
    await stage.push(10);
    await stage.advance(20 * s);
    expect(stage.events()).not.toContain('alert.firing(absent)');
    await stage.advance(20 * s);
    expect(stage.events()).toContain('alert.firing(absent)');
  });

  it('that leaves not even the room of the ballast: a result is lost, never its delivery, and the id stays', async () => {
    at({
      answer: ({ attempt }) => {
        if (stage.sent.length === 1 && attempt === 1) room = 'gone';
        return { kind: 'sent' };
      },
    });
    await stage.push(90);
    await stage.advance(min);
    expect(names()).toEqual(['HighCpu']);
    await expect(stage.push(91)).rejects.toMatchObject({ code: 'unavailable' });
    room = 'plenty';
    await stage.advance(5 * s);
    const told = stage.sent.filter(({ message }) => message.reason === 'first');
    expect(told).toHaveLength(2);
    expect(told[1]!.deliveryId).toBe(told[0]!.deliveryId);
    await stage.advance(10 * s);
    expect(names().filter((name) => name === 'tocsin.disk_full')).toHaveLength(1);
    expect(health()).toMatchObject({ ready: true, status: 'ok' });
    expect(stage.store.deliveryCounts('default')).toMatchObject({ sent: 2, queued: 0, sending: 0 });
  });
});

describe('a disk that does not work', () => {
  it('ends the process, whoever met it: a claim of deliveries too', async () => {
    let broken = false;
    at({
      answer: () => ({ kind: 'transient', message: 'later' }),
      wrapStore: (store) =>
        failingStore(store, ({ method }) =>
          broken && method === 'claimDue' ? { when: 'before', failure: 'io' } : null,
        ),
    });
    await stage.push(90);
    broken = true;
    await stage.advance(min);
    expect(stage.fatal).toHaveLength(1);
    expect(health().status).toBe('failed');
  });
});
