import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { labelSet } from '../../../rules/labels.ts';
import type { AlertRow, EventRow } from '../../pipeline/rows.ts';
import { httpStage, type Stage, startAt } from '../../testing/http-stage.ts';

const minute = 60_000;
let stage: Stage;
beforeEach(() => {
  stage = httpStage();
});
afterEach(() => stage.close());

const get = (path: string, as = 'viewer', headers = {}) =>
  stage.request('GET', `/api/v1/alerts/statistics/${path}`, { as, headers });
const items = (reply: { json: Readonly<Record<string, unknown>> }) =>
  reply.json.items as Record<string, unknown>[];

function event(changes: Partial<EventRow>, tenant = 'default'): void {
  const row: EventRow = {
    id: stage.newId(),
    tenant,
    at: stage.now - minute,
    subjectKind: 'alert',
    subjectId: stage.newId(),
    kind: 'notify.skipped',
    reason: null,
    actor: null,
    topic: null,
    priority: null,
    correlationId: null,
    keep: 1,
    body: {},
    ...changes,
  };
  stage.commit(tenant, [{ put: 'event', row }]);
}

/** An episode that fired so many minutes ago. */
const fired = (ago: number, changes: Partial<AlertRow> = {}) =>
  stage.addAlert({ firedAt: stage.now - ago * minute, ...changes });

describe('statistics', () => {
  it('tell what happened in the last day, and what was held back and why', async () => {
    const ended = { state: 'resolved', resolveReason: 'manual' } as const;
    fired(60, { ...ended, ackedAt: stage.now - 57 * minute, resolvedAt: stage.now - 50 * minute });
    fired(10, { labels: labelSet({ host: 'b' }) });
    fired(5, { labels: labelSet({ host: 'b' }), severity: 'critical', effectiveSeverity: 'critical' });
    fired(25 * 60);
    fired(1, { kind: 'event', rule: null, state: 'resolved' });
    event({ reason: 'silenced' });
    event({ reason: 'silenced' });
    event({ kind: 'notify.held', reason: 'within_dedupe_window' });
    const startedAt = stage.now - 30 * minute;
    const storm = { startedAt, count: 140, summed: 120, alone: 3, summaries: 7 };
    event({ subjectKind: 'storm', kind: 'storm.ended', at: startedAt + 9 * minute, body: storm });
    event({ subjectKind: 'storm', kind: 'storm.ended', body: storm }, 'globex');
    const { status, json } = await get('overview');
    expect(status).toBe(200);
    expect(json).toMatchObject({
      from: new Date(startAt - 24 * 60 * minute).toISOString(),
      to: new Date(startAt).toISOString(),
      alerts: 3,
      open: 2,
      resolved: 1,
      resolved_by_hand: 1,
      acknowledged: 1,
      events: 1,
      time_to_acknowledge: {
        count: 1,
        mean_ms: 3 * minute,
        median_ms: 3 * minute,
        p90_ms: 3 * minute,
        median: '3m',
      },
      time_to_resolve: { count: 1, median: '10m' },
      deliveries: { queued: 0, sent: 0, dead: 0 },
      held_back: [
        { kind: 'notify.skipped', reason: 'silenced', count: 2 },
        { kind: 'notify.held', reason: 'within_dedupe_window', count: 1 },
      ],
      storms: {
        ...{ storms: 1, open: 0, came: 140, summed: 120, alone: 3, summaries: 7, saved: 113 },
        lasted: { count: 1, median: '9m' },
      },
      top_label_sets: [
        { labels: { host: 'b' }, alerts: 2, events: 0 },
        { labels: { alertname: 'HighCpu', host: 'a' }, alerts: 1, events: 1 },
      ],
    });
  });

  it('tell alerts apart by severity, category and rule', async () => {
    fired(1, { effectiveSeverity: 'critical', category: 'security', rule: 'Door' });
    fired(2);
    fired(3);
    expect(items(await get('severity')).map(({ severity, alerts }) => [severity, alerts])).toEqual([
      ['warning', 2],
      ['critical', 1],
    ]);
    expect(items(await get('category')).map(({ category }) => category)).toEqual(['system', 'security']);
    const rules = await get('rule?limit=1');
    expect(items(rules)).toMatchObject([{ rule: 'HighCpu', alerts: 2, time_to_resolve: null }]);
    expect(rules.json.more).toBe(1);
  });

  it('count by the days of a time zone, also one of 23 hours', async () => {
    stage.now = Date.parse('2026-03-30T10:00:00Z');
    for (const at of [
      '2026-03-28T22:59:59Z',
      '2026-03-28T23:00:00Z',
      '2026-03-29T21:59:59Z',
      '2026-03-29T22:00:00Z',
    ])
      stage.addAlert({ firedAt: Date.parse(at) });
    const span = 'from=2026-03-27T23:00:00Z&to=2026-03-30T10:00:00Z';
    const reply = await get(`time?step=1d&tz=Europe/Vienna&${span}`);
    expect(items(reply).map(({ from, alerts }) => [from, alerts])).toEqual([
      ['2026-03-27T23:00:00.000Z', 1],
      ['2026-03-28T23:00:00.000Z', 2],
      ['2026-03-29T22:00:00.000Z', 1],
    ]);
  });

  it.each([
    ['overview?from=2026-01-02T00:00:00Z&to=2026-01-01T00:00:00Z', 'expected a time before `to`'],
    ['severity?from=2024-01-01T00:00:00Z&to=2026-01-01T00:00:00Z', 'at most 400 days'],
    ['channel?from=yesterday', '"path":"from"'],
    ['time?tz=Mars/Base', 'expected the name of a time zone'],
    ['time?from=2023-01-01T00:00:00Z', 'expected 1d for a span'],
    ['time?step=1m', 'step'],
    ['rule?limit=201', 'limit'],
    ['overview?form=1', 'form'],
  ])('refuse %s', async (path, why) => {
    const reply = await get(path);
    expect([reply.status, reply.code]).toEqual([400, 'invalid_query']);
    expect(reply.text).toContain(why);
  });

  it('are of the tenant of the key alone, but for whoever has a key for all', async () => {
    fired(1);
    fired(1, { tenant: 'globex', rule: 'Secret' });
    event({ reason: 'silenced' }, 'globex');
    for (const what of ['overview', 'severity', 'category', 'rule', 'channel', 'time', 'tenant']) {
      const { text } = await get(what);
      expect(text).not.toMatch(/globex|Secret|silenced/);
      expect(text).not.toMatch(/"alerts":2/);
    }
    expect(items(await get('tenant')).map(({ tenant, alerts }) => [tenant, alerts])).toEqual([
      ['default', 1],
    ]);
    const named = ['tenant?tenant=globex', 'tenant'].map((path) =>
      get(path, 'admin', path === 'tenant' ? { 'x-tenant-id': 'globex' } : {}),
    );
    for (const reply of await Promise.all(named)) expect(reply.code).toBe('forbidden');
    const all = items(await get('tenant', 'operator'));
    expect(all.map(({ tenant, alerts }) => [tenant, alerts]).sort()).toEqual([
      ['default', 1],
      ['globex', 1],
    ]);
    expect(items(await get('tenant?tenant=globex', 'operator'))).toMatchObject([{ tenant: 'globex' }]);
    expect(items(await get('rule', 'operator', { 'x-tenant-id': 'globex' }))).toMatchObject([
      { rule: 'Secret' },
    ]);
  });
});
