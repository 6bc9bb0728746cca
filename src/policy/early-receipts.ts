// Receipts that came before the result of their attempt: a provider may call back faster than it answers. They are kept
// in memory for a while, and stored in one commit with the result. A crash in between loses both: without the result
// nobody knows which delivery the provider's id belongs to, however durable the receipt is.
import type { ReceiptNews } from './received-delivery.ts';

const keptMs = 600_000;
const mostMessages = 10_000;
const mostOfOne = 8;

interface Early {
  readonly at: number;
  readonly news: ReceiptNews[];
}

export class EarlyReceipts {
  /** Oldest first. */
  readonly #byMessage = new Map<string, Early>();

  get size(): number {
    return this.#byMessage.size;
  }

  /** Answers how many messages were forgotten to keep within time and number. */
  keep(channel: string, providerId: string, news: ReceiptNews, now: number): number {
    const key = keyOf(channel, providerId);
    const known = this.#byMessage.get(key);
    if (known) {
      if (known.news.length < mostOfOne) known.news.push(news);
    } else this.#byMessage.set(key, { at: now, news: [news] });
    return this.#forget(now);
  }

  /** What came for the message, which is kept no longer. */
  take(channel: string, providerId: string): readonly ReceiptNews[] {
    if (this.#byMessage.size === 0) return [];
    const key = keyOf(channel, providerId);
    const found = this.#byMessage.get(key)?.news ?? [];
    this.#byMessage.delete(key);
    return found;
  }

  #forget(now: number): number {
    let forgotten = 0;
    for (const [key, { at }] of this.#byMessage) {
      if (this.#byMessage.size <= mostMessages && at > now - keptMs) break;
      this.#byMessage.delete(key);
      forgotten += 1;
    }
    return forgotten;
  }
}

/** Channel names hold no blank. */
function keyOf(channel: string, providerId: string): string {
  return `${channel} ${providerId}`;
}
