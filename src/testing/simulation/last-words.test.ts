import { describe, expect, it } from 'vitest';
import type { Severity } from '../../../rules/types.ts';
import type { Effect } from '../../pipeline/effect.ts';
import type { AlertRow, GroupRow, NotificationRow } from '../../pipeline/rows.ts';
import { aReceiver, aRoute } from '../builders.ts';
import { matchersIn } from '../pipeline-story.ts';
import type { Besides } from './besides.ts';
import { LastWords } from './last-words.ts';
import type { World } from './world.ts';

const alert = { id: 'a', labels: { alertname: 'HighCpu', severity: 'warning' } } as unknown as AlertRow;
const pagers = { id: 'g', receiver: 'pager', route: '{}/{severity="critical"}', labels: {} };

/** The pager is told of what is critical, ops of the rest. */
function wordsOf(sendResolved: boolean, from: Partial<NotificationRow>, ...moves: [number, Severity][]) {
  const critical = aRoute({
    path: pagers.route,
    ...{ receiver: 'pager', matchers: matchersIn('severity="critical"'), groupBy: [] },
  });
  const routing = {
    route: aRoute({ receiver: 'ops', groupBy: [], routes: [critical] }),
    receivers: new Map([
      ['ops', aReceiver({ name: 'ops' })],
      ['pager', aReceiver({ name: 'pager', sendResolved })],
    ]),
  };
  const journal = { notificationsOf: new Map([['a', [{ groupId: 'g', createdAt: 100, ...from }]]]) };
  const words = new LastWords(
    { routing, journal } as unknown as World,
    { has: () => false } as unknown as Besides,
  );
  for (const [at, to] of moves) {
    const row = { kind: 'alert.severity_changed', subjectId: 'a', at, body: { to } };
    words.onEffect({ put: 'event', row } as unknown as Effect);
  }
  return words.of(alert, pagers as unknown as GroupRow);
}

describe('the last word of a group', () => {
  const fires = { alerts: { a: 'firing' } } as const;

  it('is what it said, while the alert is its own', () => {
    expect(wordsOf(false, fires, [50, 'warning'], [90, 'critical'])).toBe('firing');
    expect(wordsOf(false, { ...fires, groupId: 'other' })).toBeUndefined();
  });

  it('is none of an alert that was another’s since, where nobody wants to hear of ends', () => {
    expect(wordsOf(false, fires, [110, 'warning'])).toBeUndefined();
    expect(wordsOf(false, fires, [110, 'warning'], [120, 'critical'])).toBeUndefined();
  });

  it('stands until the end is told, where ends are', () => {
    expect(wordsOf(true, fires, [110, 'warning'], [120, 'critical'])).toBe('firing');
  });
});
