import { describe, expect, it } from 'vitest';
import type { Severity } from '../../../rules/types.ts';
import type { DigestRule } from '../../pipeline/digest-rule.ts';
import type { Effect } from '../../pipeline/effect.ts';
import type { AlertRow, GroupRow, NotificationRow } from '../../pipeline/rows.ts';
import { aReceiver, aRoute } from '../builders.ts';
import { matchersIn } from '../pipeline-story.ts';
import type { Besides } from './besides.ts';
import { LastWords } from './last-words.ts';
import type { World } from './world.ts';

const alert = { id: 'a', labels: { alertname: 'HighCpu', severity: 'warning' } } as unknown as AlertRow;
const pagers = {
  id: 'g',
  receiver: 'pager',
  route: '{}/{severity="critical"}',
  labels: { alertname: 'HighCpu' },
};

const toPager = (severity: Severity) =>
  aRoute({
    path: `{}/{severity="${severity}"}`,
    ...{ receiver: 'pager', matchers: matchersIn(`severity="${severity}"`), groupBy: ['alertname'] },
  });

type Said = Partial<NotificationRow>;

const toPagers: DigestRule = { everyMs: 300_000, severities: ['info'], max: 10, to: 'pager' };

/** The pager is told of what is critical, by another route of an emergency, by a digest of infos, and ops of the rest. */
function wordsOf(sendResolved: boolean, from: Said | readonly Said[], ...moves: [number, Severity][]) {
  const routes = [toPager('critical'), toPager('emergency')];
  const routing = {
    route: aRoute({ receiver: 'ops', groupBy: [], routes }),
    receivers: new Map([
      ['ops', aReceiver({ name: 'ops', digest: toPagers })],
      ['pager', aReceiver({ name: 'pager', sendResolved })],
    ]),
  };
  const said = [from].flat().map((row) => ({ groupId: 'g', receiver: 'pager', createdAt: 100, ...row }));
  const journal = { notificationsOf: new Map([['a', said]]) };
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

  describe('after another group of the same people took the alert over', () => {
    const body = JSON.stringify({ groupLabels: pagers.labels });
    const heir: Said = { groupId: 'heir', createdAt: 120, body };
    const isOver: Said = { ...heir, alerts: { a: 'resolved' } };
    const goes: [number, Severity][] = [
      [110, 'emergency'],
      [120, 'warning'],
    ];

    it('is the end that this one told', () => {
      expect(wordsOf(true, [fires, isOver], ...goes, [130, 'critical'])).toBe('resolved');
    });

    it('stands while this one told none', () => {
      expect(wordsOf(true, fires, [110, 'emergency'], [130, 'critical'])).toBe('firing');
    });

    it('stands where this one said since that it fires, and gave it back', () => {
      const again: Said = { ...heir, ...fires, createdAt: 130 };
      const back: [number, Severity][] = [...goes, [125, 'emergency'], [140, 'critical']];
      expect(wordsOf(true, [fires, isOver, again], ...back)).toBe('firing');
    });

    it('is not what others were told, or of other labels', () => {
      expect(wordsOf(true, [fires, { ...isOver, receiver: 'ops' }], ...goes)).toBe('firing');
      const other = JSON.stringify({ groupLabels: { alertname: 'DiskFull' } });
      expect(wordsOf(true, [fires, { ...isOver, body: other }], ...goes)).toBe('firing');
    });

    it('is not the end of one that took nothing over', () => {
      expect(wordsOf(true, [fires, isOver], [120, 'warning'])).toBe('firing');
    });

    it('is the end that their digest told', () => {
      const digest: Said = { ...isOver, reason: 'digest', body: '{"groupLabels":{}}' };
      expect(wordsOf(true, [fires, digest], [110, 'info'], [120, 'warning'])).toBe('resolved');
    });
  });
});
