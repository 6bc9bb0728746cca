// The second pure door. Notifications become deliveries, one for each channel of the receiver; results become retries,
// ends, and the release of what waited behind them. Within (group, recipient, channel) nothing overtakes.
import type { Severity } from '../../rules/types.ts';
import type { Notification } from '../pipeline/input.ts';
import { audienceOf } from '../pipeline/routing.ts';
import type { DeliveryRow, Lane, NotificationRow } from '../pipeline/rows.ts';
import { noteClaim, noteRelease, noteResult, openBreaker, parkedUntil } from './breaker.ts';
import { discard, requeue } from './dead-letters.ts';
import { attemptBody, deliveryEvent, describe, resultEffect } from './delivery-effects.ts';
import { bury, isPointless, settle } from './ending.ts';
import type { PolicyInput } from './input.ts';
import { emptyPlan, type PlanResult } from './plan-result.ts';
import { planReceipt } from './receipts.ts';
import { decideRetry } from './retry.ts';
import { deliveryTtlMs, type OpenDelivery, type Order, orderAt, type PolicyState } from './state.ts';

export function plan(state: PolicyState, input: PolicyInput, now: number): PlanResult {
  const out = emptyPlan();
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
      planRelease(state, found.delivery, now, out);
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
        delivery.dueAt = input.dueAt;
        noteClaim(state, delivery.channel, delivery.id, now);
      }
      break;
    }
    case 'expired': {
      const order = state.orders.get(input.orderKey);
      const delivery = order?.open.find((open) => open.id === input.deliveryId);
      if (!order || !delivery) out.current = false;
      else {
        noteRelease(state, delivery.channel, delivery.id, now);
        delivery.leaseToken = input.leaseToken;
        bury(state, order, delivery, 'expired', now, out);
      }
      break;
    }
    case 'requeue':
      requeue(state, input, now, out);
      break;
    case 'receipt':
      planReceipt(state, input, now, out);
      break;
    case 'discard':
      discard(state, input, now, out);
      break;
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
    source: message.alerts.some(isOurs) ? 'system' : 'alert',
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

/** Events about the program itself are called `tocsin.…`. */
function isOurs({ kind, labels }: Notification['message']['alerts'][number]): boolean {
  return kind === 'event' && labels.alertname?.startsWith('tocsin.') === true;
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
  const breaker = openBreaker(state, channel);
  const leased = first && !dropped && !breaker && input.room(channel);
  const dueAt = breaker ? parkedUntil(breaker, now) : now;
  const row: DeliveryRow = {
    tenant: state.tenant,
    id: state.newId(),
    notificationId: notification.id,
    recipient: channel,
    channel,
    provider,
    lane: laneOf(notification.severity),
    dueAt,
    expiresAt: notification.expiresAt,
    orderKey,
    orderNo,
    state: dropped ? 'dropped' : leased ? 'sending' : 'queued',
    reason: dropped ? 'firing_not_sent' : breaker ? 'breaker_open' : null,
    attempts: 0,
    crashes: 0,
    shorter: false,
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
    system: notification.source === 'system',
    state: leased ? 'sending' : 'queued',
    dueAt,
    attempts: 0,
    busy: 0,
    shorter: false,
    leaseToken: row.leaseToken,
  });
  state.open += 1;
  if (leased) out.leased.push({ row, notification: input.notification });
  else if (first) out.wakeAt.push(dueAt);
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

/** A lease came back unused: on a paused channel the delivery waits with the others. */
function planRelease(state: PolicyState, delivery: OpenDelivery, now: number, out: PlanResult): void {
  noteRelease(state, delivery.channel, delivery.id, now);
  const breaker = openBreaker(state, delivery.channel);
  delivery.state = 'queued';
  delivery.dueAt = breaker ? parkedUntil(breaker, now) : now;
  const reason = breaker ? 'breaker_open' : 'lease_released';
  out.effects.push(resultEffect(state, delivery, 'queued', reason, now));
  out.wakeAt.push(delivery.dueAt);
}

function planResult(
  state: PolicyState,
  order: Order,
  delivery: OpenDelivery,
  input: Extract<PolicyInput, { kind: 'result' }>,
  now: number,
  out: PlanResult,
): void {
  const { result, draw, durationMs } = input;
  const { attempts, busy, shorter, expiresAt } = delivery;
  const breaker = noteResult(state, delivery, result, now, out);
  const decision = decideRetry(result, { attempts, busy, shorter, expiresAt, draw, ...breaker }, now);
  if (decision.spends) delivery.attempts += 1;
  delivery.busy = result.kind === 'rate_limited' ? busy + 1 : 0;
  if (decision.state === 'queued') {
    delivery.state = 'queued';
    delivery.dueAt = decision.dueAt;
    delivery.shorter ||= decision.shorter === true;
    out.wakeAt.push(decision.dueAt);
  }
  const lastError = result.kind === 'sent' || result.kind === 'delivered' ? null : describe(result);
  const said = { providerId: result.providerId, lastError };
  out.effects.push(resultEffect(state, delivery, decision.state, decision.reason, now, said));
  const queued = decision.state === 'queued';
  const news = {
    kind: queued ? 'delivery.retry' : `delivery.${decision.state}`,
    reason: queued ? result.kind : decision.reason,
    body: { ...attemptBody(attempts + 1, result, durationMs), ...(breaker.probe ? { probe: true } : {}) },
  };
  out.effects.push(deliveryEvent(state, delivery, news, now));
  if (!queued) settle(state, order, delivery, decision.state === 'dead', now, out);
}
