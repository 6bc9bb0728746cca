// Who uses an open channel now: one that another took the place of is closed when its last attempt has ended.
import type { Log } from '../log.ts';
import { keyOf, type OpenChannel } from './open-channels.ts';

export class ChannelUse {
  readonly #log: Log;
  readonly #using = new Map<OpenChannel, number>();
  readonly #retired = new Set<OpenChannel>();
  /** Instances that close at the moment. */
  readonly #closing = new Set<Promise<void>>();

  constructor(log: Log) {
    this.#log = log;
  }

  async during<Result>(channel: OpenChannel, work: () => Promise<Result>): Promise<Result> {
    this.#using.set(channel, (this.#using.get(channel) ?? 0) + 1);
    try {
      return await work();
    } finally {
      const left = this.#using.get(channel)! - 1;
      if (left > 0) this.#using.set(channel, left);
      else {
        this.#using.delete(channel);
        if (this.#retired.has(channel)) this.#close(channel);
      }
    }
  }

  /** Nobody begins anything on it any more. */
  retire(channel: OpenChannel): void {
    if (this.#using.has(channel)) this.#retired.add(channel);
    else this.#close(channel);
  }

  /** Resolves when nothing closes any more. */
  async settled(): Promise<void> {
    while (this.#closing.size > 0) await Promise.all(this.#closing);
  }

  #close(channel: OpenChannel): void {
    this.#retired.delete(channel);
    const closing = channel.instance.close().catch((error: unknown) => {
      this.#log.warn('channel.close_failed', { channel: keyOf(channel), error: String(error) });
    });
    this.#closing.add(closing);
    void closing.then(() => this.#closing.delete(closing));
  }
}
