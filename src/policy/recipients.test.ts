// Who is told: people once each whatever teams overlap, by the ways that they have, not in their quiet hours.
import { describe, expect, it } from 'vitest';
import type { AlertMessage } from '../../channels/message.ts';
import { emptyLabels } from '../../rules/labels.ts';
import type { Severity } from '../../rules/types.ts';
import type { RoutingConfig } from '../pipeline/routing.ts';
import type { DeliveryRow, Saying } from '../pipeline/rows.ts';
import { aReceiver, aRoute } from '../testing/builders.ts';
import type { Person, Target } from './people.ts';
import { plan } from './plan.ts';
import { RecipientWays } from './recipient-ways.ts';
import { emptyPolicyState } from './state.ts';
import { builtInStrategies, type Strategies } from './strategy.ts';
import { parseTarget } from './target.ts';

const t0 = Date.parse('2026-06-01T21:00:00Z');
const hour = 3_600_000;

const person = (name: string, addresses: Record<string, string>, over: Partial<Person> = {}): Person => ({
  ...{ name, displayName: null, locale: null, timeZone: null, prefers: [], quietHours: [] },
  ...{ addresses: new Map(Object.entries(addresses)), ...over },
});

function story(
  people: readonly Person[],
  to: readonly string[],
  {
    channels = [] as string[],
    teams = {} as Record<string, string[]>,
    strategies = builtInStrategies as Strategies,
  } = {},
) {
  let ids = 0;
  const targets = (written: readonly string[]) => written.map((one) => parseTarget(one)!) as Target[];
  const way = (type: string, ...chain: string[]) => ({ type, family: type, chain });
  const places = new Map([
    ['mail', way('email', 'mail', 'texts')],
    ['texts', way('sms', 'texts')],
    ['robot', way('wecom', 'robot')],
  ]);
  const known = {
    timeZone: 'Europe/Vienna',
    directory: {
      people: new Map(people.map((one) => [one.name, one])),
      teams: new Map(Object.entries(teams).map(([name, members]) => [name, targets(members)])),
      onCall: () => [],
    },
    personal: [
      { name: 'mail', kind: 'email' },
      { name: 'texts', kind: 'sms' },
    ],
  };
  const ways = new RecipientWays(places, known);
  const state = emptyPolicyState('default', () => `d-${++ids}`, { ways, strategies, people: known });
  const receiver = { ...aReceiver(), name: 'ops', channels, to: targets(to) };
  const routing: RoutingConfig = { route: aRoute(), receivers: new Map([['ops', receiver]]) };
  const open = new Map<string, DeliveryRow>();
  const events: string[] = [];
  const follow = (out: ReturnType<typeof plan>) => {
    for (const effect of out.effects) {
      if (effect.put === 'delivery') open.set(effect.row.id, { ...effect.row });
      else if (effect.put === 'delivery.result') {
        const { id, state: to, dueAt, reason, moved } = effect.result;
        Object.assign(open.get(id)!, { state: to, dueAt, reason }, moved);
      } else if (effect.put === 'event' && effect.row.kind === 'notification.unreached')
        events.push(JSON.stringify(effect.row.body));
    }
    return out;
  };
  return {
    open,
    events,
    state,
    known,
    rows: () => [...open.values()].map((row) => `${row.recipient} on ${row.channel} ${row.state}`),
    notify(severity: Severity = 'warning', at = t0, alerts: Record<string, Saying> = { a: 'firing' }) {
      const message = {
        ...{ id: 'n', tenant: 'default', reason: 'first', status: 'firing', receiver: 'ops', groupKey: 'g' },
        ...{ groupLabels: emptyLabels, alerts: [], changed: [], truncated: 0, severity, priority: 'P2' },
        ...{ at, locale: 'en' },
      } as AlertMessage;
      const notification = { id: `n-${at}`, groupId: 'gid', groupKey: 'g', receiver: 'ops', message, alerts };
      return follow(
        plan(state, { kind: 'notification', notification, routing, room: () => true, leaseMs: 60_000 }, at),
      );
    },
    answer(recipient: string, kind: 'sent' | 'permanent' | 'invalid_recipient', at = t0) {
      const row = [...open.values()].find((one) => one.recipient === recipient)!;
      const result = { kind, code: null, message: null, providerId: null, retryAfterMs: null };
      const base = { deliveryId: row.id, orderKey: row.orderKey, leaseToken: row.leaseToken };
      return follow(plan(state, { kind: 'result', ...base, result, durationMs: 1, draw: 0.5 }, at));
    },
  };
}

const many = Array.from({ length: 15 }, (_, i) => `p${i + 1}`);
const withMail = (name: string) => person(name, { email: `${name}@example.com` });

describe('a receiver that names people', () => {
  it('tells the fifteen people of three overlapping groups once each', () => {
    const teams = { a: many.slice(0, 8), b: many.slice(4, 12), c: [...many.slice(10), 'p1'] };
    const at = story(many.map(withMail), ['team:a', 'team:b', 'team:c'], { teams });
    at.notify();
    expect(at.rows()).toEqual(many.map((name) => `@${name} on mail sending`));
  });

  it('tells each as she prefers it, and goes on to her next way where that fails', () => {
    const ann = person('ann', { email: 'ann@example.com', sms: '+43123' }, { prefers: ['sms'] });
    const at = story([ann, withMail('bob')], ['ann', 'bob']);
    at.notify('critical');
    expect(at.rows()).toEqual(['@ann on texts sending', '@bob on mail sending']);
    at.answer('@ann', 'invalid_recipient');
    expect(at.rows()[0]).toBe('@ann on mail queued');
  });

  it('tells people on each of its channels that reaches them, and its other channels as places', () => {
    const ann = person('ann', { email: 'ann@example.com', sms: '+43123' });
    const at = story([ann, withMail('bob')], ['ann', 'bob', 'channel:robot'], {
      channels: ['mail', 'texts'],
    });
    at.notify();
    expect(at.rows().map((row) => row.split(' ')[0])).toEqual(['robot', 'mail@ann', 'texts@ann', 'mail@bob']);
  });

  it('has a fallback only where the person has an address', () => {
    const at = story(
      [person('ann', { email: 'a@example.com', sms: '+43123' }), withMail('bob')],
      ['ann', 'bob'],
      {
        channels: ['mail'],
      },
    );
    expect(at.state.ways.get('mail@ann')?.chain).toEqual(['mail', 'texts']);
    expect(at.state.ways.get('mail@bob')?.chain).toEqual(['mail']);
    expect(at.state.ways.get('mail@carol')).toBeUndefined();
  });

  it('says whom it cannot reach; when that is everybody somebody else is called at once', () => {
    const at = story([person('ann', {}), withMail('bob')], ['ann', 'bob', 'team:gone']);
    expect(at.notify().overdue).toEqual([]);
    expect(at.events).toEqual(['{"unreached":["team:gone","ann"],"of":2}']);
    const nobody = story([person('ann', {})], ['ann']);
    expect(nobody.notify().overdue).toHaveLength(1);
    expect(nobody.rows()).toEqual([]);
  });

  it('is told on what the strategy asks for', () => {
    const ann = person('ann', { email: 'ann@example.com', sms: '+43123' });
    const warning = { ...builtInStrategies.get('warning')!, channels: ['sms'] };
    const at = story([ann], ['ann'], { strategies: new Map(builtInStrategies).set('warning', warning) });
    at.notify();
    expect(at.rows()).toEqual(['texts@ann on texts sending']);
  });
});

describe('quiet hours', () => {
  // 23:00 in Vienna; they end at 07:00, which is 05:00 UTC.
  const quiet = { from: 22 * 60, to: 7 * 60, days: null, passes: 'critical' as const };
  const ann = person('ann', { email: 'ann@example.com' }, { quietHours: [quiet] });

  it('a warning waits for their end, with all of its time before it', () => {
    const at = story([ann, withMail('bob')], ['ann', 'bob']);
    at.notify();
    expect(at.rows()).toEqual(['@ann on mail queued', '@bob on mail sending']);
    const [row] = at.open.values();
    expect(row).toMatchObject({ reason: 'quiet_hours', dueAt: t0 + 8 * hour, expiresAt: t0 + 32 * hour });
  });

  it('what is critical passes, and what waited before it goes with it', () => {
    const at = story([ann], ['ann']);
    at.notify('warning');
    at.notify('critical', t0 + hour, { a: 'standing', b: 'firing' });
    const [first, second] = at.open.values();
    expect(first).toMatchObject({ state: 'queued', reason: null, dueAt: t0 + hour });
    expect(second).toMatchObject({ state: 'queued', lane: 'high' });
  });

  it('nobody hears in the morning of what was over in the night', () => {
    const at = story([ann], ['ann']);
    at.notify('warning');
    at.notify('warning', t0 + hour, { a: 'resolved' });
    expect([...at.open.values()].map(({ state, reason }) => [state, reason])).toEqual([
      ['dropped', 'resolved_before_send'],
      ['dropped', 'firing_not_sent'],
    ]);
  });
});
