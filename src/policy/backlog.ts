// What waits for each channel of a tenant, counted over the open deliveries in memory, which are all that are in the
// store: nothing has to be read for it, and no index kept.
import type { PolicyState } from './state.ts';

export interface Backlog {
  /** Deliveries that are not being sent now. */
  readonly queued: number;
  /** When the notification of the oldest of them was made; epoch milliseconds. */
  readonly oldestAt: number;
}

/** By channel; one for which nothing waits is not in it. A pass over the open deliveries: about 10 ms for 200,000. */
export function backlogOf({
  orders,
  tallies,
}: Pick<PolicyState, 'orders' | 'tallies'>): Map<string, Backlog> {
  const backlog = new Map<string, { queued: number; oldestAt: number }>();
  for (const { open } of orders.values()) {
    for (const { state, channel, notificationId } of open) {
      if (state !== 'queued') continue;
      const at = tallies.get(notificationId)?.createdAt ?? Number.POSITIVE_INFINITY;
      const known = backlog.get(channel);
      if (!known) backlog.set(channel, { queued: 1, oldestAt: at });
      else {
        known.queued += 1;
        known.oldestAt = Math.min(known.oldestAt, at);
      }
    }
  }
  return backlog;
}
