// Claims queued deliveries from the store when they are due: retries, what a restart left, and what did not fit into
// memory. What is due on a paused channel is put off, but for the probe. It sleeps until the earliest time that somebody
// named, never polls.
import type { AlertMessage } from '../../channels/message.ts';
import type { Clock, Timer } from '../clock.ts';
import type { Log } from '../log.ts';
import type { Lane } from '../pipeline/rows.ts';
import type { Pause } from '../policy/breaker.ts';
import type { ClaimedDelivery, Store } from '../store/store.ts';
import { lanes } from './channel-queue.ts';
import type { Dispatcher } from './dispatcher.ts';
import type { Job } from './job.ts';

export interface ClaimerPorts {
  readonly store: Store;
  readonly clock: Clock;
  readonly log: Log;
  readonly dispatcher: Dispatcher;
  readonly owner: string;
  readonly leaseMs: number;
  /** Channels on which nothing but a probe may go out. */
  readonly pauses: (now: number) => readonly Pause[];
  /** Tells policy of the new lease; false when the delivery is not open any more. */
  readonly claimed: (job: Job, dueAt: number) => boolean;
  /** How many of those right behind it in its order may go along in its call, as policy knows them. */
  readonly howManyGoAlong: (job: Job, most: number) => number;
  /** Claimed after the end of its time: policy ends it. */
  readonly expired: (job: Job) => void;
}

// 2 to 8 ms of the loop a claim (40 to 150 µs a row, and its commit); what is not urgent takes a small bite each pass.
const batch = { high: 100, normal: 50, low: 20 } as const;
const parkedAtOnce = 100;
const unparkedAtOnce = 200;
const blockedRetryMs = 1_000;
/** Whoever is to ask whether a channel works again waits with the others for the next call. */
const probeWaitsMs = 20_000;

export class Claimer {
  readonly #ports: ClaimerPorts;
  #wake: Timer | null = null;
  #at = Number.POSITIVE_INFINITY;
  #closed = false;
  /** Channels that work again and may have something parked still. */
  readonly #resumed = new Map<string, { readonly tenant: string; readonly channel: string }>();

  constructor(ports: ClaimerPorts) {
    this.#ports = ports;
  }

  /** Something may be claimed at that time. */
  wakeAt(at: number): void {
    if (this.#closed || at >= this.#at) return;
    this.#wake?.cancel();
    this.#at = at;
    const { clock } = this.#ports;
    const woken = () => {
      this.#wake = null;
      this.#at = Number.POSITIVE_INFINITY;
      if (clock.now() < at) this.wakeAt(at);
      else this.#claim();
    };
    this.#wake = at > clock.now() ? clock.at(at, woken) : this.#soon(woken);
  }

  /**
   * In the next pass of the loop. A timer of now would go off within the pass that set it: bite after bite of what waits
   * would be claimed in one, while nobody else has a turn.
   */
  #soon(callback: () => void): Timer {
    let cancelled = false;
    this.#ports.clock.soon(() => {
      if (!cancelled) callback();
    });
    return {
      cancel: () => {
        cancelled = true;
      },
    };
  }

  /** The channel works again: what waits for it is due, a bite at a time. */
  resume(tenant: string, channel: string): void {
    this.#resumed.set(`${tenant}/${channel}`, { tenant, channel });
    this.wakeAt(this.#ports.clock.now());
  }

  /**
   * What waits behind `job` in its order and may go along in its call, in that order, leased. None where the channel is
   * paused: only one asks whether it works again.
   */
  behind(job: Job, most: number): Job[] {
    const { store, clock, owner, leaseMs, log, howManyGoAlong } = this.#ports;
    const limit = this.#closed ? 0 : howManyGoAlong(job, most);
    if (limit === 0) return [];
    const now = clock.now();
    const { tenant, orderKey, deliveryId, channel } = job;
    const isPaused = this.#ports.pauses(now).some((one) => one.tenant === tenant && one.channel === channel);
    if (isPaused) return [];
    try {
      const of = { tenant, orderKey, deliveryId, channel };
      return this.#known(store.claimBehind({ ...of, now, owner, leaseMs, limit }), now);
    } catch (error) {
      log.error('delivery.claim_failed', { error: String(error) });
      return [];
    }
  }

  #claim(): void {
    if (this.#closed) return;
    const { store, clock, dispatcher, owner, leaseMs, log } = this.#ports;
    const now = clock.now();
    try {
      const unparked = this.#unpark(now);
      const pauses = this.#ports.pauses(now).map((pause) => this.#onlyIfCalled(pause, now));
      const except = dispatcher.full();
      let parked = 0;
      if (pauses.length > 0) {
        const put = store.parkDue({ now, owner, leaseMs, pauses, limit: parkedAtOnce });
        // Whoever asks whether a channel works again is not held back for what is more urgent.
        this.#take(put.leased, now, 'high');
        parked = put.leased.length + put.parked;
        for (const { tenant, channel } of pauses)
          for (const lane of lanes) except[lane].add(`${tenant}/${channel}`);
      }
      const claimed = store.claimDue({ now, owner, leaseMs, limits: batch, except });
      this.#take(claimed, now);
      if (unparked || parked + claimed.length > 0) {
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

  /** Where no call is left for a while, nobody is taken yet to ask whether the channel works again. */
  #onlyIfCalled(pause: Pause, now: number): Pause {
    if (!pause.probe) return pause;
    const soon = this.#ports.dispatcher.callAt(pause.tenant, pause.channel) - probeWaitsMs;
    return soon > now ? { ...pause, probe: false, until: soon } : pause;
  }

  /** True when it found something. */
  #unpark(now: number): boolean {
    for (const [key, { tenant, channel }] of this.#resumed) {
      const found = this.#ports.store.unpark(tenant, channel, now, unparkedAtOnce);
      if (found < unparkedAtOnce) this.#resumed.delete(key);
      if (found > 0) return true;
    }
    return false;
  }

  #take(claimed: readonly ClaimedDelivery[], now: number, lane?: Lane): void {
    this.#ports.dispatcher.offerAll(this.#known(claimed, now, lane));
  }

  /** Those that policy knows as open, and whose time is not over. */
  #known(claimed: readonly ClaimedDelivery[], now: number, lane?: Lane): Job[] {
    const jobs: Job[] = [];
    for (const { delivery, body } of claimed) {
      const made = this.#jobOf(delivery, body, now);
      const job = lane === undefined ? made : { ...made, lane };
      if (delivery.expiresAt <= now) this.#ports.expired(job);
      else if (this.#ports.claimed(job, delivery.dueAt)) jobs.push(job);
      else this.#ports.log.warn('delivery.claim_of_closed', { delivery: job.deliveryId });
    }
    return jobs;
  }

  #jobOf(delivery: ClaimedDelivery['delivery'], body: string, now: number): Job {
    return {
      tenant: delivery.tenant,
      deliveryId: delivery.id,
      orderKey: delivery.orderKey,
      leaseToken: delivery.leaseToken,
      leaseUntil: delivery.leaseUntil ?? now + this.#ports.leaseMs,
      attempt: delivery.attempts + 1,
      channel: delivery.channel,
      recipient: delivery.recipient,
      lane: delivery.lane,
      shorter: delivery.shorter,
      message: JSON.parse(body) as AlertMessage,
    };
  }

  close(): void {
    this.#closed = true;
    this.#wake?.cancel();
  }
}
