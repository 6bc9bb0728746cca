// Deliveries that were taken and did not arrive: the next of the chain carries them, as long as what they say is still so;
// else they are dead letters, and whoever hears of those hears of them.
import { openBreaker, parkedUntil } from './breaker.ts';
import { endOf, tellsOfEndsOnly } from './ends.ts';
import type { PlanResult } from './plan-result.ts';
import type { LostDelivery, ReceiptInput } from './receipt-input.ts';
import type { ReceivedMove } from './received-delivery.ts';
import { fallbackReason } from './retry.ts';
import { orderAt, type PolicyState, type Tally } from './state.ts';
import { isAboutUs, strategyOf, testStrategy } from './strategy.ts';
import { armTally, noteEnd } from './tally.ts';
import { nextWay, wayOf } from './ways.ts';

/** Queues the delivery anew on the next channel of its chain; null when it stays lost. */
export function goOn(
  state: PolicyState,
  { delivery, lost: find }: ReceiptInput,
  now: number,
  out: PlanResult,
): ReceivedMove | null {
  const { recipient, channel } = delivery;
  if (nextWay(state, recipient, channel) === null) return null;
  const lost = find?.() ?? null;
  if (lost === null || now >= lost.letter.expiresAt) return null;
  const { letter, stillTrue, confirmations } = lost;
  const end = tellsOfEndsOnly(state.orders.get(letter.orderKey), letter.alerts);
  const next = nextWay(state, recipient, channel, end);
  if (next === null) return null;
  // Somebody has seen it; its end is told all the same.
  if (confirmations.length > 0 && !Object.values(letter.alerts).includes('resolved')) return null;
  if (!Object.entries(letter.alerts).every(([id, saying]) => stillTrue(letter, id, saying))) return null;
  const order = orderAt(state, letter.orderKey);
  const orderNo = Math.max(order.lastNo + 1, letter.orderNo + 1, now);
  order.lastNo = orderNo;
  const breaker = openBreaker(state, next);
  const dueAt = breaker ? parkedUntil(breaker, now) : now;
  const tally = tallyAfter(state, lost);
  tally.open += 1;
  state.tallies.set(letter.notificationId, tally);
  order.open.push({
    id: letter.id,
    notificationId: letter.notificationId,
    recipient,
    channel: next,
    orderKey: letter.orderKey,
    orderNo,
    lane: letter.lane,
    expiresAt: letter.expiresAt,
    alerts: letter.alerts,
    system: isAboutUs(letter),
    state: 'queued',
    dueAt,
    attempts: 0,
    busy: 0,
    shorter: false,
    slow: false,
    // It counted as said: rather an end too many than none.
    maybe: true,
    ...endOf(state, letter.orderKey, letter.alerts, next),
    leaseToken: delivery.leaseToken,
  });
  state.open += 1;
  armTally(tally, now, out);
  out.effects.push({
    put: 'delivery.requeued',
    row: {
      ...{ tenant: state.tenant, id: letter.id, dueAt, expiresAt: letter.expiresAt, orderNo },
      reason: fallbackReason,
      lost: wayOf(state, next),
    },
  });
  out.wakeAt.push(dueAt);
  return { state: 'queued', reason: fallbackReason, finishedAt: null, channel: next, providerId: null };
}

/** Nobody carries it on: its notification counts it among the dead, and says so where it was the last. */
export function loseForGood(
  state: PolicyState,
  { delivery, lost: find }: ReceiptInput,
  now: number,
  out: PlanResult,
): void {
  const known = state.tallies.get(delivery.notificationId);
  if (known) {
    known.accepted -= 1;
    known.dead += 1;
    armTally(known, now, out);
    return;
  }
  const lost = find?.() ?? null;
  if (lost === null) return;
  state.tallies.set(delivery.notificationId, { ...tallyAfter(state, lost), open: 1 });
  noteEnd(state, delivery, 'dead', now, out);
}

/** The tally of its notification as it is now that the delivery is not accepted any more. */
function tallyAfter(state: PolicyState, { letter, others, confirmations }: LostDelivery): Tally {
  const known = state.tallies.get(letter.notificationId);
  if (known) {
    known.accepted -= 1;
    return known;
  }
  return {
    notificationId: letter.notificationId,
    strategy: strategyOf(state.strategies, letter.strategy, letter),
    createdAt: letter.createdAt,
    last: isAboutUs(letter),
    again: letter.strategy === testStrategy.name,
    open: 0,
    ...others,
    confirmed: new Map(confirmations.map((row) => [row.recipient, row])),
    armed: false,
  };
}
