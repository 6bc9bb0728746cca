// Store contract: reads of a span count exactly what fired, occurred or was made in it, of one tenant.
import { expect, it } from 'vitest';
import { labelSet } from '../../../rules/labels.ts';
import type { Effect } from '../../pipeline/effect.ts';
import { type Story, sending } from './harness.ts';
import { t0 } from './row-builders.ts';

const hourMs = 3_600_000;
const span = { tenant: 'acme', from: t0, to: t0 + hourMs };

export function spanContract(current: () => Story): void {
  it('counts the episodes that fired in the span, whenever they began, and its events', () => {
    const { rows, commit, store } = current();
    const put = (born: number, firedAt: number | null, changes: object = {}, tenant = 'acme') => {
      rows.clock.at = born;
      const row = rows.alert({ tenant, firedAt, ...changes });
      commit([{ put: 'alert', row, insert: true }], tenant);
      return row;
    };
    const rule = {
      tenant: 'acme',
      kind: 'rule',
      name: 'Slow',
      hash: 'h',
      origin: 'api',
      firstAt: t0,
    } as const;
    commit([{ put: 'config_version', row: { ...rule, body: JSON.stringify({ forMs: 30 * 24 * hourMs }) } }]);
    const labels = labelSet({ host: 'b' });
    put(t0 - 30 * 24 * hourMs, t0, { rule: 'Slow' });
    put(t0 - 2 * hourMs, t0 - 1);
    put(t0, null, { state: 'pending' });
    put(t0 + 2 * hourMs, t0 + hourMs - 1, {
      labels,
      state: 'resolved',
      resolvedAt: t0 + hourMs + 4_999,
      resolveReason: 'manual',
    });
    put(t0 + hourMs, t0 + hourMs);
    // Told ten days after it occurred.
    put(t0 + 240 * hourMs, t0 + 60_000, {
      kind: 'event',
      state: 'resolved',
      rule: null,
      effectiveSeverity: 'info',
    });
    put(t0, t0, {}, 'globex');
    const none = { resolved: 0, resolvedByHand: 0, toAcknowledge: [], toResolve: [] };
    const told = (by: 'rule' | 'severity' | 'category' | null) =>
      store.episodes(span, by).toSorted((a, b) => String(a.name).localeCompare(String(b.name)));
    expect(told('rule')).toEqual([
      {
        ...none,
        kind: 'alert',
        name: 'HighCpu',
        count: 1,
        resolved: 1,
        resolvedByHand: 1,
        toResolve: [5_000],
      },
      { ...none, kind: 'event', name: null, count: 1, resolved: 1 },
      { ...none, kind: 'alert', name: 'Slow', count: 1 },
    ]);
    expect(told('severity').map(({ kind, name, count }) => [kind, name, count])).toEqual([
      ['alert', 'high', 2],
      ['event', 'info', 1],
    ]);
    expect(told('category').map(({ kind, name, count }) => [kind, name, count])).toEqual([
      ['alert', 'system', 2],
      ['event', 'system', 1],
    ]);
    expect(told(null).map(({ kind, name, count }) => [kind, name, count])).toEqual([
      ['alert', null, 2],
      ['event', null, 1],
    ]);
    expect(store.topLabelSets(span, 1)).toEqual([{ labels: rows.alert().labels, fired: 1, events: 1 }]);
    expect(store.topLabelSets(span, 9)[1]).toEqual({ labels, fired: 1, events: 0 });
    const quarters = store.episodeQuarters(span).toSorted((a, b) => a.from - b.from);
    expect(quarters.map(({ fired, resolved, events }) => [fired, resolved, events])).toEqual([
      [1, 0, 1],
      [1, 1, 0],
    ]);
    expect(quarters.map(({ from }) => from % 900_000)).toEqual([0, 0]);
    expect(store.episodes({ ...span, tenant: 'nobody' }, null)).toEqual([]);
  });

  it('knows when an episode was acknowledged first, also when that lapsed', () => {
    const { rows, commit, store } = current();
    const alert = rows.alert({ ackedAt: t0 + 9_000 });
    const lapsed = rows.alert({ firedAt: t0 + 1 });
    const plain = rows.alert({ firedAt: t0 + 2, ackedAt: t0 + 5_000 });
    const acknowledged = (subjectId: string, at: number): Effect => {
      const actor = 'key:ann';
      return { put: 'event', row: rows.event({ subjectId, at, kind: 'alert.acknowledged', keep: 2, actor }) };
    };
    commit([
      ...[alert, lapsed, plain].map((row): Effect => ({ put: 'alert', row, insert: true })),
      acknowledged(alert.id, t0 + 3_000),
      acknowledged(alert.id, t0 + 9_000),
      acknowledged(lapsed.id, t0 + 2 * hourMs),
    ]);
    const [group] = store.episodes(span, null);
    expect(group!.toAcknowledge.toSorted((a, b) => a - b)).toEqual([3_000, 4_998, 2 * hourMs - 1]);
  });

  it('counts the deliveries that were made in the span', () => {
    const { rows, commit, store } = current();
    const made: number[] = [-1, 0, hourMs - 1, hourMs];
    for (const [n, after] of made.entries()) {
      rows.clock.at = t0 + after;
      const note = rows.notification();
      const ended = {
        state: n % 2 ? 'dead' : 'sent',
        reason: n % 2 ? 'expired' : null,
        attempts: n,
      } as const;
      commit(sending(note, rows.delivery(note, { ...ended, finishedAt: t0 + after + 500 })));
    }
    const common = { channel: 'ops-hook', count: 1 };
    expect(store.deliveryGroups(span).toSorted((a, b) => a.attempts - b.attempts)).toEqual([
      { ...common, state: 'dead', reason: 'expired', attempts: 1, toAccept: [] },
      { ...common, state: 'sent', reason: null, attempts: 2, toAccept: [500] },
    ]);
    expect(store.deliveryGroups({ ...span, to: span.to + 1 })).toMatchObject([
      { state: 'dead', count: 2, attempts: 4 },
      { state: 'sent', count: 1 },
    ]);
    expect(store.deliveryGroups({ ...span, tenant: 'globex' })).toEqual([]);
  });

  it('counts what was held back, and what people did', () => {
    const { rows, commit, store } = current();
    const event = (changes: object, tenant = 'acme') =>
      commit([{ put: 'event', row: rows.event({ tenant, ...changes }) }], tenant);
    for (const at of [t0 - 1, t0, t0 + hourMs - 1, t0 + hourMs])
      event({ at, kind: 'notify.skipped', reason: 'resolved_before_notify' });
    event({ kind: 'notify.held', reason: 'within_dedupe_window' });
    event({ kind: 'notify.suppressed', reason: 'silenced' });
    event({ kind: 'notify.suppressed', reason: 'silenced' }, 'globex');
    event({ kind: 'alert.acknowledged', actor: 'key:ann', keep: 2 });
    event({ kind: 'alert.acknowledged', actor: 'key:ann', keep: 2 });
    event({ kind: 'delivery.retry', actor: 'key:bob', keep: 2 });
    event({ kind: 'delivery.retry', actor: 'key:eve', keep: 2 }, 'globex');
    event({ at: t0 + hourMs, kind: 'rule.created', actor: 'key:bob', keep: 2 });
    expect(store.heldBack(span)).toEqual([
      { kind: 'notify.skipped', reason: 'resolved_before_notify', count: 2 },
      { kind: 'notify.held', reason: 'within_dedupe_window', count: 1 },
      { kind: 'notify.suppressed', reason: 'silenced', count: 1 },
    ]);
    const acts = [
      { kind: 'alert.acknowledged', actor: 'key:ann', count: 2 },
      { kind: 'delivery.retry', actor: 'key:bob', count: 1 },
    ];
    expect(store.acts(span, 10)).toEqual(acts);
    expect(store.acts(span, 1)).toEqual(acts.slice(0, 1));
  });

  it('counts the storms that began in the span: those that are over, and one that lasts', () => {
    const { rows, commit, store } = current();
    const figures = { count: 150, summed: 120, alone: 9, summaries: 4 };
    const over = (startedAt: number, at: number, tenant = 'acme') => {
      const body = { startedAt, ...figures, kinds: {} };
      const row = rows.event({ tenant, at, subjectKind: 'storm', kind: 'storm.ended', body });
      commit([{ put: 'event', row }], tenant);
    };
    over(t0 - 1, t0 + 5);
    over(t0, t0 + 600_000);
    over(t0 + hourMs - 1, t0 + 2 * hourMs);
    over(t0 + hourMs, t0 + 2 * hourMs);
    over(t0 + 7, t0 + 8, 'globex');
    const lasting = (tenant: string, endedAt: number | null) => {
      const row = { tenant, id: rows.newId(), startedAt: t0 + 60_000, hotAt: t0 + 60_000, endedAt };
      commit([{ put: 'storm', row: { ...row, ...figures, kinds: new Map() } }], tenant);
    };
    lasting('acme', null);
    // What is over is known from the log alone.
    lasting('globex', t0 + 70_000);
    expect(store.storms(span)).toEqual([
      { startedAt: t0, endedAt: t0 + 600_000, ...figures },
      { startedAt: t0 + 60_000, endedAt: null, ...figures },
      { startedAt: t0 + hourMs - 1, endedAt: t0 + 2 * hourMs, ...figures },
    ]);
    expect(store.storms({ ...span, tenant: 'globex' })).toMatchObject([{ startedAt: t0 + 7 }]);
    expect(store.storms({ ...span, tenant: 'nobody' })).toEqual([]);
  });

  it('remembers a text over a restart', () => {
    const story = current();
    story.store.setMeta('report:weekly', '1');
    story.store.setMeta('report:weekly', '2');
    story.reopen();
    expect([story.store.meta('report:weekly'), story.store.meta('report:daily')]).toEqual(['2', null]);
  });
}
