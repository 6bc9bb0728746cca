// What people ask of incidents and of the topology, and what they decide about them.
import { trackRecord } from '../../analysis/forecast/index.ts';
import {
  adopt,
  closeByPerson,
  type Decided,
  mergeByPerson,
  reopenByPerson,
  splitByPerson,
  type Undecidable,
} from '../../analysis/incidents/index.ts';
import type { Edge } from '../../analysis/signals.ts';
import { nextVersion } from '../engine/object-change.ts';
import { refusal } from '../engine/refusal.ts';
import { ApiError, type ErrorCode } from '../errors.ts';
import { toIncidentBody } from '../http/bodies/incident-body.ts';
import type { TrackRecord } from '../http/bodies/prediction-body.ts';
import { type TopologyIn, toTopologyBody } from '../http/bodies/topology-body.ts';
import type { Effect } from '../pipeline/effect.ts';
import type { AlertRow, FindingRow, IncidentAlertRow, IncidentRow, PredictionRow } from '../pipeline/rows.ts';
import type { Actor, Answer, Idempotency } from '../services.ts';
import type { FindingFilter, IncidentFilter, Page, PredictionFilter, Store } from '../store/store.ts';
import { signalOf } from './alert-signal.ts';
import type { FoundInAlerts } from './cause-messages.ts';
import type { AnalyzeQuestion, CauseThreads } from './cause-threads.ts';
import { IncidentLedger, incidentOfRow, incidentRowOf } from './incident-rows.ts';
import type { KnownOfAlert } from './known-of-alert.ts';
import type { AnalysisRunner } from './runner.ts';
import type { TenantAnalyses } from './tenant-analyses.ts';

/** What is done with an incident. */
export type IncidentOrder =
  | { readonly do: 'merge'; readonly id: string; readonly from: readonly string[] }
  | { readonly do: 'split'; readonly id: string; readonly alerts: readonly string[] }
  | { readonly do: 'reopen'; readonly id: string }
  | { readonly do: 'close'; readonly id: string };

export interface AnalysisServices {
  incident(tenant: string, id: string): IncidentRow | null;
  /** Newest first. */
  incidents(tenant: string, filter: IncidentFilter, limit: number, cursor: string | null): Page<IncidentRow>;
  /** The alerts of an incident, newest first. */
  alertsOf(
    tenant: string,
    id: string,
    limit: number,
    cursor: string | null,
  ): Page<{ readonly entry: IncidentAlertRow; readonly alert: AlertRow | null }>;
  /** Resolves when what the person decided is durable; rejects with ApiError. */
  decide(
    tenant: string,
    order: IncidentOrder,
    actor: Actor,
    idempotency: Idempotency | null,
  ): Promise<Answer>;
  /**
   * Patterns, incidents and causes in stored alerts; nothing is stored. One at a time of each tenant. Rejects with
   * ApiError.
   */
  analyze(tenant: string, of: AnalyzeQuestion, signal?: AbortSignal): Promise<FoundInAlerts>;
  /** What is known of an alert at this moment; null: nothing. */
  knownOf(tenant: string, alert: string): KnownOfAlert | null;
  /** Newest first. */
  findings(tenant: string, filter: FindingFilter, limit: number, cursor: string | null): Page<FindingRow>;
  /** Newest first. */
  predictions(
    tenant: string,
    filter: PredictionFilter,
    limit: number,
    cursor: string | null,
  ): Page<PredictionRow>;
  trackRecord(tenant: string): TrackRecord;
  edges(tenant: string): readonly Edge[];
  /** The same for what is declared through the API, in place of what was declared so before. */
  declare(tenant: string, topology: TopologyIn, actor: Actor): Promise<Answer>;
}

export interface AnalysisServicePorts {
  readonly runner: AnalysisRunner;
  readonly threads: Pick<CauseThreads, 'analyze'>;
  readonly store: Store;
  readonly newId: () => string;
  readonly alert: (tenant: string, id: string) => AlertRow | null;
  /** Of the file. */
  readonly fileEdges: (tenant: string) => readonly Edge[];
}

const topologyName = 'topology';

/** What the API declares of a tenant. */
export function apiEdges(store: Pick<Store, 'configObjects'>, tenant: string): readonly Edge[] {
  const [row] = store.configObjects(tenant, 'topology');
  return row === undefined ? [] : edgesOfDocument(JSON.parse(row.body) as TopologyIn);
}

function edgesOfDocument({ edges }: TopologyIn): Edge[] {
  return edges.map(({ from, to, confidence }) => ({ from, to, confidence, source: 'declared' }));
}

const codeOf: Readonly<Record<Undecidable, ErrorCode>> = {
  unknown_incident: 'incident_not_found',
  same_incident: 'incident_same',
  closed: 'incident_closed',
  open: 'incident_open',
  no_alerts: 'alert_not_in_incident',
  all_alerts: 'incident_split_all',
  too_many_apart: 'too_many_splits',
};

/** A refusal that an order comes to. */
class NotDecided extends Error {
  readonly answer: Answer;
  constructor(answer: Answer) {
    super('not decided');
    this.answer = answer;
  }
}

export function createAnalysisServices(ports: AnalysisServicePorts): AnalysisServices {
  const { runner, store, newId } = ports;

  /** Makes the incident known to the analysis. */
  const known = (analyses: TenantAnalyses, id: string): void => {
    const row = store.incident(analyses.tenant, id);
    if (row === null) throw new NotDecided(refusal('incident_not_found', { details: { id } }));
    if (row.state === 'merged')
      throw new NotDecided(refusal('incident_merged', { details: { id, merged_into: row.mergedInto } }));
    adopt(analyses.incidents.state, incidentOfRow(row));
  };

  const decided = (analyses: TenantAnalyses, order: IncidentOrder, now: number): Decided => {
    const { state } = analyses.incidents;
    known(analyses, order.id);
    switch (order.do) {
      case 'merge':
        for (const id of order.from) known(analyses, id);
        return mergeByPerson(state, order.id, order.from, now);
      case 'split': {
        const alerts = [...new Set(order.alerts)].map((id) => {
          const entry = store.incidentOfAlert(analyses.tenant, id);
          const row = entry?.incident === order.id ? ports.alert(analyses.tenant, id) : null;
          if (row === null)
            throw new NotDecided(refusal('alert_not_in_incident', { details: { alert: id } }));
          return signalOf(row, row.resolvedAt, now);
        });
        return splitByPerson(state, { id: order.id, alerts, newId: newId() }, now);
      }
      case 'reopen':
        return reopenByPerson(state, order.id, now);
      case 'close':
        return closeByPerson(state, order.id, now);
    }
  };

  const carryOut = (
    analyses: TenantAnalyses,
    order: IncidentOrder,
    actor: Actor,
    now: number,
  ): { effects: Effect[]; answer: Answer } => {
    const { tenant } = analyses;
    try {
      const outcome = decided(analyses, order, now);
      if (!outcome.done) return { effects: [], answer: refusal(codeOf[outcome.why]) };
      const ledger = new IncidentLedger();
      for (const change of outcome.changes) ledger.note(change, { tenant, actor: actor.name, newId });
      const { incident } = outcome.changes.at(-1)!;
      const { cause = null, causeAt = null } = store.incident(tenant, incident.id) ?? {};
      const body = toIncidentBody({ ...incidentRowOf(tenant, incident, null), cause, causeAt });
      return { effects: ledger.flush(tenant), answer: { status: 200, body } };
    } catch (error) {
      if (error instanceof NotDecided) return { effects: [], answer: error.answer };
      throw error;
    }
  };

  const asked = async (order: Promise<Answer>): Promise<Answer> => {
    try {
      return await order;
    } catch (error) {
      if (error instanceof ApiError) throw error;
      throw new ApiError('unavailable', { retryAfter: 1, cause: error });
    }
  };

  return {
    incident: (tenant, id) => store.incident(tenant, id),
    incidents: (tenant, filter, limit, cursor) => store.incidents(tenant, filter, limit, cursor),
    alertsOf(tenant, id, limit, cursor) {
      const page = store.incidentAlerts(tenant, id, limit, cursor);
      return {
        items: page.items.map((entry) => ({ entry, alert: ports.alert(tenant, entry.alert) })),
        next: page.next,
      };
    },
    decide: (tenant, order, actor, idempotency) =>
      asked(
        runner.order(tenant, {
          idempotency,
          decide: (analyses, now) => carryOut(analyses, order, actor, now),
        }),
      ),
    analyze: (tenant, of, signal) => ports.threads.analyze(tenant, of, signal),
    knownOf: (tenant, alert) => runner.knownOf(tenant, alert),
    findings: (tenant, filter, limit, cursor) => store.findings(tenant, filter, limit, cursor),
    predictions: (tenant, filter, limit, cursor) => store.predictions(tenant, filter, limit, cursor),
    trackRecord: (tenant) => ({
      models: trackRecord(store.predictionCounts(tenant)),
      foretold: runner.foretoldOf(tenant),
    }),
    edges: (tenant) => runner.edges(tenant),
    declare: (tenant, topology, actor) =>
      asked(
        runner.order(tenant, {
          idempotency: null,
          decide(analyses, now) {
            const [before = null] = store.configObjects(tenant, 'topology');
            const body = JSON.stringify(topology);
            const next = { tenant, kind: 'topology' as const, name: topologyName, body };
            const row = nextVersion(before, next, { actor: actor.name, newId }, now);
            analyses.declare([...ports.fileEdges(tenant), ...edgesOfDocument(topology)], now);
            return {
              effects: [
                { put: 'config_object', row, action: before === null ? 'created' : 'replaced' },
                {
                  put: 'event',
                  row: {
                    ...{ id: newId(), tenant, at: now, subjectKind: 'topology', subjectId: row.id },
                    ...{ kind: before === null ? 'topology.created' : 'topology.changed', reason: null },
                    ...{ actor: actor.name, topic: null, priority: null, correlationId: null, keep: 2 },
                    body: {
                      version: row.version,
                      edges: topology.edges.length,
                      before: before === null ? 0 : (JSON.parse(before.body) as TopologyIn).edges.length,
                    },
                  },
                },
              ],
              answer: { status: 200, body: toTopologyBody(analyses.topology.graph.edges) },
            };
          },
        }),
      ),
  };
}
