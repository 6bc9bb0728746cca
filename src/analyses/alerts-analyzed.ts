// Alerts of a span looked at afresh, as if they came now: patterns, and incidents without what people decided of them.
import {
  createIncidents,
  type Incident,
  type IncidentChange,
  observeIncidents,
  severityOf,
  titleOf,
} from '../../analysis/incidents/index.ts';
import { watchPatterns } from '../../analysis/patterns/index.ts';
import { type PatternFinding, patternNames } from '../../analysis/patterns/pattern.ts';
import { type AlertNews, type AlertSignal, type Edge, serviceOf } from '../../analysis/signals.ts';
import { graphOf } from '../../analysis/topology/index.ts';
import type { AlertRow } from '../pipeline/rows.ts';
import { signalOf } from './alert-signal.ts';
import type { FoundIncident } from './cause-messages.ts';
import { idFromAlert } from './id-from-alert.ts';

/** Patterns are told this often that time passes. */
const tickMs = 10_000;

/** When the row was born: a UUIDv7 says so. */
const bornAt = (id: string): number => Number.parseInt(id.slice(0, 8) + id.slice(9, 13), 16);

/** What became known of the alerts up to `until`, in order. */
export function newsOf(rows: readonly AlertRow[], until: number): AlertNews[] {
  const news: AlertNews[] = [];
  for (const row of rows) {
    const seenAt = Math.max(bornAt(row.id), row.kind === 'event' ? 0 : (row.firedAt ?? 0));
    const fired = signalOf(row, null, seenAt);
    news.push({ kind: 'fired', alert: fired, seenAt });
    if (row.kind === 'event' || row.resolvedAt === null || row.resolvedAt > until) continue;
    const endedAt = Math.max(seenAt, row.resolvedAt);
    news.push({ kind: 'resolved', alert: { ...fired, endedAt }, seenAt: endedAt });
  }
  const first = (one: AlertNews): number => (one.kind === 'fired' ? 0 : 1);
  return news.sort(
    (a, b) =>
      a.seenAt - b.seenAt ||
      first(a) - first(b) ||
      (a.alert.id < b.alert.id ? -1 : Number(a.alert.id > b.alert.id)),
  );
}

/** The last that was said of each occurrence, the oldest first. */
export function patternsIn(news: readonly AlertNews[], edges: readonly Edge[]): PatternFinding[] {
  const watch = watchPatterns(patternNames);
  const context = { edges };
  const found = new Map<string, PatternFinding>();
  const note = (said: readonly PatternFinding[]): void => {
    for (const one of said) found.set(`${one.pattern} ${one.key}`, one);
  };
  let at = news[0]?.seenAt ?? 0;
  for (const one of news) {
    for (; at + tickMs < one.seenAt; at += tickMs) note(watch.advance(at + tickMs, context));
    note(watch.observe(one, context));
    at = Math.max(at, one.seenAt);
  }
  // Some wait for what comes after.
  for (let tick = 0; tick < 6; tick++, at += tickMs) note(watch.advance(at + tickMs, context));
  return [...found.values()].sort((a, b) => a.from - b.from || a.foundAt - b.foundAt);
}

/** An incident and the ids of all its alerts, oldest first. */
export type Grouped = Omit<FoundIncident, 'cause' | 'count'>;

/** Incidents of the news, those with the most alerts first. */
export function incidentsIn(news: readonly AlertNews[], edges: readonly Edge[]): Grouped[] {
  const state = createIncidents();
  const graph = graphOf(edges);
  const known = new Map<string, { readonly incident: Incident; readonly alerts: string[] }>();
  const note = (change: IncidentChange): void => {
    const { incident } = change;
    const mine = known.get(incident.id) ?? { incident, alerts: [] };
    known.set(incident.id, mine);
    if (change.kind === 'opened') mine.alerts.push(change.alert);
    if (change.kind === 'joined') mine.alerts.push(change.join.alert);
    if (change.kind === 'merged') {
      mine.alerts.push(...(known.get(change.from.id)?.alerts ?? []));
      known.delete(change.from.id);
    }
  };
  for (const one of news)
    for (const change of observeIncidents(state, one, { graph, newId: idFromAlert })) note(change);
  return [...known.values()]
    .map(({ incident, alerts }) => ({
      ...{ title: titleOf(incident), severity: severityOf(incident) },
      ...{ openedAt: incident.openedAt, lastAt: incident.lastAt, alerts: alerts.sort() },
      services: [...incident.services.keys()],
    }))
    .sort((a, b) => b.alerts.length - a.alerts.length || a.openedAt - b.openedAt);
}

/** Given alerts as one incident, whatever belongs together. */
export function asOneIncident(alerts: readonly AlertSignal[]): Grouped {
  const ordered = [...alerts].sort((a, b) => a.at - b.at || (a.id < b.id ? -1 : Number(a.id > b.id)));
  const first = ordered[0]!;
  const services = new Set(ordered.flatMap(({ labels }) => serviceOf(labels) ?? []));
  const shares = new Map([...services].map((service) => [service, { count: 0, firstAt: 0, lastAt: 0 }]));
  const named = { name: first.name, service: serviceOf(first.labels) ?? first.name };
  return {
    title: titleOf({ first: named, count: ordered.length, services: shares }),
    severity: severityOf({ severities: new Map(ordered.map(({ severity }) => [severity, 1])) }),
    ...{ openedAt: first.at, lastAt: ordered.at(-1)!.at },
    alerts: ordered.map(({ id }) => id),
    services: [...services],
  };
}
