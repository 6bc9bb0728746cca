import { describe, expect, it } from 'vitest';
import type { Effect } from '../../pipeline/effect.ts';
import type { NotificationRow } from '../../pipeline/rows.ts';
import { aReceiver, aRoute } from '../builders.ts';
import { matchersIn } from '../pipeline-story.ts';
import type { Acks } from './acks.ts';
import type { Besides } from './besides.ts';
import { Counters } from './counters.ts';
import type { Holding } from './holding.ts';
import { Telling } from './telling.ts';
import type { World } from './world.ts';

const s = 1_000;
const labels = { alertname: 'HighCpu', host: 'h0', severity: 'critical' };
const alert = { id: 'a', tenant: 'default', key: 'a', kind: 'alert', labels, effectiveSeverity: 'critical' };
const waits = { groupWaitMs: 0, groupIntervalMs: 10 * s, receiver: 'team' };
const urgent = aRoute({
  ...{ path: 'urgent', matchers: matchersIn('severity="critical"'), ...waits },
  ...{ resolveWaitMs: 10 * s, continue: true },
});
const patient = aRoute({
  ...{ path: 'patient', matchers: matchersIn('host="h0"'), ...waits, resolveWaitMs: 300 * s },
});

/** Two routes tell one receiver of an alert that fires at 0 and ends at 1 s; `told` are those that did at 0. */
function toldBy(told: readonly string[]) {
  let now = 0;
  const notified = told.map((groupId) => ({ groupId, receiver: 'team', alerts: { a: 'firing' } }));
  const record = { row: alert, events: [], firedAt: 0, resolvedAt: 1 * s };
  const journal = {
    alerts: new Map([['a', record]]),
    groups: new Map(['urgent', 'patient'].map((path) => [path, { route: path, nextAt: null }])),
    notificationsOf: new Map([['a', notified]]),
    skips: new Map(),
    ofKey: () => [record],
  };
  const routing = {
    route: aRoute({ receiver: 'team', routes: [urgent, patient] }),
    receivers: new Map([['team', aReceiver({ name: 'team', sendResolved: true, dedupeWindowMs: 0 })]]),
  };
  const world = {
    ...{ journal, routing, plan: { routing }, rules: [], calm: true, downtime: () => 0 },
    ...{ counters: new Counters(), clock: { now: () => now } },
  };
  const telling = new Telling(
    world as unknown as World,
    {} as Acks,
    { of: () => ({ by: null, endedAt: 0 }) } as unknown as Holding,
    { has: () => false } as unknown as Besides,
  );
  for (const kind of ['alert.firing', 'alert.resolved'])
    telling.onEffect({ put: 'event', row: { kind, subjectId: 'a', body: {} } } as unknown as Effect, now);
  return (at: number) => () => {
    now = at;
    telling.sweep();
  };
}

/** One group told of `a` at 0. After a change of the tree another one of the receiver speaks of `b`, and repeats both. */
function repeatedBy(at: number, changed: readonly string[] = []) {
  const rows = ['a', 'b'].map((id) => ({ ...alert, id, key: id }));
  const journal = {
    alerts: new Map(rows.map((row) => [row.id, { row, events: [], firedAt: 0, resolvedAt: null }])),
    groups: new Map([['heir', { receiver: 'team', route: '{}', groupKey: 'team:{}:{}' }]]),
    notificationsOf: new Map<string, NotificationRow[]>(),
  };
  const receivers = new Map([['team', aReceiver({ name: 'team' })]]);
  const routing = { route: aRoute({ receiver: 'team', repeatIntervalMs: 1_200 * s }), receivers };
  const world = { journal, routing, rules: [], counters: new Counters(), clock: { now: () => at } };
  const telling = new Telling(
    world as unknown as World,
    { holds: () => false } as unknown as Acks,
    { of: () => ({ by: null, endedAt: 0 }) } as unknown as Holding,
    { has: () => false } as unknown as Besides,
  );
  const say = (groupId: string, reason: string, alerts: NotificationRow['alerts'], createdAt: number) => {
    const body = JSON.stringify({ changed: reason === 'repeat' ? changed : Object.keys(alerts) });
    const row = { id: `${createdAt}`, groupId, receiver: 'team', reason, alerts, createdAt, body };
    for (const id of Object.keys(alerts))
      journal.notificationsOf.set(id, [
        ...(journal.notificationsOf.get(id) ?? []),
        row as unknown as NotificationRow,
      ]);
    telling.onEffect({ put: 'notification', row, insert: true } as unknown as Effect, createdAt);
  };
  say('gone', 'digest', { a: 'firing' }, 0);
  telling.routedAt = 300 * s;
  say('heir', 'first', { b: 'firing' }, at - 9 * s);
  return () => say('heir', 'repeat', { a: 'standing', b: 'standing' }, at);
}

describe('a repeat', () => {
  it('of what a group took over comes when that was said so long ago, whatever the group said meanwhile', () => {
    expect(repeatedBy(1_200 * s)).not.toThrow();
    expect(repeatedBy(1_190 * s)).toThrow('repeat of team:{}:{} after 1190000 ms');
  });

  it('is not due by what is only told along with it', () => {
    expect(repeatedBy(1_200 * s, ['a'])).toThrow('repeat of team:{}:{} after 9000 ms');
  });
});

describe('the end of what fires', () => {
  const noEnd = 'team heard that it fires and no end';

  it('is told within the resolve_wait of the route that told of it, whatever another one of the receiver says', () => {
    const sweepAt = toldBy(['patient']);
    expect(sweepAt(250 * s)).not.toThrow();
    expect(sweepAt(330 * s)).toThrow(noEnd);
  });

  it('is told by each route that told of it within its own', () => {
    expect(toldBy(['patient', 'urgent'])(250 * s)).toThrow(noEnd);
    expect(toldBy(['urgent'])(250 * s)).toThrow(noEnd);
  });
});
