// How much of what waits behind a delivery in its order may go along in its call.
import type { Order } from './state.ts';

/**
 * How many of those right behind the first of the order may go with it, at most `most`. An end stays where a firing of its
 * alert was lost, or will have been when one before it has ended: it is decided when it is its turn whether anybody heard
 * anything that ends. Whoever is behind it stays, too.
 * @param deliveryId The one that goes; 0 when it is not the first of its order.
 */
export function howManyGoAlong({ open, unsaid }: Order, deliveryId: string, most: number): number {
  const [first, ...others] = open;
  if (first?.id !== deliveryId) return 0;
  const lost = new Set([...unsaid, ...(first.lostAfter?.keys() ?? [])]);
  let along = 0;
  for (const one of others) {
    const { state, channel, shorter, alerts, lostAfter } = one;
    const isUndecided = Object.entries(alerts).some(([id, saying]) => saying === 'resolved' && lost.has(id));
    if (along >= most || state !== 'queued' || channel !== first.channel || shorter || isUndecided) break;
    along += 1;
    for (const id of lostAfter?.keys() ?? []) lost.add(id);
  }
  return along;
}
