// The rows of the state database as the program sees them: ids are UUID strings, label sets are label sets,
// times are epoch milliseconds. How a store lays them down (16-byte ids, interned label sets) is its own affair.
import type { Prediction, RecordName } from '../../analysis/forecast/index.ts';
import type { PatternName } from '../../analysis/patterns/pattern.ts';
import type { Locale } from '../../channels/message.ts';
import type { TimeIntervalSpec } from '../../rules/time-interval-spec.ts';
import type { Category, Finding, Labels, MatchOperator, Priority, Severity } from '../../rules/types.ts';
import type { Target } from './target.ts';

export type AlertState = 'pending' | 'firing' | 'resolved';
export type ResolveReason =
  | 'condition_cleared'
  | 'cleared_while_pending'
  | 'no_data'
  | 'manual'
  | 'rule_removed'
  | 'series_expired'
  /** Whoever sent it said that it is over, */
  | 'sender_resolved'
  /** or had said until when it would last. */
  | 'ends_at_passed'
  | 'occurred'; // an event: an occurrence without an end is born resolved

/** One firing episode of an alert, or one event. */
export interface AlertRow {
  readonly tenant: string;
  readonly id: string;
  readonly kind: 'alert' | 'event';
  /** Identity over episodes: rule and series labels without severity; for events their dedupe key; for alerts from outside who sent them and all their labels. */
  readonly key: string;
  /** `rule` for our own rules, else who sent it. */
  readonly source: string;
  readonly rule: string | null;
  readonly ruleHash: string | null;
  readonly labels: Labels;
  readonly fingerprint: string;
  state: AlertState;
  /** As the rule said at the episode's start. */
  readonly severity: Severity;
  /** As levels and promotion made it since: matchers and group_by on `severity` read this. */
  effectiveSeverity: Severity;
  /** What it was raised to since nobody ended it: no level of its rule takes it below that. Null or absent: nothing. */
  promoted?: Severity | null;
  /** Since when it has that severity; null or absent: since it fired. */
  severitySince?: number | null;
  /** Follows the effective severity, where the rule does not set another. */
  priority: Priority;
  readonly category: Category;
  value: number | null;
  /** Of one about an unusual value: what was expected when it was last found so. Null or absent: it is not about one. */
  finding?: Finding | null;
  annotations: Readonly<Record<string, string>>;
  readonly dedupKey: string | null;
  /** Sample time of the first true verdict of the episode. */
  pendingSince: number | null;
  /** Sample time of the verdict that made it fire; for an event the time it occurred. */
  firedAt: number | null;
  /** Sample time until which keep_firing_for holds a verdict that turned false; null while the verdict is true. */
  keepUntil: number | null;
  lastSampleAt: number | null;
  /** Alerts from outside: when their sender lets them end. */
  endsAt: number | null;
  resolvedAt: number | null;
  resolveReason: ResolveReason | null;
  /** Who took it; an acknowledgement that has ended stays here. */
  ackedBy: string | null;
  ackedAt: number | null;
  ackUntil: number | null;
  /** Nothing is said of it before; one that has ended stays here. */
  snoozedUntil: number | null;
  snoozedBy: string | null;
  assignee: string | null;
  /** How many comments it has. */
  comments: number;
  /** Next deadline that belongs to this row alone (an event waiting in a group, an acknowledgement's or a snooze's end). */
  nextAt: number | null;
  version: number;
}

/** What is known of a heartbeat that is expected: one row for each name. */
export interface HeartbeatRow {
  readonly tenant: string;
  readonly name: string;
  /** Since when it is expected. */
  since: number;
  /** Null: it never came. */
  lastAt: number | null;
  /** What it said last: that its job failed. */
  failed: boolean;
}

/** An episode from outside that a person ended: its sender may go on telling of it. */
export interface DismissedRow {
  readonly key: string;
  /** When it began, by its sender's clock. */
  readonly startsAt: number;
}

/** What the notify log says of one alert of a group. */
export interface Notified {
  readonly key: string;
  readonly status: 'firing' | 'resolved' | 'event';
  /** When that notification was decided. */
  readonly at: number;
  /** How urgent it was said to be; absent: as it was at the episode's start. */
  readonly severity?: Severity;
  /** It was said that it flaps. */
  readonly flapping?: true;
  /** Since when the alert is another group's, where that is still to be said here. */
  readonly left?: number;
  /** It has ended, which is held back, and something newer of its key was said since: the receiver is to hear no more of it. */
  readonly displaced?: true;
}

/** Whom steps have told, and of which alerts: they are to hear of the end of these. */
export interface ToldByStep {
  readonly to: readonly Target[];
  /** Ids. */
  readonly alerts: readonly string[];
}

/** How far the escalation of a group's notification has come. Replaced when it changes, never written into. */
export interface EscalationRow {
  /** Name of the policy. */
  readonly policy: string;
  /** When the group was told. */
  readonly startedAt: number;
  /** From 0: how often all steps were taken. */
  readonly round: number;
  /** Steps of this round that were taken. */
  readonly level: number;
  /** One for all steps that have the same targets. */
  readonly told: readonly ToldByStep[];
  readonly state: 'waiting' | 'paused' | 'exhausted';
  /** When the next step comes; of one that is paused when it is looked at again; null: when something changes. */
  readonly nextAt: number | null;
  /** What pauses it. */
  readonly by: string | null;
  /** Of one that is paused: what was left of the delay. */
  readonly leftMs: number | null;
}

export interface GroupRow {
  readonly tenant: string;
  readonly id: string;
  readonly receiver: string;
  /** Path of the route's matchers, e.g. `{}/{severity="critical"}`. */
  readonly route: string;
  readonly groupKey: string;
  readonly labels: Labels;
  readonly openedAt: number;
  nextAt: number | null;
  nextReason: string | null;
  lastSentAt: number | null;
  lastReason: string | null;
  /** alert id → what was last said of it. */
  notified: Readonly<Record<string, Notified>>;
  /** Of a digest: when the first that waits in it came, and when it goes out; null or absent: nothing waits. */
  collectSince?: number | null;
  collectUntil?: number | null;
  /** Null or absent: nothing is to be escalated. */
  escalation?: EscalationRow | null;
}

/** A tenant's storm, the present one or the last. */
export interface StormRow {
  readonly tenant: string;
  readonly id: string;
  readonly startedAt: number;
  /** When something came last that was too much for calm. */
  hotAt: number;
  /** Null: it lasts. */
  endedAt: number | null;
  /** Alerts that began to fire, and events, with those that made it a storm. */
  count: number;
  /** Of these: told in summaries, and by themselves since it began; an alert that several receivers hear of counts for each. */
  summed: number;
  alone: number;
  /** Summaries that went out. */
  summaries: number;
  /** How many of each kind, of the first two hundred kinds. */
  readonly kinds: Map<string, number>;
}

/** A kind of alerts or events that was seen. */
export interface SeenKindRow {
  readonly tenant: string;
  readonly name: string;
  /** About when it was seen last. */
  readonly seenAt: number;
  /** Id of the alert that was the first of it. */
  readonly first: string;
}

/** Somebody wants to hear nothing of what these matchers take, from one time to another. */
export interface SilenceRow {
  readonly tenant: string;
  readonly id: string;
  matchers: readonly { readonly name: string; readonly op: MatchOperator; readonly value: string }[];
  startsAt: number;
  endsAt: number;
  /** It holds at these times only, between its start and its end; null: all the time. */
  recurs: readonly TimeIntervalSpec[] | null;
  comment: string;
  readonly createdBy: string;
  readonly createdAt: number;
  updatedBy: string;
  updatedAt: number;
  /** When it was told that it ends soon, for the end that it has. */
  remindedAt: number | null;
  /** How often it began to hold an alert back, or dropped an event. */
  held: number;
  /** From 1; each change by a person is the next one. */
  version: number;
  /** Its end was recorded: it is history. */
  closed: boolean;
}

/** An incident as it is stored: what people read of it, and what the analysis knows (`body`, JSON). */
export interface IncidentRow {
  readonly tenant: string;
  readonly id: string;
  readonly state: 'open' | 'closed' | 'merged';
  readonly title: string;
  /** The highest of its alerts. */
  readonly severity: Severity;
  readonly openedAt: number;
  /** When its latest alert joined, and when its latest one ended. */
  readonly lastAt: number;
  readonly endedAt: number | null;
  readonly closedAt: number | null;
  readonly closeReason: 'quiet' | 'room' | 'person' | null;
  /** The incident that it became part of. */
  readonly mergedInto: string | null;
  /** How many alerts it has. */
  readonly alerts: number;
  /** Services that it reached, or what stands in their place; the latest last. */
  readonly services: readonly string[];
  /** A person opened it again. */
  readonly held: boolean;
  readonly body: string;
  readonly version: number;
  /**
   * JSON of a `RootCause`, and when it was looked for. It is written by itself (`IncidentCauseRow`); in a list it has its
   * first hypothesis alone, without evidence.
   */
  readonly cause: string | null;
  readonly causeAt: number | null;
}

/** What broke, as far as it is known at this time. */
export interface IncidentCauseRow {
  readonly tenant: string;
  readonly id: string;
  /** JSON of a `RootCause`. */
  readonly cause: string;
  readonly at: number;
}

/** An alert is in an incident. `why` is JSON: what spoke for it; null: it opened the incident. */
export interface IncidentAlertRow {
  readonly tenant: string;
  readonly alert: string;
  readonly incident: string;
  readonly at: number;
  readonly why: string | null;
}

/** How far the analyses of a tenant have read the log. */
export interface AnalysisRow {
  readonly tenant: string;
  /** Event number; what came up to it is in the rows. */
  readonly cursor: number;
  readonly at: number;
  /** What they know then is in the pieces of this generation; null: what was saved before stays. */
  readonly saved: SavedParts | null;
}

/**
 * The pieces of this generation, 0 or 1, are what counts. Those of the other one lie beside them: the state before, or as
 * much as is there of the next one.
 */
export interface SavedParts {
  readonly generation: number;
  readonly parts: number;
}

/** A piece of a state that is saved; nothing, until a row says that all of its generation are there. */
export interface StatePartRow {
  readonly tenant: string;
  readonly generation: number;
  readonly part: number;
  /** JSON. */
  readonly body: string;
}

/** A pattern that was found in alerts, as it was said last. */
export interface FindingRow {
  readonly tenant: string;
  readonly id: string;
  readonly pattern: PatternName;
  /** Of the occurrence: the same whenever more is said of it. */
  readonly key: string;
  readonly from: number;
  readonly to: number;
  readonly foundAt: number;
  readonly updatedAt: number;
  /** 0 … 1. */
  readonly confidence: number;
  /** Labels that all its alerts share. */
  readonly scope: Labels;
  /** Ids; of very many the first and the latest. */
  readonly alerts: readonly string[];
  readonly figures: Readonly<Record<string, number>>;
}

/** `withdrawn`: what it says was known, or its time over, before it was stored. */
export const predictionStates = ['open', 'came_true', 'missed', 'withdrawn'] as const;
export type PredictionState = (typeof predictionStates)[number];

/** An alert that is said to come, and what became of that. */
export interface PredictionRow extends Prediction {
  readonly tenant: string;
  /** 0 … 1: the model's own measure, by which the confidence was found in this record. */
  readonly score: number;
  readonly record: RecordName;
  /** When it was about to be stored: what had come by then was not foretold. */
  readonly storedAt: number;
  /** The alert with which it was said; null: time passed, or it was a sample of `series`. */
  readonly alert: string | null;
  /** Rule, metric and labels; null: it is about alerts alone. */
  readonly series: string | null;
  readonly state: PredictionState;
  readonly scoredAt: number | null;
  /** Id of the alert that came; null: none did, or not yet. */
  readonly outcome: string | null;
}

/** What the forecast of a tenant knows. */
export interface ForecastRow extends SavedParts {
  readonly tenant: string;
  /** Event number: what came up to it is in the pieces. */
  readonly cursor: number;
  readonly at: number;
}

/** 0: kept 24 h. 1: history, 90 days. 2: audit, 400 days and in the tenant's hash chain. */
export type Keep = 0 | 1 | 2;

/** One line of the only log there is: alert history, explain, audit and realtime. `seq` is the store's to give. */
export interface EventRow {
  readonly id: string;
  readonly tenant: string;
  readonly at: number;
  readonly subjectKind:
    | 'alert'
    | 'group'
    | 'notification'
    | 'delivery'
    | 'channel'
    | 'rule'
    | 'route'
    | 'template'
    | 'override'
    | 'person'
    | 'team'
    | 'schedule'
    | 'escalation'
    | 'reach_test'
    | 'silence'
    | 'incident'
    | 'finding'
    | 'topology'
    | 'storm'
    | 'key'
    | 'config'
    | 'system';
  readonly subjectId: string;
  /** e.g. `alert.firing`, `delivery.sent`, `notify.skipped`. */
  readonly kind: string;
  readonly reason: string | null;
  /** `key:<name>` or `user:<name>` for people and programs; null for ourselves. */
  readonly actor: string | null;
  readonly topic: string | null;
  readonly priority: Priority | null;
  readonly correlationId: string | null;
  readonly keep: Keep;
  readonly body: Readonly<Record<string, unknown>>;
}

/**
 * What a notification says of an alert. `standing`: it fires, and an earlier one of the group said so already; whether
 * that one got through is policy's to know.
 */
export type Saying = 'firing' | 'standing' | 'resolved' | 'event';

/** Whether a message says that the alert fires. */
export function saysFiring(saying: Saying | undefined): boolean {
  return saying === 'firing' || saying === 'standing';
}

/** What a notification says to one of its recipients: what stands may be news there. */
export function sayingsTo(
  { alerts, newTo }: Pick<NotificationRow, 'alerts' | 'newTo'>,
  recipient: string,
): Readonly<Record<string, Saying>> {
  const news = newTo?.[recipient];
  if (news === undefined) return alerts;
  return { ...alerts, ...Object.fromEntries(news.map((id) => [id, 'firing' as const])) };
}

export interface NotificationRow {
  readonly tenant: string;
  readonly id: string;
  readonly source: 'alert' | 'api' | 'system';
  readonly kind: string;
  readonly groupId: string | null;
  readonly receiver: string | null;
  readonly template: string | null;
  readonly reason: string;
  /** alert id → what this notification says of it. */
  readonly alerts: Readonly<Record<string, Saying>>;
  /** By recipient: of what stands, ids of alerts that it has not heard of; absent: everybody has heard of all that stands. */
  readonly newTo?: Readonly<Record<string, readonly string[]>>;
  readonly severity: Severity;
  readonly priority: Priority;
  readonly locale: Locale;
  readonly expiresAt: number;
  readonly correlationId: string | null;
  /** What it came to before any delivery existed; with deliveries the status is computed from them. */
  readonly status: 'pending' | 'dropped';
  readonly dropReason: string | null;
  /** The AlertMessage as JSON. */
  readonly body: string;
  readonly createdAt: number;
  /** How it is brought home; null: made before there were strategies. */
  readonly strategy: string | null;
  /** Every channel has to take it. */
  readonly requireAll: boolean;
  /** When the emergency receiver was called since nobody took it. */
  readonly emergencyAt: number | null;
  /** When the first of its recipients confirmed it; absent: nobody has. The store's to say. */
  readonly confirmedAt?: number;
}

/** Through what somebody confirmed: a link of the message, the API, a key of the telephone, a word sent back. */
export const confirmationWays = ['link', 'api', 'key_press', 'reply'] as const;
export type ConfirmationWay = (typeof confirmationWays)[number];

/** A recipient of a notification said that it was seen, once. */
export interface ConfirmationRow {
  readonly tenant: string;
  readonly notificationId: string;
  /** As its delivery has it; null: somebody who was none of its recipients. */
  readonly recipient: string | null;
  readonly at: number;
  /** As in events: `key:<name>`, `link:<recipient>`, `answer:<channel>`. */
  readonly actor: string;
  /** As whoever confirmed is called; null: nobody said. */
  readonly name: string | null;
  readonly via: ConfirmationWay;
  readonly note: string | null;
}

/** How far a notification has come that has an open delivery. */
export interface TallyRow
  extends Pick<
    NotificationRow,
    'createdAt' | 'severity' | 'priority' | 'strategy' | 'source' | 'emergencyAt'
  > {
  readonly notificationId: string;
  readonly accepted: number;
  readonly dead: number;
}

export type Lane = 'high' | 'normal' | 'low';
export type DeliveryState = 'queued' | 'sending' | 'sent' | 'delivered' | 'dead' | 'dropped';

export interface DeliveryRow {
  readonly tenant: string;
  /** Also the `webhook-id`: constant over all attempts. */
  readonly id: string;
  readonly notificationId: string;
  readonly recipient: string;
  readonly channel: string;
  readonly provider: string;
  readonly lane: Lane;
  dueAt: number;
  readonly expiresAt: number;
  /** (group, recipient, channel): within it, accepted in `orderNo` order. */
  readonly orderKey: string;
  readonly orderNo: number;
  state: DeliveryState;
  reason: string | null;
  /** Those that count against the schedule. */
  attempts: number;
  /** Times that the process died while it was leased. */
  crashes: number;
  /** The receiver found the whole message too large: it goes out in its shorter form. */
  shorter: boolean;
  /** Nobody knows how an attempt of it ended: somebody may have it, whatever became of it since. */
  maybe: boolean;
  providerId: string | null;
  lastError: string | null;
  leaseToken: number;
  leaseUntil: number | null;
  readonly createdAt: number;
  finishedAt: number | null;
}

/** What is known of one channel of a tenant: whether it is paused, why, and when it is tried again. */
export interface BreakerRow {
  readonly tenant: string;
  readonly channel: string;
  readonly state: 'closed' | 'open';
  /** Kind of the result that opened it. */
  readonly reason: string | null;
  readonly failures: number;
  readonly openedAt: number;
  readonly probeAt: number;
  readonly waitMs: number;
  readonly changedAt: number;
}
