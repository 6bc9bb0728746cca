// Policy's state of a tenant, rebuilt from its rows after a start or a reload.
import type { DeliveryRow, NotificationRow } from '../pipeline/rows.ts';
import { emptyPolicyState, orderAt, type PolicyState } from './state.ts';

export type LoadedDelivery = DeliveryRow & { readonly alerts: NotificationRow['alerts'] };

/** `deliveries` as in TenantSnapshot: the open ones, and the finished ones since the oldest dead of their order. */
export function loadPolicy(
  tenant: string,
  deliveries: readonly LoadedDelivery[],
  newId: () => string,
): PolicyState {
  const state = emptyPolicyState(tenant, newId);
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
        state: row.state,
        dueAt: row.dueAt,
        attempts: row.attempts,
        leaseToken: row.leaseToken,
      });
      state.open += 1;
      continue;
    }
    for (const [id, status] of Object.entries(row.alerts)) {
      if (status === 'firing' && row.state === 'dead') order.unsaid.add(id);
      else order.unsaid.delete(id);
    }
  }
  for (const [key, order] of [...state.orders]) {
    if (order.open.length === 0 && order.unsaid.size === 0) state.orders.delete(key);
  }
  return state;
}
