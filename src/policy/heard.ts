// What people on one way (group, recipient, channel) believe, as far as it differs from what was said: firings that they
// never heard of, and ends that they never heard.
import type { Saying } from '../pipeline/rows.ts';
import type { Order } from './state.ts';

/**
 * A message has ended: it was taken, or lost for good.
 * @param maybe Of a lost one: somebody may have it. Then its firings count as heard, and its ends as not: rather the end
 *   of what was not heard than none of what was.
 */
export function noteHeard(
  order: Pick<Order, 'unsaid' | 'believed'>,
  alerts: Readonly<Record<string, Saying>>,
  lost: boolean,
  maybe: boolean,
): void {
  const { unsaid, believed } = order;
  for (const [id, saying] of Object.entries(alerts)) {
    if (!lost || (maybe && saying !== 'resolved')) {
      unsaid.delete(id);
      believed.delete(id);
    } else if (saying === 'firing') {
      // Whoever never heard the last end believes it already.
      if (!believed.has(id)) unsaid.add(id);
    } else if (saying === 'resolved') {
      if (!unsaid.delete(id)) believed.add(id);
    }
    // One that stands was said before; if that was lost too, it is among the unsaid.
  }
}
