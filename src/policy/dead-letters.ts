// What people do with dead letters: send one again, or put it away. A message that is not true any more is not sent
// again: behind a resolve that went out already, its "firing" would stand at the receiver for ever.
import type { DeliveryRow, NotificationRow, Saying } from '../pipeline/rows.ts';
import { openBreaker, parkedUntil } from './breaker.ts';
import { deliveryEvent } from './delivery-effects.ts';
import { maySomebodyHaveIt } from './ending.ts';
import { endOf } from './ends.ts';
import type { LetterFate, PlanResult } from './plan-result.ts';
import { deliveryTtlMs, orderAt, type PolicyState, type Tally } from './state.ts';
import { isAboutUs, strategyOf } from './strategy.ts';

/** A finished delivery as it is stored, with what its message says. */
export type DeadLetter = DeliveryRow &
  Pick<NotificationRow, 'alerts' | 'source' | 'severity' | 'priority' | 'strategy'> & {
    /** Receipts that came: sum of `receiptBits`; absent: none. */
    readonly receipts?: number;
  };

/** Whether what the message says of an alert is still so for those whom it is for. */
export type StillTrue = (letter: DeadLetter, alertId: string, status: Saying) => boolean;

export interface RequeueInput {
  readonly kind: 'requeue';
  /** In the order in which they were made. */
  readonly letters: readonly DeadLetter[];
  readonly actor: string;
  readonly stillTrue: StillTrue;
}

export interface DiscardInput {
  readonly kind: 'discard';
  readonly letter: DeadLetter;
  readonly actor: string;
  readonly note: string | null;
}

export function requeue(state: PolicyState, input: RequeueInput, now: number, out: PlanResult): void {
  for (const letter of input.letters) {
    const fate = fateOf(state, letter, input.stillTrue);
    out.letters.push({ id: letter.id, fate });
    if (fate === 'requeued') requeueOne(state, letter, input.actor, now, out);
  }
}

function fateOf(state: PolicyState, letter: DeadLetter, stillTrue: StillTrue): LetterFate {
  if (!isDead(state, letter)) return 'not_dead';
  const current = Object.entries(letter.alerts).every(([id, status]) => stillTrue(letter, id, status));
  return current ? 'requeued' : 'superseded';
}

/** Dead in the store, and not queued anew since by what is not stored yet. */
function isDead(state: PolicyState, { id, orderKey, state: stored }: DeadLetter): boolean {
  return stored === 'dead' && state.orders.get(orderKey)?.open.some((open) => open.id === id) !== true;
}

/** Under the same id, with all its attempts, and behind whatever was decided for its audience since. */
function requeueOne(state: PolicyState, row: DeadLetter, actor: string, now: number, out: PlanResult): void {
  const order = orderAt(state, row.orderKey);
  const orderNo = Math.max(order.lastNo + 1, row.orderNo + 1, now);
  order.lastNo = orderNo;
  const breaker = openBreaker(state, row.channel);
  const tally = state.tallies.get(row.notificationId);
  // Whoever sends it again watches what comes of it: nobody is called in its place.
  if (tally) tally.open += 1;
  else state.tallies.set(row.notificationId, againTally(state, row, now));
  const dueAt = breaker ? parkedUntil(breaker, now) : now;
  const delivery = {
    id: row.id,
    notificationId: row.notificationId,
    recipient: row.recipient,
    channel: row.channel,
    orderKey: row.orderKey,
    orderNo,
    lane: row.lane,
    expiresAt: now + deliveryTtlMs,
    alerts: row.alerts,
    system: isAboutUs(row),
    state: 'queued' as const,
    dueAt,
    attempts: 0,
    busy: 0,
    shorter: false,
    slow: false,
    maybe: mayBeKnown(row),
    again: true,
    ...endOf(state, row.orderKey, row.alerts, row.channel),
    leaseToken: row.leaseToken,
  };
  order.open.push(delivery);
  state.open += 1;
  out.effects.push({
    put: 'delivery.requeued',
    row: {
      tenant: state.tenant,
      id: row.id,
      dueAt,
      expiresAt: delivery.expiresAt,
      orderNo,
      reason: breaker ? 'breaker_open' : null,
    },
  });
  const body = { attempts: row.attempts, ...(row.lastError === null ? {} : { lastError: row.lastError }) };
  const news = { kind: 'delivery.requeued', reason: row.reason, actor, body };
  out.effects.push(deliveryEvent(state, delivery, news, now));
  out.wakeAt.push(dueAt);
}

function againTally(state: PolicyState, row: DeadLetter, now: number): Tally {
  return {
    notificationId: row.notificationId,
    strategy: strategyOf(state.strategies, row.strategy, row),
    createdAt: now,
    last: true,
    again: true,
    open: 1,
    accepted: 0,
    dead: 0,
    confirmed: new Map(),
    armed: false,
  };
}

/** What was taken and then lost counts as said: somebody may have seen it. */
function mayBeKnown(row: DeadLetter): boolean {
  return maySomebodyHaveIt(row) || row.reason === 'receipt_failed';
}

/** Nobody will send it. That its firing never got through stays known, so that its resolve is not sent either. */
export function discard(state: PolicyState, input: DiscardInput, now: number, out: PlanResult): void {
  const row = input.letter;
  if (!isDead(state, row)) {
    out.letters.push({ id: row.id, fate: 'not_dead' });
    return;
  }
  out.letters.push({ id: row.id, fate: 'discarded' });
  out.effects.push({
    put: 'delivery.result',
    result: {
      tenant: state.tenant,
      id: row.id,
      leaseToken: row.leaseToken,
      state: 'dropped',
      dueAt: row.dueAt,
      reason: 'discarded',
      attempts: row.attempts,
      shorter: row.shorter,
      maybe: mayBeKnown(row),
      providerId: row.providerId,
      lastError: row.lastError,
      finishedAt: now,
    },
  });
  const body = { died: row.reason, ...(input.note === null ? {} : { note: input.note }) };
  const news = { kind: 'delivery.discarded', reason: 'discarded', actor: input.actor, body };
  out.effects.push(deliveryEvent(state, { ...row, system: isAboutUs(row) }, news, now));
}
