import { afterEach, expect, it } from 'vitest';
import { emptyLabels, labelSet } from '../../rules/labels.ts';
import type { Heartbeat } from '../pipeline/heartbeat.ts';
import { Stage } from '../testing/stage.ts';

let stage: Stage;
afterEach(() => stage.close());

const minute = 60_000;
const hour = 60 * minute;
const backup: Heartbeat = {
  ...{ name: 'backup', intervalMs: 24 * hour, graceMs: hour, severity: 'critical', category: 'system' },
  ...{ labels: labelSet({ team: 'db' }), annotations: { runbook_url: 'https://runbooks.example/backup' } },
};
const ping: Heartbeat = {
  ...{ name: 'ping', intervalMs: minute, graceMs: 0, severity: 'high', category: 'system' },
  ...{ labels: emptyLabels, annotations: {} },
};

function open(heartbeats: Heartbeat[], over: ConstructorParameters<typeof Stage>[0] = {}): void {
  stage = new Stage({ rules: [], receiver: { dedupeWindowMs: 0 }, heartbeats, ...over });
}

async function beat(name: string, failed = false): Promise<number> {
  const told = stage.runtime.services.heartbeat('default', name, failed);
  told.catch(() => {});
  await stage.advance(0);
  return (await told).status;
}

/** Of every episode, the newest first: when it fired, in hours, and what became of it. */
const episodes = () =>
  stage.store
    .alerts('default', { kind: 'alert' }, 100, null)
    .items.map(({ firedAt, state, resolveReason }) => [(firedAt! - stage.t0) / hour, resolveReason ?? state]);

it('fires when it does not come, and ends when it is back', async () => {
  open([backup]);
  await stage.advance(20 * hour);
  expect(await beat('backup')).toBe(200);
  await stage.advance(25 * hour - 1);
  expect(stage.sent).toEqual([]);
  await stage.advance(hour);
  expect(stage.sent.map(({ message }) => message.alerts[0])).toMatchObject([
    {
      labels: { alertname: 'HeartbeatMissed', heartbeat: 'backup', team: 'db', severity: 'critical' },
      annotations: {
        runbook_url: 'https://runbooks.example/backup',
        summary: expect.stringContaining('came last at'),
      },
    },
  ]);
  expect(await beat('backup')).toBe(200);
  await stage.advance(hour);
  expect(episodes()).toEqual([[45, 'condition_cleared']]);
  expect(stage.said().map(([, reason]) => reason)).toEqual(['first', 'resolved']);
});

it('fires on time over a start, also when it was due while nobody looked', async () => {
  open([backup]);
  await beat('backup');
  await stage.advance(23 * hour);
  await stage.restart();
  // Stopping took two seconds.
  await stage.advance(2 * hour - minute - 2_000);
  stage.kill();
  stage.start();
  expect(episodes()).toEqual([]);
  await stage.advance(minute);
  expect(episodes()).toEqual([[25, 'firing']]);
  await beat('backup');
  await stage.stop();
  await stage.clock.advance(100 * hour);
  stage.start();
  await stage.advance(0);
  expect(episodes()).toEqual([
    [50, 'firing'],
    [25, 'condition_cleared'],
  ]);
});

it('fires when it never comes, from when it was first expected, whatever starts there were', async () => {
  open([backup]);
  for (let day = 0; day < 4; day++) {
    await stage.advance(6 * hour);
    await stage.restart();
  }
  await stage.advance(hour);
  expect(episodes()).toEqual([[25, 'firing']]);
});

it('is one row and nothing in the log, however often it comes', async () => {
  open([ping]);
  for (let n = 0; n < 50; n++) {
    await beat('ping');
    await stage.advance(30_000);
  }
  const figures = stage.store.stats();
  expect([figures['rows.heartbeat'], figures['rows.event']]).toEqual([1, 0]);
});

it('fires at once when its job says that it failed', async () => {
  open([backup]);
  await beat('backup', true);
  await stage.advance(hour);
  expect(stage.sent[0]!.message.alerts[0]!.annotations.summary).toContain('failed');
  await beat('backup');
  expect(episodes()).toEqual([[0, 'condition_cleared']]);
});

it('is not told again once a person put it away, until it has come', async () => {
  open([ping]);
  await stage.advance(2 * minute);
  const { id } = stage.store.alerts('default', {}, 1, null).items[0]!;
  const done = stage.runtime.services.resolve('default', id, { note: null }, { name: 'key:ops' }, null);
  await stage.advance(0);
  await done;
  await stage.restart();
  await stage.advance(hour);
  expect(episodes()).toHaveLength(1);
  await beat('ping');
  await stage.advance(2 * minute);
  expect(episodes()).toHaveLength(2);
});

it('is not missed while nothing could be taken', async () => {
  open([ping]);
  await beat('ping');
  stage.runtime.engine.shut(true);
  await stage.advance(hour);
  await expect(beat('ping')).rejects.toMatchObject({ code: 'unavailable' });
  stage.runtime.engine.shut(false);
  await stage.advance(minute - 1);
  expect(episodes()).toEqual([]);
  await stage.advance(1);
  expect(episodes()).toHaveLength(1);
});

it('ends and is forgotten when nobody expects it any more', async () => {
  open([ping, backup]);
  await stage.advance(2 * minute);
  stage.heartbeats = [backup];
  await stage.restart();
  expect(episodes()).toEqual([[1 / 60, 'rule_removed']]);
  expect(await beat('ping')).toBe(404);
  expect(stage.store.heartbeats('default').map(({ name }) => name)).toEqual(['backup']);
});
