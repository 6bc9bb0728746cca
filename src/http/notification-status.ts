// What became of a notification, computed from its deliveries and never stored.
import type { DeliveryState, NotificationRow } from '../pipeline/rows.ts';

export const notificationStatuses = [
  'pending',
  'sent',
  'delivered',
  'partial',
  'retrying',
  'failed',
  'dropped',
] as const;
export type NotificationStatus = (typeof notificationStatuses)[number];

/**
 * - `retrying`: something is still to be sent and an attempt has failed already.
 * - `pending`: something is still to be sent.
 * - `dropped`: nothing was sent and nothing was meant to be. `failed`: nothing was accepted and something died.
 * - `partial`: some were accepted, some died, and one was enough; where all had to take it, that is `failed` too. `delivered`: every accepted one is known to have arrived; else `sent`.
 */
export function notificationStatus(
  notification: Pick<NotificationRow, 'status' | 'requireAll'>,
  deliveries: readonly {
    readonly state: DeliveryState;
    readonly attempts: number;
    readonly reason: string | null;
  }[],
): NotificationStatus {
  if (deliveries.length === 0) return notification.status;
  const count = { queued: 0, sending: 0, sent: 0, delivered: 0, dead: 0, dropped: 0 };
  let retrying = false;
  for (const { state, attempts, reason } of deliveries) {
    count[state]++;
    // `attempts` counts finished ones and the one under way.
    if (
      (state === 'queued' && (attempts > 0 || reason === 'fallback' || reason === 'slow_round')) ||
      (state === 'sending' && attempts > 1)
    )
      retrying = true;
  }
  if (retrying) return 'retrying';
  if (count.queued + count.sending > 0) return 'pending';
  const accepted = count.sent + count.delivered;
  if (accepted === 0) return count.dead > 0 ? 'failed' : 'dropped';
  if (count.dead > 0) return notification.requireAll ? 'failed' : 'partial';
  return count.sent === 0 ? 'delivered' : 'sent';
}
