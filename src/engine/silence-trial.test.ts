// A silence tried on messages that were sent.
import { describe, expect, it } from 'vitest';
import { labelSet } from '../../rules/labels.ts';
import type { AlertRow, NotificationRow } from '../pipeline/rows.ts';
import { matchersIn } from '../testing/pipeline-story.ts';
import { trySilence } from './silence-trial.ts';

interface Note {
  readonly alerts: readonly string[];
  readonly changed: readonly string[];
  readonly shown?: number;
}

/** Messages about hosts; alerts that they left out are known to the store. */
function sent(...notes: Note[]) {
  const rows = notes.map(({ alerts, changed, shown = alerts.length }, n): NotificationRow => {
    const message = {
      alerts: alerts.slice(0, shown).map((id) => ({ id, labels: { host: id }, severity: 'warning' })),
      changed: changed.slice(0, shown),
      truncated: alerts.length - shown,
    };
    return {
      ...({
        id: `note-${n}`,
        createdAt: n,
        receiver: 'ops',
        reason: 'first',
        source: 'alert',
      } as NotificationRow),
      alerts: Object.fromEntries(alerts.map((id) => [id, 'firing'])),
      body: JSON.stringify(message),
    };
  });
  const store = {
    notificationsBetween: (_: string, _from: number, _to: number, limit: number, cursor: string | null) => {
      const at = Number(cursor ?? 0);
      const next = at + limit < rows.length ? String(at + limit) : null;
      return { items: rows.slice(at, at + limit), next };
    },
    alert: (_: string, id: string) =>
      id === 'gone' ? null : ({ labels: labelSet({ host: id }), effectiveSeverity: 'warning' } as AlertRow),
  };
  let turns = 0;
  const ask = (limit: number, ...matchers: string[]) =>
    trySilence(
      store,
      { tenant: 'default', matchers: matchersIn(...matchers), from: 0, to: 1, limit },
      async () => void turns++,
    );
  return { ask, turns: () => turns };
}

describe('a silence tried on what was sent', () => {
  it('holds a message back whole when all of its news is taken, else in part', async () => {
    const { ask, turns } = sent(
      { alerts: ['a'], changed: ['a'] },
      { alerts: ['a', 'b'], changed: ['a'] },
      { alerts: ['a', 'b'], changed: ['b'] },
      { alerts: ['a', 'b'], changed: [] },
      { alerts: ['c'], changed: ['c'] },
      { alerts: ['a'], changed: [] },
    );
    const tried = await ask(3, 'host="a"', 'severity="warning"');
    expect(tried).toMatchObject({ messages: 6, whole: 3, inPart: 2, alerts: 1 });
    expect(tried.held.map(({ id, whole }) => [id, whole])).toEqual([
      ['note-0', true],
      ['note-1', true],
      ['note-2', false],
    ]);
    expect(turns()).toBe(2);
    expect(await ask(3, 'host="b"')).toMatchObject({ whole: 1, inPart: 2 });
  });

  it('asks the store for alerts that a message left out', async () => {
    const { ask } = sent({ alerts: ['a', 'b', 'gone'], changed: ['a', 'b', 'gone'], shown: 1 });
    expect(await ask(1, 'host=~"a|b"')).toMatchObject({ whole: 0, inPart: 1, alerts: 2 });
    const all = sent({ alerts: ['a', 'b'], changed: ['a', 'b'], shown: 1 });
    expect(await all.ask(1, 'host=~"a|b"')).toMatchObject({ whole: 1 });
    expect(await all.ask(1, 'host="a"')).toMatchObject({ whole: 0, inPart: 1 });
  });

  it('ends where a period has too many messages', async () => {
    const many = sent(...Array.from({ length: 20_001 }, () => ({ alerts: ['a'], changed: ['a'] })));
    await expect(many.ask(1, 'host="a"')).rejects.toMatchObject({ code: 'query_too_large' });
  });
});
