// Messages that tell of ends alone, and channels that carry none: a telephone does not ring to say that all is well.
// See docs/adr/0006-a-channel-says-whether-it-tells-of-ends.md.
import type { Saying } from '../pipeline/rows.ts';
import { personIn, recipientOf } from './recipient-ways.ts';
import type { Order, PolicyState } from './state.ts';
import { tellsEnds, type Ways } from './ways.ts';

/** Why such a message is dropped where no channel of its recipient carries it. */
export const untoldReason = 'end_not_told';

/** Whether that is all the message says on this way: what it repeats was heard there, or is on its way. */
export function tellsOfEndsOnly(
  order: Pick<Order, 'unsaid'> | undefined,
  alerts: Readonly<Record<string, Saying>>,
): boolean {
  const sayings = Object.entries(alerts);
  return (
    sayings.some(([, saying]) => saying === 'resolved') &&
    sayings.every(
      ([id, saying]) => saying === 'resolved' || (saying === 'standing' && order?.unsaid.has(id) !== true),
    )
  );
}

/**
 * Of a message that waits: whether channels that tell of no ends are to be passed over when another has to carry it. One
 * that such a channel carries already was meant for it.
 */
export function endOf(
  { ways, orders }: Pick<PolicyState, 'ways' | 'orders'>,
  orderKey: string,
  alerts: Readonly<Record<string, Saying>>,
  channel: string,
): { readonly end?: true } {
  return tellsEnds(ways, channel) && tellsOfEndsOnly(orders.get(orderKey), alerts) ? { end: true } : {};
}

/**
 * Whether nobody is told of an end by this recipient: none of its channels carries ends, or the first that does tells the
 * same people as a recipient of its own.
 */
export function isUntold(ways: Ways, recipient: string, recipients: readonly string[]): boolean {
  const chain = ways.get(recipient)?.chain ?? [recipient];
  const carrier = chain.find((channel) => tellsEnds(ways, channel));
  if (carrier === undefined) return true;
  if (carrier === chain[0]) return false;
  const person = ways.has(recipient) ? null : personIn(recipient);
  return recipients.includes(person === null ? carrier : recipientOf(person, carrier));
}
