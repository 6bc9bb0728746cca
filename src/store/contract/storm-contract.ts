// Store contract: a tenant's storm, the kinds that were seen, and how much came lately.
import { expect, it } from 'vitest';
import type { EventRow, SeenKindRow, StormRow } from '../../pipeline/rows.ts';
import type { Story } from './harness.ts';
import { t0 } from './row-builders.ts';

export function stormContract(current: () => Story): void {
  const id = (n: number) => `0198f1e2-0000-7000-8000-${String(n).padStart(12, '0')}`;
  const row = (over: Partial<StormRow> = {}): StormRow => ({
    ...{ tenant: 'acme', id: id(1), startedAt: t0, hotAt: t0, endedAt: null },
    ...{ count: 101, summed: 0, alone: 0, summaries: 0, kinds: new Map([['Disk "full"', 101]]) },
    ...over,
  });

  it('is one row for each tenant, as it was put last, over a restart', () => {
    const { commit, reopen } = current();
    commit([{ put: 'storm', row: row() }]);
    commit([{ put: 'storm', row: row({ tenant: 'globex', id: id(2) }) }], 'globex');
    const later = { hotAt: t0 + 5, count: 200, summed: 150, alone: 3, summaries: 4 };
    commit([{ put: 'storm', row: row({ ...later, endedAt: t0 + 9 }) }]);
    reopen();
    expect(current().store.storm('acme')).toEqual(row({ ...later, endedAt: t0 + 9 }));
    expect(current().store.storm('globex')).toEqual(row({ tenant: 'globex', id: id(2) }));
    expect(current().store.storm('nobody')).toBeNull();
  });

  it('knows the kinds that were seen, those seen longest ago first', () => {
    const { commit, reopen } = current();
    const kind = (name: string, at: number): SeenKindRow => ({
      ...{ tenant: 'acme', name, seenAt: t0 + at, first: id(at) },
    });
    for (const one of [kind('a', 1), kind('b', 2), kind('c', 3), kind('a', 4)])
      commit([{ put: 'seen_kind', row: one }]);
    commit([{ put: 'seen_kind.removed', tenant: 'acme', name: 'b' }]);
    reopen();
    expect(current().store.seenKinds('acme')).toEqual([kind('c', 3), kind('a', 4)]);
    expect(current().store.seenKinds('globex')).toEqual([]);
  });

  it('knows when alerts began to fire and events came lately, each tenant its own, oldest first', () => {
    const { commit } = current();
    let n = 0;
    const line = (kind: string, at: number, over: Partial<EventRow> = {}) => ({
      put: 'event' as const,
      row: {
        ...{ id: id(++n), tenant: 'acme', at: t0 + at, subjectKind: 'alert', subjectId: id(99), kind },
        ...{ reason: null, actor: null, topic: null, priority: null, correlationId: null, keep: 1, body: {} },
        ...over,
      } as EventRow,
    });
    commit([line('alert.firing', 0), line('alert.firing', 1), line('event.received', 2)]);
    commit([line('alert.resolved', 3), line('event.received', 4, { reason: 'within_dedupe_window' })]);
    commit([line('alert.firing', 5, { tenant: 'globex' })], 'globex');
    commit([line('alert.firing', 6, { reason: 'no_data' })]);
    const since = (tenant: string) =>
      current()
        .store.cameSince(tenant, t0)
        .map((at) => at - t0);
    expect(since('acme')).toEqual([1, 2, 6]);
    expect(since('globex')).toEqual([5]);
    expect(since('nobody')).toEqual([]);
  });
}
