// The second pure door. Notifications become deliveries, one for each channel of the receiver; results become retries,
// ends, and the release of what waited behind them. Within (group, recipient, channel) nothing overtakes.
import type { Severity } from '../../rules/types.ts';
import type { Notification } from '../pipeline/input.ts';
import { audienceOf } from '../pipeline/routing.ts';
import { type DeliveryRow, type Lane, type NotificationRow, sayingsTo } from '../pipeline/rows.ts';
import { noteChange, noteClaim, noteRelease, noteResult, openBreaker, parkedUntil } from './breaker.ts';
import { confirm, endConfirmed } from './confirm.ts';
import { discard, requeue } from './dead-letters.ts';
import { attemptBody, deliveryEvent, describe, resultEffect } from './delivery-effects.ts';
import { bury, dropOvertaken, dropRepeated, isPointless, settle } from './ending.ts';
import { isUntold, tellsOfEndsOnly, untoldReason } from './ends.ts';
import { noteEndsNotSent } from './heard.ts';
import type { PolicyInput } from './input.ts';
import { callInstead } from './overdue.ts';
import { emptyPlan, type PlanResult } from './plan-result.ts';
import { endQuiet, quietReason, quietUntilOf } from './quiet-deliveries.ts';
import { planReceipt } from './receipts.ts';
import { arriveLate, decideConfirmed } from './receipts-of-open.ts';
import { newToRecipients, recipientsOf, unreachedEvent } from './recipients.ts';
import { decideRetry, fallbackReason } from './retry.ts';
import {
  deliveryTtlMs,
  isSettled,
  type OpenDelivery,
  type Order,
  orderAt,
  type PolicyState,
  type Tally,
} from './state.ts';
import { isAboutUs, strategyOf, testStrategy } from './strategy.ts';
import { armTally, tallyOf } from './tally.ts';
import { firstWay, nextWay, takeOver, tellsEnds, wayOf } from './ways.ts';

export function plan(state: PolicyState, input: PolicyInput, now: number): PlanResult {
  const out = emptyPlan();
  switch (input.kind) {
    case 'notification':
      planNotification(state, input.notification, input, now, out);
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
      planRelease(state, found.order, found.delivery, now, out);
      break;
    }
    case 'group_closed':
      for (const key of keysOf(state, input)) {
        const order = state.orders.get(key);
        if (!order) continue;
        // What still waits of the group is sent or not by what was heard.
        const isOver = (id: string) => !input.known(id) && !order.open.some(({ alerts }) => id in alerts);
        for (const set of [order.unsaid, order.believed])
          for (const id of set) if (isOver(id)) set.delete(id);
        for (const { endsAgain } of order.open)
          for (const id of endsAgain ?? []) if (!input.known(id)) endsAgain!.delete(id);
        if (isSettled(order)) state.orders.delete(key);
      }
      break;
    case 'claimed': {
      const delivery = state.orders.get(input.orderKey)?.open.find((open) => open.id === input.deliveryId);
      if (!delivery) out.current = false;
      else {
        delivery.leaseToken = input.leaseToken;
        delivery.state = 'sending';
        delivery.dueAt = input.dueAt;
        delivery.quiet = false;
        if (input.channel !== delivery.channel) takeOver(delivery, input.channel);
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
    case 'channel_changed':
      noteChange(state, input.channel, input.gone, now, out);
      break;
    case 'overdue': {
      const notification = callInstead(state, input, now, out);
      if (notification)
        planNotification(state, notification, { ...input, room: noRoom, leaseMs: 0 }, now, out);
      break;
    }
    case 'requeue':
      requeue(state, input, now, out);
      break;
    case 'receipt':
      planReceipt(state, input, now, out);
      break;
    case 'confirm':
      confirm(state, input, now, out);
      break;
    case 'discard':
      discard(state, input, now, out);
      break;
  }
  return out;
}

/** Those orders of an audience that remember something. */
function keysOf(
  { orders }: PolicyState,
  { audience, channels }: { readonly audience: string; readonly channels: readonly string[] | null },
): readonly string[] {
  if (channels !== null) return channels.map((channel) => orderKeyOf(audience, channel));
  const prefix = orderKeyOf(audience, '');
  return [...orders.keys()].filter((key) => key.startsWith(prefix));
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

/** Whether the way is one of the audience. */
export function isOfAudience(orderKey: string, audience: string): boolean {
  return orderKey.startsWith(orderKeyOf(audience, ''));
}

export function laneOf(severity: Severity): Lane {
  if (severity === 'emergency' || severity === 'critical') return 'high';
  return severity === 'info' ? 'low' : 'normal';
}

type Means = Pick<Extract<PolicyInput, { kind: 'notification' }>, 'routing' | 'room' | 'leaseMs'>;

/** What is rare waits for the claimer. */
const noRoom = () => false;

function planNotification(
  state: PolicyState,
  notification: Notification,
  means: Means,
  now: number,
  out: PlanResult,
): void {
  const { message, only, through } = notification;
  const receiver = only === undefined ? means.routing.receivers.get(notification.receiver) : undefined;
  const named =
    only === undefined ? (notification.strategy ?? receiver?.strategy ?? null) : testStrategy.name;
  const strategy = strategyOf(state.strategies, named, message);
  const asked =
    only !== undefined
      ? { channels: [only] }
      : notification.to !== undefined
        ? { channels: through === undefined ? [] : [through], to: notification.to }
        : { channels: receiver?.channels ?? [], to: receiver?.to };
  const { recipients, unreached } = recipientsOf(state.ways, state.people, asked, strategy, now);
  const nobody = unreached.length > 0 ? 'nobody_reached' : 'no_channel';
  const ours = message.alerts.some(isOurs);
  const instead = message.reason === 'undelivered';
  const row: NotificationRow = {
    tenant: state.tenant,
    id: notification.id,
    source: only !== undefined ? 'api' : ours || instead ? 'system' : 'alert',
    kind:
      only !== undefined ? 'test.notification' : instead ? 'emergency.notification' : 'alert.notification',
    groupId: only === undefined ? notification.groupId : null,
    receiver: only === undefined ? notification.receiver : null,
    template: null,
    reason: message.reason,
    alerts: notification.alerts,
    ...newToRecipients(state, notification.newTo, recipients, strategy, now),
    severity: message.severity,
    priority: message.priority,
    locale: message.locale,
    expiresAt: now + deliveryTtlMs,
    correlationId: null,
    status: recipients.length === 0 ? 'dropped' : 'pending',
    dropReason: recipients.length === 0 ? nobody : null,
    body: JSON.stringify(message),
    createdAt: now,
    strategy: strategy.name,
    requireAll: strategy.requireAll,
    emergencyAt: null,
  };
  out.effects.push({ put: 'notification', row });
  if (unreached.length > 0) out.effects.push(unreachedEvent(state, row, unreached, now));
  if (recipients.length === 0) {
    // Nobody will hear of it by this way, however long one waits.
    if (unreached.length > 0 && !isAboutUs(row)) out.overdue.push({ notificationId: row.id, at: now });
    return;
  }
  const tally: Tally = {
    notificationId: row.id,
    strategy,
    createdAt: now,
    last: isAboutUs(row),
    again: only !== undefined,
    open: 0,
    accepted: 0,
    dead: 0,
    confirmed: new Map(),
    armed: false,
  };
  for (const to of recipients) {
    // Nobody takes over from a recipient of its own, and what is put off for a paused channel stays with it.
    const recipient = only === undefined ? to : `${to}~test`;
    planDelivery(state, notification, means, row, tally, { recipient, recipients }, now, out);
  }
  if (tally.open > 0) state.tallies.set(row.id, tally);
}

/** Events about the program itself are called `tocsin.…`. */
function isOurs({ kind, labels }: Notification['message']['alerts'][number]): boolean {
  return kind === 'event' && labels.alertname?.startsWith('tocsin.') === true;
}

function planDelivery(
  state: PolicyState,
  from: Notification,
  means: Means,
  notification: NotificationRow,
  tally: Tally,
  { recipient, recipients }: { readonly recipient: string; readonly recipients: readonly string[] },
  now: number,
  out: PlanResult,
): void {
  const { receiver, message, only, to } = from;
  const alerts = sayingsTo(notification, recipient);
  const endsAgain = from.endsAgain && { endsAgain: new Set(from.endsAgain) };
  // A test waits for nothing that was said before, and nothing waits for it.
  const audience = only === undefined ? audienceOf(receiver, message.groupLabels) : `test:${from.id}`;
  const orderKey = orderKeyOf(audience, recipient);
  const lane = laneOf(notification.severity);
  const overtaken = dropOvertaken(state, orderKey, alerts, now, out);
  // Whoever is told by a step of an escalation is none of the receiver's channels.
  const wanted =
    only !== undefined || (to === undefined && means.routing.receivers.get(receiver)?.endsAnyway);
  const end = wanted !== true && tellsOfEndsOnly(state.orders.get(orderKey), alerts);
  const untold = end && isUntold(state.ways, recipient, recipients);
  // What is not sent says nothing in the place of what waits.
  if (!untold) dropRepeated(state, orderKey, { alerts, lane }, now, out);
  const order = orderAt(state, orderKey);
  const orderNo = Math.max(order.lastNo + 1, now);
  order.lastNo = orderNo;
  const first = order.open.length === 0;
  const pointless = overtaken || (first && isPointless(order, alerts));
  const dropped = pointless || untold;
  const chain = state.ways.get(recipient)?.chain ?? [recipient];
  const own = (end && !untold && chain.find((one) => tellsEnds(state.ways, one))) || (chain[0] ?? recipient);
  const begins = untold || asksAgain(state, own, lane, now) ? own : firstWay(state, recipient, end);
  const channel = only ?? begins;
  // A person asks whether a channel works: that it is paused is why.
  const breaker = only === undefined ? openBreaker(state, channel) : null;
  const quiet = dropped ? null : quietUntilOf(state, recipient, notification.severity, now);
  if (quiet === null) endQuiet(state, order, now, out);
  const leased = first && !dropped && !breaker && quiet === null && means.room(channel, lane);
  const dueAt = quiet ?? (breaker ? parkedUntil(breaker, now) : now);
  const row: DeliveryRow = {
    tenant: state.tenant,
    id: state.newId(),
    notificationId: notification.id,
    recipient,
    channel,
    provider: state.ways.get(channel)!.type,
    lane,
    dueAt,
    expiresAt: notification.expiresAt + (dueAt > now && quiet !== null ? quiet - now : 0),
    orderKey,
    orderNo,
    state: dropped ? 'dropped' : leased ? 'sending' : 'queued',
    reason: pointless
      ? 'firing_not_sent'
      : untold
        ? untoldReason
        : quiet !== null
          ? quietReason
          : breaker
            ? 'breaker_open'
            : null,
    attempts: 0,
    crashes: 0,
    shorter: false,
    maybe: false,
    providerId: null,
    lastError: null,
    leaseToken: leased ? 1 : 0,
    leaseUntil: leased ? now + means.leaseMs : null,
    createdAt: now,
    finishedAt: dropped ? now : null,
  };
  out.effects.push({ put: 'delivery', row });
  if (pointless) {
    noteEndsNotSent(order, { alerts, ...endsAgain });
    if (isSettled(order)) state.orders.delete(orderKey);
    return;
  }
  if (untold) {
    // Nobody there waits for it: nothing is to be remembered.
    const system = isAboutUs(notification);
    const news = { kind: 'delivery.dropped', reason: untoldReason };
    out.effects.push(deliveryEvent(state, { ...row, system }, news, now));
    if (isSettled(order)) state.orders.delete(orderKey);
    return;
  }
  order.open.push({
    id: row.id,
    notificationId: row.notificationId,
    recipient,
    channel,
    orderKey,
    orderNo,
    lane: row.lane,
    expiresAt: row.expiresAt,
    alerts,
    ...endsAgain,
    system: isAboutUs(notification),
    state: leased ? 'sending' : 'queued',
    dueAt,
    attempts: 0,
    busy: 0,
    shorter: false,
    slow: false,
    maybe: false,
    ...(quiet !== null && { quiet: true }),
    ...(end && { end }),
    leaseToken: row.leaseToken,
  });
  state.open += 1;
  tally.open += 1;
  if (breaker && quiet === null) armTally(tally, now, out);
  if (leased) out.leased.push({ row, notification: from });
  else if (first) out.wakeAt.push(dueAt);
}

/** Something urgent is not sent to ask whether a channel works again while another carries it, unless nothing else asks. */
const urgentAsksAfterMs = 600_000;

/** The recipient's own channel is paused, it is time to ask whether it works again, and this delivery may ask. */
function asksAgain(state: PolicyState, recipient: string, lane: Lane, now: number): boolean {
  const breaker = openBreaker(state, recipient);
  if (!breaker || breaker.probe !== null) return false;
  return now >= breaker.probeAt + (lane === 'high' ? urgentAsksAfterMs : 0);
}

/** A lease came back unused: on a paused channel the next of the chain carries it, or it waits with the others. */
function planRelease(
  state: PolicyState,
  order: Order,
  delivery: OpenDelivery,
  now: number,
  out: PlanResult,
): void {
  const from = delivery.channel;
  noteRelease(state, from, delivery.id, now);
  if (delivery.confirmed !== undefined) {
    arriveLate(state, order, delivery, delivery.confirmed.at(-1)!, now, out);
    return;
  }
  delivery.state = 'queued';
  if (endConfirmed(state, order, delivery, now, out)) return;
  const next = openBreaker(state, from) ? nextWay(state, delivery.recipient, from, delivery.end) : null;
  if (next !== null) takeOver(delivery, next);
  const breaker = openBreaker(state, delivery.channel);
  // What waits for a call keeps its place among those that do.
  delivery.dueAt = breaker ? parkedUntil(breaker, now) : Math.min(delivery.dueAt, now);
  if (breaker) armTally(tallyOf(state, delivery), now, out);
  const reason = next !== null ? fallbackReason : breaker ? 'breaker_open' : 'lease_released';
  const said = next === null ? {} : { moved: wayOf(state, next) };
  out.effects.push(resultEffect(state, delivery, 'queued', reason, now, said));
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
  const { attempts, busy, shorter, slow, lane, recipient, expiresAt } = delivery;
  const tally = tallyOf(state, delivery);
  const from = delivery.channel;
  const breaker = noteResult(state, delivery, result, now, out);
  const attempted = {
    ...{
      strategy: tally.strategy,
      known: tally.accepted > 0 || tally.again,
      attempts,
      busy,
      shorter,
      slow,
      lane,
      expiresAt,
      draw,
    },
    next: nextWay(state, recipient, from, delivery.end),
    first: firstWay(state, recipient, delivery.end),
    ...breaker,
  };
  const decision = decideConfirmed(delivery, result, decideRetry(result, attempted, now));
  if (decision.spends) delivery.attempts += 1;
  delivery.busy = result.kind === 'rate_limited' ? busy + 1 : 0;
  delivery.maybe ||= result.kind === 'unknown';
  const to = decision.state === 'queued' ? decision.to : undefined;
  if (decision.state === 'queued') {
    delivery.state = 'queued';
    delivery.dueAt = decision.dueAt;
    delivery.shorter ||= decision.shorter === true;
    delivery.slow ||= decision.slow === true;
    if (to !== undefined && to !== from) takeOver(delivery, to);
    armTally(tally, now, out);
    out.wakeAt.push(decision.dueAt);
  }
  const arrived = delivery.confirmed ?? [];
  const confirmed = decision.state === 'delivered' && arrived.length > 0;
  const good = confirmed || result.kind === 'sent' || result.kind === 'delivered';
  const lastError = good ? null : describe(result);
  const moved = delivery.channel === from ? {} : { moved: wayOf(state, delivery.channel) };
  const counts = !confirmed || (result.providerId !== null && arrived.includes(result.providerId));
  const providerId = counts ? result.providerId : arrived.at(-1)!;
  const said = { providerId, lastError, ...moved };
  out.effects.push(resultEffect(state, delivery, decision.state, decision.reason, now, said));
  const queued = decision.state === 'queued';
  const news = {
    kind: queued ? 'delivery.retry' : `delivery.${decision.state}`,
    reason: queued ? result.kind : confirmed ? 'receipt' : decision.reason,
    body: {
      ...attemptBody(attempts + 1, result, durationMs),
      ...(breaker.probe ? { probe: true } : {}),
      ...(delivery.channel === from ? {} : { next: delivery.channel }),
    },
  };
  out.effects.push(deliveryEvent(state, { ...delivery, channel: from }, news, now));
  if (queued) endConfirmed(state, order, delivery, now, out);
  else settle(state, order, delivery, decision.state === 'dead', now, out);
}
