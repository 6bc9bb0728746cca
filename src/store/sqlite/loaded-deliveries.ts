// Deliveries as a tenant that is taken up needs them, thousands at a start after an outage. Rows come as arrays, ids as
// text, what most rows have in common as one text that is read once, and what a message says once for all who get it.
import type { NotificationRow } from '../../pipeline/rows.ts';
import type { DeliveryOf } from '../rows.ts';
import { idOfHex } from './id-codec.ts';
import { alertsSaid } from './row-codec.ts';

type Common = Pick<
  DeliveryOf,
  | 'recipient'
  | 'channel'
  | 'provider'
  | 'lane'
  | 'orderKey'
  | 'state'
  | 'reason'
  | 'attempts'
  | 'leaseToken'
  | 'source'
  | 'severity'
  | 'priority'
  | 'strategy'
> & {
  readonly crashes: number | null;
  readonly shorter: number | null;
  readonly maybe: number | null;
  readonly receipts: number | null;
};

/** Columns of a `LoadedDelivery`, of the delivery under the alias `d` and its notification under `n`. */
export const loadedColumns = `json_object('recipient', d.recipient, 'channel', d.channel, 'provider', d.provider,
    'lane', d.lane, 'orderKey', d.order_key, 'state', d.state, 'reason', d.reason, 'attempts', d.attempts,
    'leaseToken', d.lease_token, 'crashes', d.crashes, 'shorter', d.shorter, 'maybe', d.maybe,
    'receipts', d.receipts, 'source', n.source, 'severity', n.severity, 'priority', n.priority,
    'strategy', n.strategy),
  hex(d.id), hex(n.id), d.due_at, d.expires_at, d.order_no, d.provider_id, d.last_error, d.lease_until, d.created_at,
  d.finished_at, n.alert_ids, n.new_to`;

export type LoadedDelivery = readonly [
  common: string,
  id: string,
  notificationId: string,
  dueAt: number,
  expiresAt: number,
  orderNo: number,
  providerId: string | null,
  lastError: string | null,
  leaseUntil: number | null,
  createdAt: number,
  finishedAt: number | null,
  alertIds: string,
  newTo: string | null,
];

/** Decodes the rows of one load; of several with the same id the first. */
export class LoadedDeliveries {
  readonly #common = new Map<string, Common>();
  readonly #alerts = new Map<string, NotificationRow['alerts']>();
  readonly #byId = new Map<string, DeliveryOf>();
  readonly #tenant: string;

  constructor(tenant: string) {
    this.#tenant = tenant;
  }

  get all(): DeliveryOf[] {
    return [...this.#byId.values()];
  }

  /** Answers the order that it waits or waited in. */
  add(row: readonly [...LoadedDelivery, ...unknown[]]): string {
    const hex = row[1];
    const common = this.#commonOf(row[0]);
    if (this.#byId.has(hex)) return common.orderKey;
    this.#byId.set(hex, {
      tenant: this.#tenant,
      id: idOfHex(hex),
      notificationId: idOfHex(row[2]),
      recipient: common.recipient,
      channel: common.channel,
      provider: common.provider,
      lane: common.lane,
      dueAt: row[3],
      expiresAt: row[4],
      orderKey: common.orderKey,
      orderNo: row[5],
      state: common.state,
      reason: common.reason,
      attempts: common.attempts,
      crashes: common.crashes ?? 0,
      shorter: common.shorter === 1,
      maybe: common.maybe === 1,
      providerId: row[6],
      lastError: row[7],
      leaseToken: common.leaseToken,
      leaseUntil: row[8],
      createdAt: row[9],
      finishedAt: row[10],
      alerts: this.#saidOf(row[11], row[12], common.recipient),
      source: common.source,
      severity: common.severity,
      priority: common.priority,
      strategy: common.strategy,
      receipts: common.receipts ?? 0,
    });
    return common.orderKey;
  }

  #commonOf(text: string): Common {
    let common = this.#common.get(text);
    if (common === undefined) {
      common = JSON.parse(text) as Common;
      this.#common.set(text, common);
    }
    return common;
  }

  #saidOf(alertIds: string, newTo: string | null, recipient: string): NotificationRow['alerts'] {
    if (newTo !== null) return alertsSaid({ alertIds, newTo }, recipient);
    let alerts = this.#alerts.get(alertIds);
    if (alerts === undefined) {
      alerts = alertsSaid({ alertIds, newTo }, recipient);
      this.#alerts.set(alertIds, alerts);
    }
    return alerts;
  }
}
