// The end of a delivery, and what it sets free: the next of its order, or the resolve of what never got through.
import { type DeliveryRow, type Lane, type Saying, saysFiring } from '../pipeline/rows.ts';
import { deliveryEvent, resultEffect } from './delivery-effects.ts';
import { noteEnded, unsaidWithout } from './heard.ts';
import type { PlanResult } from './plan-result.ts';
import { finish, type OpenDelivery, type Order, type PolicyState } from './state.ts';
import { noteEnd } from './tally.ts';

/** A message that only says "resolved" of alerts whose firing never got through. */
export function isPointless(order: Order, alerts: OpenDelivery['alerts']): boolean {
  const entries = Object.entries(alerts);
  return entries.length > 0 && entries.every(([id, status]) => status === 'resolved' && order.unsaid.has(id));
}

/**
 * What this message said is now known, or lost: remembers which firings did not get through on this way. One that may
 * have got through is taken for known: rather the end of what was not heard than none of what was.
 */
export function settle(
  state: PolicyState,
  order: Order,
  delivery: OpenDelivery,
  lost: boolean,
  now: number,
  out: PlanResult,
): void {
  noteEnded(order, delivery, lost);
  finish(state, order, delivery);
  noteEnd(state, delivery, lost ? 'dead' : 'accepted', now, out);
  release(state, delivery.orderKey, now, out);
}

/** Ends a delivery that was not sent in vain but not sent at all: its time is over, or it kills the process. */
export function bury(
  state: PolicyState,
  order: Order,
  delivery: OpenDelivery,
  reason: 'expired' | 'poison',
  now: number,
  out: PlanResult,
): void {
  out.effects.push(resultEffect(state, delivery, 'dead', reason, now, { lastError: reason }));
  out.effects.push(deliveryEvent(state, delivery, { kind: 'delivery.dead', reason }, now));
  settle(state, order, delivery, true, now, out);
}

/** Ends a delivery that waits: it is not worth a message any more, although nothing ended of what it says. */
export function drop(
  state: PolicyState,
  order: Order,
  delivery: OpenDelivery,
  reason: 'confirmed',
  now: number,
  out: PlanResult,
): void {
  out.effects.push(resultEffect(state, delivery, 'dropped', reason, now));
  out.effects.push(deliveryEvent(state, delivery, { kind: 'delivery.dropped', reason }, now));
  noteEnded(order, delivery, true);
  finish(state, order, delivery);
  noteEnd(state, delivery, 'dropped', now, out);
  release(state, delivery.orderKey, now, out);
}

/** The next of the order may go; resolves of what never got through are dropped on the way. */
function release(state: PolicyState, orderKey: string, now: number, out: PlanResult): void {
  for (;;) {
    const order = state.orders.get(orderKey);
    const next = order?.open[0];
    if (!order || !next) return;
    if (!isPointless(order, next.alerts)) {
      // When it is due stands in the store, which may have put it off for a paused channel and on again.
      out.wakeAt.push(now);
      return;
    }
    const reason = 'firing_not_sent';
    out.effects.push(resultEffect(state, next, 'dropped', reason, now));
    out.effects.push(deliveryEvent(state, next, { kind: 'delivery.dropped', reason }, now));
    noteEnded(order, next, true);
    finish(state, order, next);
    noteEnd(state, next, 'dropped', now, out);
  }
}

/**
 * A firing that still waits when its end is here is not worth a message any more, unless it is urgent: it and the end
 * are both recorded as not sent. One that somebody may have already goes its way. What comes first then may go.
 * @returns Whether that was all the news: its end is not worth a message either.
 */
export function dropOvertaken(
  state: PolicyState,
  orderKey: string,
  news: OpenDelivery['alerts'],
  now: number,
  out: PlanResult,
): boolean {
  const order = state.orders.get(orderKey);
  if (!order || order.open.length === 0) return false;
  const ended = Object.entries(news);
  if (!ended.every(([, saying]) => saying === 'resolved')) return false;
  const over = order.open.filter(
    ({ state: at, lane, attempts, maybe, alerts }) =>
      at === 'queued' &&
      lane !== 'high' &&
      attempts === 0 &&
      !maybe &&
      Object.entries(alerts).every(([id, saying]) => saysFiring(saying) && news[id] === 'resolved'),
  );
  // The end of what was never said is not said either: so all of it goes, or the news of it stays. What another message
  // on the way says, or may say, is said.
  const others = order.open.filter((one) => !over.includes(one));
  const ids = ended.map(([id]) => id);
  const unsaid = unsaidWithout(order, over, ids);
  const all = ids.every((id) => unsaid.has(id) && !others.some(({ alerts }) => id in alerts));
  const overtaken = all
    ? over
    : over.filter(({ alerts }) =>
        // What stands and was never heard is news as well.
        Object.entries(alerts).every(([id, saying]) => saying === 'standing' && !order.unsaid.has(id)),
      );
  const [head] = order.open;
  for (const delivery of overtaken) {
    const reason = 'resolved_before_send';
    out.effects.push(resultEffect(state, delivery, 'dropped', reason, now));
    out.effects.push(deliveryEvent(state, delivery, { kind: 'delivery.dropped', reason }, now));
    noteEnded(order, delivery, true);
    finish(state, order, delivery);
    noteEnd(state, delivery, 'dropped', now, out);
  }
  if (head !== undefined && overtaken.includes(head)) release(state, orderKey, now, out);
  return all && overtaken.length > 0;
}

/**
 * What waits behind another message of its order is not sent when what comes after it says all of it anew: a channel that
 * grants few calls, or is down, hears the newest word of a group and not every word. An alert that comes and goes is said
 * once more, with its last end, however often it did. The first of the order goes its way: with it the time runs after which
 * somebody else is called.
 */
export function dropRepeated(
  state: PolicyState,
  orderKey: string,
  { alerts: news, lane }: Pick<OpenDelivery, 'alerts' | 'lane'>,
  now: number,
  out: PlanResult,
): void {
  const order = state.orders.get(orderKey);
  if (!order || order.open.length < 2) return;
  const repeated: OpenDelivery[] = [];
  // Of each alert the next word that stays.
  const next = new Map<string, Word>();
  const stays = (one: Pick<OpenDelivery, 'alerts' | 'lane'>) => {
    for (const [id, saying] of Object.entries(one.alerts)) next.set(id, { saying, lane: one.lane });
  };
  stays({ alerts: news, lane });
  for (const one of order.open.slice(1).reverse()) {
    if (isSaidAnew(one, next)) repeated.unshift(one);
    else stays(one);
  }
  for (const delivery of repeated) {
    const reason = 'superseded';
    out.effects.push(resultEffect(state, delivery, 'dropped', reason, now));
    out.effects.push(deliveryEvent(state, delivery, { kind: 'delivery.dropped', reason }, now));
    noteEnded(order, delivery, true);
    finish(state, order, delivery);
    noteEnd(state, delivery, 'dropped', now, out);
  }
}

interface Word {
  readonly saying: Saying;
  readonly lane: Lane;
}

/** Nobody has it, and the next word on each of its alerts says as much, as urgently. */
function isSaidAnew(one: OpenDelivery, next: ReadonlyMap<string, Word>): boolean {
  if (one.state !== 'queued' || one.attempts > 0 || one.maybe) return false;
  return Object.entries(one.alerts).every(([id, saying]) => {
    const word = next.get(id);
    if (word === undefined || saying === 'event' || urgency[word.lane] < urgency[one.lane]) return false;
    // An end that is not sent leaves the firing before it to what comes after it: it must not be an end of its own.
    return saysFiring(word.saying) || (saying === 'resolved' && word.saying === 'resolved');
  });
}

const urgency: Readonly<Record<Lane, number>> = { high: 2, normal: 1, low: 0 };

/** An attempt of it ended unknown, or with its process. */
export function maySomebodyHaveIt({ maybe, crashes }: DeliveryRow): boolean {
  return maybe || crashes > 0;
}
