// Claims queued deliveries from the store when they are due: retries, what a restart left, and what did not fit into
// memory. It sleeps until the earliest time that somebody named, never polls.
import type { AlertMessage } from '../../channels/message.ts';
import type { Clock, Timer } from '../clock.ts';
import type { Log } from '../log.ts';
import type { Store } from '../store/store.ts';
import type { Dispatcher } from './dispatcher.ts';
import type { Job } from './job.ts';

export interface ClaimerPorts {
  readonly store: Store;
  readonly clock: Clock;
  readonly log: Log;
  readonly dispatcher: Dispatcher;
  readonly owner: string;
  readonly leaseMs: number;
  /** Tells policy of the new lease; false when the delivery is not open any more. */
  readonly claimed: (job: Job) => boolean;
}

// About 10 ms of the loop a claim (30 to 60 µs a row).
const batch = { high: 100, normal: 100, low: 50 } as const;
const blockedRetryMs = 1_000;

export class Claimer {
  readonly #ports: ClaimerPorts;
  #timer: Timer | null = null;
  #at = Number.POSITIVE_INFINITY;
  #closed = false;

  constructor(ports: ClaimerPorts) {
    this.#ports = ports;
  }

  /** Something may be claimed at that time. */
  wakeAt(at: number): void {
    if (this.#closed || at >= this.#at) return;
    this.#timer?.cancel();
    this.#at = at;
    this.#timer = this.#ports.clock.at(at, () => {
      this.#timer = null;
      this.#at = Number.POSITIVE_INFINITY;
      if (this.#ports.clock.now() < at) this.wakeAt(at);
      else this.#claim();
    });
  }

  #claim(): void {
    if (this.#closed) return;
    const { store, clock, dispatcher, owner, leaseMs, log } = this.#ports;
    const now = clock.now();
    try {
      const claimed = store.claimDue({ now, owner, leaseMs, limits: batch, except: dispatcher.full() });
      for (const { delivery, body } of claimed) {
        const job: Job = {
          tenant: delivery.tenant,
          deliveryId: delivery.id,
          orderKey: delivery.orderKey,
          leaseToken: delivery.leaseToken,
          leaseUntil: delivery.leaseUntil ?? now + leaseMs,
          attempt: delivery.attempts + 1,
          channel: delivery.channel,
          lane: delivery.lane,
          message: JSON.parse(body) as AlertMessage,
        };
        if (this.#ports.claimed(job)) dispatcher.offer(job);
        else log.warn('delivery.claim_of_closed', { delivery: job.deliveryId });
      }
      if (claimed.length > 0) {
        this.wakeAt(now);
        return;
      }
      const next = store.nextDueAt();
      // Due and yet not claimable: a channel is full, or an earlier one of its order is open. Both wake us when they
      // end; the second's delay is only for what nobody foresaw.
      if (next !== null) this.wakeAt(next > now ? next : now + blockedRetryMs);
    } catch (error) {
      log.error('delivery.claim_failed', { error: String(error) });
      this.wakeAt(now + blockedRetryMs);
    }
  }

  close(): void {
    this.#closed = true;
    this.#timer?.cancel();
  }
}
