// One tenant's state as the pipeline knows it. Each stage owns a slice: life cycle the alerts, grouping the groups.
// State is changed in place by `apply`; a failed commit throws it away and loads it again from the store.
import type { Rule } from '../../rules/types.ts';
import { Flaps } from './flaps.ts';
import type { Watch } from './heartbeat.ts';
import { Inhibition } from './inhibition.ts';
import type { Route, RoutingConfig } from './routing.ts';
import type { AlertRow, EventRow, GroupRow } from './rows.ts';
import { Silences } from './silences.ts';
import { Storms } from './storm.ts';

export type SuppressedBy = 'silenced' | 'inhibited' | 'muted' | 'snoozed' | 'flapping';

/** Why nothing is said of an alert at the moment. */
export interface Suppression {
  readonly by: SuppressedBy;
  /** Of the silences, of the alert that is the source, or the names of time intervals. */
  readonly ids: readonly string[];
  /** When it ends, epoch milliseconds; null: when what holds it changes. */
  readonly until: number | null;
}

/** A group with what is recomputed on load: its route and its members. */
export interface Group {
  readonly row: GroupRow;
  route: Route;
  /** Its key alone, as `memberOf` has it of alerts that are in no other group. */
  readonly alone: readonly string[];
  /** Ids of firing alerts, resolved ones of which something was said or is to be said, and waiting events. */
  readonly members: Set<string>;
  /** alert key → id of the episode that the notify log spoke of last. */
  readonly lastOfKey: Map<string, string>;
  /** Ids held back by the dedupe window: told by `refired`, or recorded if they end before. */
  readonly held: Set<string>;
  /** What was held back when the group was last looked at, by alert id. */
  readonly suppressed: Map<string, Suppression>;
  /** What its escalation goes by has changed: it is looked at as soon as can be. */
  changed?: boolean;
  /** When the first of its alerts becomes more urgent, if nothing changes; null or absent: none does. */
  promotesAt?: number | null;
}

export interface PipelineState {
  readonly tenant: string;
  readonly newId: () => string;
  routing: RoutingConfig;
  /** Rules of the tenant by name. */
  rules: ReadonlyMap<string, Rule>;
  /** By id: pending, firing, waiting events, and resolved alerts that a group still speaks of. */
  readonly alerts: Map<string, AlertRow>;
  /** alert key → the one open episode (kind alert, not resolved). */
  readonly openByKey: Map<string, AlertRow>;
  /** By group key. */
  readonly groups: Map<string, Group>;
  /** Those that are not over. */
  readonly silences: Silences;
  /** When alerts began to fire. */
  flaps: Flaps;
  /** What fires, as a source of inhibition. */
  inhibition: Inhibition;
  /** Id of a silence or of a source → keys of the groups in which it held something back when they were looked at. */
  readonly heldBy: Map<string, Set<string>>;
  /** alert id → keys of the groups it is in. */
  readonly memberOf: Map<string, readonly string[]>;
  /** Key of an alert from outside → when the last episode began that a person ended. */
  readonly dismissed: Map<string, number>;
  /** By name. */
  readonly heartbeats: Map<string, Watch>;
  /** How much comes, and whether that is a storm. */
  readonly storms: Storms;
}

export function emptyPipelineState(
  tenant: string,
  routing: RoutingConfig,
  rules: ReadonlyMap<string, Rule>,
  newId: () => string,
): PipelineState {
  return {
    tenant,
    newId,
    routing,
    rules,
    alerts: new Map(),
    openByKey: new Map(),
    groups: new Map(),
    memberOf: new Map(),
    silences: new Silences(),
    flaps: new Flaps(routing.flapping ?? null),
    inhibition: new Inhibition(routing.inhibit ?? []),
    heldBy: new Map(),
    dismissed: new Map(),
    heartbeats: new Map(),
    storms: new Storms(routing.storm ?? null),
  };
}

/** What one alert is about: computed once for a pair (rule, series), the same over all its episodes. */
export interface Subject {
  /** Identity over episodes; see `alertKey`. */
  readonly key: string;
  /** Full label set, with `alertname` and `severity`. */
  readonly labels: AlertRow['labels'];
  readonly fingerprint: string;
}

/** An event row about a group, that is about the notification of its alerts. */
export function groupEvent(
  state: PipelineState,
  group: Group,
  kind: string,
  reason: string | null,
  now: number,
  body: Readonly<Record<string, unknown>>,
): EventRow {
  const { id, groupKey } = group.row;
  return {
    ...{
      id: state.newId(),
      tenant: state.tenant,
      at: now,
      subjectKind: 'group',
      subjectId: id,
      kind,
      reason,
    },
    ...{ actor: null, topic: null, priority: null, correlationId: null, keep: 1 },
    body: { groupKey, ...body },
  };
}

/** An event row about an alert, with what all of them share filled in. */
export function alertEvent(
  state: PipelineState,
  alert: AlertRow,
  kind: string,
  reason: string | null,
  now: number,
  body: Readonly<Record<string, unknown>> = {},
  actor: string | null = null,
): EventRow {
  return {
    id: state.newId(),
    tenant: state.tenant,
    at: now,
    subjectKind: 'alert',
    subjectId: alert.id,
    kind,
    reason,
    actor,
    topic: null,
    priority: alert.priority,
    correlationId: null,
    // What a person or a key did belongs to the audit.
    keep: actor === null ? 1 : 2,
    body,
  };
}
