// Store contract: alerts that are said to come, what became of that, and what the forecast knows.
import { expect, it } from 'vitest';
import type { PredictionRow } from '../../pipeline/rows.ts';
import type { Story } from './harness.ts';
import { t0 } from './row-builders.ts';

const minute = 60_000;

export function predictionContract(current: () => Story): void {
  const id = (n: number) => `0198f1e2-0000-7000-8000-${String(n).padStart(12, '0')}`;
  const row = (n: number, over: Partial<PredictionRow> = {}): PredictionRow => ({
    ...{ tenant: 'acme', id: id(n), model: 'renewal', record: 'renewal', key: `rule:A:{"n":"${n}"}` },
    ...{ matches: 'key', labels: { alertname: 'A', 'größe "x"': '1' }, figures: { occurrences: 4 } },
    ...{ madeAt: t0 + n, storedAt: t0 + n + 5, from: t0 + minute, to: t0 + 2 * minute },
    ...{ confidence: 0.6, score: 0.66, alert: id(900 + n), series: null },
    ...{ state: 'open', scoredAt: null, outcome: null },
    ...over,
  });
  const put = (...rows: readonly PredictionRow[]) => {
    for (const one of rows) current().commit([{ put: 'prediction', row: one }], one.tenant);
  };
  const list = (filter = {}, tenant = 'acme') =>
    current()
      .store.predictions(tenant, filter, 100, null)
      .items.map((one) => one.id);

  it('keeps a prediction as it was made, and once what became of it, over a restart', () => {
    const first = row(1, { model: 'capacity', record: 'capacity', alert: null, series: 'A: disk{}' });
    put(first, row(2));
    const came = { ...row(2), state: 'came_true', scoredAt: t0 + minute, outcome: id(77) } as const;
    put(came);
    // Said again, or with another outcome: what became of it stands.
    put(row(2), { ...came, state: 'missed', outcome: null });
    put({ ...first, confidence: 0.1, key: 'other' });
    current().reopen();
    expect(current().store.prediction('acme', first.id)).toEqual(first);
    expect(current().store.prediction('acme', came.id)).toEqual(came);
    expect(current().store.prediction('globex', came.id)).toBeNull();
    expect(current().store.prediction('acme', 'no id')).toBeNull();
  });

  it('lists those of a tenant, newest first, by model, state, confidence, time and alert, a page at a time', () => {
    put(
      row(1),
      row(2, { model: 'cascade', confidence: 0.9, state: 'missed', scoredAt: t0 + 3 * minute }),
      row(3, { model: 'burst', state: 'came_true', scoredAt: t0 + minute, outcome: id(50) }),
      row(4, { from: t0 + 10 * minute, to: t0 + 11 * minute }),
      row(5, { tenant: 'globex', outcome: id(50), state: 'came_true' }),
    );
    expect(list()).toEqual([4, 3, 2, 1].map(id));
    expect(list({}, 'globex')).toEqual([id(5)]);
    expect(list({ models: ['cascade', 'burst'] })).toEqual([3, 2].map(id));
    expect(list({ states: ['open'] })).toEqual([4, 1].map(id));
    expect(list({ states: ['open'], since: t0 + 5 * minute })).toEqual([id(4)]);
    expect(list({ states: ['missed', 'came_true'] })).toEqual([3, 2].map(id));
    expect(list({ minConfidence: 0.9 })).toEqual([id(2)]);
    expect(list({ since: t0 + 2 * minute, until: t0 + 9 * minute })).toEqual([3, 2, 1].map(id));
    expect(list({ until: t0 })).toEqual([]);
    expect(list({ alerts: [id(50), id(901), 'no id'] })).toEqual([3, 1].map(id));
    const { store } = current();
    const first = store.predictions('acme', {}, 3, null);
    const next = store.predictions('acme', {}, 3, first.next);
    expect([...first.items, ...next.items].map((one) => one.id)).toEqual([4, 3, 2, 1].map(id));
    expect(next.next).toBeNull();
    expect(() => store.predictions('acme', {}, 3, 'no cursor')).toThrow();
    expect(store.predictionsOf('acme', id(50)).map((one) => one.id)).toEqual([id(3)]);
    expect(store.predictionsOf('acme', id(51))).toEqual([]);
  });

  it('lists those of alerts once each, whether said with them or come true by them, a page at a time', () => {
    const came = { state: 'came_true', scoredAt: t0 } as const;
    put(
      row(1, { ...came, alert: id(50), outcome: id(51) }),
      row(2, { alert: id(50), confidence: 0.9 }),
      row(3, { ...came, alert: null, outcome: id(50) }),
      row(4, { alert: null }),
      row(5, { tenant: 'globex', alert: id(50) }),
    );
    const asked = { alerts: [id(50), id(51), id(50)] };
    expect(list(asked)).toEqual([3, 2, 1].map(id));
    expect(list({ ...asked, states: ['open'] })).toEqual([id(2)]);
    expect(
      list({ ...asked, models: ['renewal'], minConfidence: 0.9, since: t0, until: t0 + minute }),
    ).toEqual([id(2)]);
    expect(list({ alerts: [] })).toEqual([]);
    expect(list({ alerts: ['no id'] })).toEqual([]);
    const { store } = current();
    const first = store.predictions('acme', asked, 2, null);
    const next = store.predictions('acme', asked, 2, first.next);
    expect([first, next].map(({ items }) => items.map((one) => one.id))).toEqual([[3, 2].map(id), [id(1)]]);
    expect(next.next).toBeNull();
  });

  it('looks at so many at most for one page, and goes on from there in the next one', () => {
    const missed = { state: 'missed', scoredAt: t0 } as const;
    const many = Array.from({ length: 20_010 }, (_, n) => row(100 + n, missed));
    current().commit(many.map((one) => ({ put: 'prediction', row: one })));
    put(row(1, { confidence: 0.9 }), row(2, { ...missed, confidence: 0.9 }));
    const { store } = current();
    const first = store.predictions('acme', { minConfidence: 0.9 }, 10, null);
    expect(first.items).toEqual([]);
    const next = store.predictions('acme', { minConfidence: 0.9 }, 10, first.next);
    expect([next.items.map((one) => one.id), next.next]).toEqual([[2, 1].map(id), null]);
    // What is open is looked for among what is open alone.
    const open = store.predictions('acme', { states: ['open'], minConfidence: 0.9 }, 10, null);
    expect([open.items.map((one) => one.id), open.next]).toEqual([[id(1)], null]);
  });

  it('counts them by model, state and tenth of the confidence', () => {
    const missed = { state: 'missed', scoredAt: t0 } as const;
    put(row(1, missed), row(2, { ...missed, confidence: 0.69 }), row(3), row(4, { confidence: 1 }));
    put(row(5, { tenant: 'globex' }));
    expect(current().store.predictionCounts('acme')).toEqual([
      { model: 'renewal', bin: 6, state: 'missed', count: 2, sum: expect.closeTo(1.29) },
      { model: 'renewal', bin: 6, state: 'open', count: 1, sum: 0.6 },
      { model: 'renewal', bin: 9, state: 'open', count: 1, sum: 1 },
    ]);
    expect(current().store.predictionCounts('nobody')).toEqual([]);
  });

  it('keeps the pieces of what the forecast knows; those count of which all are there', () => {
    const { commit, reopen } = current();
    const part = (generation: number, no: number, body: string) =>
      commit([{ put: 'forecast.part', row: { tenant: 'acme', generation, part: no, body } }]);
    const kept = { tenant: 'acme', cursor: 7, generation: 1, parts: 2, at: t0 };
    expect(current().store.forecast('acme')).toBeNull();
    for (const no of [0, 1, 2]) part(1, no, `{"old":${no}}`);
    for (const no of [0, 1]) part(1, no, `{"new":${no}}`);
    expect(current().store.forecast('acme')).toBeNull();
    commit([{ put: 'forecast', row: kept }]);
    part(0, 0, 'half of the next one');
    reopen();
    const { store } = current();
    expect(store.forecast('acme')).toEqual(kept);
    expect([0, 1, 2].map((no) => store.forecastPart('acme', 1, no))).toEqual([
      '{"new":0}',
      '{"new":1}',
      null,
    ]);
    expect(store.forecast('globex')).toBeNull();
    expect(store.forecastPart('globex', 1, 0)).toBeNull();
  });

  it('forgets those whose outcome is known when alerts are forgotten, and of very many the oldest', () => {
    const { retainAll, store } = current();
    const policy = {
      ...{ eventShortMs: 1e12, eventHistoryMs: 1e12, eventAuditMs: 1e12 },
      ...{ deliveryMs: 1e12, alertMs: 10 * minute },
    };
    put(
      row(1, { state: 'missed', scoredAt: t0 }),
      row(2),
      row(3, { madeAt: t0 + 5 * minute, state: 'missed' }),
    );
    retainAll(policy, t0 + 12 * minute);
    expect(list()).toEqual([3, 2].map(id));
    const many = Array.from({ length: 20_010 }, (_, n) => row(100 + n, { state: 'missed', scoredAt: t0 }));
    current().commit(many.map((one) => ({ put: 'prediction', row: one })));
    put(row(1, { tenant: 'globex', state: 'missed', scoredAt: t0 }));
    retainAll({ ...policy, alertMs: 1e12 }, t0 + 2 * 3_600_000);
    expect(store.predictionCounts('acme').reduce((sum, { count }) => sum + count, 0)).toBe(20_001);
    expect(store.prediction('acme', id(2))).not.toBeNull();
    expect(store.prediction('acme', id(100))).toBeNull();
    expect(store.prediction('acme', id(20_109))).not.toBeNull();
    expect(list({}, 'globex')).toEqual([id(1)]);
  });
}
