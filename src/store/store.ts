// The port to the state database. A method is one business fact and one transaction; all of them are synchronous in
// meaning: when they return (or resolve), what they wrote is durable as the store was told to be.

import type { ForecastModel, OutcomeCount } from '../../analysis/forecast/index.ts';
import type { PatternName } from '../../analysis/patterns/pattern.ts';
import type { Labels, Matcher } from '../../rules/types.ts';
import type {
  ConfigObjectKind,
  ConfigObjectRow,
  ConfigVersionRow,
  Effect,
  IdempotencyRow,
} from '../pipeline/effect.ts';
import type {
  AlertRow,
  AlertState,
  BreakerRow,
  ConfirmationRow,
  DeliveryRow,
  DeliveryState,
  DismissedRow,
  EventRow,
  FindingRow,
  ForecastRow,
  GroupRow,
  HeartbeatRow,
  IncidentAlertRow,
  IncidentRow,
  Lane,
  NotificationRow,
  PredictionRow,
  PredictionState,
  SavedParts,
  SeenKindRow,
  SilenceRow,
  StormRow,
  TallyRow,
} from '../pipeline/rows.ts';
import type { Pause } from '../policy/breaker.ts';
import type {
  AcceptedDelivery,
  ApiKeyRow,
  ConfigObjectVersion,
  CountedCalls,
  DeliveryOf,
  StoredEvent,
  TenantRow,
} from './rows.ts';
import type { SpanReads } from './span-reads.ts';

export const shardCount = 64;

export interface ShardLease {
  readonly shard: number;
  readonly epoch: number;
}

/** The effects of one shard's steps, in step order, with the epoch under which they were decided. */
export interface ShardCommit {
  readonly shard: number;
  readonly epoch: number;
  readonly effects: readonly Effect[];
}

export interface CommittedEvent {
  readonly shard: number;
  readonly seq: number;
  readonly row: EventRow;
}

/** What the audit is told of callers; `*` as tenant stands for the installation. */
export interface AuditNote {
  readonly tenant: string;
  readonly subjectKind: 'key' | 'system';
  readonly subjectId: string;
  readonly kind: string;
  readonly actor: string | null;
  readonly body: EventRow['body'];
}

/** A key that takes the place of another. */
export interface Rotation {
  readonly successor: ApiKeyRow;
  /** SHA-256 of the successor's text, hex. */
  readonly digest: string;
  /** When the old one ends; it never lives longer than it would have. */
  readonly oldUntil: number;
}

/**
 * When a commit answers. `on_disk`: nothing takes it back any more. `written`: no end of the process takes it back, and
 * `Store.onDisk` says when no loss of power does either.
 */
export type CommitSync = 'on_disk' | 'written';

/** Why a commit did not happen. `unknown`: it may have happened. */
export type StoreFailure = 'fenced' | 'full' | 'busy' | 'io' | 'corrupt' | 'unknown';

export class StoreError extends Error {
  readonly failure: StoreFailure;
  constructor(failure: StoreFailure, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'StoreError';
    this.failure = failure;
  }
}

/** Everything of a tenant that is not finished: what `step` and `plan` need to go on. */
export interface TenantSnapshot {
  /** Pending and firing alerts, events still waiting in a group (`nextAt` set), resolved ones in a group's notify log. */
  readonly alerts: readonly AlertRow[];
  readonly groups: readonly GroupRow[];
  /**
   * Deliveries of state queued or sending, and the finished ones at or after the oldest dead (or discarded) delivery of
   * an order key that belongs to an open group (so that a resolve can be told from one whose firing died).
   */
  readonly deliveries: readonly DeliveryOf[];
  /** Of the notifications of those that are queued or sending. */
  readonly tallies: readonly TallyRow[];
  /** Notifications of which every delivery died lately, and for which nobody was called instead. */
  readonly untold: readonly { readonly notificationId: string; readonly endedAt: number }[];
  /** Of the notifications of those that are queued or sending. */
  readonly confirmations: readonly ConfirmationRow[];
  readonly breakers: readonly BreakerRow[];
  /** Those whose end was not recorded yet. */
  readonly silences: readonly SilenceRow[];
}

export interface FindingFilter {
  readonly pattern?: PatternName;
  /** Was said then or later. */
  readonly since?: number;
  /** Began then or earlier. */
  readonly until?: number;
  /** Names this alert. */
  readonly alert?: string;
}

export interface PredictionFilter {
  readonly models?: readonly ForecastModel[];
  readonly states?: readonly PredictionState[];
  readonly minConfidence?: number;
  /** Its window ends then or later. */
  readonly since?: number;
  /** Its window begins then or earlier. */
  readonly until?: number;
  /** Was said with one of these alerts, or came true by one. */
  readonly alerts?: readonly string[];
}

export interface OccurrenceQuery {
  readonly tenant: string;
  readonly kind: 'event' | 'alert';
  readonly after: number;
  readonly bornAt: number;
  /** The values of `alertname` that are asked for; null: any. */
  readonly names: readonly string[] | null;
  readonly limit: number;
}

/** That an event occurred, an alert began to fire, or a pattern was found in alerts: then `labels` are those they share. */
export interface Occurrence {
  readonly rule: string | null;
  readonly labels: Labels;
  readonly at: number;
  readonly found?: { readonly pattern: PatternName; readonly confidence: number };
}

/** An alert of this key began to fire. */
export interface Firing {
  readonly key: string;
  readonly at: number;
}

/** A delivery taken for sending, with the message it carries. */
export interface ClaimedDelivery {
  readonly delivery: DeliveryRow;
  readonly alerts: NotificationRow['alerts'];
  /** NotificationRow.body. */
  readonly body: string;
}

export interface ClaimRequest {
  readonly now: number;
  readonly owner: string;
  readonly leaseMs: number;
  /** Per lane, urgent first; what a lane does not use is NOT given to the next. */
  readonly limits: Readonly<Record<Lane, number>>;
  /** Channels that are full at the moment, by lane: `tenant/channel`. */
  readonly except: Readonly<Record<Lane, ReadonlySet<string>>>;
}

export interface BehindRequest {
  readonly now: number;
  readonly owner: string;
  readonly leaseMs: number;
  readonly tenant: string;
  readonly orderKey: string;
  /** The delivery that goes first; it is the first of its order. */
  readonly deliveryId: string;
  readonly channel: string;
  readonly limit: number;
}

export interface ParkRequest {
  readonly now: number;
  readonly owner: string;
  readonly leaseMs: number;
  readonly pauses: readonly Pause[];
  /** Deliveries looked at in each lane. */
  readonly limit: number;
}

export interface Parked {
  /** The probes, those whose time is over, and those whose lease ran out. */
  readonly leased: readonly ClaimedDelivery[];
  /** How many were put off. */
  readonly parked: number;
}

export interface Page<T> {
  readonly items: readonly T[];
  /** Give it back as `cursor` for the next page; null at the end. */
  readonly next: string | null;
}

export interface AlertFilter {
  readonly kind?: 'alert' | 'event';
  readonly states?: readonly AlertState[];
  readonly rule?: string;
  /** Effective severities. */
  readonly severities?: readonly string[];
  readonly categories?: readonly string[];
  readonly fingerprint?: string;
  readonly assignee?: string;
  /** Whether somebody holds it at that time. */
  readonly acknowledged?: { readonly is: boolean; readonly at: number };
  /** Whether it is snoozed at that time. */
  readonly snoozed?: { readonly is: boolean; readonly at: number };
  /** Fired or occurred at that time or later. */
  readonly since?: number;
  /** Fired or occurred before that time. */
  readonly until?: number;
  /** Of the labels, with `severity` the effective one. */
  readonly matchers?: readonly Matcher[];
  /** As of `searchWords`: all are in its labels, annotations or comments. */
  readonly words?: readonly string[];
  /** Leaves out episodes that ended before they fired. */
  readonly firedOnly?: boolean;
  /** Only what was pending or firing, or occurred, at some time of this span; epoch milliseconds, both included. */
  readonly during?: { readonly from: number; readonly to: number };
}

export interface DeliveryFilter {
  readonly states?: readonly DeliveryState[];
  readonly notificationId?: string;
  readonly channel?: string;
}

export interface DeadLetterFilter {
  readonly channel?: string;
  /** Died at that time or later. */
  readonly since?: number;
}

export interface SilenceFilter {
  /** True: only those whose end was recorded; false: only the others. */
  readonly over?: boolean;
}

export interface IncidentFilter {
  readonly states?: readonly IncidentRow['state'][];
  /** Had an alert at that time or later. */
  readonly since?: number;
}

export interface StoredAnalysis extends SavedParts {
  /** Up to this event all is in the rows. */
  readonly cursor: number;
  /** Up to this event what is saved knows. */
  readonly savedCursor: number;
}

/** One line of the log about an alert. */
export interface AlertNewsLine {
  readonly seq: number;
  readonly at: number;
  readonly kind: 'fired' | 'resolved';
  readonly alert: string;
}

export interface AlertNewsPage {
  readonly lines: readonly AlertNewsLine[];
  /** Event up to which was looked. */
  readonly upTo: number;
  /** There may be more behind it. */
  readonly more: boolean;
}

export interface RetentionPolicy {
  readonly eventShortMs: number;
  readonly eventHistoryMs: number;
  readonly eventAuditMs: number;
  readonly alertMs: number;
  readonly deliveryMs: number;
}

export interface Store extends SpanReads {
  // -- ownership ------------------------------------------------------------------------------------------------
  /**
   * Takes every shard: raises each epoch, voids leases of older epochs (sending → queued, due now). A lease of another
   * owner counts as a crash under its delivery.
   */
  takeShards(owner: string, now: number): readonly ShardLease[];
  /** Creates the tenant if it is new; its shard is `hash(name) % shardCount`, stored. */
  ensureTenant(id: string, now: number): TenantRow;
  tenants(): readonly TenantRow[];

  // -- the step's commit ----------------------------------------------------------------------------------------
  /**
   * One transaction over all given shards. Gives events their `seq` and answers them in order.
   * @param sync `on_disk` unless told otherwise; a store may always do that.
   * @throws StoreError `fenced` when an epoch is stale (nothing was written), else by what went wrong.
   */
  commit(shards: readonly ShardCommit[], sync?: CommitSync): readonly CommittedEvent[];
  /**
   * Calls back once everything that was committed before is on the disk: at once where it is, in the order of the calls,
   * with an `io` StoreError where nobody can say it any more.
   */
  onDisk(done: (failed: StoreError | null) => void): void;
  /** Brings everything to the disk; whoever waits in `onDisk` has heard of it when it returns. Never throws. */
  sync(): void;
  loadTenant(tenant: string): TenantSnapshot;
  /** Heartbeats that are expected, with what is known of them. */
  /** Newest first. */
  findings(tenant: string, filter: FindingFilter, limit: number, cursor: string | null): Page<FindingRow>;
  /** What was found, or said anew, later than `after`, as rules hear of it; the newest first. */
  foundSince(query: Pick<OccurrenceQuery, 'tenant' | 'after' | 'limit'>): readonly Occurrence[];
  /** Newest first. */
  predictions(
    tenant: string,
    filter: PredictionFilter,
    limit: number,
    cursor: string | null,
  ): Page<PredictionRow>;
  prediction(tenant: string, id: string): PredictionRow | null;
  /** Those that the alert made come true, oldest first; ten at most. */
  predictionsOf(tenant: string, alert: string): readonly PredictionRow[];
  /** How many there are, by model, state and tenth of the confidence. */
  predictionCounts(tenant: string): readonly OutcomeCount[];
  /** What the forecast knew and up to where; null: nothing was saved. */
  forecast(tenant: string): ForecastRow | null;
  /** One piece of it; null: it is not there. */
  forecastPart(tenant: string, generation: number, part: number): string | null;
  heartbeats(tenant: string): readonly HeartbeatRow[];
  /** Alerts from outside whose newest episode a person ended, by key; the newest hundred thousand. */
  dismissed(tenant: string): readonly DismissedRow[];
  /**
   * Events, or alerts that fired, after `after`, the newest `limit` of those whose row was born at or after `bornAt` (of
   * alerts that are open also of those before); in no order. An event occurred five minutes after it was told at the
   * latest, whatever its sender says.
   */
  occurrences(query: OccurrenceQuery): readonly Occurrence[];
  /** The storm that lasts, or the last one; null: there was none. */
  storm(tenant: string): StormRow | null;
  /** Kinds of alerts and events that were seen, those seen longest ago first; the newest ten thousand. */
  seenKinds(tenant: string): readonly SeenKindRow[];
  /** When alerts began to fire and events came that were no repeats, after `after`, oldest first; from the log. */
  cameSince(tenant: string, after: number): readonly number[];
  /** When alerts began to fire, after `after`, by their keys: the newest 200,000 whose row was born since, in no order. */
  firings(tenant: string, after: number): readonly Firing[];

  // -- deliveries -----------------------------------------------------------------------------------------------
  /** Leases due deliveries whose order key has no earlier one open. Also takes leases that ran out. */
  claimDue(request: ClaimRequest): readonly ClaimedDelivery[];
  /**
   * Leases what may go along in the call of a delivery that is being sent: what is queued right behind it in its order and
   * due on the same channel, up to the first that is not.
   */
  claimBehind(request: BehindRequest): readonly ClaimedDelivery[];
  /**
   * Due deliveries of paused channels are put off (reason `breaker_open`), without a lease; where a probe is due, the one
   * that has waited for longest is leased.
   */
  parkDue(request: ParkRequest): Parked;
  /** The channel works again: makes up to `limit` of what waits for it due, oldest first; answers how many. */
  unpark(tenant: string, channel: string, now: number, limit: number): number;
  /** Calls to providers since that time, in the order of their times; forgets the older ones. */
  providerCalls(from: number): readonly CountedCalls[];
  /** When the next queued delivery (or a lease's end) is due; null when there is none. */
  nextDueAt(): number | null;
  delivery(tenant: string, id: string): DeliveryOf | null;
  /** Those that the provider knows by this id, of any tenant, the newest first; a thousand at most. */
  deliveriesOfProvider(channel: string, providerId: string): readonly AcceptedDelivery[];
  /** The delivery of that id, of whichever tenant; null also when it is no id. */
  deliveryNamed(id: string): AcceptedDelivery | null;
  /** In the order in which they were made. */
  deadLetters(tenant: string, filter: DeadLetterFilter, limit: number): readonly DeliveryOf[];
  deliveries(tenant: string, filter: DeliveryFilter, limit: number, cursor: string | null): Page<DeliveryRow>;
  deliveryCounts(tenant: string): Readonly<Record<DeliveryState, number>>;

  // -- reads ----------------------------------------------------------------------------------------------------
  alert(tenant: string, id: string): AlertRow | null;
  /**
   * Newest first. Looks at `look` rows of each kind at most (20,000 unless told otherwise): a page may have fewer items than
   * `limit`, or none, and go on.
   */
  alerts(
    tenant: string,
    filter: AlertFilter,
    limit: number,
    cursor: string | null,
    look?: number,
  ): Page<AlertRow>;
  events(
    tenant: string,
    subject: {
      kind: EventRow['subjectKind'];
      id: string;
      /** Only events of this kind. */
      only?: string;
    } | null,
    limit: number,
    cursor: string | null,
  ): Page<StoredEvent>;
  silence(tenant: string, id: string): SilenceRow | null;
  /** Newest first. */
  silences(tenant: string, filter: SilenceFilter, limit: number, cursor: string | null): Page<SilenceRow>;
  incident(tenant: string, id: string): IncidentRow | null;
  /** Newest first, without those that became part of others unless these are asked for. */
  incidents(tenant: string, filter: IncidentFilter, limit: number, cursor: string | null): Page<IncidentRow>;
  /** Newest first. */
  incidentAlerts(
    tenant: string,
    incident: string,
    limit: number,
    cursor: string | null,
  ): Page<IncidentAlertRow>;
  /** The incident that the alert is in; null: it is in none. */
  incidentOfAlert(tenant: string, alert: string): IncidentAlertRow | null;
  /** What the analyses of the tenant stored last; null: nothing yet. */
  analysis(tenant: string): StoredAnalysis | null;
  /** One piece of what is saved of it; null: it is not there. */
  analysisPart(tenant: string, generation: number, part: number): string | null;
  /** Alerts that began to fire, ended or occurred, behind that event of the log; oldest first. */
  alertNews(tenant: string, after: number, limit: number): AlertNewsPage;
  notification(tenant: string, id: string): NotificationRow | null;
  /** Who confirmed it, the first one first. */
  confirmations(tenant: string, notificationId: string): readonly ConfirmationRow[];
  /** Made from `from` on and before `to`, oldest first. */
  notificationsBetween(
    tenant: string,
    from: number,
    to: number,
    limit: number,
    cursor: string | null,
  ): Page<NotificationRow>;
  /** Notifications that name the alert, newest first. */
  notificationsOf(tenant: string, alertId: string, limit: number): readonly NotificationRow[];
  configVersion(tenant: string, kind: 'rule' | 'route', name: string, hash: string): ConfigVersionRow | null;
  idempotency(tenant: string, scope: string, key: string, now: number): IdempotencyRow | null;

  // -- what was configured through the API ----------------------------------------------------------------------
  /** Those that are not deleted, in the order in which they were made. */
  configObjects(tenant: string, kind: ConfigObjectKind): readonly ConfigObjectRow[];
  /** Also one that is deleted. */
  configObject(tenant: string, kind: ConfigObjectKind, id: string): ConfigObjectRow | null;
  /** The newest first; of an object with very many changes only the last ones are kept. */
  configObjectVersions(
    tenant: string,
    kind: ConfigObjectKind,
    id: string,
    limit: number,
    cursor: string | null,
  ): Page<ConfigObjectVersion>;

  // -- keys -----------------------------------------------------------------------------------------------------
  /** `digest` is SHA-256 of the whole key, hex. Adds an audit event. */
  addKey(key: ApiKeyRow, digest: string, actor: string | null, now: number): void;
  /** False when there is no such live key. Adds an audit event. */
  revokeKey(id: string, actor: string, now: number): boolean;
  /** Adds the successor and ends the old key, in one. False when there is no such live key. Adds audit events. */
  rotateKey(id: string, rotation: Rotation, actor: string, now: number): boolean;
  keyByDigest(digest: string): ApiKeyRow | null;
  keys(tenant: string | null): readonly ApiKeyRow[];
  touchKey(id: string, now: number): void;

  // -- audit ----------------------------------------------------------------------------------------------------
  /** Appends to the chain of each note's tenant. */
  recordAudit(notes: readonly AuditNote[], now: number): void;
  /** Audit events of a tenant, newest first; null for those of the installation. */
  auditEvents(tenant: string | null, limit: number, cursor: string | null): Page<StoredEvent>;

  // -- housekeeping ---------------------------------------------------------------------------------------------
  /** Deletes up to `limit` expired rows; true when there may be more. */
  retain(policy: RetentionPolicy, now: number, limit: number): boolean;
  /** A passive checkpoint; never blocks a writer. */
  checkpoint(): void;
  /** A write that proves that the store takes writes; throws StoreError. */
  probe(now: number): void;
  meta(key: string): string | null;
  /** Remembers a small text; keys of whoever remembers begin with a word and a colon, e.g. `report:weekly`. */
  setMeta(key: string, value: string): void;
  /** Figures for /metrics and the bench: rows per table, database bytes. */
  stats(): Readonly<Record<string, number>>;
  close(): void;
}
