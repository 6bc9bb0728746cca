// Somebody who waits for what the first attempt of a notification comes to. It sees what was committed, so that what is
// answered is what is stored.
import type { Clock } from '../clock.ts';
import type { AttemptResult } from '../policy/retry.ts';
import type { CommittedEvent } from '../store/store.ts';

/** What an attempt came to, as its event tells it. */
export interface FirstResult {
  readonly deliveryId: string;
  readonly result: AttemptResult['kind'];
  readonly code: string | null;
  readonly message: string | null;
  readonly ms: number;
}

/** So many wait at once; each holds a connection of a client. */
const mostWaiting = 64;

export class FirstResults {
  readonly #clock: Clock;
  readonly #waiting = new Map<string, (result: FirstResult | null) => void>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get full(): boolean {
    return this.#waiting.size >= mostWaiting;
  }

  /** To be called before the notification is stored. Null when nothing was attempted within `forMs`, or `leave` was called. */
  of(notificationId: string, forMs: number): { readonly result: Promise<FirstResult | null>; leave(): void } {
    let end: (result: FirstResult | null) => void = () => {};
    const result = new Promise<FirstResult | null>((resolve) => {
      end = (found) => {
        this.#waiting.delete(notificationId);
        timer.cancel();
        resolve(found);
      };
    });
    const timer = this.#clock.at(this.#clock.now() + forMs, () => end(null));
    this.#waiting.set(notificationId, end);
    return { result, leave: () => end(null) };
  }

  see(events: readonly CommittedEvent[]): void {
    if (this.#waiting.size === 0) return;
    for (const { row } of events) {
      const { result, notificationId, code, message, ms } = row.body;
      if (row.subjectKind !== 'delivery' || typeof result !== 'string') continue;
      this.#waiting.get(String(notificationId))?.({
        deliveryId: row.subjectId,
        result: result as FirstResult['result'],
        code: typeof code === 'string' ? code : null,
        message: typeof message === 'string' ? message : null,
        ms: Number(ms),
      });
    }
  }

  /** Whoever waits is answered that nothing is known yet. */
  close(): void {
    for (const end of [...this.#waiting.values()]) end(null);
  }
}
