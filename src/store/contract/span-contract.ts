// Store contract: walks over a span give exactly what fired, occurred or was made in it, of one tenant.
import { expect, it } from 'vitest';
import { labelSet } from '../../../rules/labels.ts';
import type { Effect } from '../../pipeline/effect.ts';
import type { DeliveryFigure, Episode } from '../span-reads.ts';
import { type Story, sending } from './harness.ts';
import { t0 } from './row-builders.ts';

const hourMs = 3_600_000;
const span = { tenant: 'acme', from: t0, to: t0 + hourMs };

export function spanContract(current: () => Story): void {
  const episodes = (of: typeof span = span): Episode[] => {
    const found: Episode[] = [];
    current().store.eachEpisode(of, (episode) => found.push(episode));
    return found.sort((a, b) => a.firedAt - b.firedAt);
  };

  it('walks over the episodes that fired in the span, whenever they began, and over its events', () => {
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
      resolvedAt: t0 + 7,
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
    const found = episodes();
    expect(found.map(({ kind, rule, firedAt }) => [kind, rule, firedAt - t0])).toEqual([
      ['alert', 'Slow', 0],
      ['event', null, 60_000],
      ['alert', 'HighCpu', hourMs - 1],
    ]);
    expect(found[2]).toMatchObject({
      severity: 'high',
      category: 'system',
      state: 'resolved',
      resolvedAt: t0 + 7,
      resolveReason: 'manual',
      acknowledgedAt: null,
    });
    expect(found[0]!.labelSet).not.toBe(found[2]!.labelSet);
    expect(store.labelsOf('acme', found[2]!.labelSet)).toEqual(labels);
    expect(store.labelsOf('globex', found[2]!.labelSet)).toBeNull();
  });

  it('knows when an episode was acknowledged first, also when that lapsed', () => {
    const { rows, commit } = current();
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
    expect(episodes().map(({ acknowledgedAt }) => acknowledgedAt! - t0)).toEqual([3_000, 2 * hourMs, 5_000]);
  });

  it('walks over the deliveries that were made in the span', () => {
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
    const found: DeliveryFigure[] = [];
    store.eachDelivery(span, (delivery) => found.push(delivery));
    const common = { channel: 'ops-hook' };
    expect(found).toEqual([
      { ...common, state: 'dead', reason: 'expired', attempts: 1, createdAt: t0, finishedAt: t0 + 500 },
      {
        ...{ ...common, state: 'sent', reason: null, attempts: 2 },
        ...{ createdAt: t0 + hourMs - 1, finishedAt: t0 + hourMs + 499 },
      },
    ]);
    const foreign: DeliveryFigure[] = [];
    store.eachDelivery({ ...span, tenant: 'globex' }, (delivery) => foreign.push(delivery));
    expect(foreign).toEqual([]);
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

  it('remembers a text over a restart', () => {
    const story = current();
    story.store.setMeta('report:weekly', '1');
    story.store.setMeta('report:weekly', '2');
    story.reopen();
    expect([story.store.meta('report:weekly'), story.store.meta('report:daily')]).toEqual(['2', null]);
  });
}
