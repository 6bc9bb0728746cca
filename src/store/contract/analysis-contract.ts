// Store contract: patterns that were found, incidents with their alerts and causes, and how far the log was read.
import { expect, it } from 'vitest';
import { labelSet } from '../../../rules/labels.ts';
import type { Effect } from '../../pipeline/effect.ts';
import type { FindingRow, IncidentRow } from '../../pipeline/rows.ts';
import type { Story } from './harness.ts';
import { t0 } from './row-builders.ts';

const minute = 60_000;

export function analysisContract(current: () => Story): void {
  const id = (n: number) => `0198f1e2-0000-7000-8000-${String(n).padStart(12, '0')}`;
  const finding = (n: number, over: Partial<FindingRow> = {}): FindingRow => ({
    ...{ tenant: 'acme', id: id(n), pattern: 'burst', key: `k${n}`, from: t0, to: t0 + minute },
    ...{ foundAt: t0 + minute, updatedAt: t0 + minute, confidence: 0.9, figures: { alerts: 5, services: 2 } },
    ...{ scope: labelSet({ service: 'größe "x"' }), alerts: [id(901), id(902)] },
    ...over,
  });
  const incident = (n: number, over: Partial<IncidentRow> = {}): IncidentRow => ({
    ...{ tenant: 'acme', id: id(n), state: 'open', title: `A on ${n}`, severity: 'high', openedAt: t0 },
    ...{ lastAt: t0 + n, endedAt: null, closedAt: null, closeReason: null, mergedInto: null, alerts: 1 },
    ...{ services: ['cart'], held: false, body: '{"n":1}', version: 1, cause: null, causeAt: null },
    ...over,
  });
  const put = (...rows: readonly (FindingRow | IncidentRow)[]) => {
    for (const row of rows)
      current().commit(['pattern' in row ? { put: 'finding', row } : { put: 'incident', row }], row.tenant);
  };
  const findings = (filter = {}, tenant = 'acme') =>
    current()
      .store.findings(tenant, filter, 100, null)
      .items.map((one) => one.id);
  const incidents = (filter = {}, tenant = 'acme') =>
    current()
      .store.incidents(tenant, filter, 100, null)
      .items.map((one) => one.id);
  const joins = (alert: number, of: number, tenant = 'acme') =>
    current().commit(
      [
        {
          put: 'incident.alert',
          row: { tenant, alert: id(alert), incident: id(of), at: t0, why: '{"hops":1}' },
        },
      ],
      tenant,
    );

  it('has a pattern as it was said last, found when it was first, each tenant its own', () => {
    put(finding(1), finding(2, { pattern: 'storm', updatedAt: t0 + 5 * minute }));
    put(finding(3, { tenant: 'globex' }));
    const more = { to: t0 + 9 * minute, updatedAt: t0 + 9 * minute, confidence: 0.95, alerts: [id(903)] };
    put(finding(1, { ...more, foundAt: t0 + 9 * minute }));
    current().reopen();
    expect(current().store.findings('acme', { pattern: 'burst' }, 9, null).items).toEqual([finding(1, more)]);
    expect(findings()).toEqual([2, 1].map(id));
    expect(findings({}, 'globex')).toEqual([id(3)]);
    expect(findings({ since: t0 + 6 * minute })).toEqual([id(1)]);
    expect(findings({ until: t0 - 1 })).toEqual([]);
    expect(findings({ alert: id(903) })).toEqual([id(1)]);
    const page = current().store.findings('acme', {}, 1, null);
    expect(
      current()
        .store.findings('acme', {}, 1, page.next)
        .items.map((one) => one.id),
    ).toEqual([id(1)]);
    const found = current().store.foundSince({ tenant: 'acme', after: t0 + 6 * minute, limit: 9 });
    expect(found).toMatchObject([{ labels: { service: 'größe "x"' }, found: { pattern: 'burst' } }]);
  });

  it('has incidents as they were put last, by state and time, and counts how often they were', () => {
    put(incident(1), incident(2, { lastAt: t0 + 5 * minute }), incident(3, { tenant: 'globex' }));
    const closed = {
      state: 'closed',
      closedAt: t0 + minute,
      endedAt: t0 + 9,
      closeReason: 'person',
    } as const;
    put(incident(1, { ...closed, services: ['cart', 'db'], alerts: 4, held: true }));
    put(incident(4, { state: 'merged', mergedInto: id(2) }));
    current().reopen();
    expect(current().store.incident('acme', id(1))).toEqual(
      incident(1, { ...closed, services: ['cart', 'db'], alerts: 4, held: true, version: 2 }),
    );
    expect(current().store.incident('globex', id(1))).toBeNull();
    expect(current().store.incident('acme', 'no id')).toBeNull();
    expect(incidents()).toEqual([2, 1].map(id));
    expect(incidents({ states: ['merged'] })).toEqual([id(4)]);
    expect(incidents({ states: ['open'] }, 'globex')).toEqual([id(3)]);
    expect(incidents({ since: t0 + 4 * minute })).toEqual([id(2)]);
    const page = current().store.incidents('acme', {}, 1, null);
    expect(
      current()
        .store.incidents('acme', {}, 1, page.next)
        .items.map((one) => one.id),
    ).toEqual([id(1)]);
  });

  it('has the alerts of an incident, also when it becomes part of another one', () => {
    put(incident(1), incident(2));
    for (const n of [901, 902]) joins(n, 1);
    joins(903, 2);
    joins(904, 1, 'globex');
    const of = (n: number, tenant = 'acme') =>
      current()
        .store.incidentAlerts(tenant, id(n), 9, null)
        .items.map((one) => one.alert);
    expect(of(1)).toEqual([902, 901].map(id));
    current().commit([{ put: 'incident.moved', tenant: 'acme', from: id(1), into: id(2) }]);
    current().reopen();
    expect([of(1), of(2), of(1, 'globex')]).toEqual([[], [903, 902, 901].map(id), [id(904)]]);
    expect(current().store.incidentOfAlert('acme', id(901))).toEqual({
      ...{ tenant: 'acme', alert: id(901), incident: id(2), at: t0, why: '{"hops":1}' },
    });
    expect(current().store.incidentOfAlert('globex', id(901))).toBeNull();
    const page = current().store.incidentAlerts('acme', id(2), 2, null);
    expect(current().store.incidentAlerts('acme', id(2), 2, page.next).items).toHaveLength(1);
  });

  it('has what broke beside the incident: no other change of it touches that, and a list has the first alone', () => {
    put(incident(1), incident(1, { tenant: 'globex' }));
    const first = { service: 'db', category: 'change', confidence: 0.8, evidence: [{ kind: 'order' }] };
    const cause = JSON.stringify({ verdict: 'found', hypotheses: [first, { ...first, service: 'web' }] });
    current().commit([{ put: 'incident.cause', row: { tenant: 'acme', id: id(1), cause, at: t0 + 5 } }]);
    put(incident(1, { alerts: 9 }));
    current().reopen();
    expect(current().store.incident('acme', id(1))).toMatchObject({
      cause,
      causeAt: t0 + 5,
      alerts: 9,
      version: 3,
    });
    const [listed] = current().store.incidents('acme', {}, 9, null).items;
    expect(JSON.parse(listed!.cause!)).toEqual({
      verdict: 'found',
      hypotheses: [{ ...first, evidence: [] }],
    });
    expect(current().store.incident('globex', id(1))).toMatchObject({ cause: null, causeAt: null });
  });

  it('knows how far the log was read, and what was known where the state was saved', () => {
    const { commit, store } = current();
    const row = { tenant: 'acme', at: t0 };
    const piece = (generation: number, part: number, body: string): Effect => ({
      put: 'analysis.part',
      row: { tenant: 'acme', generation, part, body },
    });
    const bodies = (generation: number) =>
      [0, 1, 2].map((part) => current().store.analysisPart('acme', generation, part));
    expect(store.analysis('acme')).toBeNull();
    expect(() => commit([{ put: 'analysis', row: { ...row, cursor: 3, saved: null } }])).toThrow();
    commit([0, 1, 2].map((part) => piece(0, part, `old ${part}`)));
    commit([{ put: 'analysis', row: { ...row, cursor: 3, saved: { generation: 0, parts: 3 } } }]);
    commit([{ put: 'analysis', row: { ...row, cursor: 7, saved: null } }]);
    expect(store.analysis('acme')).toEqual({ cursor: 7, savedCursor: 3, generation: 0, parts: 3 });
    // Pieces of the next one count when the row says so; what is left of one that was longer is forgotten.
    commit([0, 1, 2].map((part) => piece(1, part, `new ${part}`)));
    expect(store.analysis('acme')).toMatchObject({ generation: 0, parts: 3 });
    commit([{ put: 'analysis', row: { ...row, cursor: 9, saved: { generation: 1, parts: 2 } } }]);
    current().reopen();
    expect(current().store.analysis('acme')).toEqual({ cursor: 9, savedCursor: 9, generation: 1, parts: 2 });
    expect(bodies(0)).toEqual(['old 0', 'old 1', 'old 2']);
    expect(bodies(1)).toEqual(['new 0', 'new 1', null]);
    expect(current().store.analysis('globex')).toBeNull();
    expect(current().store.analysisPart('globex', 1, 0)).toBeNull();
  });

  it('forgets patterns, and incidents that are over, when alerts are forgotten', () => {
    put(finding(1), finding(2, { updatedAt: t0 + 20 * minute }));
    const closed = { state: 'closed', closedAt: t0 } as const;
    put(incident(1, closed), incident(2), incident(3, { ...closed, lastAt: t0 + 20 * minute }));
    joins(901, 1);
    current().retainAll(
      {
        ...{ eventShortMs: 1e12, eventHistoryMs: 1e12, eventAuditMs: 1e12 },
        ...{ deliveryMs: 1e12, alertMs: 10 * minute },
      },
      t0 + 25 * minute,
    );
    expect([findings(), incidents()]).toEqual([[id(2)], [3, 2].map(id)]);
    expect(current().store.incidentOfAlert('acme', id(901))).toBeNull();
  });
}
