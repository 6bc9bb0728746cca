// Sends what is leased: one queue per channel with three lanes, bounded attempts at once, a total deadline on each.
// A channel never delays another. Every attempt ends as exactly one result, given to `done`.
import type { SendResult } from '../../channels/channel.ts';
import type { AlertMessage } from '../../channels/message.ts';
import type { Clock, Timer } from '../clock.ts';
import type { Log } from '../log.ts';
import type { Lane } from '../pipeline/rows.ts';
import type { AttemptResult } from '../policy/retry.ts';
import { ChannelQueue } from './channel-queue.ts';
import { type OpenChannel, payloadOf } from './open-channels.ts';

/** One leased delivery, with all that its attempt needs. */
export interface Job {
  readonly tenant: string;
  readonly deliveryId: string;
  readonly orderKey: string;
  readonly leaseToken: number;
  readonly leaseUntil: number;
  readonly attempt: number;
  readonly channel: string;
  readonly lane: Lane;
  /** The receiver found the whole message too large. */
  readonly shorter: boolean;
  readonly message: AlertMessage;
}

export interface DispatcherPorts {
  readonly clock: Clock;
  readonly log: Log;
  readonly channels: ReadonlyMap<string, OpenChannel>;
  /** The attempt ended. */
  readonly done: (job: Job, result: AttemptResult, durationMs: number) => void;
  /** A channel that had no room has some again. */
  readonly hungry: () => void;
  /** The lease is given back unused. */
  readonly released: (job: Job) => void;
}

/** Leased deliveries kept in memory per channel and tenant; the rest waits in the store. */
const memoryPerTenant = 1_000;
/** A channel hears the abort of its attempt and says what it knows; one that does not is not waited for. */
const abortGraceMs = 1_000;
const overdueResult: AttemptResult = {
  kind: 'unknown',
  code: 'deadline',
  message: 'the channel did not end its attempt at the deadline',
  providerId: null,
  retryAfterMs: null,
};
/** A channel with what waits for it. */
interface Station {
  readonly channel: OpenChannel;
  readonly queue: ChannelQueue<Job>;
  running: number;
  /** Tenants that were refused a place since they were last half empty. */
  readonly full: Set<string>;
}

export class Dispatcher {
  readonly #ports: DispatcherPorts;
  readonly #stations = new Map<string, Station>();
  /** Attempts under way, by what ends them. */
  readonly #underWay = new Set<AbortController>();
  #closed = false;
  #idle: (() => void)[] = [];

  constructor(ports: DispatcherPorts) {
    this.#ports = ports;
    for (const [name, channel] of ports.channels) {
      this.#stations.set(name, { channel, queue: new ChannelQueue(), running: 0, full: new Set() });
    }
  }

  room(tenant: string, channel: string): boolean {
    const station = this.#stations.get(channel);
    if (this.#closed || !station) return false;
    if (station.queue.heldBy(tenant) < memoryPerTenant) return true;
    station.full.add(tenant);
    return false;
  }

  /** `tenant/channel` of everybody without room. */
  full(): Set<string> {
    const full = new Set<string>();
    for (const [channel, station] of this.#stations) {
      for (const tenant of station.full) if (!this.room(tenant, channel)) full.add(`${tenant}/${channel}`);
    }
    return full;
  }

  get running(): number {
    let n = 0;
    for (const station of this.#stations.values()) n += station.running;
    return n;
  }

  /** Figures per channel for /metrics and health. */
  stats(): { channel: string; waiting: number; running: number }[] {
    return [...this.#stations].map(([channel, { queue, running }]) => ({
      channel,
      waiting: queue.waiting,
      running,
    }));
  }

  offer(job: Job): void {
    const station = this.#stations.get(job.channel);
    if (!station) {
      const message = `no channel is called ${job.channel} any more`;
      this.#ports.done(
        job,
        { kind: 'permanent', code: 'no_channel', message, providerId: null, retryAfterMs: null },
        0,
      );
      return;
    }
    if (this.#closed) {
      this.#ports.released(job);
      return;
    }
    station.queue.push(job);
    this.#pump(station);
  }

  /** The channel is paused for the tenant: what has not been started goes back. */
  pause(tenant: string, channel: string): void {
    const station = this.#stations.get(channel);
    for (const job of station?.queue.drainOf(tenant) ?? []) this.#ports.released(job);
  }

  /** Drops what has not been started: its leases are void. Attempts under way still end and report. */
  forget(): void {
    for (const { queue } of this.#stations.values()) queue.drain();
  }

  #pump(station: Station): void {
    const { limits } = station.channel.definition;
    while (!this.#closed && station.running < limits.concurrency) {
      const job = station.queue.take();
      if (!job) return;
      if (this.#ports.clock.now() + limits.deadlineMs > job.leaseUntil) {
        station.queue.ended(job);
        this.#ports.released(job);
        continue;
      }
      station.running += 1;
      void this.#attempt(station, job);
    }
  }

  async #attempt(station: Station, job: Job): Promise<void> {
    const { clock, log } = this.#ports;
    const { definition, instance, name, type } = station.channel;
    const startedAt = clock.now();
    const attempt = this.#signalFor(startedAt + definition.limits.deadlineMs);
    let result: AttemptResult;
    try {
      const payload = payloadOf(station.channel, job.message, job.shorter);
      const context = {
        deliveryId: job.deliveryId,
        attempt: job.attempt,
        // What a receiver compares with its own clock (webhook-timestamp, Retry-After) is the time on the wall.
        now: clock.wall(),
        signal: attempt.signal,
      };
      const sent = await Promise.race([instance.send(payload, context), attempt.overdue]);
      result = sent === null ? overdueResult : attemptResult(sent);
    } catch (error) {
      // A channel that throws has a bug. Nobody knows what the provider got: try again under the same id.
      log.error('channel.threw', {
        channel: name,
        type,
        error: error instanceof Error ? (error.stack ?? error.message) : String(error),
      });
      result = {
        kind: 'unknown',
        code: 'channel_threw',
        message: String(error),
        providerId: null,
        retryAfterMs: null,
      };
    } finally {
      attempt.done();
    }
    const durationMs = clock.now() - startedAt;
    log.debug('delivery.attempt', {
      channel: name,
      delivery: job.deliveryId,
      attempt: job.attempt,
      result: result.kind,
      ms: durationMs,
    });
    station.running -= 1;
    station.queue.ended(job);
    this.#ports.done(job, result, durationMs);
    this.#pump(station);
    if (station.full.has(job.tenant) && station.queue.heldBy(job.tenant) <= memoryPerTenant / 2) {
      station.full.delete(job.tenant);
      this.#ports.hungry();
    }
    if (this.running === 0) for (const wake of this.#idle.splice(0)) wake();
  }

  /** The signal of one attempt, and what comes when the channel does not heed it. */
  #signalFor(deadlineAt: number): { signal: AbortSignal; overdue: Promise<null>; done: () => void } {
    const { clock } = this.#ports;
    const attempt = new AbortController();
    this.#underWay.add(attempt);
    const timer = clock.at(deadlineAt, () => attempt.abort(new Error('deadline')));
    let grace: Timer | null = null;
    const overdue = new Promise<null>((resolve) => {
      attempt.signal.addEventListener(
        'abort',
        () => {
          grace = clock.at(clock.now() + abortGraceMs, () => resolve(null));
        },
        { once: true },
      );
    });
    return {
      signal: attempt.signal,
      overdue,
      done: () => {
        this.#underWay.delete(attempt);
        timer.cancel();
        grace?.cancel();
      },
    };
  }

  /** Takes no more jobs, gives unstarted ones back, and waits for attempts under way, at most `graceMs`. */
  async close(graceMs: number): Promise<void> {
    this.#closed = true;
    for (const { queue } of this.#stations.values())
      for (const job of queue.drain()) this.#ports.released(job);
    if (this.running === 0) return;
    const { clock } = this.#ports;
    const timer = clock.at(clock.now() + graceMs, () => {
      for (const attempt of this.#underWay) attempt.abort(new Error('shutdown'));
    });
    await new Promise<void>((resolve) => this.#idle.push(resolve));
    timer.cancel();
  }
}

/** A channel's answer in policy's words; `partial` names who was refused. */
function attemptResult(sent: SendResult): AttemptResult {
  const base = { code: null, message: null, providerId: null, retryAfterMs: null };
  switch (sent.kind) {
    case 'sent':
    case 'delivered':
      return { ...base, kind: sent.kind, message: sent.detail ?? null, providerId: sent.providerId ?? null };
    case 'partial': {
      const results = Object.entries(sent.per);
      const refused = results.filter(([, each]) => each.kind !== 'sent' && each.kind !== 'delivered');
      const message = refused.map(([recipient, each]) => `${recipient}: ${each.kind}`).join(', ');
      if (refused.length < results.length)
        return { ...base, kind: 'partial', message, providerId: sent.providerId ?? null };
      // Nobody took it: as good as the most hopeful of the refusals.
      const passing = refused.some(([, each]) => each.kind === 'transient' || each.kind === 'rate_limited');
      return { ...base, kind: passing ? 'transient' : 'invalid_recipient', message };
    }
    default:
      return {
        ...base,
        kind: sent.kind,
        code: sent.code ?? null,
        message: sent.message,
        retryAfterMs: sent.retryAfterMs ?? null,
      };
  }
}
