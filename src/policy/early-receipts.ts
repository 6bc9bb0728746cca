// Receipts that came before the result of their attempt: a provider may call back faster than it answers. They are kept
// in memory for a while, and stored in one commit with the result. A crash in between loses both: without the result
// nobody knows which delivery the provider's id belongs to, however durable the receipt is.
import type { ReceiptNews, ReceiptOf } from './received-delivery.ts';

const keptMs = 600_000;
const mostMessages = 10_000;
const mostOfOne = 8;

interface Early {
  readonly at: number;
  /** Kept under another name, too, which is counted. */
  readonly twin: boolean;
  readonly news: ReceiptOf[];
  /** Of a call of several deliveries: for how many of them it was not taken yet; null: for none. */
  left: number | null;
}

export class EarlyReceipts {
  /** Oldest first. */
  readonly #byMessage = new Map<string, Early>();

  get size(): number {
    return this.#byMessage.size;
  }

  /**
   * Answers how many messages were forgotten to keep within time and number.
   * @param by Under which it is asked for; absent: the provider's id.
   */
  keep(channel: string, providerId: string, said: ReceiptNews, now: number, by = providerId): number {
    const key = keyOf(channel, by);
    const news = { ...said, providerId };
    const known = this.#byMessage.get(key);
    if (known) {
      if (known.news.length < mostOfOne) known.news.push(news);
    } else this.#byMessage.set(key, { at: now, twin: by !== providerId, news: [news], left: null });
    return this.#forget(now);
  }

  /** What came for the message so far. */
  look(channel: string, providerId: string): readonly ReceiptOf[] {
    return this.#byMessage.get(keyOf(channel, providerId))?.news ?? [];
  }

  /** The same for one of the `deliveries` that the message tells of; kept no longer when it was taken for each. */
  take(channel: string, providerId: string, deliveries = 1): readonly ReceiptOf[] {
    if (this.#byMessage.size === 0) return [];
    const key = keyOf(channel, providerId);
    const found = this.#byMessage.get(key);
    if (found === undefined) return [];
    found.left = (found.left ?? deliveries) - 1;
    if (found.left <= 0) this.#byMessage.delete(key);
    return found.news;
  }

  #forget(now: number): number {
    let forgotten = 0;
    for (const [key, { at, twin, left }] of this.#byMessage) {
      if (this.#byMessage.size <= mostMessages && at > now - keptMs) break;
      this.#byMessage.delete(key);
      if (!twin && left === null) forgotten += 1;
    }
    return forgotten;
  }
}

/** The key of receipts that name what the provider was given with the message, a delivery or a call of several. */
export function namedKey(given: string): string {
  return `given ${given}`;
}

/** Channel names hold no blank. */
function keyOf(channel: string, providerId: string): string {
  return `${channel} ${providerId}`;
}
