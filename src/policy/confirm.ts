// Somebody says that a notification was seen: recorded once for each recipient, and nothing more of it is sent. A call that
// has begun goes its way; if it fails it is not tried again. What says that something is over is always sent: whoever
// heard that it fires has to hear that, too.
import type { ConfirmationRow, ConfirmationWay, EventRow } from '../pipeline/rows.ts';
import { drop } from './ending.ts';
import type { PlanResult } from './plan-result.ts';
import type { OpenDelivery, Order, PolicyState } from './state.ts';

export interface ConfirmInput {
  readonly kind: 'confirm';
  readonly notificationId: string;
  /** As its delivery has it; null: somebody who is none of its recipients. */
  readonly recipient: string | null;
  readonly actor: string;
  readonly name: string | null;
  readonly via: ConfirmationWay;
  readonly note: string | null;
  /** Those there are, also of this turn. */
  readonly known: readonly ConfirmationRow[];
}

export function confirm(state: PolicyState, input: ConfirmInput, now: number, out: PlanResult): void {
  const { notificationId, recipient, actor, name, via, note } = input;
  const before = input.known.find((one) => one.recipient === recipient);
  if (before) {
    out.confirmed.push({ confirmation: before, fresh: false, dropped: 0 });
    return;
  }
  const confirmation = { tenant: state.tenant, notificationId, recipient, at: now, actor, name, via, note };
  out.effects.push({ put: 'confirmation', row: confirmation });
  const dropped = endOpen(state, confirmation, now, out);
  const row: EventRow = {
    id: state.newId(),
    tenant: state.tenant,
    at: now,
    subjectKind: 'notification',
    subjectId: notificationId,
    kind: 'notification.confirmed',
    reason: via,
    actor,
    topic: null,
    priority: null,
    correlationId: null,
    keep: 2,
    body: {
      ...(recipient === null ? {} : { recipient }),
      ...(name === null ? {} : { name }),
      ...(note === null ? {} : { note }),
      dropped,
    },
  };
  out.effects.push({ put: 'event', row });
  out.confirmed.push({ confirmation, fresh: true, dropped });
}

/** Ends what waits of the notification; answers how many. A look at each open delivery: some 10 ms where 100,000 wait. */
function endOpen(state: PolicyState, confirmation: ConfirmationRow, now: number, out: PlanResult): number {
  const { notificationId, recipient } = confirmation;
  const tally = state.tallies.get(notificationId);
  if (!tally) return 0;
  tally.confirmed.set(recipient, confirmation);
  const waiting: { order: Order; delivery: OpenDelivery }[] = [];
  for (const order of state.orders.values())
    for (const delivery of order.open)
      if (delivery.notificationId === notificationId) waiting.push({ order, delivery });
  return waiting.filter(({ order, delivery }) => endConfirmed(state, order, delivery, now, out)).length;
}

/**
 * Whether no call of the delivery is to begin any more: its notification was confirmed, and it says of nothing that it is
 * over. What somebody has sent again after that is sent all the same.
 */
export function isSeen(state: PolicyState, delivery: OpenDelivery): boolean {
  const confirmed = state.tallies.get(delivery.notificationId)?.confirmed;
  if (confirmed === undefined || confirmed.size === 0) return false;
  if (Object.values(delivery.alerts).includes('resolved')) return false;
  // Its number in the order is the time at which that was asked for, or the next one.
  const { again, orderNo } = delivery;
  return again !== true || [...confirmed.values()].some(({ at }) => orderNo < at);
}

/** Whether the delivery waits and its notification was confirmed meanwhile: then it is ended here. */
export function endConfirmed(
  state: PolicyState,
  order: Order,
  delivery: OpenDelivery,
  now: number,
  out: PlanResult,
): boolean {
  if (delivery.state !== 'queued' || !isSeen(state, delivery)) return false;
  drop(state, order, delivery, 'confirmed', now, out);
  return true;
}
