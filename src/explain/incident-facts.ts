// What the analyses stored of one alert: the incident that it is in, why it joined, what broke, and patterns that name it.
import type { CauseCategory, RootCause } from '../../analysis/root-cause/hypothesis.ts';
import { incidentOfRow } from '../analyses/incident-rows.ts';
import type { AlertRow, FindingRow, IncidentRow } from '../pipeline/rows.ts';
import type { Store } from '../store/store.ts';

export interface IncidentFacts {
  readonly id: string;
  readonly alerts: number;
  readonly services: number;
  /** Its first alert. */
  readonly first: { readonly name: string; readonly service: string };
  readonly openedAt: number;
  /** When the alert joined, and what was seen then; null: it opened the incident. */
  readonly joinedAt: number;
  readonly why: Readonly<Record<string, unknown>> | null;
  /** Null: unknown, or nobody looked for it yet. */
  readonly cause: {
    readonly service: string;
    readonly category: CauseCategory;
    readonly confidence: number;
    /** When it was looked for. */
    readonly at: number;
  } | null;
}

const mostFindings = 10;
/** A pattern is said within a minute; clocks of senders are off by as much. */
const beforeMs = 60_000;

type Reads = Pick<Store, 'incident' | 'incidentOfAlert' | 'findings'>;

/** Null where the incident says nothing that the alert does not: it is alone in it, and nobody knows what broke. */
export function incidentFactsOf(store: Reads, tenant: string, alert: string): IncidentFacts | null {
  const entry = store.incidentOfAlert(tenant, alert);
  const row = entry === null ? null : store.incident(tenant, entry.incident);
  if (entry === null || row === null) return null;
  const cause = causeOf(row);
  if (cause === null && row.alerts <= 1) return null;
  const { first, services } = incidentOfRow(row);
  return {
    ...{ id: row.id, alerts: row.alerts, services: services.size, first, openedAt: row.openedAt },
    joinedAt: entry.at,
    why: entry.why === null ? null : (JSON.parse(entry.why) as Record<string, unknown>),
    cause,
  };
}

/** Patterns that name the alert, oldest first. */
export function findingsOf(store: Reads, alert: AlertRow): readonly FindingRow[] {
  const { id, tenant, firedAt } = alert;
  if (firedAt === null) return [];
  const filter = { alert: id, since: firedAt - beforeMs };
  return store.findings(tenant, filter, mostFindings, null).items.toReversed();
}

/** The best hypothesis, where it is believed. */
function causeOf({ cause, causeAt, lastAt }: IncidentRow): IncidentFacts['cause'] {
  if (cause === null) return null;
  const { verdict, hypotheses } = JSON.parse(cause) as RootCause;
  const [best] = hypotheses;
  if (verdict !== 'found' || best === undefined) return null;
  const { service, category, confidence } = best;
  return { service, category, confidence, at: causeAt ?? lastAt };
}
