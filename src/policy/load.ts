// Policy's state of a tenant, rebuilt from its rows after a start or a reload.
import type { BreakerRow, DeliveryRow, NotificationRow } from '../pipeline/rows.ts';
import { loadBreaker } from './breaker.ts';
import { bury } from './ending.ts';
import type { PlanResult } from './plan-result.ts';
import { emptyPolicyState, orderAt, type PolicyState } from './state.ts';

export interface LoadedPolicy {
  /** The open ones, and the finished ones since the oldest lost of their order. */
  readonly deliveries: readonly (DeliveryRow & Pick<NotificationRow, 'alerts' | 'source'>)[];
  readonly breakers: readonly BreakerRow[];
}

/** Two deaths of the process under a message may be chance; a third is taken for its doing. */
const crashesOfPoison = 3;

/** Takes up what was stored; `out` gets what that ends: messages that were under way whenever the process died. */
export function loadPolicy(
  tenant: string,
  { deliveries, breakers }: LoadedPolicy,
  newId: () => string,
  now: number,
  out: PlanResult,
): PolicyState {
  const state = emptyPolicyState(tenant, newId);
  for (const row of breakers) loadBreaker(state, row, now);
  const poison = new Set<string>();
  const inOrder = [...deliveries].sort((a, b) => a.orderNo - b.orderNo);
  for (const row of inOrder) {
    const order = orderAt(state, row.orderKey);
    order.lastNo = Math.max(order.lastNo, row.orderNo);
    if (row.state === 'queued' || row.state === 'sending') {
      order.open.push({
        id: row.id,
        notificationId: row.notificationId,
        channel: row.channel,
        orderKey: row.orderKey,
        orderNo: row.orderNo,
        lane: row.lane,
        expiresAt: row.expiresAt,
        alerts: row.alerts,
        system: row.source === 'system',
        state: row.state,
        dueAt: row.dueAt,
        attempts: row.attempts,
        busy: 0,
        shorter: row.shorter,
        leaseToken: row.leaseToken,
      });
      state.open += 1;
      if (row.crashes >= crashesOfPoison) poison.add(row.id);
      continue;
    }
    for (const [id, status] of Object.entries(row.alerts)) {
      if (status === 'firing' && isLost(row)) order.unsaid.add(id);
      else order.unsaid.delete(id);
    }
  }
  for (const [key, order] of [...state.orders]) {
    if (order.open.length === 0 && order.unsaid.size === 0) state.orders.delete(key);
  }
  for (const order of [...state.orders.values()]) {
    for (const delivery of order.open.filter(({ id }) => poison.has(id)))
      bury(state, order, delivery, 'poison', now, out);
  }
  return state;
}

/** Dead, or dead once and put away. One that its receiver lost after it was taken counts as said: better an end too many. */
function isLost({ state, reason }: DeliveryRow): boolean {
  return (state === 'dead' && reason !== 'receipt_failed') || (state === 'dropped' && reason === 'discarded');
}
