// What people on one way (group, recipient, channel) believe, as far as it differs from what was said: firings that they
// never heard of, and ends that they never heard.
import type { Saying } from '../pipeline/rows.ts';
import type { LostWords, OpenDelivery, Order } from './state.ts';

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
      // Whoever never heard the firing waits for no end, of which other groups may speak, too.
      if (!unsaid.has(id)) believed.add(id);
    }
    // One that stands was said before; if that was lost too, it is among the unsaid.
  }
}

/**
 * A message has ended, perhaps behind one of its order that is still open: what was lost of an alert that the open one
 * speaks of counts when that one has ended, since words count in the order in which they were said. Called while the message
 * is among the open ones.
 */
export function noteEnded(order: Order, delivery: OpenDelivery, lost: boolean): void {
  const { alerts, maybe, orderNo, again } = delivery;
  if (lost && !maybe) {
    if (again !== true) noteLost(order, alerts, orderNo);
  } else noteHeard(order, alerts, lost, maybe);
  for (const said of saidAfter(delivery)) noteLost(order, said, orderNo);
  forgetOver(order, delivery);
}

type Message = Pick<OpenDelivery, 'alerts' | 'endsAgain' | 'lostAfter'>;

/** Ends that are not sent: nobody there heard of what has ended, and is to hear no end of it from another group either. */
export function noteEndsNotSent(order: Order, message: Message): void {
  for (const id of Object.keys(message.alerts)) order.believed.delete(id);
  for (const id of message.endsAgain ?? []) order.unsaid.add(id);
  forgetOver(order, message);
}

/**
 * That nobody heard of what the message says last to be over is not remembered any more, unless something open says more of
 * that than that it begins anew, or another group is to tell its end.
 */
export function forgetOver({ unsaid, open }: Order, message: Message): void {
  if (unsaid.size === 0) return;
  const last = new Map<string, string>(Object.entries(message.alerts));
  for (const [id, words] of message.lostAfter ?? [])
    last.set(id, words.endsWith('r') ? 'resolved' : 'firing');
  for (const [id, saying] of last) {
    if (saying !== 'resolved' || !unsaid.has(id) || message.endsAgain?.has(id)) continue;
    const next = open.find((one) => one !== message && speaksOf(one, id));
    if (next === undefined || next.alerts[id] === 'firing') unsaid.delete(id);
  }
}

/** Words that were lost behind a message, in the order in which they were said. */
function* saidAfter({ lostAfter }: OpenDelivery): Generator<Readonly<Record<string, Saying>>> {
  for (const [id, words] of lostAfter ?? [])
    for (const word of words) yield { [id]: word === 'f' ? 'firing' : 'resolved' };
}

/**
 * Of these alerts those of whose firing nobody will have heard when the messages are not sent, which are all that is open
 * of them. An end that was lost behind one of them leaves the firing before it to be believed.
 */
export function unsaidWithout(
  order: Pick<Order, 'unsaid' | 'believed'>,
  messages: readonly OpenDelivery[],
  ids: readonly string[],
): ReadonlySet<string> {
  const unsaid = new Set(ids.filter((id) => order.unsaid.has(id)));
  const believed = new Set(ids.filter((id) => order.believed.has(id)));
  for (const message of messages) {
    if (message.again !== true) noteHeard({ unsaid, believed }, message.alerts, true, false);
    for (const said of saidAfter(message)) noteHeard({ unsaid, believed }, said, true, false);
  }
  return unsaid;
}

/** Words that nobody will hear; what is open before them of the order is of a lower number. */
export function noteLost(
  order: Pick<Order, 'unsaid' | 'believed' | 'open'>,
  alerts: Readonly<Record<string, Saying>>,
  orderNo: number,
): void {
  for (const [id, saying] of Object.entries(alerts)) {
    const before = order.open.findLast((one) => one.orderNo < orderNo && speaksOf(one, id));
    if (before === undefined) noteHeard(order, { [id]: saying }, true, false);
    else if (saying === 'firing' || saying === 'resolved')
      addWord(before, id, saying === 'firing' ? 'f' : 'r');
  }
}

function speaksOf({ alerts, lostAfter }: OpenDelivery, id: string): boolean {
  return id in alerts || lostAfter?.has(id) === true;
}

/** Of firings and ends in turn the first and the last say it all: `frf` is `f`, `rfr` is `r`. */
function addWord(before: OpenDelivery, id: string, word: 'f' | 'r'): void {
  before.lostAfter ??= new Map();
  const said = before.lostAfter.get(id);
  if (said === undefined) before.lostAfter.set(id, word);
  else if (!said.endsWith(word))
    before.lostAfter.set(id, said.length === 2 ? word : (`${said}${word}` as LostWords));
}
