// Which message somebody means who sends a word back: the newest to that number whose alerts are not over.
import type { Reply } from '../../channels/channel.ts';
import { type AlertRow, type DeliveryRow, type NotificationRow, saysFiring } from '../pipeline/rows.ts';
import type { Store } from '../store/store.ts';

export interface RepliedToPorts {
  readonly store: Pick<Store, 'deliveries' | 'notification'>;
  /** The tenants that mean this channel by its name. */
  readonly tenants: Iterable<string>;
  /** Whether a delivery goes to the number. */
  readonly goesTo: (delivery: DeliveryRow, number: string) => boolean;
  readonly alert: (tenant: string, id: string) => AlertRow | null;
}

/** Older messages than these are answered by nobody. */
const mostLooked = 200;
/** How far the clock of a provider may be behind ours. */
const clockSlackMs = 60_000;

/** A delivery that was taken by the channel; null: that number was told of nothing that is open. */
export function repliedTo(
  { store, tenants, goesTo, alert }: RepliedToPorts,
  channel: string,
  { from, at = Number.POSITIVE_INFINITY }: Reply,
): (DeliveryRow & { readonly providerId: string }) | null {
  let newest: (DeliveryRow & { readonly providerId: string }) | null = null;
  for (const tenant of tenants) {
    const filter = { channel, states: ['sent', 'delivered'] as const };
    for (const row of store.deliveries(tenant, filter, mostLooked, null).items) {
      const { providerId, createdAt } = row;
      if (providerId === null || (newest !== null && newest.createdAt >= createdAt)) continue;
      // A word that was long on its way says nothing of what came after it.
      if (createdAt > at + clockSlackMs || !goesTo(row, from)) continue;
      const said = store.notification(tenant, row.notificationId);
      if (said !== null && isOpen(tenant, said, alert)) newest = { ...row, providerId };
    }
  }
  return newest;
}

function isOpen(tenant: string, { alerts }: NotificationRow, alert: RepliedToPorts['alert']): boolean {
  return Object.keys(alerts).some((id) => saysFiring(alerts[id]) && alert(tenant, id)?.state === 'firing');
}
