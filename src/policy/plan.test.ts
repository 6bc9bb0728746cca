import { beforeEach, describe, expect, it } from 'vitest';
import type { AlertMessage } from '../../channels/message.ts';
import { emptyLabels } from '../../rules/labels.ts';
import type { RoutingConfig } from '../pipeline/routing.ts';
import type { DeliveryRow, Saying } from '../pipeline/rows.ts';
import type { PolicyInput } from './input.ts';
import { loadPolicy } from './load.ts';
import { plan } from './plan.ts';
import { emptyPlan, type PlanResult } from './plan-result.ts';
import { type Attempted, type AttemptResult, decideRetry } from './retry.ts';
import { type DeliveryPolicy, emptyPolicyState, type PolicyState } from './state.ts';
import { builtInStrategies, type Strategy } from './strategy.ts';

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
    mute: [],
    active: [],
    routes: [],
  },
  receivers: new Map([
    ['ops', { name: 'ops', channels: ['hook', 'mail'], sendResolved: true, dedupeWindowMs: 0 }],
  ]),
};
const policy: DeliveryPolicy = {
  ways: new Map([
    ['hook', { type: 'webhook', family: 'webhook', chain: ['hook'] }],
    ['mail', { type: 'email', family: 'email', chain: ['mail'] }],
  ]),
  strategies: builtInStrategies,
};

const outcome = (kind: AttemptResult['kind']): AttemptResult => ({
  kind,
  code: null,
  message: null,
  providerId: null,
  retryAfterMs: null,
});

const attempted = (over: Partial<Attempted> = {}): Attempted => ({
  strategy: builtInStrategies.get('critical')!,
  lane: 'high',
  next: null,
  first: 'hook',
  known: false,
  slow: false,
  attempts: 0,
  busy: 0,
  shorter: false,
  expiresAt: t0 + 1e9,
  parkedUntil: null,
  probe: false,
  draw: 0.5,
  ...over,
});

let ids: number;
let state: PolicyState;
beforeEach(() => {
  ids = 0;
  state = emptyPolicyState('default', () => `d-${++ids}`, policy);
});

function notify(alerts: Record<string, Saying>, now = t0, room = true): PlanResult {
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
  return plan(state, { kind: 'notification', notification, routing, room: () => room, leaseMs: 60_000 }, now);
}

const deliveries = (out: PlanResult): DeliveryRow[] =>
  out.effects.flatMap((effect) => (effect.put === 'delivery' ? [effect.row] : []));
const results = (out: PlanResult) =>
  out.effects.flatMap((effect) => (effect.put === 'delivery.result' ? [effect.result] : []));

/** `draw` is where within the jitter the delay lies: in its middle unless told otherwise. */
function report(
  row: DeliveryRow,
  result: AttemptResult,
  now = t0,
  leaseToken = row.leaseToken,
  draw = 0.5,
): PlanResult {
  const input: PolicyInput = {
    kind: 'result',
    deliveryId: row.id,
    orderKey: row.orderKey,
    leaseToken,
    result,
    durationMs: 3,
    draw,
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
  it('is tried again as its strategy says, and is dead after that when another channel has it', () => {
    const [row, mail] = deliveries(notify({ a: 'firing' }));
    report(mail!, outcome('sent'));
    let now = t0;
    const seen: [string, number][] = [];
    for (let attempt = 1; attempt <= 3; attempt++) {
      const [result] = results(report(row!, outcome('transient'), now));
      seen.push([result!.state, (result!.dueAt - now) / 1000]);
      now = result!.dueAt;
    }
    expect(seen).toEqual([
      ['queued', 10],
      ['queued', 10],
      ['dead', 0],
    ]);
  });

  it('follows the fixed lists of the severities to the second, and draws where it is told to', () => {
    const waits = (name: string, more: Partial<Strategy>, draw: number) =>
      [0, 1, 2, 3].map((attempts) => {
        const strategy = { ...builtInStrategies.get(name)!, ...more };
        const decision = decideRetry(
          outcome('network'),
          attempted({ strategy, attempts, draw, known: true }),
          t0,
        );
        return decision.state === 'queued' ? (decision.dueAt - t0) / 1000 : decision.state;
      });
    expect(waits('critical', {}, 0.1)).toEqual([30, 30, 30, 'dead']);
    expect(waits('high', {}, 0.9)).toEqual([15, 15, 15, 'dead']);
    expect(waits('warning', {}, 0)).toEqual([10, 10, 'dead', 'dead']);
    expect(waits('info', {}, 0)).toEqual([5, 'dead', 'dead', 'dead']);
    expect(waits('critical', { jitter: true }, 0.5)).toEqual([15, 15, 15, 'dead']);
  });

  it('waits as long as the provider asks, an hour at most', () => {
    const asks = (kind: AttemptResult['kind'], retryAfterMs: number) =>
      decideRetry({ ...outcome(kind), retryAfterMs }, attempted(), t0);
    expect(asks('rate_limited', 300_000)).toMatchObject({ dueAt: t0 + 300_000 });
    expect(asks('rate_limited', 1e9)).toMatchObject({ dueAt: t0 + 3_600_000 });
    expect(asks('transient', 300_000)).toMatchObject({ dueAt: t0 + 300_000 });
  });

  it('spends no attempt on a provider that is busy, until its time is over', () => {
    const [row] = deliveries(notify({ a: 'firing' }));
    let now = t0;
    let dead: { state: string; reason: string | null; attempts: number } | undefined;
    const waits: number[] = [];
    while (dead === undefined) {
      const [result] = results(report(row!, outcome('rate_limited'), now));
      if (result!.state === 'dead') dead = result!;
      else waits.push((result!.dueAt - now) / 1000);
      now = result!.dueAt;
      expect(result!.attempts).toBe(0);
    }
    expect(dead).toMatchObject({ state: 'dead', reason: 'expired' });
    expect(waits.slice(0, 3)).toEqual([30, 30, 30]);
    expect(Math.max(...waits)).toBe(60);
    expect(now - t0).toBeLessThanOrEqual(24 * 3_600_000);
    expect(now - t0).toBeGreaterThan(23.9 * 3_600_000);
    expect(state.breakers.size).toBe(0);
  });

  it('says less once when the receiver finds it too large, and is dead when that is too large as well', () => {
    const [row] = deliveries(notify({ a: 'firing' }));
    expect(results(report(row!, outcome('payload_too_large')))[0]).toMatchObject({
      state: 'queued',
      dueAt: t0,
      attempts: 0,
      shorter: true,
    });
    expect(results(report(row!, outcome('payload_too_large'), t0 + 5))[0]).toMatchObject({
      state: 'dead',
      reason: 'payload_too_large',
    });
  });

  it.each(['invalid_recipient', 'permanent'] as const)('is dead at once on %s', (kind) => {
    const [row] = deliveries(notify({ a: 'firing' }));
    expect(results(report(row!, outcome(kind)))[0]).toMatchObject({ state: 'dead', reason: kind });
  });

  it('takes along the resolve of what it could not say', () => {
    const [row] = deliveries(notify({ a: 'firing' }));
    notify({ a: 'resolved' }, t0 + 1);
    const out = report(row!, outcome('permanent'), t0 + 2);
    expect(results(out).map(({ state: to, reason }) => [to, reason])).toEqual([
      ['dead', 'permanent'],
      ['dropped', 'firing_not_sent'],
    ]);
  });

  it('takes it along also when its group is gone and it waits behind another message', () => {
    const [hook] = deliveries(notify({ a: 'firing' }));
    report(hook!, outcome('permanent'), t0 + 1);
    const [other] = deliveries(notify({ b: 'firing' }, t0 + 2));
    notify({ a: 'resolved' }, t0 + 3);
    const closed = { audience: 'ops:{}', channels: ['hook'], known: () => false };
    plan(state, { kind: 'group_closed', ...closed }, t0 + 3);
    const out = report(other!, outcome('sent'), t0 + 4);
    expect(results(out).map(({ state: to, reason }) => [to, reason])).toEqual([
      ['sent', null],
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

  it('tells the end of what was heard, although its repeat died', () => {
    for (const row of deliveries(notify({ a: 'firing' }))) report(row, outcome('sent'), t0 + 1);
    for (const row of deliveries(notify({ a: 'standing', b: 'firing' }, t0 + 2)))
      report(row, outcome('permanent'), t0 + 3);
    expect(deliveries(notify({ b: 'resolved' }, t0 + 4)).map(({ reason }) => reason)).toEqual([
      'firing_not_sent',
      'firing_not_sent',
    ]);
    expect(deliveries(notify({ a: 'resolved' }, t0 + 5)).map(({ state: to }) => to)).toEqual([
      'sending',
      'sending',
    ]);
  });

  it('tells the end of what somebody may have, although it died, also after a restart', () => {
    const [hook, mail] = deliveries(notify({ a: 'firing' }));
    report(hook!, outcome('unknown'), t0 + 1);
    const [dead] = results(report(hook!, outcome('permanent'), t0 + 2));
    expect(dead).toMatchObject({ state: 'dead', reason: 'permanent', maybe: true });
    report(mail!, outcome('permanent'), t0 + 2);
    const told = () =>
      deliveries(notify({ a: 'resolved' }, t0 + 3)).map(({ recipient, state: to }) => [recipient, to]);
    const loaded = (row: Partial<DeliveryRow>) => {
      const said = { alerts: { a: 'firing' as const }, source: 'alert' as const, strategy: null };
      const urgency = { severity: 'warning' as const, priority: 'P4' as const };
      const died = [hook!, { ...mail!, state: 'dead' as const }].map((each) => ({
        ...each,
        ...said,
        ...urgency,
      }));
      died[0] = { ...died[0]!, state: 'dead', ...row };
      const stored = { deliveries: died, breakers: [], tallies: [], untold: [], confirmations: [] };
      state = loadPolicy('default', stored, policy, () => `d-${++ids}`, t0, emptyPlan());
    };
    const end = [
      ['hook', 'sending'],
      ['mail', 'dropped'],
    ];
    expect(told()).toEqual(end);
    loaded({ maybe: true });
    expect(told()).toEqual(end);
    loaded({ crashes: 1 });
    expect(told()).toEqual(end);
    loaded({ maybe: true, state: 'dropped', reason: 'discarded' });
    expect(told()).toEqual(end);
  });

  it('lets a later resolve be dropped at once, also after a restart', () => {
    const [hook, mail] = deliveries(notify({ a: 'firing' }));
    report(hook!, outcome('permanent'), t0 + 2);
    report(mail!, outcome('sent'), t0 + 2);
    const dead = {
      ...hook!,
      state: 'dead' as const,
      alerts: { a: 'firing' as const },
      source: 'alert' as const,
      ...{ severity: 'warning' as const, priority: 'P4' as const, strategy: null },
    };
    const stored = { deliveries: [dead], breakers: [], tallies: [], untold: [], confirmations: [] };
    state = loadPolicy('default', stored, policy, () => `d-${++ids}`, t0, emptyPlan());
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

describe('a firing that was replaced by one of another group', () => {
  const rowsOf = (replaced: Partial<DeliveryRow> | null) => {
    const [first] = deliveries(notify({ a: 'firing' }));
    const said = {
      ...{ source: 'alert' as const, severity: 'warning' as const, priority: 'P4' as const, strategy: null },
    };
    const row = { ...first!, ...said, attempts: 0, leaseToken: 0 };
    const next = { ...row, id: 'next', notificationId: 'n-next', orderNo: row.orderNo + 1 };
    return [
      { ...row, alerts: { a: 'firing' as const }, state: 'dropped' as const, reason: 'superseded' },
      ...(replaced === null ? [] : [{ ...next, alerts: { a: 'standing' as const }, ...replaced }]),
      {
        ...{ ...row, id: 'end', notificationId: 'n-end', orderNo: row.orderNo + 2 },
        ...{ alerts: { a: 'resolved' as const }, state: 'queued' as const, reason: null },
      },
    ];
  };
  const unsaidAfterLoad = (replaced: Partial<DeliveryRow> | null) => {
    const rows = rowsOf(replaced);
    const tallies = rows.map(({ notificationId, createdAt }) => ({
      ...{ notificationId, createdAt, severity: 'warning' as const, priority: 'P4' as const },
      ...{ strategy: null, source: 'alert' as const, emergencyAt: null, accepted: 0, dead: 0 },
    }));
    const stored = { deliveries: rows, breakers: [], tallies, untold: [], confirmations: [] };
    state = loadPolicy('default', stored, policy, () => `d-${++ids}`, t0 + 10, emptyPlan());
    return [...state.orders.get(rows[0]!.orderKey)!.unsaid];
  };

  it('was heard with that one, also when its group is gone: the end that waits over a restart is told', () => {
    expect(unsaidAfterLoad(null)).toEqual([]);
    expect(unsaidAfterLoad({ state: 'sent' })).toEqual([]);
  });

  it('was lost while that one waits, or with it', () => {
    expect(unsaidAfterLoad({ state: 'queued', reason: null })).toEqual(['a']);
    expect(unsaidAfterLoad({ state: 'dead', reason: 'permanent' })).toEqual(['a']);
  });
});

describe('a result under an old lease', () => {
  it('is not current and changes nothing', () => {
    const [row] = deliveries(notify({ a: 'firing' }));
    plan(
      state,
      {
        kind: 'claimed',
        deliveryId: row!.id,
        orderKey: row!.orderKey,
        leaseToken: 2,
        dueAt: t0,
        channel: 'hook',
      },
      t0,
    );
    const out = report(row!, outcome('sent'));
    expect(out).toMatchObject({ current: false, effects: [] });
  });
});
