// What policy has to know to go on with a delivery that was taken and did not arrive. Read only when one did not.
import type { LostDelivery } from '../policy/receipt-input.ts';
import type { ReceivedDelivery } from '../policy/received-delivery.ts';
import type { Store } from '../store/store.ts';
import { stillTrueOf } from './still-true.ts';
import type { Tenant } from './tenant.ts';

export type LostStore = Pick<
  Store,
  | 'alert'
  | 'confirmations'
  | 'delivery'
  | 'deliveries'
  | 'deliveriesOfProvider'
  | 'deliveryNamed'
  | 'notification'
>;

/** A notification has a delivery for each channel of its receiver. */
const mostOfOne = 200;

/** Null when the delivery is gone. */
export function lostDelivery(
  tenant: Tenant,
  { id, notificationId }: Pick<ReceivedDelivery, 'id' | 'notificationId'>,
  store: LostStore,
): LostDelivery | null {
  const letter = store.delivery(tenant.name, id);
  if (letter === null) return null;
  const { items } = store.deliveries(tenant.name, { notificationId }, mostOfOne, null);
  const others = { accepted: 0, dead: 0 };
  for (const { id: other, state } of items) {
    if (other === id) continue;
    if (state === 'sent' || state === 'delivered') others.accepted += 1;
    else if (state === 'dead') others.dead += 1;
  }
  const confirmations = store.confirmations(tenant.name, notificationId);
  return { letter, others, confirmations, stillTrue: stillTrueOf(tenant, store) };
}
