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
      if (!unsaid.delete(id)) believed.add(id);
    }
    // One that stands was said before; if that was lost too, it is among the unsaid.
  }
}

/**
 * A message has ended, perhaps behind one of its order that is still open: what was lost with it is known when that one has
 * ended, since words count in the order in which they were said. Called while the message is among the open ones.
 */
export function noteEnded(order: Order, delivery: OpenDelivery, lost: boolean): void {
  const before = order.open.findLast(({ orderNo }) => orderNo < delivery.orderNo);
  if (before === undefined || !lost || delivery.maybe) {
    noteHeard(order, delivery.alerts, lost, delivery.maybe);
    for (const [id, words] of delivery.lostAfter ?? []) noteLost(order, id, words);
    return;
  }
  addLost(before, delivery.alerts);
  for (const [id, words] of delivery.lostAfter ?? [])
    for (const word of words) addWord(lostAfter(before), id, word as 'f' | 'r');
}

/** Words that nobody will hear, said behind a message that is open. */
export function addLost(
  before: Pick<OpenDelivery, 'lostAfter'>,
  alerts: Readonly<Record<string, Saying>>,
): void {
  for (const [id, saying] of Object.entries(alerts)) {
    if (saying === 'firing') addWord(lostAfter(before), id, 'f');
    else if (saying === 'resolved') addWord(lostAfter(before), id, 'r');
  }
}

function lostAfter(before: Pick<OpenDelivery, 'lostAfter'>): Map<string, LostWords> {
  before.lostAfter ??= new Map();
  return before.lostAfter;
}

/** Of firings and ends in turn the first and the last say it all: `frf` is `f`, `rfr` is `r`. */
function addWord(words: Map<string, LostWords>, id: string, word: 'f' | 'r'): void {
  const said = words.get(id);
  if (said === undefined) words.set(id, word);
  else if (!said.endsWith(word)) words.set(id, said.length === 2 ? word : (`${said}${word}` as LostWords));
}

function noteLost(order: Pick<Order, 'unsaid' | 'believed'>, id: string, words: LostWords): void {
  for (const word of words) noteHeard(order, { [id]: word === 'f' ? 'firing' : 'resolved' }, true, false);
}
