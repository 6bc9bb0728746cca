// What the program offers to whoever speaks to it: HTTP routes, the collector, an embedding application.
import type { CallbackOutcome, CallbackRequest } from '../channels/channel.ts';
import type { AlertMessage, Locale } from '../channels/message.ts';
import type { Category, Labels, Matcher, Priority, Rule, Severity } from '../rules/types.ts';
import type { DocumentProblem } from './config/api-rule.ts';
import type { TargetNames } from './config/people-names.ts';
import type { FirstResult } from './delivery/first-results.ts';
import type { OpenChannel } from './delivery/open-channels.ts';
import type { PreviewOrder, PreviewRefusal, TemplatePreview } from './delivery/template-preview.ts';
import type { DirectoryEntry, DirectoryKind } from './engine/directory-book.ts';
import type { ObjectOrder, OverrideOrder } from './engine/object-order.ts';
import type { ApiOverride } from './engine/on-call-book.ts';
import type { BeginReachTest, ReachResult, ReachTestRun } from './engine/reach-test-run.ts';
import type { Latency } from './engine/receipt-latencies.ts';
import type { RouteEntry } from './engine/route-book.ts';
import type { RuleEntry } from './engine/rule-book.ts';
import type { SilenceTrial, TrialQuery } from './engine/silence-trial.ts';
import type { DigestBody } from './http/bodies/digest-body.ts';
import type { HeartbeatBody } from './http/bodies/heartbeat-body.ts';
import type { ObjectEntry } from './http/bodies/object-body.ts';
import type { StormBody } from './http/bodies/storm-body.ts';
import type { HistoryReader } from './ingest/history-reader.ts';
import type { EscalationStanding } from './pipeline/escalation-standing.ts';
import type { AlertResponse, OutsideAlert, OutsideCounts, SilencePutInput } from './pipeline/input.ts';
import type { RoutingConfig } from './pipeline/routing.ts';
import type { AlertRow, ConfirmationRow, ConfirmationWay, SilenceRow } from './pipeline/rows.ts';
import type { SilencePreview } from './pipeline/silence-preview.ts';
import type { Standing } from './pipeline/standing.ts';
import type { OverrideTrial } from './policy/on-call/override-trial.ts';
import type { Schedule } from './policy/on-call/schedule.ts';
import type { Directory } from './policy/people.ts';
import type { Window } from './policy/rate-limit.ts';
import type { Unreached } from './policy/reach.ts';
import type { AttemptResult } from './policy/retry.ts';
import type { Replays } from './replay/questions.ts';
import type { Statistics } from './statistics/statistics.ts';
import type { DeadLetterFilter, Page, Store } from './store/store.ts';

/** A sample as a client wrote it, before it meets the series table. */
export interface RawSample {
  /** Position in the request, for the answer's `rejected`. */
  readonly index: number;
  readonly metric: string;
  readonly labels: Labels;
  readonly value: number;
  /** Epoch milliseconds; absent = now. */
  readonly timestamp?: number;
}

export interface Rejected {
  readonly index: number;
  readonly code: RejectCode;
  readonly message: string;
}

export const rejectCodes = [
  'invalid_sample',
  'invalid_metric_name',
  'invalid_label_name',
  'label_value_too_long',
  'too_many_labels',
  'value_not_finite',
  'timestamp_too_old',
  'timestamp_in_future',
  'series_limit',
  'too_many_samples',
] as const;
export type RejectCode = (typeof rejectCodes)[number];

/** Answer to a push. `rejected` lists at most 1,000 of `rejectedCount`. */
export interface PushAnswer {
  readonly accepted: number;
  readonly rejectedCount: number;
  readonly rejected: readonly Rejected[];
}

export interface IncomingEvent {
  readonly type: string;
  /** Who sent it; absent: whoever calls the API. */
  readonly source?: string;
  /** Absent: it is classified. */
  readonly severity?: Severity;
  readonly priority?: Priority;
  /** Absent: as it is classified, else `system`. */
  readonly category?: Category;
  readonly message: string;
  readonly impact?: string;
  readonly labels: Labels;
  readonly recipients: readonly string[];
  readonly dedupKey?: string;
  /** Epoch milliseconds; absent = now. */
  readonly occurredAt?: number;
}

/** What a sender says of one of its alerts, before it is classified. */
export type IncomingAlert = Omit<OutsideAlert, 'severity' | 'category' | 'classifiedBy'>;

/** Who asks. */
export interface Actor {
  /** `key:<name>`. */
  readonly name: string;
}

/** The program itself: what it has to tell is taken also when nothing else is. */
export const systemActor: Actor = { name: 'system' };

/** An Idempotency-Key with the digest of the body that came with it. */
export interface Idempotency {
  readonly scope: string;
  readonly key: string;
  readonly bodyHash: string;
}

export interface Answer {
  readonly status: number;
  readonly body: unknown;
}

/** A provider's request as it came over the wire. */
export interface IncomingCallback extends Omit<CallbackRequest, 'url'> {
  /** Path and query, unchanged. */
  readonly path: string;
  /** `https://host` as the request has it, for an operator who did not say what it is from outside. */
  readonly origin: string;
}

export type CallbackAnswer = CallbackOutcome['reply'] | 'refused' | null;

/** What a silence is to be. */
type SilenceOrder = Omit<SilencePutInput, 'kind' | 'actor'>;

interface SilenceListing {
  /** What a silence has to be. */
  readonly wanted: (row: SilenceRow) => boolean;
  /** True: only those whose end was recorded; false: only the others. */
  readonly over?: boolean;
}

/** Silences; as in `Services`, promises resolve when the thing is durable. */
export interface SilenceServices {
  /** Makes a silence (201), or changes the one whose id is given (200). */
  put(tenant: string, order: SilenceOrder, actor: Actor, idempotency: Idempotency | null): Promise<Answer>;
  /** Ends it; one that is over is answered as it is. */
  expire(tenant: string, id: string, actor: Actor): Promise<Answer>;
  /** Memory first, then the store. */
  one(tenant: string, id: string): SilenceRow | null;
  /** Newest first. A page may be shorter than asked for and still have a next one. */
  list(tenant: string, listing: SilenceListing, limit: number, cursor: string | null): Page<SilenceRow>;
  /** How many firing alerts it takes at the moment. */
  holding(tenant: string, row: SilenceRow): number;
  /** What such a silence would hold back now; `limit` of the alerts and groups that are named. */
  preview(tenant: string, matchers: readonly Matcher[], limit: number): Promise<SilencePreview>;
  /** What it would have held back; of a tenant one at a time, else `overloaded`. */
  try(query: TrialQuery, signal?: AbortSignal): Promise<SilenceTrial>;
}

/** Who is on call. */
export interface OnCallServices {
  /** By name, with the overrides of the file and of the API. */
  schedules(tenant: string): ReadonlyMap<string, Schedule>;
  /** Those of the API in the order in which they were made, with what keeps one from being anybody's. */
  overrides(
    tenant: string,
  ): readonly { readonly made: ApiOverride; readonly problems: readonly DocumentProblem[] }[];
  /** What `changeOverride` would answer, and what the override would change; nothing is stored. */
  tryOverride(
    tenant: string,
    order: OverrideOrder,
    actor: Actor,
  ): { readonly answer: Answer; readonly trial: OverrideTrial | null };
  /** Makes an override or takes it back; resolves when that is durable. */
  changeOverride(
    tenant: string,
    order: OverrideOrder,
    actor: Actor,
    idempotency: Idempotency | null,
  ): Promise<Answer>;
}

/** Tests of who can be reached. */
export interface ReachTestServices {
  /** Sends its messages; resolves when they are durable. */
  begin(tenant: string, order: BeginReachTest, idempotency: Idempotency | null): Promise<Answer>;
  /** Newest first. */
  list(
    tenant: string,
    limit: number,
  ): readonly {
    readonly run: ReachTestRun;
    readonly ended: boolean;
    readonly results: readonly ReachResult[];
  }[];
  /** Whom the tenant may name. */
  names(tenant: string): TargetNames;
}

/** How one channel is, as one tenant sees it. */
export interface ChannelState {
  readonly name: string;
  readonly kind: string;
  readonly label: Readonly<Record<Locale, string>>;
  readonly fallback: readonly string[];
  /** What one message costs; null: nobody said. */
  readonly cost: number | null;
  readonly mock: boolean;
  /** As it is configured; secrets are `***`. */
  readonly settings: Readonly<Record<string, unknown>>;
  readonly canVerify: boolean;
  /** Attempts since the start. */
  readonly results: Readonly<Partial<Record<AttemptResult['kind'], number>>>;
  /** In the store and not being sent. */
  readonly queued: number;
  readonly oldestQueuedMs: number | null;
  /** Deliveries in memory, and calls under way. */
  readonly leased: number;
  readonly running: number;
  /** It was made through the API. */
  readonly own: boolean;
  /** From the provider's acceptance to the receipt of the arrival, of the newest messages that have one. */
  readonly receipts: Latency;
  /** Calls that may begin now, of each window that counts them. */
  readonly calls: readonly (Window & { readonly left: number })[];
  /** Where it is configured; null: nowhere, it is the default. */
  readonly place: { readonly file: string; readonly line: number } | null;
  readonly breaker: {
    readonly state: 'closed' | 'half_open' | 'open';
    readonly reason: string | null;
    /** Epoch milliseconds. */
    readonly since: number | null;
    readonly probeAt: number | null;
  };
}

/** What a test says; `text` null: that it is one. */
export interface TestWords {
  readonly text: string | null;
  readonly severity: Severity;
  readonly locale: Locale;
  /** False: its result is not waited for. */
  readonly wait: boolean;
}

export interface TestOutcome {
  readonly notificationId: string;
  /** What the first attempt came to; null: nothing yet. */
  readonly result: (FirstResult & { readonly providerId: string | null }) | null;
}

/** The channels that concern a tenant. Those that get a name throw `channel_not_found`. */
export interface ChannelServices {
  /** As figures name them over all tenants. */
  keys(tenant: string): ReadonlySet<string>;
  /** By name. */
  open(tenant: string): ReadonlyMap<string, OpenChannel>;
  list(tenant: string): readonly ChannelState[];
  one(tenant: string, name: string): ChannelState;
  /** What a test would send; nothing is stored. */
  preview(
    tenant: string,
    name: string,
    words: TestWords,
  ): { readonly message: AlertMessage; readonly payload: unknown };
  /** Sends a test through the queue, to this channel and nobody else, and waits up to 30 s for what comes of it. */
  test(tenant: string, name: string, words: TestWords, actor: Actor): Promise<TestOutcome>;
  /** Asks the provider whether the credentials are good; nobody is told anything. */
  verify(tenant: string, name: string): Promise<AttemptResult & { readonly ms: number }>;
}

/** Kinds of objects that all are configured in the same way. */
export type ConfiguredKind = 'channel' | 'template' | 'schedule' | 'escalation';

/** Objects of one kind that people configure. */
export interface ObjectServices {
  /** The file's, then those of the API in the order in which they were made. */
  entries(tenant: string): readonly ObjectEntry[];
  /** By the name of any, or the id of one of the API. */
  entry(tenant: string, idOrName: string): ObjectEntry | null;
  /** Makes, changes or deletes one of the API. */
  change(tenant: string, order: ObjectOrder, actor: Actor, idempotency: Idempotency | null): Promise<Answer>;
  /** What `change` would answer; nothing is stored. */
  try(tenant: string, order: ObjectOrder, actor: Actor): Answer;
}

/** Who confirms a notification, and through what. */
export interface ConfirmOrder {
  readonly notificationId: string;
  /** One of its deliveries' recipients; null: none of them. */
  readonly recipient: string | null;
  /** As in events. */
  readonly actor: string;
  /** As whoever confirms is called. */
  readonly name: string | null;
  readonly via: ConfirmationWay;
  readonly note: string | null;
}

export type ConfirmOutcome =
  | {
      readonly confirmation: ConfirmationRow;
      /** False: this recipient had confirmed it before, and nothing was changed. */
      readonly fresh: boolean;
      /** Alerts that are acknowledged now and were not. */
      readonly acknowledged: number;
      /** Deliveries that are not sent any more. */
      readonly dropped: number;
    }
  | { readonly refused: 'notification_not_found' | 'recipient_not_found' };

/** What is done with which alerts. */
export interface BulkOrder {
  readonly action: AlertResponse | { readonly kind: 'resolve'; readonly note: string | null };
  /** All must hold; `severity` is the effective one. */
  readonly matchers: readonly Matcher[];
  readonly states: readonly ('pending' | 'firing')[];
  /** So many are changed at most. */
  readonly limit: number;
  /** Nothing is changed; the answer says what would be. */
  readonly dryRun: boolean;
}

/** Promises resolve when the thing is durable (samples: evaluated). They reject with ApiError. */
export interface Services {
  readonly store: Store;
  /** `rejected` are those that a decoder refused already. */
  push(tenant: string, samples: readonly RawSample[], rejected: readonly Rejected[]): Promise<PushAnswer>;
  /**
   * A body as it came, without its content encoding; rejects also with what is wrong with the body as a whole. The bytes
   * are read before this returns its promise, and not kept.
   */
  pushBody(tenant: string, body: Uint8Array, contentType: string | undefined): Promise<PushAnswer>;
  postEvent(
    tenant: string,
    event: IncomingEvent,
    actor: Actor,
    idempotency: Idempotency | null,
  ): Promise<Answer>;
  /** Alerts that their sender watches over itself; answers what became of them. Telling the same again changes nothing. */
  postAlerts(tenant: string, source: string, alerts: readonly IncomingAlert[]): Promise<OutsideCounts>;
  /** A heartbeat came; `failed`: its job says that it failed. */
  heartbeat(tenant: string, name: string, failed: boolean): Promise<Answer>;
  /** Those that are expected, by name. */
  heartbeats(tenant: string): readonly HeartbeatBody[];
  /** Digests in which something waits. */
  digests(tenant: string): readonly DigestBody[];
  /** The storm that lasts, or the last one. */
  storm(tenant: string): StormBody;
  /** What waits for a receiver goes out now. */
  flushDigest(
    tenant: string,
    receiver: string,
    actor: Actor,
    idempotency: Idempotency | null,
  ): Promise<Answer>;
  acknowledge(
    tenant: string,
    alertId: string,
    command: { until: number | null; note: string | null; owner?: string | null },
    actor: Actor,
    idempotency: Idempotency | null,
  ): Promise<Answer>;
  resolve(
    tenant: string,
    alertId: string,
    command: { note: string | null },
    actor: Actor,
    idempotency: Idempotency | null,
  ): Promise<Answer>;
  /** Whatever else a person does with an alert. Answers the alert, a comment with what was recorded of it. */
  respond(
    tenant: string,
    alertId: string,
    response: Exclude<AlertResponse, { readonly kind: 'acknowledge' }>,
    actor: Actor,
    idempotency: Idempotency | null,
  ): Promise<Answer>;
  /** The same done with every open alert that matches, up to a limit. */
  respondToMany(
    tenant: string,
    order: BulkOrder,
    actor: Actor,
    idempotency: Idempotency | null,
  ): Promise<Answer>;
  /** Says that a recipient has seen a notification: its alerts are acknowledged, what waits of it is not sent. */
  confirm(tenant: string, order: ConfirmOrder): Promise<ConfirmOutcome>;
  /** Until when an acknowledgement holds that says nothing of it; null: until the episode ends. */
  acknowledgedUntil(): number | null;
  /** Queues a dead letter anew. */
  retryDelivery(tenant: string, id: string, actor: Actor, idempotency: Idempotency | null): Promise<Answer>;
  /** Puts a dead letter away. */
  discardDelivery(
    tenant: string,
    id: string,
    command: { note: string | null },
    actor: Actor,
    idempotency: Idempotency | null,
  ): Promise<Answer>;
  /** Queues dead letters anew, in the order in which they were made. */
  retryDeliveries(
    tenant: string,
    command: { filter: DeadLetterFilter; limit: number },
    actor: Actor,
    idempotency: Idempotency | null,
  ): Promise<Answer>;
  /**
   * A provider calls back: what it is answered once that is durable; null when there is no such channel, or its provider
   * never calls.
   */
  callback(channel: string, incoming: IncomingCallback): Promise<CallbackAnswer>;
  readonly channels: ChannelServices;
  /** What a channel of a tenant makes of a message, as it would be sent; null when there is no such channel. */
  rendered(tenant: string, channel: string, message: AlertMessage, shorter: boolean): unknown;
  /** Names of the templates that a tenant may use. */
  templates(tenant: string): readonly string[];
  /** What a message reads as in the words of a template. */
  previewTemplate(
    tenant: string,
    order: PreviewOrder,
  ): TemplatePreview | { readonly refused: PreviewRefusal };
  /** The freshest state of an alert: memory first, then the store. */
  alert(tenant: string, id: string): AlertRow | null;
  /** How an alert stands in its groups now; empty for one of which nothing is to be said any more. */
  standing(tenant: string, alertId: string): readonly Standing[];
  /** Where the escalations of an alert stand now; empty where nothing of it is escalated. */
  escalations(tenant: string, alertId: string): readonly EscalationStanding[];
  /** The sample history, read beside the main thread. */
  readonly samples: Pick<HistoryReader, 'readRange' | 'listSeries'>;
  /** Rules on stored or given samples, beside everything that runs. */
  readonly replays: Replays;
  readonly silences: SilenceServices;
  readonly onCall: OnCallServices;
  readonly reachTests: ReachTestServices;
  /** What happened, as figures, counted beside the main thread. */
  readonly statistics: Statistics;
  /** Those that run. */
  rules(tenant: string): readonly Rule[];
  /** All there are, with where they come from and what is wrong with them. */
  ruleEntries(tenant: string): readonly RuleEntry[];
  /** By the id of a rule of the API, or by the name of any. */
  ruleEntry(tenant: string, idOrName: string): RuleEntry | null;
  /** Makes, changes or deletes a rule of the API. */
  changeRule(
    tenant: string,
    order: ObjectOrder,
    actor: Actor,
    idempotency: Idempotency | null,
  ): Promise<Answer>;
  /** What `changeRule` would answer, and how many series such a rule reads now; nothing is stored. */
  tryRule(
    tenant: string,
    order: ObjectOrder,
    actor: Actor,
  ): { readonly answer: Answer; readonly series: number };
  /** Children of the top in the order in which they are tried, the file's and those of the API. */
  routeEntries(tenant: string): readonly RouteEntry[];
  /** By the id or name of a route of the API, or the path of one of the file. */
  routeEntry(tenant: string, idOrName: string): RouteEntry | null;
  /** Makes, changes or deletes a route of the API. */
  changeRoute(
    tenant: string,
    order: ObjectOrder,
    actor: Actor,
    idempotency: Idempotency | null,
  ): Promise<Answer>;
  /** What `changeRoute` would answer; nothing is stored. */
  tryRoute(tenant: string, order: ObjectOrder, actor: Actor): Answer;
  /** Channels and templates, those of the file and those of the API. */
  readonly objects: Readonly<Record<ConfiguredKind, ObjectServices>>;
  /** People or teams by name, the file's and those of the API: so many from the one at `from` on. */
  directoryPage(
    tenant: string,
    of: DirectoryKind,
    from: number,
    limit: number,
  ): { readonly entries: readonly DirectoryEntry[]; readonly more: boolean };
  /** By the id of one of the API, or the name of any. */
  directoryEntry(tenant: string, of: DirectoryKind, idOrName: string): DirectoryEntry | null;
  /** Makes, changes or deletes a person or a team of the API. */
  changeDirectory(
    tenant: string,
    of: DirectoryKind,
    order: ObjectOrder,
    actor: Actor,
    idempotency: Idempotency | null,
  ): Promise<Answer>;
  /** What `changeDirectory` would answer; nothing is stored. */
  tryDirectory(tenant: string, of: DirectoryKind, order: ObjectOrder, actor: Actor): Answer;
  /** Everybody of the tenant who can be told. */
  directory(tenant: string): Directory;
  /** Who cannot be told now. */
  unreached(tenant: string): readonly Unreached[];
  /** Who is told what now. */
  routing(tenant: string): RoutingConfig;
  health(): Health;
  /** Epoch milliseconds of the program's clock. */
  now(): number;
  /** Between two pieces of what takes long: everybody else has a turn. */
  breath(): Promise<void>;
  newId(): string;
}

export interface Health {
  readonly ready: boolean;
  readonly status: 'ok' | 'degraded' | 'failed';
  readonly checks: Readonly<Record<string, { readonly ok: boolean; readonly detail?: string }>>;
  /** Nothing leaves this process: every channel accepts and sends nothing. */
  readonly mock?: true;
}
