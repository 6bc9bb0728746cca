// Store contract: heartbeats that are expected, and episodes from outside that a person ended.
import { expect, it } from 'vitest';
import type { AlertRow, HeartbeatRow } from '../../pipeline/rows.ts';
import type { Story } from './harness.ts';
import { t0 } from './row-builders.ts';

export function heartbeatContract(current: () => Story): void {
  const row = (name: string, over: Partial<HeartbeatRow> = {}): HeartbeatRow => ({
    ...{ tenant: 'acme', name, since: t0, lastAt: null, failed: false },
    ...over,
  });

  it('is one row for each name of a tenant, as it was put last, over a restart', () => {
    const { commit, reopen } = current();
    commit([
      { put: 'heartbeat', row: row('b') },
      { put: 'heartbeat', row: row('a') },
      { put: 'heartbeat', row: row('gone') },
    ]);
    commit([{ put: 'heartbeat', row: row('b', { tenant: 'globex', lastAt: t0 + 1 }) }], 'globex');
    commit([
      { put: 'heartbeat', row: row('b', { lastAt: t0 + 5, failed: true }) },
      { put: 'heartbeat.removed', tenant: 'acme', name: 'gone' },
    ]);
    reopen();
    expect(current().store.heartbeats('acme')).toEqual([
      row('a'),
      row('b', { lastAt: t0 + 5, failed: true }),
    ]);
    expect(current().store.heartbeats('globex')).toEqual([row('b', { tenant: 'globex', lastAt: t0 + 1 })]);
  });

  it('knows which episodes from outside a person ended, the newest of each key', () => {
    const { commit, reopen, rows } = current();
    const ended = (over: Partial<AlertRow>): AlertRow => {
      rows.clock.at += 1;
      return rows.alert({
        source: 'grafana',
        state: 'resolved',
        resolvedAt: t0,
        resolveReason: 'manual',
        ...over,
      });
    };
    const all = [
      ended({ key: 'outside:a', pendingSince: t0 + 1 }),
      ended({ key: 'outside:a', pendingSince: t0 + 2 }),
      ended({ key: 'outside:b', pendingSince: t0, resolveReason: 'sender_resolved' }),
      ended({ key: 'rule:c', pendingSince: t0, source: 'rule' }),
    ];
    const open = rows.alert({
      source: 'grafana',
      key: 'outside:d',
      pendingSince: t0 + 3,
      resolveReason: null,
    });
    commit([...all, open].map((alert) => ({ put: 'alert' as const, row: alert, insert: true })));
    commit([
      {
        put: 'alert',
        row: { ...open, state: 'resolved', resolveReason: 'manual', resolvedAt: t0 + 4 },
        insert: false,
      },
    ]);
    reopen();
    expect(current().store.dismissed('acme')).toEqual([
      { key: 'outside:d', startsAt: t0 + 3 },
      { key: 'outside:a', startsAt: t0 + 2 },
    ]);
    expect(current().store.dismissed('globex')).toEqual([]);
  });
}
