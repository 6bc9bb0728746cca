// Policy's state of a tenant, rebuilt from its rows after a start or a reload.
import {
  type BreakerRow,
  type ConfirmationRow,
  type DeliveryRow,
  type Saying,
  saysFiring,
  type TallyRow,
} from '../pipeline/rows.ts';
import { loadBreaker } from './breaker.ts';
import { endConfirmed } from './confirm.ts';
import type { DeadLetter } from './dead-letters.ts';
import { bury, maySomebodyHaveIt } from './ending.ts';
import { endOf, untoldReason } from './ends.ts';
import { forgetOver, noteEndsNotSent, noteHeard, noteLost } from './heard.ts';
import type { PlanResult } from './plan-result.ts';
import { quietReason } from './quiet-deliveries.ts';
import { arriveLate } from './receipts-of-open.ts';
import { receiptBits } from './received-delivery.ts';
import { slowReason } from './retry.ts';
import { type DeliveryPolicy, emptyPolicyState, isSettled, orderAt, type PolicyState } from './state.ts';
import { isAboutUs, strategyOf, testStrategy } from './strategy.ts';
import { armTally, tallyOf } from './tally.ts';

export interface LoadedPolicy {
  /** The open ones, and the finished ones since the oldest lost of their order. */
  readonly deliveries: readonly DeadLetter[];
  readonly breakers: readonly BreakerRow[];
  /** Of the notifications of the open ones. */
  readonly tallies: readonly TallyRow[];
  /** Of the same notifications. */
  readonly confirmations: readonly ConfirmationRow[];
  /** Of which every delivery died, and for which nobody was called. */
  readonly untold: readonly { readonly notificationId: string; readonly endedAt: number }[];
}

/** Whether a group that speaks on the way of an order key has told of the alert and is still to tell that it is over. */
export type IsStillTold = (orderKey: string, alertId: string) => boolean;

/** What died so long before the start is history: nobody is called for it any more. */
const untoldForMs = 3_600_000;

/** Two deaths of the process under a message may be chance; a third is taken for its doing. */
const crashesOfPoison = 3;

/** Takes up what was stored; `out` gets what that ends: messages that were under way whenever the process died. */
export function loadPolicy(
  tenant: string,
  { deliveries, breakers, tallies, confirmations, untold }: LoadedPolicy,
  policy: DeliveryPolicy,
  newId: () => string,
  now: number,
  out: PlanResult,
  isStillTold: IsStillTold = () => false,
): PolicyState {
  const state = emptyPolicyState(tenant, newId, policy);
  for (const row of tallies) {
    state.tallies.set(row.notificationId, {
      notificationId: row.notificationId,
      strategy: strategyOf(state.strategies, row.strategy, row),
      createdAt: row.createdAt,
      last: isAboutUs(row),
      again: row.strategy === testStrategy.name,
      open: 0,
      accepted: row.accepted,
      dead: row.dead,
      confirmed: new Map(),
      armed: row.emergencyAt !== null,
    });
  }
  for (const row of confirmations) state.tallies.get(row.notificationId)?.confirmed.set(row.recipient, row);
  for (const { notificationId, endedAt } of untold)
    if (endedAt > now - untoldForMs) out.overdue.push({ notificationId, at: now });
  for (const row of breakers) loadBreaker(state, row, now);
  const poison = new Set<string>();
  const inOrder = [...deliveries].sort((a, b) => a.orderNo - b.orderNo);
  const unheardSince = lastUnheard(inOrder);
  const told = endsToldAgain(inOrder, isStillTold);
  for (const { row, lostAt } of steps(inOrder)) {
    const order = orderAt(state, row.orderKey);
    const ended = told.get(row.id);
    const endsAgain = ended && { endsAgain: ended };
    const said = { alerts: row.alerts, ...endsAgain };
    if (lostAt !== null) {
      noteLost(order, owedOf(row, unheardSince), lostAt);
      forgetOver(order, said);
      continue;
    }
    order.lastNo = Math.max(order.lastNo, row.orderNo);
    if (isOpen(row)) {
      order.open.push({
        id: row.id,
        notificationId: row.notificationId,
        recipient: row.recipient,
        channel: row.channel,
        orderKey: row.orderKey,
        orderNo: row.orderNo,
        lane: row.lane,
        expiresAt: row.expiresAt,
        alerts: row.alerts,
        ...endsAgain,
        system: isAboutUs(row),
        state: row.state,
        dueAt: row.dueAt,
        attempts: row.attempts,
        busy: 0,
        shorter: row.shorter,
        slow: row.reason === slowReason,
        quiet: row.reason === quietReason,
        // Once leased it may have gone out, whatever was heard of it.
        maybe: row.maybe || row.leaseToken > 0,
        again: isAgain(row),
        leaseToken: row.leaseToken,
        ...endOf(state, row.orderKey, row.alerts, row.channel),
        ...confirmedOf(row),
      });
      state.open += 1;
      const tally = tallyOf(state, row);
      tally.open += 1;
      // Known from here on to whoever asks for the ways there are.
      state.ways.get(row.recipient);
      if (row.attempts > 0 || (row.reason !== null && row.reason !== quietReason)) armTally(tally, now, out);
      if (row.crashes >= crashesOfPoison) poison.add(row.id);
      continue;
    }
    if (isNothing(row)) continue;
    if (row.state === 'dropped' && row.reason === 'firing_not_sent') {
      noteEndsNotSent(order, said);
      continue;
    }
    const maybe = maySomebodyHaveIt(row);
    if (isLost(row) && !maybe) {
      if (!isAgain(row)) noteLost(order, owedOf(row, unheardSince), row.orderNo);
    } else noteHeard(order, row.alerts, isLost(row), maybe);
    forgetOver(order, said);
  }
  for (const [key, order] of [...state.orders]) {
    if (isSettled(order)) state.orders.delete(key);
  }
  for (const order of [...state.orders.values()]) {
    for (const delivery of order.open.filter(({ confirmed }) => confirmed !== undefined))
      arriveLate(state, order, delivery, delivery.confirmed!.at(-1)!, now, out);
    for (const delivery of order.open.filter(({ id }) => poison.has(id)))
      bury(state, order, delivery, 'poison', now, out);
    // What was under way when the process died and waits again.
    if (confirmations.length > 0)
      for (const delivery of [...order.open]) endConfirmed(state, order, delivery, now, out);
  }
  return state;
}

/** An order's number is the time at which it was given, or the next one. */
const madeWithinMs = 1_000;

/** Somebody had it sent once more: behind what was decided since, long after it was made. */
function isAgain({ orderNo, createdAt }: DeliveryRow): boolean {
  return orderNo > createdAt + madeWithinMs;
}

/**
 * The rows in the order in which their words count. One that was lost and is sent once more, or was, was lost where it was
 * first (`lostAt`); where it is now it only may have been heard.
 */
function steps(
  inOrder: readonly DeadLetter[],
): readonly { readonly row: DeadLetter; readonly at: number; readonly lostAt: number | null }[] {
  const now = inOrder.map((row) => ({ row, at: row.orderNo, lostAt: null }));
  const before = inOrder
    .filter((row) => isAgain(row) && !maySomebodyHaveIt(row))
    .map((row) => ({ row, at: row.createdAt, lostAt: row.createdAt }));
  return before.length === 0 ? now : [...now, ...before].sort((a, b) => a.at - b.at);
}

/** A receipt says that it has arrived, and its process died before the attempt ended. */
function confirmedOf({ receipts = 0, providerId, leaseToken }: DeadLetter): { confirmed?: [string] } {
  const arrived = (receipts & receiptBits.delivered) !== 0 && leaseToken > 0;
  return arrived && providerId !== null ? { confirmed: [providerId] } : {};
}

/** By message: those of its alerts that it says are over, and of which another group told that later, or is still to. */
function endsToldAgain(
  inOrder: readonly DeadLetter[],
  isStillTold: IsStillTold,
): ReadonlyMap<string, Set<string>> {
  const again = new Map<string, Set<string>>();
  const next = new Map<string, Saying>();
  for (const { id, orderKey, alerts } of [...inOrder].reverse())
    for (const [alert, saying] of Object.entries(alerts)) {
      const said = next.get(`${orderKey} ${alert}`);
      next.set(`${orderKey} ${alert}`, saying);
      // What begins anew was over before.
      const goesOn = said === undefined ? isStillTold(orderKey, alert) : said !== 'firing';
      if (saying === 'resolved' && goesOn) again.set(id, (again.get(id) ?? new Set()).add(alert));
    }
  return again;
}

/** By `order key, alert`: the number of the last message that says that it fires and still waits, or was not sent and not replaced. */
function lastUnheard(inOrder: readonly DeadLetter[]): ReadonlyMap<string, number> {
  const last = new Map<string, number>();
  for (const row of inOrder) {
    if (!isOpen(row) && !isLost(row) && !isNothing(row)) continue;
    if (row.reason === 'superseded') continue;
    for (const [id, saying] of Object.entries(row.alerts))
      if (saysFiring(saying)) last.set(`${row.orderKey} ${id}`, row.orderNo);
  }
  return last;
}

/**
 * Words of a lost message that count. A firing that a later one says anew is known by that one, which another group of the
 * same people may have said, and which is not among the rows where that group is gone: it is lost while that one still
 * waits, or with it.
 */
function owedOf(
  { reason, alerts, orderKey, orderNo }: DeadLetter,
  unheardSince: ReadonlyMap<string, number>,
): DeadLetter['alerts'] {
  if (reason !== 'superseded') return alerts;
  const owed = ([id, saying]: [string, Saying]) =>
    saying === 'resolved' || (unheardSince.get(`${orderKey} ${id}`) ?? 0) > orderNo;
  return Object.fromEntries(Object.entries(alerts).filter(owed));
}

type Open = DeadLetter & { readonly state: 'queued' | 'sending' };

function isOpen(row: DeadLetter): row is Open {
  return row.state === 'queued' || row.state === 'sending';
}

/** Why one that was dropped was not heard, although what it says may stand: put away, replaced, seen elsewhere. */
const unheard: readonly (string | null)[] = ['discarded', 'superseded', 'confirmed'];

/**
 * It was not sent, and nothing is remembered of it: what it repeated, or began, had ended, and that is told, or is dropped
 * itself; or it told of ends where nobody waits for them.
 */
function isNothing({ state, reason }: DeliveryRow): boolean {
  return state === 'dropped' && (reason === 'resolved_before_send' || reason === untoldReason);
}

/** Dead, or not sent at all. One that its receiver lost after it was taken counts as said: better an end too many. */
function isLost({ state, reason }: DeliveryRow): boolean {
  if (state === 'dead') return reason !== 'receipt_failed';
  return state === 'dropped' && unheard.includes(reason);
}
