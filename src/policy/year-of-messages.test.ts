// A year of messages to whoever is on call: each goes to the one whose turn it is and not in the quiet hours of that
// person, once. The oracle knows nothing but what Intl says of a zone's clocks, a quarter of an hour at a time.
import { expect, it } from 'vitest';
import type { AlertMessage } from '../../channels/message.ts';
import { emptyLabels } from '../../rules/labels.ts';
import type { RoutingConfig } from '../pipeline/routing.ts';
import { aReceiver, aRoute } from '../testing/builders.ts';
import { onCallAt } from './on-call/rota.ts';
import type { Schedule } from './on-call/schedule.ts';
import { parseShown } from './on-call/wall-clock.ts';
import type { Person } from './people.ts';
import { plan } from './plan.ts';
import { RecipientWays } from './recipient-ways.ts';
import { emptyPolicyState } from './state.ts';
import { builtInStrategies } from './strategy.ts';

const minute = 60_000;
const quarter = 15 * minute;
const dayMs = 96 * quarter;
const from = Date.parse('2026-01-06T00:00Z');
const to = Date.parse('2027-01-06T00:00Z');
const names = ['ann', 'bob', 'cy'];

/** Of each quarter of an hour, and of a day more for the last night: whose turn it is, and until when nobody is told. */
function oracle(zone: string): readonly { readonly person: string; readonly toldAt: number }[] {
  const format = new Intl.DateTimeFormat('sv-SE', { timeZone: zone, dateStyle: 'short', timeStyle: 'short' });
  const moments = Array.from({ length: (to + dayMs - from) / quarter }, (_, i) => from + i * quarter);
  let turn = 0;
  // On Mondays at 02:15: the weeks in which clocks are moved are longer or shorter than others.
  let next = '2026-01-12 02:15';
  const seen = moments.map((at) => {
    const shown = format.format(at);
    if (shown >= next) {
      turn += 1;
      next = `${new Date(Date.parse(`${next.slice(0, 10)}T00:00Z`) + 7 * dayMs).toISOString().slice(0, 10)} 02:15`;
    }
    const clock = shown.slice(11);
    return { person: names[turn % names.length]!, quiet: clock >= '22:30' || clock < '06:45' };
  });
  let toldAt = Number.NaN;
  return seen
    .map(({ person, quiet }, i) => ({ person, quiet, at: moments[i]! }))
    .reverse()
    .map(({ person, quiet, at }) => {
      if (!quiet) toldAt = at;
      return { person, toldAt };
    })
    .reverse();
}

it.each(['UTC', 'America/New_York', 'Australia/Lord_Howe', 'Asia/Taipei'])(
  'tells each to who is on call by the clocks of %s, once, and not in the night',
  (timeZone) => {
    const schedule: Schedule = {
      ...{ name: 'primary', timeZone, overrides: [], allowGaps: false },
      layers: [
        {
          ...{ name: 'main', everyMs: 7 * dayMs, turns: names.map((name) => [name]), hours: null },
          startsAt: parseShown('2026-01-05 02:15')!,
        },
      ],
    };
    const quietHours = [{ from: 22 * 60 + 30, to: 6 * 60 + 45, days: null, passes: 'critical' as const }];
    const people = names.map(
      (name): Person => ({
        ...{ name, displayName: null, locale: null, timeZone: null, prefers: [], quietHours },
        addresses: new Map([['email', `${name}@example.com`]]),
      }),
    );
    const known = {
      timeZone,
      directory: {
        people: new Map(people.map((one) => [one.name, one])),
        teams: new Map(),
        onCall: (_: string, at: number) => onCallAt(schedule, at),
      },
      personal: [{ name: 'mail', kind: 'email' }],
    };
    let ids = 0;
    const ways = new RecipientWays(
      new Map([['mail', { type: 'email', family: 'email', chain: ['mail'] }]]),
      known,
    );
    const state = emptyPolicyState('default', () => `d-${++ids}`, {
      ...{ ways, strategies: builtInStrategies, people: known },
    });
    const receiver = {
      ...aReceiver(),
      name: 'ops',
      channels: [],
      to: [{ kind: 'on_call', name: 'primary' }],
    };
    const routing = { route: aRoute(), receivers: new Map([['ops', receiver]]) } as RoutingConfig;
    const expected = oracle(timeZone);
    const wrong: string[] = [];
    let sent = 0;
    // A step that is no part of a day or a week, and lands on every quarter of an hour.
    for (let at = from; at < to; at += 29 * quarter) {
      const message = {
        ...{ id: 'n', tenant: 'default', reason: 'first', status: 'firing', receiver: 'ops', groupKey: 'g' },
        ...{ groupLabels: emptyLabels, alerts: [], changed: [], truncated: 0, severity: 'warning' },
        ...{ priority: 'P3', at, locale: 'en' },
      } as unknown as AlertMessage;
      const notification = {
        ...{ id: `n-${at}`, groupId: 'gid', groupKey: 'g', receiver: 'ops', message },
        alerts: { [`a-${at}`]: 'firing' as const },
      };
      // Whatever waits from the message before is of an order that is over: each message is looked at alone.
      state.orders.clear();
      const means = { routing, room: () => false, leaseMs: 60_000 };
      const { effects } = plan(state, { kind: 'notification', notification, ...means }, at);
      const rows = effects.flatMap((effect) => (effect.put === 'delivery' ? [effect.row] : []));
      const { person, toldAt } = expected[(at - from) / quarter]!;
      const said = rows.map(({ recipient, dueAt }) => `${recipient} at ${new Date(dueAt).toISOString()}`);
      const wanted = `@${person} at ${new Date(toldAt).toISOString()}`;
      if (said.join(', ') !== wanted)
        wrong.push(`${new Date(at).toISOString()}: ${said}, expected ${wanted}`);
      sent += rows.length;
    }
    expect(wrong).toEqual([]);
    expect(sent).toBe(Math.ceil((to - from) / (29 * quarter)));
  },
);
