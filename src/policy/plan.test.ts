import { beforeEach, describe, expect, it } from 'vitest';
import type { AlertMessage } from '../../channels/message.ts';
import { emptyLabels } from '../../rules/labels.ts';
import type { RoutingConfig } from '../pipeline/routing.ts';
import type { DeliveryRow } from '../pipeline/rows.ts';
import { loadPolicy } from './load.ts';
import { type PlanResult, type PolicyInput, plan } from './plan.ts';
import { type AttemptResult, decideRetry } from './retry.ts';
import { emptyPolicyState, type PolicyState } from './state.ts';

const t0 = 1_700_000_000_000;
const routing: RoutingConfig = {
  route: {
    path: '{}',
    matchers: [],
    receiver: 'ops',
    groupBy: [],
    groupWaitMs: 0,
    groupIntervalMs: 0,
    repeatIntervalMs: 1,
    resolveWaitMs: 0,
    continue: false,
    routes: [],
  },
  receivers: new Map([
    ['ops', { name: 'ops', channels: ['hook', 'mail'], sendResolved: true, dedupeWindowMs: 0 }],
  ]),
};
const channelTypes = new Map([
  ['hook', 'webhook'],
  ['mail', 'email'],
]);

const outcome = (kind: AttemptResult['kind']): AttemptResult => ({
  kind,
  code: null,
  message: null,
  providerId: null,
  retryAfterMs: null,
});

let ids: number;
let state: PolicyState;
beforeEach(() => {
  ids = 0;
  state = emptyPolicyState('default', () => `d-${++ids}`);
});

function notify(alerts: Record<string, 'firing' | 'resolved' | 'event'>, now = t0, room = true): PlanResult {
  const statuses = Object.values(alerts);
  const message: AlertMessage = {
    id: `n-${now}`,
    tenant: 'default',
    reason: 'first',
    status: statuses.every((status) => status === 'resolved') ? 'resolved' : 'firing',
    receiver: 'ops',
    groupKey: 'g',
    groupLabels: emptyLabels,
    alerts: [],
    changed: [],
    truncated: 0,
    severity: 'warning',
    priority: 'P4',
    at: now,
    locale: 'en',
  };
  const notification = { id: `n-${now}`, groupId: 'gid', groupKey: 'g', receiver: 'ops', message, alerts };
  return plan(
    state,
    { kind: 'notification', notification, routing, channelTypes, room: () => room, leaseMs: 60_000 },
    now,
  );
}

const deliveries = (out: PlanResult): DeliveryRow[] =>
  out.effects.flatMap((effect) => (effect.put === 'delivery' ? [effect.row] : []));
const results = (out: PlanResult) =>
  out.effects.flatMap((effect) => (effect.put === 'delivery.result' ? [effect.result] : []));

function report(row: DeliveryRow, result: AttemptResult, now = t0, leaseToken = row.leaseToken): PlanResult {
  const input: PolicyInput = {
    kind: 'result',
    deliveryId: row.id,
    orderKey: row.orderKey,
    leaseToken,
    result,
    durationMs: 3,
  };
  return plan(state, input, now);
}

describe('a notification', () => {
  it('becomes one leased delivery for each channel of its receiver', () => {
    const out = notify({ a: 'firing' });
    expect(
      deliveries(out).map(({ channel, provider, state: to, lane }) => [channel, provider, to, lane]),
    ).toEqual([
      ['hook', 'webhook', 'sending', 'normal'],
      ['mail', 'email', 'sending', 'normal'],
    ]);
    expect(out.leased.map(({ row }) => row.id)).toEqual(['d-1', 'd-2']);
  });

  it('waits in the store when the dispatcher has no room', () => {
    const out = notify({ a: 'firing' }, t0, false);
    expect(deliveries(out).map(({ state: to, leaseToken }) => [to, leaseToken])).toEqual([
      ['queued', 0],
      ['queued', 0],
    ]);
    expect(out.wakeAt).toEqual([t0, t0]);
  });

  it('does not overtake an earlier one of its group on the same channel', () => {
    const [first] = deliveries(notify({ a: 'firing' }));
    const second = deliveries(notify({ a: 'resolved' }, t0 + 1));
    expect(second[0]).toMatchObject({ state: 'queued', orderNo: t0 + 1 });
    expect(report(first!, outcome('sent'), t0 + 5).wakeAt).toEqual([t0 + 5]);
  });
});

describe('a failing delivery', () => {
  it('is tried again after 10, 30 and 60 seconds and is dead after the fourth attempt', () => {
    const [row] = deliveries(notify({ a: 'firing' }));
    let now = t0;
    const seen: [string, number][] = [];
    for (let attempt = 1; attempt <= 4; attempt++) {
      const [result] = results(report(row!, outcome('transient'), now));
      seen.push([result!.state, (result!.dueAt - now) / 1000]);
      now = result!.dueAt;
    }
    expect(seen).toEqual([
      ['queued', 10],
      ['queued', 30],
      ['queued', 60],
      ['dead', 0],
    ]);
  });

  it('waits as long as the provider asks, an hour at most', () => {
    expect(decideRetry({ ...outcome('rate_limited'), retryAfterMs: 300_000 }, 1, t0 + 1e9, t0)).toMatchObject(
      { dueAt: t0 + 300_000 },
    );
    expect(decideRetry({ ...outcome('rate_limited'), retryAfterMs: 1e9 }, 1, t0 + 1e9, t0)).toMatchObject({
      dueAt: t0 + 3_600_000,
    });
  });

  it.each(['auth', 'invalid_recipient', 'payload_too_large', 'permanent'] as const)(
    'is dead at once on %s',
    (kind) => {
      const [row] = deliveries(notify({ a: 'firing' }));
      expect(results(report(row!, outcome(kind)))[0]).toMatchObject({ state: 'dead', reason: kind });
    },
  );

  it('takes along the resolve of what it could not say', () => {
    const [row] = deliveries(notify({ a: 'firing' }));
    notify({ a: 'resolved' }, t0 + 1);
    const out = report(row!, outcome('permanent'), t0 + 2);
    expect(results(out).map(({ state: to, reason }) => [to, reason])).toEqual([
      ['dead', 'permanent'],
      ['dropped', 'firing_not_sent'],
    ]);
  });

  it('does not take along a message that says something else too', () => {
    const [row] = deliveries(notify({ a: 'firing' }));
    notify({ a: 'resolved', b: 'firing' }, t0 + 1);
    const out = report(row!, outcome('permanent'), t0 + 2);
    expect(results(out)).toHaveLength(1);
    expect(out.wakeAt).toEqual([t0 + 2]);
  });

  it('lets a later resolve be dropped at once, also after a restart', () => {
    const [hook, mail] = deliveries(notify({ a: 'firing' }));
    report(hook!, outcome('permanent'), t0 + 2);
    report(mail!, outcome('sent'), t0 + 2);
    const dead = { ...hook!, state: 'dead' as const, alerts: { a: 'firing' as const } };
    state = loadPolicy('default', [dead], () => `d-${++ids}`);
    expect(
      deliveries(notify({ a: 'resolved' }, t0 + 3)).map(({ channel, state: to, reason }) => [
        channel,
        to,
        reason,
      ]),
    ).toEqual([
      ['hook', 'dropped', 'firing_not_sent'],
      ['mail', 'sending', null],
    ]);
    expect(state.orders.has(hook!.orderKey)).toBe(false);
  });
});

describe('a result under an old lease', () => {
  it('is not current and changes nothing', () => {
    const [row] = deliveries(notify({ a: 'firing' }));
    plan(state, { kind: 'claimed', deliveryId: row!.id, orderKey: row!.orderKey, leaseToken: 2 }, t0);
    const out = report(row!, outcome('sent'));
    expect(out).toMatchObject({ current: false, effects: [] });
  });
});
