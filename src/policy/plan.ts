// The second pure door. Notifications become deliveries, one for each channel of the receiver; results become retries,
// ends, and the release of what waited behind them. Within (group, recipient, channel) nothing overtakes.
import type { Severity } from '../../rules/types.ts';
import type { Effect } from '../pipeline/effect.ts';
import type { Notification } from '../pipeline/input.ts';
import { audienceOf, type RoutingConfig } from '../pipeline/routing.ts';
import type { DeliveryRow, EventRow, Lane, NotificationRow } from '../pipeline/rows.ts';
import { type AttemptResult, decideRetry } from './retry.ts';
import { finish, type OpenDelivery, type Order, orderAt, type PolicyState } from './state.ts';

export const deliveryTtlMs = 24 * 3_600_000;

export type PolicyInput =
  | {
      readonly kind: 'notification';
      readonly notification: Notification;
      readonly routing: RoutingConfig;
      /** Kind of each channel by name, e.g. `ops-mail` → `email`. */
      readonly channelTypes: ReadonlyMap<string, string>;
      /** Whether the dispatcher takes another delivery for this channel straight from memory. */
      readonly room: (channel: string) => boolean;
      readonly leaseMs: number;
    }
  | {
      readonly kind: 'result';
      readonly deliveryId: string;
      readonly orderKey: string;
      readonly leaseToken: number;
      readonly result: AttemptResult;
      readonly durationMs: number;
    }
  /** The dispatcher gives a lease back unused: shutdown, or it waited too long in memory. */
  | {
      readonly kind: 'released';
      readonly deliveryId: string;
      readonly orderKey: string;
      readonly leaseToken: number;
    }
  /** The group is gone: nobody will be told of its alerts again. */
  | {
      readonly kind: 'group_closed';
      /** `audienceOf` the group. */
      readonly audience: string;
      readonly channels: readonly string[];
      /** Alerts that another group of the same audience still speaks of. */
      readonly known: (alertId: string) => boolean;
    }
  /** A delivery was claimed from the store under a new lease. */
  | {
      readonly kind: 'claimed';
      readonly deliveryId: string;
      readonly orderKey: string;
      readonly leaseToken: number;
    };

/** A delivery to dispatch from memory once the commit is durable. */
export interface Leased {
  readonly row: DeliveryRow;
  readonly notification: Notification;
}

export interface PlanResult {
  readonly effects: Effect[];
  readonly leased: Leased[];
  /** When a queued delivery may be claimed from the store; engine time. */
  readonly wakeAt: number[];
  /** False when the input was about a delivery or a lease that is no longer open. */
  current: boolean;
}

export function plan(state: PolicyState, input: PolicyInput, now: number): PlanResult {
  const out: PlanResult = { effects: [], leased: [], wakeAt: [], current: true };
  switch (input.kind) {
    case 'notification':
      planNotification(state, input, now, out);
      break;
    case 'result': {
      const found = openDelivery(state, input);
      if (found) planResult(state, found.order, found.delivery, input, now, out);
      else out.current = false;
      break;
    }
    case 'released': {
      const found = openDelivery(state, input);
      if (!found) {
        out.current = false;
        break;
      }
      found.delivery.state = 'queued';
      found.delivery.dueAt = now;
      out.effects.push(resultEffect(state, found.delivery, 'queued', 'lease_released', null, null, now));
      out.wakeAt.push(now);
      break;
    }
    case 'group_closed':
      for (const channel of input.channels) {
        const key = orderKeyOf(input.audience, channel);
        const order = state.orders.get(key);
        if (!order) continue;
        for (const id of order.unsaid) if (!input.known(id)) order.unsaid.delete(id);
        if (order.open.length === 0 && order.unsaid.size === 0) state.orders.delete(key);
      }
      break;
    case 'claimed': {
      const delivery = state.orders.get(input.orderKey)?.open.find((open) => open.id === input.deliveryId);
      if (!delivery) out.current = false;
      else {
        delivery.leaseToken = input.leaseToken;
        delivery.state = 'sending';
      }
      break;
    }
  }
  return out;
}

function openDelivery(
  state: PolicyState,
  input: { deliveryId: string; orderKey: string; leaseToken: number },
): { order: Order; delivery: OpenDelivery } | null {
  const order = state.orders.get(input.orderKey);
  const delivery = order?.open.find((open) => open.id === input.deliveryId);
  return order && delivery && delivery.leaseToken === input.leaseToken ? { order, delivery } : null;
}

/** The way on which nothing overtakes: an audience, and the channel with its recipient. Channel names hold no blank. */
export function orderKeyOf(audience: string, channel: string): string {
  return `${audience} ${channel}`;
}

export function laneOf(severity: Severity): Lane {
  if (severity === 'emergency' || severity === 'critical') return 'high';
  return severity === 'info' ? 'low' : 'normal';
}

function planNotification(
  state: PolicyState,
  input: Extract<PolicyInput, { kind: 'notification' }>,
  now: number,
  out: PlanResult,
): void {
  const { notification } = input;
  const { message } = notification;
  const channels = input.routing.receivers.get(notification.receiver)?.channels ?? [];
  const known = channels.filter((channel) => input.channelTypes.has(channel));
  const row: NotificationRow = {
    tenant: state.tenant,
    id: notification.id,
    source: 'alert',
    kind: 'alert.notification',
    groupId: notification.groupId,
    receiver: notification.receiver,
    template: null,
    reason: message.reason,
    alerts: notification.alerts,
    severity: message.severity,
    priority: message.priority,
    locale: message.locale,
    expiresAt: now + deliveryTtlMs,
    correlationId: null,
    status: known.length === 0 ? 'dropped' : 'pending',
    dropReason: known.length === 0 ? 'no_channel' : null,
    body: JSON.stringify(message),
    createdAt: now,
  };
  out.effects.push({ put: 'notification', row });
  for (const channel of known) {
    planDelivery(state, input, row, channel, input.channelTypes.get(channel)!, now, out);
  }
}

function planDelivery(
  state: PolicyState,
  input: Extract<PolicyInput, { kind: 'notification' }>,
  notification: NotificationRow,
  channel: string,
  provider: string,
  now: number,
  out: PlanResult,
): void {
  const { receiver, message, alerts } = input.notification;
  const orderKey = orderKeyOf(audienceOf(receiver, message.groupLabels), channel);
  const order = orderAt(state, orderKey);
  const orderNo = Math.max(order.lastNo + 1, now);
  order.lastNo = orderNo;
  const first = order.open.length === 0;
  const dropped = first && isPointless(order, alerts);
  const leased = first && !dropped && input.room(channel);
  const row: DeliveryRow = {
    tenant: state.tenant,
    id: state.newId(),
    notificationId: notification.id,
    recipient: channel,
    channel,
    provider,
    lane: laneOf(notification.severity),
    dueAt: now,
    expiresAt: notification.expiresAt,
    orderKey,
    orderNo,
    state: dropped ? 'dropped' : leased ? 'sending' : 'queued',
    reason: dropped ? 'firing_not_sent' : null,
    attempts: 0,
    providerId: null,
    lastError: null,
    leaseToken: leased ? 1 : 0,
    leaseUntil: leased ? now + input.leaseMs : null,
    createdAt: now,
    finishedAt: dropped ? now : null,
  };
  out.effects.push({ put: 'delivery', row });
  if (dropped) {
    forgetUnsaid(state, order, orderKey, alerts);
    return;
  }
  order.open.push({
    id: row.id,
    notificationId: row.notificationId,
    channel,
    orderKey,
    orderNo,
    lane: row.lane,
    expiresAt: row.expiresAt,
    alerts,
    state: leased ? 'sending' : 'queued',
    dueAt: now,
    attempts: 0,
    leaseToken: row.leaseToken,
  });
  state.open += 1;
  if (leased) out.leased.push({ row, notification: input.notification });
  else if (first) out.wakeAt.push(now);
}

/** A message that only says "resolved" of alerts whose firing never got through. */
function isPointless(order: Order, alerts: OpenDelivery['alerts']): boolean {
  const entries = Object.entries(alerts);
  return entries.length > 0 && entries.every(([id, status]) => status === 'resolved' && order.unsaid.has(id));
}

function forgetUnsaid(
  state: PolicyState,
  order: Order,
  orderKey: string,
  alerts: OpenDelivery['alerts'],
): void {
  for (const [id, status] of Object.entries(alerts)) if (status === 'resolved') order.unsaid.delete(id);
  if (order.open.length === 0 && order.unsaid.size === 0) state.orders.delete(orderKey);
}

function planResult(
  state: PolicyState,
  order: Order,
  delivery: OpenDelivery,
  input: Extract<PolicyInput, { kind: 'result' }>,
  now: number,
  out: PlanResult,
): void {
  delivery.attempts += 1;
  const { result } = input;
  const decision = decideRetry(result, delivery.attempts, delivery.expiresAt, now);
  const error = result.kind === 'sent' || result.kind === 'delivered' ? null : describe(result);
  if (decision.state === 'queued') {
    delivery.state = 'queued';
    delivery.dueAt = decision.dueAt;
    out.wakeAt.push(decision.dueAt);
  }
  out.effects.push(
    resultEffect(state, delivery, decision.state, decision.reason, result.providerId, error, now),
  );
  const kind = decision.state === 'queued' ? 'delivery.retry' : `delivery.${decision.state}`;
  out.effects.push({
    put: 'event',
    row: deliveryEvent(state, delivery, kind, decision.reason, now, { ...input, result }),
  });
  if (decision.state === 'queued') return;
  // What this message said is now known or dead: remember which firings did not get through on this way.
  for (const [id, status] of Object.entries(delivery.alerts)) {
    if (status === 'firing' && decision.state === 'dead') order.unsaid.add(id);
    else order.unsaid.delete(id);
  }
  finish(state, order, delivery);
  release(state, delivery.orderKey, now, out);
}

/** The next of the order may go; resolves of what never got through are dropped on the way. */
function release(state: PolicyState, orderKey: string, now: number, out: PlanResult): void {
  for (;;) {
    const order = state.orders.get(orderKey);
    const next = order?.open[0];
    if (!order || !next) return;
    if (!isPointless(order, next.alerts)) {
      out.wakeAt.push(Math.max(now, next.dueAt));
      return;
    }
    out.effects.push(resultEffect(state, next, 'dropped', 'firing_not_sent', null, null, now));
    out.effects.push({
      put: 'event',
      row: deliveryEvent(state, next, 'delivery.dropped', 'firing_not_sent', now, null),
    });
    for (const [id, status] of Object.entries(next.alerts))
      if (status === 'resolved') order.unsaid.delete(id);
    finish(state, order, next);
  }
}

function describe(result: AttemptResult): string {
  return [result.kind, result.code, result.message]
    .filter((part) => part !== null && part !== '')
    .join(': ')
    .slice(0, 500);
}

function resultEffect(
  state: PolicyState,
  delivery: OpenDelivery,
  to: DeliveryRow['state'],
  reason: string | null,
  providerId: string | null,
  lastError: string | null,
  now: number,
): Effect {
  return {
    put: 'delivery.result',
    result: {
      tenant: state.tenant,
      id: delivery.id,
      leaseToken: delivery.leaseToken,
      state: to,
      dueAt: delivery.dueAt,
      reason,
      attempts: delivery.attempts,
      providerId,
      lastError,
      finishedAt: to === 'queued' || to === 'sending' ? null : now,
    },
  };
}

function deliveryEvent(
  state: PolicyState,
  delivery: OpenDelivery,
  kind: string,
  reason: string | null,
  now: number,
  attempt: { result: AttemptResult; durationMs: number } | null,
): EventRow {
  const body: Record<string, unknown> = {
    notificationId: delivery.notificationId,
    channel: delivery.channel,
    attempt: delivery.attempts,
  };
  if (attempt) {
    body.result = attempt.result.kind;
    body.ms = attempt.durationMs;
    if (attempt.result.code !== null) body.code = attempt.result.code;
    if (attempt.result.message !== null) body.message = attempt.result.message.slice(0, 500);
  }
  return {
    id: state.newId(),
    tenant: state.tenant,
    at: now,
    subjectKind: 'delivery',
    subjectId: delivery.id,
    kind,
    reason,
    actor: null,
    topic: null,
    priority: null,
    correlationId: null,
    keep: 1,
    body,
  };
}
