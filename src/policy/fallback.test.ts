// Stories of the second door: who takes over, what happens when nobody takes it, and what is not worth sending any more.
import { describe, expect, it } from 'vitest';
import type { AlertMessage } from '../../channels/message.ts';
import { emptyLabels } from '../../rules/labels.ts';
import type { Severity } from '../../rules/types.ts';
import type { RoutingConfig } from '../pipeline/routing.ts';
import type { DeliveryRow, Saying } from '../pipeline/rows.ts';
import { aReceiver, aRoute } from '../testing/builders.ts';
import { plan } from './plan.ts';
import type { PlanResult } from './plan-result.ts';
import { type AttemptResult, slowRoundMs } from './retry.ts';
import { emptyPolicyState } from './state.ts';
import { builtInStrategies } from './strategy.ts';
import { emergencyAfterMs } from './tally.ts';

const t0 = 1_700_000_000_000;

/** A tenant's second door, with chat → sms as a chain and mail beside it. */
function story(severity: Severity = 'critical', channels = ['chat', 'mail']) {
  let ids = 0;
  const way = (type: string, ...chain: string[]) => ({ type, family: type, chain });
  const state = emptyPolicyState('default', () => `d-${++ids}`, {
    ways: new Map([
      ['chat', way('wecom', 'chat', 'sms')],
      ['sms', way('sms', 'sms')],
      ['mail', way('email', 'mail')],
      ['pager', way('pagerduty', 'pager')],
    ]),
    strategies: builtInStrategies,
  });
  const routing: RoutingConfig = {
    route: aRoute(),
    receivers: new Map([
      ['ops', { ...aReceiver(), name: 'ops', channels }],
      ['last', { ...aReceiver(), name: 'last', channels: ['pager'] }],
    ]),
    emergency: 'last',
  };
  const open = new Map<string, DeliveryRow>();
  const tokens = new Map<string, number>();
  const history: string[] = [];
  const overdue: PlanResult['overdue'] = [];
  const follow = (out: PlanResult): PlanResult => {
    for (const effect of out.effects) {
      if (effect.put === 'delivery') {
        open.set(effect.row.id, { ...effect.row });
        tokens.set(effect.row.id, effect.row.leaseToken);
        history.push(
          `${effect.row.channel} ${effect.row.state}${effect.row.reason ? ` ${effect.row.reason}` : ''}`,
        );
      } else if (effect.put === 'delivery.result') {
        const { id, state: to, dueAt, reason, moved } = effect.result;
        const row = Object.assign(open.get(id)!, { state: to, dueAt, reason }, moved);
        history.push(`${row.channel} ${to}${reason ? ` ${reason}` : ''}`);
      } else if (effect.put === 'event' && effect.row.subjectKind === 'notification') {
        history.push(`${effect.row.kind}${effect.row.reason ? ` ${effect.row.reason}` : ''}`);
      }
    }
    overdue.push(...out.overdue);
    return out;
  };
  const message = (id: string, at: number): AlertMessage => ({
    ...{ id, tenant: 'default', reason: 'first', status: 'firing', receiver: 'ops', groupKey: 'g' },
    ...{ groupLabels: emptyLabels, alerts: [], changed: [], truncated: 0, severity, priority: 'P2' },
    ...{ at, locale: 'en' },
  });
  const told = {
    state,
    history,
    overdue,
    open,
    notify(alerts: Record<string, Saying>, at = t0, room = true, id = `n-${at}`, as = severity) {
      const notification = {
        id,
        groupId: 'gid',
        groupKey: 'g',
        receiver: 'ops',
        message: { ...message(id, at), severity: as },
        alerts,
      };
      return follow(
        plan(state, { kind: 'notification', notification, routing, room: () => room, leaseMs: 60_000 }, at),
      );
    },
    /** Claims what waits on the channel, and answers its attempt. */
    answer(channel: string, kind: AttemptResult['kind'], at = t0, more: Partial<AttemptResult> = {}) {
      const row = [...open.values()].find(
        (one) => one.channel === channel && (one.state === 'queued' || one.state === 'sending'),
      );
      if (!row) throw new Error(`nothing is open on ${channel}: ${history.join(', ')}`);
      const base = { deliveryId: row.id, orderKey: row.orderKey };
      if (row.state === 'queued') {
        tokens.set(row.id, tokens.get(row.id)! + 1);
        const leaseToken = tokens.get(row.id)!;
        plan(state, { kind: 'claimed', ...base, leaseToken, dueAt: row.dueAt, channel }, at);
      }
      const result = { kind, code: null, message: null, providerId: null, retryAfterMs: null, ...more };
      const leaseToken = tokens.get(row.id)!;
      return follow(
        plan(state, { kind: 'result', ...base, leaseToken, result, durationMs: 1, draw: 0.5 }, at),
      );
    },
    /** So many attempts, 15 s apart; answers when the last was. */
    fail(channel: string, kind: AttemptResult['kind'], times: number, after: number): number {
      for (let i = 1; i <= times; i++) told.answer(channel, kind, after + i * 15_000);
      return after + times * 15_000;
    },
    callInstead(id: string, at: number, untold = true) {
      const original = { id, groupId: 'gid', groupKey: 'g', message: message(id, t0), alerts: {} };
      return follow(plan(state, { kind: 'overdue', original, untold, routing }, at));
    },
  };
  return told;
}

describe('who takes over', () => {
  it.each(['network', 'auth', 'permanent', 'invalid_recipient', 'unknown'] as const)(
    'the next of the chain does at once on %s',
    (kind) => {
      const at = story();
      at.notify({ a: 'firing' });
      const out = at.answer('chat', kind);
      expect(out.wakeAt).toContain(t0);
      at.answer('sms', 'sent', t0 + 100);
      at.answer('mail', 'sent', t0 + 100);
      expect(at.history.slice(2)).toEqual(['sms queued fallback', 'sms sent', 'mail sent']);
      expect(at.state.open).toBe(0);
    },
  );

  it('a channel that answers is given its schedule first, then the next of the chain its own', () => {
    const at = story('high');
    at.notify({ a: 'firing' });
    let now = t0;
    now = at.fail('chat', 'transient', 4, now);
    expect(at.history.at(-1)).toBe('sms queued fallback');
    at.fail('sms', 'transient', 3, now);
    expect(at.history.at(-1)).toBe('sms queued transient');
  });

  it('one that asks for more patience than there is hands over; less than that is waited for', () => {
    const at = story();
    at.notify({ a: 'firing' });
    at.answer('chat', 'rate_limited', t0, { retryAfterMs: 5_000 });
    expect(at.history.at(-1)).toBe('chat queued rate_limited');
    at.answer('chat', 'rate_limited', t0 + 5_000, { retryAfterMs: 60_000 });
    expect(at.history.at(-1)).toBe('sms queued fallback');
  });

  it('while a channel is paused its messages go the other way at once, and one that is not urgent asks in time', () => {
    const at = story('warning', ['chat']);
    at.notify({ a: 'firing' });
    at.answer('chat', 'auth');
    at.answer('sms', 'sent');
    at.notify({ b: 'firing' }, t0 + 1_000);
    expect(at.history.at(-1)).toBe('sms sending');
    at.answer('sms', 'sent', t0 + 1_100);
    at.notify({ c: 'firing' }, t0 + 400_000);
    expect(at.history.at(-1)).toBe('chat queued breaker_open');
    at.answer('chat', 'sent', t0 + 400_001);
    at.notify({ d: 'firing' }, t0 + 401_000);
    expect(at.history.at(-1)).toBe('chat sending');
  });
});

describe('when nobody takes it', () => {
  it('tries in slow rounds until somebody does, and calls somebody else after an hour, once', () => {
    const at = story('high', ['mail']);
    at.notify({ a: 'firing' });
    let now = t0;
    now = at.fail('mail', 'network', 4, now);
    expect(at.history.at(-1)).toBe('mail queued slow_round');
    expect([...at.open.values()][0]!.dueAt).toBe(now + slowRoundMs);
    expect(at.overdue).toEqual([{ notificationId: `n-${t0}`, at: t0 + emergencyAfterMs }]);
    at.answer('mail', 'network', now + slowRoundMs);
    expect(at.history.at(-1)).toBe('mail queued slow_round');
    at.callInstead(`n-${t0}`, t0 + emergencyAfterMs);
    expect(at.history.at(-1)).toBe('pager queued');
    at.callInstead(`n-${t0}`, t0 + emergencyAfterMs, false);
    at.answer('pager', 'sent', t0 + emergencyAfterMs + 1);
    at.answer('mail', 'sent', t0 + emergencyAfterMs + 2);
    expect(at.history.slice(-2)).toEqual(['pager sent', 'mail sent']);
    expect(at.state.tallies.size).toBe(0);
  });

  it('calls somebody else at once when every way has failed for good', () => {
    const at = story('critical', ['mail']);
    at.notify({ a: 'firing' });
    at.answer('mail', 'permanent');
    expect(at.history.slice(-2)).toEqual(['mail dead permanent', 'notification.failed none_accepted']);
    expect(at.overdue.at(-1)).toEqual({ notificationId: `n-${t0}`, at: t0 });
    at.callInstead(`n-${t0}`, t0);
    at.answer('pager', 'permanent');
    // Nobody is called in place of the one who was called.
    expect(at.overdue).toHaveLength(1);
  });

  it('says "partial" where one was enough and "failed" where all had to take it', () => {
    const partial = story('high');
    partial.notify({ a: 'firing' });
    partial.answer('chat', 'sent');
    partial.answer('mail', 'permanent');
    expect(partial.history.at(-1)).toBe('notification.partial');
    const failed = story('critical');
    failed.notify({ a: 'firing' });
    failed.answer('chat', 'sent');
    failed.answer('mail', 'permanent');
    expect(failed.history.at(-1)).toBe('notification.failed not_all_accepted');
    expect(failed.overdue).toEqual([]);
  });

  it('high with mail failing: four attempts 15 s apart, then a dead letter beside the chat that got it', () => {
    const at = story('high');
    at.notify({ a: 'firing' });
    at.answer('chat', 'sent');
    const due: number[] = [];
    for (let i = 0, now = t0; i < 4; i++, now += 15_000) {
      at.answer('mail', 'transient', now);
      due.push([...at.open.values()][1]!.dueAt - t0);
    }
    expect(due.slice(0, 3)).toEqual([15_000, 30_000, 45_000]);
    expect(at.history.slice(-2)).toEqual(['mail dead transient', 'notification.partial']);
  });
});

describe('a firing that still waits when its end is here', () => {
  it('is not sent, nor is the end, and both say so', () => {
    const at = story('warning', ['mail']);
    at.notify({ a: 'firing' }, t0, false);
    at.notify({ a: 'resolved' }, t0 + 1, false);
    expect(at.history).toEqual([
      'mail queued',
      'mail dropped resolved_before_send',
      'mail dropped firing_not_sent',
    ]);
    expect(at.state.open).toBe(0);
  });

  it.each([
    ['it is urgent', 'critical', { a: 'firing' }, { a: 'resolved' }],
    ['it says more than what ended', 'warning', { a: 'firing', b: 'firing' }, { a: 'resolved' }],
    ['it says something that has no end', 'warning', { a: 'firing', e: 'event' }, { a: 'resolved' }],
    ['the message of its end has other news', 'warning', { a: 'firing' }, { a: 'resolved', b: 'firing' }],
    [
      'something else ends that was said before',
      'warning',
      { a: 'firing' },
      { a: 'resolved', x: 'resolved' },
    ],
  ] as const)('is sent when %s', (_, severity, first, then) => {
    const at = story(severity, ['mail']);
    at.notify(first, t0, false);
    at.notify(then, t0 + 1, false);
    expect(at.history).toEqual(['mail queued', 'mail queued']);
  });

  it('a repeat of what is known is not sent, its end is', () => {
    const at = story('warning', ['mail']);
    at.notify({ a: 'firing' });
    at.answer('mail', 'sent');
    at.notify({ a: 'standing' }, t0 + 1, false);
    at.notify({ a: 'resolved' }, t0 + 2, false);
    expect(at.history.slice(-2)).toEqual(['mail dropped resolved_before_send', 'mail queued']);
  });

  it('is sent when somebody may have it already', () => {
    const at = story('warning', ['mail']);
    at.notify({ a: 'firing' });
    at.answer('mail', 'unknown');
    at.notify({ a: 'resolved' }, t0 + 2, false);
    expect(at.history.slice(-2)).toEqual(['mail queued unknown', 'mail queued']);
  });
});

describe('a message that waits behind another of its order', () => {
  it('is not sent when a newer one says all of it; the first goes its way', () => {
    const at = story('critical', ['mail']);
    at.notify({ a: 'firing' });
    at.notify({ a: 'standing', b: 'firing' }, t0 + 1);
    at.notify({ a: 'standing', b: 'standing', c: 'firing' }, t0 + 2);
    at.notify({ a: 'standing', b: 'standing', c: 'standing' }, t0 + 3);
    expect(at.history).toEqual([
      ...['mail sending', 'mail queued'],
      ...['mail dropped superseded', 'mail queued', 'mail dropped superseded', 'mail queued'],
    ]);
    expect(at.state.open).toBe(2);
  });

  it.each([
    ['says an end', { a: 'resolved' }, { b: 'firing' }],
    ['says something that has no end', { e: 'event' }, { b: 'firing' }],
    ['says more than the newer one', { a: 'firing', b: 'firing' }, { b: 'standing' }],
  ] as const)('is sent when it %s', (_, second, third) => {
    const at = story('critical', ['mail']);
    at.notify({ z: 'firing' });
    at.notify(second, t0 + 1);
    at.notify(third, t0 + 2);
    expect(at.history).toEqual(['mail sending', 'mail queued', 'mail queued']);
  });

  it('is not sent, nor its end, when its alert fires anew: of an alert that comes and goes two wait', () => {
    const at = story('critical', ['mail']);
    at.notify({ z: 'firing' });
    for (let i = 1; i < 200; i += 2) {
      at.notify({ a: 'firing' }, t0 + i);
      at.notify({ a: 'resolved' }, t0 + i + 1);
    }
    expect(at.state.open).toBe(3);
    at.answer('mail', 'sent', t0 + 201);
    expect(at.history.filter((line) => line.includes('dropped'))).toEqual(
      Array.from({ length: 198 }, () => 'mail dropped superseded'),
    );
  });

  it('is sent when its end is, because that says something else as well', () => {
    const at = story('critical', ['mail']);
    at.notify({ z: 'firing' });
    at.notify({ a: 'firing' }, t0 + 1);
    at.notify({ a: 'resolved', b: 'firing' }, t0 + 2);
    at.notify({ a: 'firing' }, t0 + 3);
    expect(at.history).toEqual(['mail sending', 'mail queued', 'mail queued', 'mail queued']);
  });

  it('is sent when what comes anew is less urgent', () => {
    const at = story('critical', ['mail']);
    at.notify({ z: 'firing' });
    at.notify({ a: 'firing' }, t0 + 1);
    at.notify({ a: 'standing' }, t0 + 2, true, 'n-3', 'info');
    expect(at.history).toEqual(['mail sending', 'mail queued', 'mail queued']);
  });

  it('leaves its end owed when the newer one is lost: the first was heard', () => {
    const at = story('critical', ['mail']);
    at.notify({ a: 'firing' });
    at.notify({ a: 'resolved' }, t0 + 1);
    at.notify({ a: 'firing' }, t0 + 2);
    at.answer('mail', 'sent', t0 + 3);
    at.answer('mail', 'permanent', t0 + 4);
    at.notify({ a: 'resolved' }, t0 + 5);
    expect(at.history.slice(2)).toEqual([
      ...['mail dropped superseded', 'mail queued', 'mail sent', 'mail dead permanent'],
      ...['notification.failed none_accepted', 'mail sending'],
    ]);
  });

  it('leaves its end owed until the newer one was heard', () => {
    const at = story('critical', ['mail']);
    at.notify({ z: 'firing' });
    at.notify({ a: 'firing' }, t0 + 1);
    at.notify({ a: 'standing' }, t0 + 2);
    at.answer('mail', 'sent', t0 + 3);
    at.notify({ a: 'resolved' }, t0 + 4);
    expect(at.history.filter((line) => line.includes('dropped'))).toEqual(['mail dropped superseded']);
  });
});

it('an end that was lost is owed still, whatever was lost after it', () => {
  const at = story('warning', ['mail']);
  at.notify({ a: 'firing' });
  at.answer('mail', 'sent');
  at.notify({ a: 'resolved' }, t0 + 1);
  at.answer('mail', 'permanent', t0 + 1);
  at.notify({ a: 'firing' }, t0 + 2);
  at.answer('mail', 'permanent', t0 + 2);
  at.notify({ a: 'resolved' }, t0 + 3);
  expect(at.history.at(-1)).toBe('mail sending');
});

it('an end that waits is not overtaken by the next one', () => {
  const at = story('warning', ['mail']);
  at.notify({ a: 'firing' });
  at.answer('mail', 'sent');
  at.notify({ a: 'resolved' }, t0 + 1, false);
  at.notify({ a: 'firing' }, t0 + 2, false);
  at.notify({ a: 'resolved' }, t0 + 3, false);
  expect(at.history.slice(-3)).toEqual(['mail queued', 'mail queued', 'mail queued']);
});
