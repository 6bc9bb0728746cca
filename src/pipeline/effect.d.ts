import type { AlertRow, DeliveryRow, DeliveryState, EventRow, GroupRow, NotificationRow } from './rows.ts';
/**
 * A new row value, or a row's end. Effects of one commit are applied in order.
 * `insert` says that the row is new; otherwise the row exists and every changeable column is written.
 */
export type Effect =
  | {
      readonly put: 'alert';
      readonly row: AlertRow;
      readonly insert: boolean;
    }
  | {
      readonly put: 'group';
      readonly row: GroupRow;
      readonly insert: boolean;
    }
  | {
      readonly put: 'group.closed';
      readonly tenant: string;
      readonly id: string;
    }
  | {
      readonly put: 'event';
      readonly row: EventRow;
    }
  | {
      readonly put: 'notification';
      readonly row: NotificationRow;
    }
  | {
      readonly put: 'delivery';
      readonly row: DeliveryRow;
    }
  | {
      readonly put: 'delivery.result';
      readonly result: DeliveryResultRow;
    }
  | {
      readonly put: 'idempotency';
      readonly row: IdempotencyRow;
    }
  | {
      readonly put: 'config_version';
      readonly row: ConfigVersionRow;
    };
/** What an attempt or a decision made of a delivery. Ignored by the store when `leaseToken` is no longer the row's. */
export interface DeliveryResultRow {
  readonly tenant: string;
  readonly id: string;
  readonly leaseToken: number;
  readonly state: DeliveryState;
  readonly dueAt: number;
  readonly reason: string | null;
  readonly attempts: number;
  readonly providerId: string | null;
  readonly lastError: string | null;
  readonly finishedAt: number | null;
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
