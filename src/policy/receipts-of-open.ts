// Receipts of deliveries that are not finished: the answer of an attempt was lost, or has not come yet, and the provider
// says what became of the message all the same. What has arrived is not sent again; what did not goes to the next of the
// chain, as if the provider had answered so.
import { deliveryEvent, resultEffect } from './delivery-effects.ts';
import { settle } from './ending.ts';
import type { PlanResult } from './plan-result.ts';
import {
  type NamedBy,
  type ReceiptNews,
  type ReceivedDelivery,
  type ReceivedMove,
  receiptError,
} from './received-delivery.ts';
import { type AttemptResult, fallbackReason, type RetryDecision } from './retry.ts';
import type { OpenDelivery, Order, PolicyState } from './state.ts';
import { armTally, tallyOf } from './tally.ts';
import { nextWay, takeOver, wayOf } from './ways.ts';

/** A message for each attempt before, and the one under way, which its answer names. */
const mostConfirmed = 8;

interface Said {
  readonly before: ReceivedDelivery;
  readonly receipt: ReceiptNews;
  readonly named: NamedBy | null;
}

/** What the receipt makes of the delivery; null when it changes nothing. */
export function moveOpen(
  state: PolicyState,
  order: Order,
  open: OpenDelivery,
  { before, receipt, named }: Said,
  now: number,
  out: PlanResult,
): ReceivedMove | null {
  const providerId = named?.providerId ?? before.providerId;
  if (providerId === null) return null;
  if (receipt.status === 'delivered') {
    if (open.state === 'queued') {
      const by = { channel: named?.channel ?? open.channel, providerId };
      return arrive(state, order, open, by, now, out);
    }
    // The attempt that is under way cannot be called back; whatever comes of it, it was the last.
    const others = (open.confirmed ?? []).filter((one) => one !== providerId);
    open.confirmed = [...others.slice(1 - mostConfirmed), providerId];
    return { providerId };
  }
  // Of an attempt before the last one, or on another channel, it says nothing of where the delivery is now.
  const ofLastAttempt = open.state === 'queued' && open.maybe && named?.channel === open.channel;
  if (receipt.status !== 'failed' || !ofLastAttempt) return null;
  return fail(state, order, open, receipt, providerId, now, out);
}

/** Ends a delivery whose receipt was taken before: its attempt was not begun, or its process died. */
export function arriveLate(
  state: PolicyState,
  order: Order,
  open: OpenDelivery,
  providerId: string,
  now: number,
  out: PlanResult,
): void {
  arrive(state, order, open, { channel: open.channel, providerId }, now, out);
  const news = { kind: 'delivery.delivered', reason: 'receipt', body: { receipt: 'delivered' } };
  out.effects.push(deliveryEvent(state, open, news, now));
}

/** Ends a delivery that somebody has. */
function arrive(
  state: PolicyState,
  order: Order,
  open: OpenDelivery,
  { channel, providerId }: NamedBy,
  now: number,
  out: PlanResult,
): ReceivedMove {
  // The one before may have taken over since, and another have it.
  const moved = channel === open.channel ? {} : { moved: wayOf(state, channel) };
  out.effects.push(resultEffect(state, open, 'delivered', null, now, { providerId, ...moved }));
  settle(state, order, open, false, now, out);
  return { state: 'delivered', reason: null, lastError: null, finishedAt: now, providerId, channel };
}

function fail(
  state: PolicyState,
  order: Order,
  open: OpenDelivery,
  receipt: ReceiptNews,
  providerId: string,
  now: number,
  out: PlanResult,
): ReceivedMove {
  const lastError = receiptError(receipt);
  const tally = tallyOf(state, open);
  const next = tally.strategy.once ? null : nextWay(state, open.recipient, open.channel, open.end);
  if (next === null || now >= open.expiresAt) {
    const reason = 'receipt_failed';
    out.effects.push(resultEffect(state, open, 'dead', reason, now, { providerId, lastError }));
    settle(state, order, open, true, now, out);
    return { state: 'dead', reason, lastError, finishedAt: now, providerId };
  }
  takeOver(open, next);
  open.dueAt = now;
  armTally(tally, now, out);
  const moved = wayOf(state, next);
  out.effects.push(resultEffect(state, open, 'queued', fallbackReason, now, { lastError, moved }));
  out.wakeAt.push(now);
  return { state: 'queued', reason: fallbackReason, lastError, channel: next, providerId: null };
}

/** Whatever the attempt came to, a message of the delivery has arrived: there is no other. */
export function decideConfirmed(
  { confirmed }: OpenDelivery,
  result: Pick<AttemptResult, 'kind' | 'providerId'>,
  decision: RetryDecision,
): RetryDecision {
  if (confirmed === undefined) return decision;
  // It was taken as another message, which has receipts of its own.
  if (decision.state === 'sent' && result.providerId !== null && !confirmed.includes(result.providerId))
    return decision;
  return { state: 'delivered', reason: null, spends: decision.spends };
}
