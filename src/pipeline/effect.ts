// What the core asks the store to write: plain row values, applied in step order, all of a turn in one transaction.
import type {
  AlertRow,
  AnalysisRow,
  BreakerRow,
  ConfirmationRow,
  DeliveryRow,
  DeliveryState,
  EventRow,
  FindingRow,
  ForecastRow,
  GroupRow,
  HeartbeatRow,
  IncidentAlertRow,
  IncidentCauseRow,
  IncidentRow,
  NotificationRow,
  PredictionRow,
  SeenKindRow,
  SilenceRow,
  StatePartRow,
  StormRow,
} from './rows.ts';

/**
 * A new row value, or a row's end. Effects of one commit are applied in order.
 * `insert` says that the row is new; otherwise the row exists and every changeable column is written.
 */
export type Effect =
  | { readonly put: 'alert'; readonly row: AlertRow; readonly insert: boolean }
  | { readonly put: 'group'; readonly row: GroupRow; readonly insert: boolean }
  | { readonly put: 'group.closed'; readonly tenant: string; readonly id: string }
  | { readonly put: 'silence'; readonly row: SilenceRow; readonly insert: boolean }
  | { readonly put: 'event'; readonly row: EventRow }
  | { readonly put: 'notification'; readonly row: NotificationRow }
  /** The emergency receiver was called, since nobody took it. */
  | {
      readonly put: 'notification.emergency';
      readonly tenant: string;
      readonly id: string;
      readonly at: number;
    }
  /** Its recipient confirmed it; one that did before stays as it was. */
  | { readonly put: 'confirmation'; readonly row: ConfirmationRow }
  | { readonly put: 'delivery'; readonly row: DeliveryRow }
  | { readonly put: 'delivery.result'; readonly result: DeliveryResultRow }
  | { readonly put: 'delivery.requeued'; readonly row: RequeuedRow }
  /**
   * What a provider said later; `moved`: the delivery is something else since. Of one that is open the provider's id is
   * written, too: whatever its attempt comes to, somebody has it.
   */
  | { readonly put: 'delivery.receipt'; readonly moved: boolean; readonly row: ReceiptRow }
  /** Calls that are about to be made. */
  | { readonly put: 'provider_calls'; readonly row: ProviderCalls }
  | { readonly put: 'breaker'; readonly row: BreakerRow }
  /** New, or as it is from now on. */
  | { readonly put: 'incident'; readonly row: IncidentRow }
  | { readonly put: 'incident.alert'; readonly row: IncidentAlertRow }
  | { readonly put: 'incident.cause'; readonly row: IncidentCauseRow }
  /** All alerts of the one are the other's. */
  | {
      readonly put: 'incident.moved';
      readonly tenant: string;
      readonly from: string;
      readonly into: string;
    }
  | { readonly put: 'analysis'; readonly row: AnalysisRow }
  | { readonly put: 'analysis.part'; readonly row: StatePartRow }
  /** A pattern in alerts: new, or with more that is known of it. */
  | { readonly put: 'finding'; readonly row: FindingRow }
  /** New, or with its outcome. One that has its outcome stays as it is. */
  | { readonly put: 'prediction'; readonly row: PredictionRow }
  | { readonly put: 'forecast.part'; readonly row: StatePartRow }
  | { readonly put: 'forecast'; readonly row: ForecastRow }
  | { readonly put: 'heartbeat'; readonly row: HeartbeatRow }
  | { readonly put: 'heartbeat.removed'; readonly tenant: string; readonly name: string }
  /** The tenant's storm as it is now, in place of the one before it. */
  | { readonly put: 'storm'; readonly row: StormRow }
  | { readonly put: 'seen_kind'; readonly row: SeenKindRow }
  | { readonly put: 'seen_kind.removed'; readonly tenant: string; readonly name: string }
  | { readonly put: 'idempotency'; readonly row: IdempotencyRow }
  | { readonly put: 'config_version'; readonly row: ConfigVersionRow }
  /** The object as it is from now on, and a version that says so. */
  | {
      readonly put: 'config_object';
      readonly row: ConfigObjectRow;
      readonly action: ConfigAction;
      /** What the version keeps in place of the row's body: sealed secrets are kept of the present alone. */
      readonly shown?: string;
    };

/** So many calls to the provider of a channel for a tenant, which reach it by `at`, if they do. */
export interface ProviderCalls {
  readonly tenant: string;
  readonly channel: string;
  /** Empty: the recipients of the channel's configuration. */
  readonly person: string;
  readonly at: number;
  readonly calls: number;
  /** As far back as a window of the channel reaches; what is older is forgotten. */
  readonly keptMs: number;
}

/** What an attempt or a decision made of a delivery. Ignored by the store when `leaseToken` is no longer the row's. */
export interface DeliveryResultRow {
  readonly tenant: string;
  readonly id: string;
  readonly leaseToken: number;
  readonly state: DeliveryState;
  readonly dueAt: number;
  readonly reason: string | null;
  readonly attempts: number;
  readonly shorter: boolean;
  readonly maybe: boolean;
  readonly providerId: string | null;
  readonly lastError: string | null;
  readonly finishedAt: number | null;
  /** Another channel carries it from now on. */
  readonly moved?: { readonly channel: string; readonly provider: string };
}

/** A delivery after a receipt. Ignored by the store when the lease or the provider's id is no longer the row's. */
export interface ReceiptRow
  extends Pick<
    DeliveryResultRow,
    'tenant' | 'id' | 'leaseToken' | 'state' | 'reason' | 'lastError' | 'finishedAt'
  > {
  readonly providerId: string | null;
  /** Sum of the statuses written down. */
  readonly receipts: number;
  readonly answer: string | null;
}

/** A delivery that had ended is queued anew, with all its attempts. Ignored by the store when it is not what it was. */
export interface RequeuedRow {
  readonly tenant: string;
  readonly id: string;
  readonly dueAt: number;
  readonly expiresAt: number;
  readonly orderNo: number;
  readonly reason: string | null;
  /** It was taken and did not arrive: another channel carries it. Absent: it was dead. */
  readonly lost?: { readonly channel: string; readonly provider: string };
}

export interface IdempotencyRow {
  readonly tenant: string;
  readonly scope: string;
  readonly key: string;
  readonly bodyHash: string;
  readonly status: number;
  readonly answer: string;
  readonly expiresAt: number;
}

export interface ConfigVersionRow {
  readonly tenant: string;
  readonly kind: 'rule' | 'route';
  readonly name: string;
  readonly hash: string;
  readonly origin: string;
  readonly body: string;
  readonly firstAt: number;
}

/** Kinds of objects that people configure through the API. */
export type ConfigObjectKind =
  | 'rule'
  | 'route'
  | 'channel'
  | 'template'
  | 'override'
  | 'person'
  | 'team'
  | 'schedule'
  | 'escalation'
  | 'topology';

/** What was done to an object. */
export type ConfigAction = 'created' | 'replaced' | 'patched' | 'deleted';

/** Something that was configured through the API. */
export interface ConfigObjectRow {
  readonly tenant: string;
  readonly kind: ConfigObjectKind;
  readonly id: string;
  /** Unique among the objects of a tenant and kind that are not deleted. */
  readonly name: string;
  /** From 1; each change is the next one. */
  readonly version: number;
  /** The document as it was written, JSON. */
  readonly body: string;
  readonly createdAt: number;
  readonly createdBy: string | null;
  readonly updatedAt: number;
  readonly updatedBy: string | null;
  readonly deletedAt: number | null;
}
