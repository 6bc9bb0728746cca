// A telephone does not ring to say that all is well: who is told of ends, who is not, and what is remembered of it.
import { describe, expect, it } from 'vitest';
import type { AlertMessage } from '../../channels/message.ts';
import { emptyLabels } from '../../rules/labels.ts';
import type { Notification } from '../pipeline/input.ts';
import type { Receiver, RoutingConfig } from '../pipeline/routing.ts';
import type { DeliveryRow, Saying } from '../pipeline/rows.ts';
import { aReceiver, aRoute } from '../testing/builders.ts';
import { tellsOfEndsOnly } from './ends.ts';
import { plan } from './plan.ts';
import type { AttemptResult } from './retry.ts';
import { emptyPolicyState, type PolicyState } from './state.ts';
import { builtInStrategies } from './strategy.ts';

const t0 = 1_700_000_000_000;
const loud = { tellsEnds: false } as const;

/** A tenant with a telephone that hands over to mail, one that hands over to nobody, and a chat that hands over to it. */
function story(channels: readonly string[], receiver: Partial<Receiver> = {}) {
  let ids = 0;
  const way = (type: string, ...chain: string[]) => ({ type, family: type, chain });
  const state: PolicyState = emptyPolicyState('default', () => `d-${++ids}`, {
    ways: new Map([
      ['chat', way('wecom', 'chat', 'phone', 'sms')],
      ['sms', way('sms', 'sms')],
      ['mail', way('email', 'mail')],
      ['phone', { ...way('phone', 'phone'), ...loud }],
      ['phone-or-mail', { ...way('phone', 'phone-or-mail', 'mail'), ...loud }],
    ]),
    strategies: builtInStrategies,
  });
  const routing: RoutingConfig = {
    route: aRoute(),
    receivers: new Map([['ops', { ...aReceiver(), name: 'ops', channels, ...receiver }]]),
  };
  const rows: DeliveryRow[] = [];
  const history: string[] = [];
  const follow = (out: ReturnType<typeof plan>) => {
    for (const effect of out.effects) {
      if (effect.put === 'delivery') {
        const { row } = effect;
        rows.push({ ...row });
        history.push(`${row.channel} ${row.state}${row.reason ? ` ${row.reason}` : ''}`);
      } else if (effect.put === 'delivery.result') {
        const { id, state: to, reason, moved } = effect.result;
        const row = Object.assign(rows.find((one) => one.id === id)!, { state: to }, moved);
        history.push(`${row.channel} ${to}${reason ? ` ${reason}` : ''}`);
      } else if (effect.put === 'event' && effect.row.kind === 'delivery.dropped')
        history.push(`says ${effect.row.reason}`);
    }
    return out;
  };
  return {
    state,
    rows,
    history,
    notify(alerts: Record<string, Saying>, at = t0, over: Partial<Notification> = {}) {
      const message: AlertMessage = {
        ...{ id: `n-${at}`, tenant: 'default', reason: 'first', status: 'firing', receiver: 'ops' },
        ...{ groupKey: 'g', groupLabels: emptyLabels, alerts: [], changed: [], truncated: 0 },
        ...{ severity: 'critical', priority: 'P2', at, locale: 'en' },
      };
      const said = { id: `n-${at}`, groupId: 'gid', groupKey: 'g', receiver: 'ops', message, alerts };
      const notification = { ...said, ...over };
      history.splice(0);
      follow(
        plan(state, { kind: 'notification', notification, routing, room: () => true, leaseMs: 60_000 }, at),
      );
      return [...history];
    },
    /** The attempt that is under way on the channel comes to this. */
    answer(channel: string, kind: AttemptResult['kind'], at = t0 + 1) {
      const row = rows.find((one) => one.channel === channel && one.state === 'sending')!;
      const result = { kind, code: null, message: null, providerId: null, retryAfterMs: null };
      const { id: deliveryId, orderKey, leaseToken } = row;
      history.splice(0);
      follow(
        plan(
          state,
          { kind: 'result', deliveryId, orderKey, leaseToken, result, durationMs: 1, draw: 0.5 },
          at,
        ),
      );
      return [...history];
    },
  };
}

describe('an end', () => {
  it('goes where the firing went, but for the telephone, and that is written down', () => {
    const told = story(['mail', 'phone']);
    expect(told.notify({ a: 'firing' })).toEqual(['mail sending', 'phone sending']);
    told.answer('mail', 'sent');
    told.answer('phone', 'sent');
    expect(told.notify({ a: 'resolved' }, t0 + 60_000)).toEqual([
      'mail sending',
      'phone dropped end_not_told',
      'says end_not_told',
    ]);
    told.answer('mail', 'sent');
    // Nothing is open, and nothing is to be remembered.
    expect([told.state.open, told.state.orders.size, told.state.tallies.size]).toEqual([0, 0, 0]);
  });

  it('of some, beside what stands and was heard, is one as well; beside anything else it is not', () => {
    const told = story(['phone']);
    told.notify({ a: 'firing', b: 'firing' });
    told.answer('phone', 'sent');
    expect(told.notify({ a: 'resolved', b: 'standing' }, t0 + 1_000)[0]).toBe('phone dropped end_not_told');
    expect(told.notify({ b: 'resolved', c: 'firing' }, t0 + 2_000)).toEqual(['phone sending']);
  });

  it('beside what stands and never got through is told: it is the first that they hear of that', () => {
    const told = story(['phone']);
    told.notify({ a: 'firing' });
    told.answer('phone', 'sent');
    told.notify({ b: 'firing' }, t0 + 1_000);
    told.answer('phone', 'permanent', t0 + 1_001);
    expect(told.notify({ a: 'resolved', b: 'standing' }, t0 + 2_000)).toEqual(['phone sending']);
  });

  it('does not overtake its firing, which waits no longer where it is not urgent', () => {
    const told = story(['phone']);
    told.notify({ a: 'firing' });
    // The first call is under way; the end changes nothing of it.
    expect(told.notify({ a: 'resolved' }, t0 + 1_000)[0]).toBe('phone dropped end_not_told');
    expect(told.rows.map(({ state }) => state)).toEqual(['sending', 'dropped']);
    expect(told.answer('phone', 'sent')).toEqual(['phone sent']);
  });

  it('is told by what takes over from the telephone, which may have carried the firing', () => {
    const told = story(['phone-or-mail']);
    told.notify({ a: 'firing' });
    expect(told.answer('phone-or-mail', 'permanent')).toEqual(['mail queued fallback']);
    expect(told.notify({ a: 'resolved' }, t0 + 60_000)).toEqual(['mail queued']);
  });

  it('is told once to people whom the one that takes over tells anyway', () => {
    const told = story(['mail', 'phone-or-mail']);
    told.notify({ a: 'firing' });
    told.answer('mail', 'sent');
    told.answer('phone-or-mail', 'sent');
    expect(told.notify({ a: 'resolved' }, t0 + 60_000)).toEqual([
      'mail sending',
      'phone-or-mail dropped end_not_told',
      'says end_not_told',
    ]);
  });

  it('passes the telephone over where a chat fails, and a firing does not', () => {
    const told = story(['chat']);
    told.notify({ a: 'firing' });
    expect(told.answer('chat', 'permanent')).toEqual(['phone queued fallback']);
    const other = story(['chat']);
    other.notify({ a: 'firing' });
    other.answer('chat', 'sent');
    other.notify({ a: 'resolved' }, t0 + 60_000);
    expect(other.answer('chat', 'permanent')).toEqual(['sms queued fallback']);
  });

  it('is told by telephone where the receiver says so itself, but not to whom a step of an escalation called', () => {
    const told = story(['phone'], { endsAnyway: true });
    told.notify({ a: 'firing' });
    told.answer('phone', 'sent');
    expect(told.notify({ a: 'resolved' }, t0 + 60_000)).toEqual(['phone sending']);
    const called = story(['mail'], { endsAnyway: true });
    const step = { to: [{ kind: 'channel', name: 'phone' }], through: 'phone' } as const;
    expect(called.notify({ a: 'firing' }, t0, step)).toEqual(['phone sending']);
    called.answer('phone', 'sent');
    expect(called.notify({ a: 'resolved' }, t0 + 60_000, step)[0]).toBe('phone dropped end_not_told');
  });

  it('that is not sent takes the place of nothing that waits', () => {
    const told = story(['phone']);
    told.notify({ a: 'firing' });
    told.notify({ b: 'firing' }, t0 + 1_000);
    told.notify({ c: 'firing' }, t0 + 2_000);
    expect(told.notify({ a: 'resolved', b: 'standing', c: 'standing' }, t0 + 3_000)).toEqual([
      'phone dropped end_not_told',
      'says end_not_told',
    ]);
    expect(told.rows.map(({ state }) => state)).toEqual(['sending', 'queued', 'queued', 'dropped']);
  });
});

it('knows what is an end', () => {
  const order = { unsaid: new Set(['lost']) };
  expect(tellsOfEndsOnly(undefined, { a: 'resolved' })).toBe(true);
  expect(tellsOfEndsOnly(order, { a: 'resolved', b: 'standing' })).toBe(true);
  expect(tellsOfEndsOnly(order, { a: 'resolved', lost: 'standing' })).toBe(false);
  expect(tellsOfEndsOnly(order, { b: 'standing' })).toBe(false);
  expect(tellsOfEndsOnly(order, { a: 'resolved', b: 'event' })).toBe(false);
  expect(tellsOfEndsOnly(order, {})).toBe(false);
});
