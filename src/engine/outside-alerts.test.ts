import { afterEach, expect, it } from 'vitest';
import { labelSet } from '../../rules/labels.ts';
import { parseRule } from '../../rules/parse.ts';
import type { OutsideCounts } from '../pipeline/input.ts';
import type { IncomingAlert } from '../services.ts';
import { Stage } from '../testing/stage.ts';

let stage: Stage;
afterEach(() => stage.close());

const minute = 60_000;
const nothing: OutsideCounts = { fired: 0, updated: 0, resolved: 0, unchanged: 0, dismissed: 0 };

function open(over: ConstructorParameters<typeof Stage>[0] = {}): void {
  stage = new Stage({ rules: [], receiver: { dedupeWindowMs: 0 }, ...over });
}

function alert(over: Partial<IncomingAlert> = {}): IncomingAlert {
  return {
    labels: labelSet({ alertname: 'DiskFull', host: 'a', severity: 'Critical' }),
    annotations: { summary: 'the disk is full' },
    ...{ status: 'firing', startsAt: stage.t0 - minute, endsAt: null, value: null },
    ...over,
  };
}

async function tell(...alerts: IncomingAlert[]): Promise<OutsideCounts> {
  const told = stage.runtime.services.postAlerts('default', 'alertmanager', alerts);
  told.catch(() => {});
  await stage.advance(0);
  return told;
}

async function resolve(id: string): Promise<void> {
  const done = stage.runtime.services.resolve('default', id, { note: null }, { name: 'key:ops' }, null);
  await stage.advance(0);
  expect((await done).status).toBe(200);
}

const episodes = () => stage.store.alerts('default', { kind: 'alert' }, 100, null).items;
const versions = () => episodes().map(({ state, resolveReason }) => [state, resolveReason]);

it('fires once however often it is told, and ends when its sender says so', async () => {
  open();
  expect(await tell(alert())).toEqual({ ...nothing, fired: 1 });
  await stage.advance(minute);
  const rows = stage.runtime.engine.counts.rows;
  expect(await tell(alert(), alert())).toEqual({ ...nothing, unchanged: 2 });
  expect(stage.runtime.engine.counts.rows).toBe(rows);
  expect(await tell(alert({ annotations: { summary: 'fuller' }, startsAt: stage.t0 - 2 * minute }))).toEqual({
    ...nothing,
    updated: 1,
  });
  expect(await tell(alert({ status: 'resolved', endsAt: stage.t0 + minute }))).toEqual({
    ...nothing,
    resolved: 1,
  });
  expect(await tell(alert({ status: 'resolved', endsAt: stage.t0 + minute }))).toEqual({
    ...nothing,
    unchanged: 1,
  });
  await stage.advance(10 * minute);
  expect(stage.said().map(([, reason]) => reason)).toEqual(['first', 'resolved']);
  expect(stage.sent[0]!.message.alerts[0]).toMatchObject({
    ...{ severity: 'critical', startsAt: stage.t0 - minute, annotations: { summary: 'the disk is full' } },
    labels: { severity: 'critical', host: 'a' },
  });
  expect(episodes()).toMatchObject([
    {
      ...{ source: 'alertmanager', rule: null, resolveReason: 'sender_resolved' },
      ...{
        firedAt: stage.t0 - 2 * minute,
        resolvedAt: stage.t0 + minute,
        annotations: { summary: 'the disk is full' },
      },
    },
  ]);
});

it('is another episode when it fires again, and the late end of the first does not end the second', async () => {
  open();
  await tell(alert());
  await tell(alert({ status: 'resolved', endsAt: stage.t0 }));
  await stage.advance(5 * minute);
  const again = alert({ startsAt: stage.t0 + 4 * minute });
  expect(await tell(again)).toEqual({ ...nothing, fired: 1 });
  expect(await tell(alert({ status: 'resolved', endsAt: stage.t0 }))).toEqual({ ...nothing, unchanged: 1 });
  expect(versions()).toEqual([
    ['firing', null],
    ['resolved', 'sender_resolved'],
  ]);
});

it('is nobody else’s to end: neither a start, nor rules that come and go, nor a kill', async () => {
  open({ rules: [{}] });
  await tell(alert());
  await stage.restart();
  stage.runtime.setRules([]);
  await stage.advance(minute);
  stage.kill();
  stage.start();
  await stage.advance(24 * 60 * minute);
  expect(versions()).toEqual([['firing', null]]);
  expect(await tell(alert())).toEqual({ ...nothing, unchanged: 1 });
  expect(await tell(alert({ status: 'resolved' }))).toEqual({ ...nothing, resolved: 1 });
});

it('stays ended when a person ended it, over a start, until its sender tells of a newer one', async () => {
  open();
  await tell(alert());
  await resolve(episodes()[0]!.id);
  expect(await tell(alert())).toEqual({ ...nothing, dismissed: 1 });
  await stage.restart();
  expect(await tell(alert())).toEqual({ ...nothing, dismissed: 1 });
  expect(await tell(alert({ startsAt: stage.t0 }))).toEqual({ ...nothing, fired: 1 });
});

it('ends at the time that its sender gave, on time after a start too, and fires again when it is told again', async () => {
  open();
  await tell(alert({ endsAt: stage.t0 + 5 * minute }));
  await stage.advance(4 * minute);
  expect(await tell(alert({ endsAt: stage.t0 + 9 * minute }))).toEqual({ ...nothing, updated: 1 });
  await stage.advance(2 * minute);
  await stage.restart();
  await stage.advance(minute);
  expect(versions()).toEqual([['firing', null]]);
  await stage.advance(3 * minute);
  expect(versions()).toEqual([['resolved', 'ends_at_passed']]);
  expect(episodes()[0]).toMatchObject({ resolvedAt: stage.t0 + 9 * minute });
  expect(await tell(alert({ endsAt: stage.t0 + 20 * minute }))).toEqual({ ...nothing, fired: 1 });
  // A deadline that is past is that of a sender whose clock is behind.
  expect(await tell(alert({ endsAt: stage.t0 }))).toEqual({ ...nothing, updated: 1 });
  await stage.advance(60 * minute);
  expect(versions()[0]).toEqual(['firing', null]);
});

it('is refused as a whole when it cannot be stored, and told again it is one alert', async () => {
  let fails = true;
  open({
    wrapStore: (store) => ({
      ...store,
      commit(shards) {
        if (fails && shards.some(({ effects }) => effects.some(({ put }) => put === 'alert')))
          throw new Error('disk');
        return store.commit(shards);
      },
    }),
  });
  await expect(tell(alert())).rejects.toMatchObject({ code: 'unavailable' });
  fails = false;
  await stage.advance(minute);
  expect(await tell(alert())).toEqual({ ...nothing, fired: 1 });
  expect(episodes()).toHaveLength(1);
});

it('is classified where it does not say how urgent it is, and the log says what decided', async () => {
  open();
  const labels = (more: Record<string, string>) => labelSet({ alertname: 'X', ...more });
  await tell(
    alert({ labels: labels({ severity: 'page' }) }),
    alert({ labels: labels({ severity: 'LOW', category: 'cost' }) }),
  );
  expect(episodes()).toMatchObject([
    { severity: 'info', category: 'cost', priority: 'P5' },
    { severity: 'warning', category: 'system' },
  ]);
  const fired = stage.store
    .events('default', null, 100, null)
    .items.filter(({ kind }) => kind === 'alert.firing');
  expect(fired.map(({ body }) => [body.classifiedBy, body.severityGiven])).toEqual([
    [undefined, 'LOW'],
    ['default', 'page'],
  ]);
});

it('counts for rules that count alerts, before a start too', async () => {
  const read = parseRule(
    {
      name: 'Often',
      type: 'frequency',
      of: 'alerts',
      match: ['host=a'],
      window: '1h',
      threshold: 2,
      operator: 'gte',
    },
    { kind: 'api' },
  );
  if ('problems' in read) throw new Error(JSON.stringify(read.problems));
  open({ rules: [read.rule] });
  await tell(alert({ startsAt: stage.t0 }));
  await tell(alert({ status: 'resolved' }));
  await stage.restart();
  await tell(alert({ startsAt: stage.t0 + 1 }));
  await stage.advance(2 * minute);
  expect(episodes().map(({ rule, state }) => [rule, state])).toEqual([
    ['Often', 'firing'],
    [null, 'firing'],
    [null, 'resolved'],
  ]);
});

it('is acknowledged as any other, and takes many at once in pieces', async () => {
  open({ route: { groupBy: [], repeatIntervalMs: 60 * minute } });
  const many = Array.from({ length: 120 }, (_, i) =>
    alert({ labels: labelSet({ alertname: 'Down', host: `h${i}`, severity: 'high' }) }),
  );
  expect(await tell(...many)).toEqual({ ...nothing, fired: 120 });
  expect(await tell(...many)).toEqual({ ...nothing, unchanged: 120 });
  for (const { id } of stage.store.alerts('default', { kind: 'alert' }, 200, null).items) {
    const command = { until: null, note: null };
    const done = stage.runtime.services.acknowledge('default', id, command, { name: 'key:ops' }, null);
    await stage.advance(0);
    expect((await done).status).toBe(200);
  }
  await stage.advance(5 * 60 * minute);
  // What somebody cares for is not repeated; its end is told.
  expect(stage.said().map(([, reason]) => reason)).toEqual(['first']);
  await tell(...many.map((one) => ({ ...one, status: 'resolved' as const })));
  await stage.advance(10 * minute);
  expect(stage.sent.at(-1)!.message).toMatchObject({ reason: 'resolved' });
});
