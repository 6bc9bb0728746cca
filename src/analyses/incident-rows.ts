// Incidents as rows and events, and back.
import {
  type Incident,
  type IncidentChange,
  restoredIncident,
  type SavedIncident,
  savedIncident,
  severityOf,
  titleOf,
} from '../../analysis/incidents/index.ts';
import type { Effect } from '../pipeline/effect.ts';
import type { EventRow, IncidentRow } from '../pipeline/rows.ts';

/** Alerts that one event names. */
const namedInEvent = 100;

/** @param mergedInto The incident that it is part of from now on. */
export function incidentRowOf(tenant: string, incident: Incident, mergedInto: string | null): IncidentRow {
  const { closedAt, closeReason } = incident;
  return {
    ...{ tenant, id: incident.id, title: titleOf(incident), severity: severityOf(incident) },
    state: mergedInto !== null ? 'merged' : closedAt === null ? 'open' : 'closed',
    ...{ openedAt: incident.openedAt, lastAt: incident.lastAt, endedAt: incident.endedAt },
    ...{ closedAt, closeReason, mergedInto, alerts: incident.count },
    services: [...incident.services.keys()],
    held: incident.held,
    body: JSON.stringify(savedIncident(incident)),
    version: 1,
    // What broke is a row's own: no other change of the incident touches it.
    ...{ cause: null, causeAt: null },
  };
}

/** What the analysis knew of it when it was stored last. */
export function incidentOfRow({ body }: IncidentRow): Incident {
  return restoredIncident(JSON.parse(body) as SavedIncident);
}

interface Hand {
  readonly tenant: string;
  /** Null: the analysis itself. */
  readonly actor: string | null;
  readonly newId: () => string;
}

/** Collects changes of incidents until they are stored: events in their order, each incident's row once, as it is then. */
export class IncidentLedger {
  readonly #effects: Effect[] = [];
  readonly #touched = new Map<string, { readonly incident: Incident; readonly into: string | null }>();
  /** The event that further alerts of one incident are named in. */
  #joined: { readonly incident: string; readonly alerts: string[] } | null = null;

  get waiting(): number {
    return this.#effects.length + this.#touched.size;
  }

  note(change: IncidentChange, hand: Hand): void {
    const { tenant } = hand;
    const { incident, at } = change;
    this.#touched.set(incident.id, { incident, into: null });
    switch (change.kind) {
      case 'opened':
        this.#alert(tenant, change.alert, incident.id, at, null);
        this.#event(hand, incident.id, 'incident.opened', at, null, { alerts: [change.alert] });
        return;
      case 'joined': {
        const { alert, reason, figures } = change.join;
        this.#alert(tenant, alert, incident.id, at, JSON.stringify({ reason, ...figures }));
        if (this.#joined?.incident === incident.id && this.#joined.alerts.length < namedInEvent) {
          this.#joined.alerts.push(alert);
          return;
        }
        const alerts = [alert];
        this.#event(hand, incident.id, 'incident.joined', at, null, { alerts });
        this.#joined = { incident: incident.id, alerts };
        return;
      }
      case 'merged':
        this.#touched.set(change.from.id, { incident: change.from, into: incident.id });
        this.#effects.push({ put: 'incident.moved', tenant, from: change.from.id, into: incident.id });
        this.#event(hand, incident.id, 'incident.merged', at, null, { from: change.from.id });
        return;
      case 'split':
        this.#touched.set(change.from.id, { incident: change.from, into: null });
        for (const alert of change.alerts)
          this.#alert(tenant, alert, incident.id, at, JSON.stringify({ reason: 'split' }));
        this.#event(hand, incident.id, 'incident.split', at, null, {
          from: change.from.id,
          alerts: change.alerts,
        });
        return;
      case 'closed':
        this.#event(hand, incident.id, 'incident.closed', at, change.reason, {});
        return;
      case 'reopened':
        this.#event(hand, incident.id, 'incident.reopened', at, null, {
          ...(change.alert !== null && { alerts: [change.alert] }),
        });
        return;
    }
  }

  #alert(tenant: string, alert: string, incident: string, at: number, why: string | null): void {
    this.#effects.push({ put: 'incident.alert', row: { tenant, alert, incident, at, why } });
  }

  #event(
    { tenant, actor, newId }: Hand,
    subjectId: string,
    kind: string,
    at: number,
    reason: string | null,
    body: EventRow['body'],
  ): void {
    this.#joined = null;
    this.#effects.push({
      put: 'event',
      row: {
        ...{ id: newId(), tenant, at, subjectKind: 'incident', subjectId, kind, reason, actor, body },
        ...{ topic: null, priority: null, correlationId: null },
        // What a person decides is audited, as everything that people do.
        keep: actor === null ? 1 : 2,
      },
    });
  }

  /** Everything since the last time. */
  flush(tenant: string): Effect[] {
    const rows = [...this.#touched.values()].map(
      ({ incident, into }): Effect => ({ put: 'incident', row: incidentRowOf(tenant, incident, into) }),
    );
    this.#touched.clear();
    this.#joined = null;
    return [...rows, ...this.#effects.splice(0)];
  }

  /** The same of what is stored: without the rows, which are the dear part. */
  recall(): Effect[] {
    this.#touched.clear();
    this.#joined = null;
    return this.#effects.splice(0);
  }
}
