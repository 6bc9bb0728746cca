// What policy remembers of one tenant between inputs: the open deliveries in their order. Everything else is in rows.
import type { Lane } from '../pipeline/rows.ts';

/** A delivery that is not finished. */
export interface OpenDelivery {
  readonly id: string;
  readonly notificationId: string;
  readonly channel: string;
  readonly orderKey: string;
  readonly orderNo: number;
  readonly lane: Lane;
  readonly expiresAt: number;
  readonly alerts: Readonly<Record<string, 'firing' | 'resolved' | 'event'>>;
  state: 'queued' | 'sending';
  dueAt: number;
  attempts: number;
  leaseToken: number;
}

/** The deliveries of one (group, recipient, channel): accepted in `orderNo` order, one at a time. */
export interface Order {
  lastNo: number;
  /** Ascending by `orderNo`. */
  readonly open: OpenDelivery[];
  /** Alerts whose firing died on this way and was not said since: their resolve is not sent either. */
  readonly unsaid: Set<string>;
}

export interface PolicyState {
  readonly tenant: string;
  readonly newId: () => string;
  readonly orders: Map<string, Order>;
  /** Open deliveries over all orders. */
  open: number;
}

export function emptyPolicyState(tenant: string, newId: () => string): PolicyState {
  return { tenant, newId, orders: new Map(), open: 0 };
}

export function orderAt(state: PolicyState, key: string): Order {
  let order = state.orders.get(key);
  if (!order) {
    order = { lastNo: 0, open: [], unsaid: new Set() };
    state.orders.set(key, order);
  }
  return order;
}

/** Takes a finished delivery out; the order goes when it has nothing to remember. */
export function finish(state: PolicyState, order: Order, delivery: OpenDelivery): void {
  const index = order.open.indexOf(delivery);
  if (index < 0) throw new Error(`delivery ${delivery.id} is not open`);
  order.open.splice(index, 1);
  state.open -= 1;
  if (order.open.length === 0 && order.unsaid.size === 0) state.orders.delete(delivery.orderKey);
}
