// Sends what is leased: one queue per channel with three lanes, bounded attempts at once, a total deadline on each.
// A channel never delays another. Every delivery of an attempt ends as exactly one result, given to `done`.
import type { Clock } from '../clock.ts';
import type { Log } from '../log.ts';
import type { AttemptResult } from '../policy/retry.ts';
import { Attempts } from './attempts.ts';
import { ChannelQueue } from './channel-queue.ts';
import type { Job } from './job.ts';
import type { OpenChannel } from './open-channels.ts';

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
/** Of a channel's attempts at once this share is kept for tenants that have none, so that nobody waits for another's storm. */
const keptShare = 1 / 8;

/** A channel with what waits for it. */
interface Station {
  readonly channel: OpenChannel;
  readonly queue: ChannelQueue<Job>;
  running: number;
  /** Attempts under way, by tenant. */
  readonly runningOf: Map<string, number>;
  /** Tenants that were refused a place since they were last half empty. */
  readonly full: Set<string>;
}

export class Dispatcher {
  readonly #ports: DispatcherPorts;
  readonly #stations = new Map<string, Station>();
  readonly #attempts: Attempts;
  #closed = false;
  #idle: (() => void)[] = [];

  constructor(ports: DispatcherPorts) {
    this.#ports = ports;
    this.#attempts = new Attempts(ports.clock, ports.log);
    for (const [name, channel] of ports.channels) {
      this.#stations.set(name, {
        channel,
        queue: new ChannelQueue(),
        running: 0,
        runningOf: new Map(),
        full: new Set(),
      });
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

  /** Of one tenant: deliveries in memory, those under way with them, and calls under way. */
  of(tenant: string, channel: string): { leased: number; running: number } {
    const station = this.#stations.get(channel);
    return { leased: station?.queue.heldBy(tenant) ?? 0, running: station?.runningOf.get(tenant) ?? 0 };
  }

  /** Asks the provider whether the credentials are good, under the same deadline as an attempt; never rejects. */
  verify(channel: OpenChannel): Promise<AttemptResult> {
    return this.#attempts.verify(channel);
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
    const { runningOf } = station;
    const shared = limits.concurrency - Math.floor(limits.concurrency * keptShare);
    while (!this.#closed && station.running < limits.concurrency) {
      const job = station.queue.take((tenant) => station.running < shared || !runningOf.has(tenant));
      if (!job) return;
      if (this.#ports.clock.now() + limits.deadlineMs > job.leaseUntil) {
        station.queue.ended(job);
        this.#ports.released(job);
        continue;
      }
      station.running += 1;
      runningOf.set(job.tenant, (runningOf.get(job.tenant) ?? 0) + 1);
      void this.#attempt(station, this.#withCompany(station, job));
    }
  }

  /** Where one call carries several messages, what waits of the same tenant and lane goes along. */
  #withCompany(station: Station, job: Job): Job[] {
    const jobs = [job];
    const { instance, definition } = station.channel;
    const now = this.#ports.clock.now();
    while (jobs.length < (instance.bundle?.most ?? 1)) {
      const next = station.queue.takeLike(job);
      if (!next) break;
      if (now + definition.limits.deadlineMs > next.leaseUntil) {
        station.queue.ended(next);
        this.#ports.released(next);
      } else jobs.push(next);
    }
    return jobs;
  }

  async #attempt(station: Station, jobs: readonly Job[]): Promise<void> {
    const { clock, log } = this.#ports;
    const startedAt = clock.now();
    const results = await this.#attempts.run(station.channel, jobs);
    const durationMs = clock.now() - startedAt;
    station.running -= 1;
    const { tenant } = jobs[0]!;
    const left = station.runningOf.get(tenant)! - 1;
    if (left > 0) station.runningOf.set(tenant, left);
    else station.runningOf.delete(tenant);
    jobs.forEach((job, i) => {
      const result = results[i]!;
      log.debug('delivery.attempt', {
        channel: job.channel,
        delivery: job.deliveryId,
        attempt: job.attempt,
        result: result.kind,
        ms: durationMs,
      });
      station.queue.ended(job);
      this.#ports.done(job, result, durationMs);
    });
    this.#pump(station);
    if (station.full.has(tenant) && station.queue.heldBy(tenant) <= memoryPerTenant / 2) {
      station.full.delete(tenant);
      this.#ports.hungry();
    }
    if (this.running === 0) for (const wake of this.#idle.splice(0)) wake();
  }

  /** Takes no more jobs, gives unstarted ones back, and waits for attempts under way, at most `graceMs`. */
  async close(graceMs: number): Promise<void> {
    this.#closed = true;
    for (const { queue } of this.#stations.values())
      for (const job of queue.drain()) this.#ports.released(job);
    if (this.running === 0) return;
    const { clock } = this.#ports;
    const timer = clock.at(clock.now() + graceMs, () => {
      this.#attempts.abort(new Error('shutdown'));
    });
    await new Promise<void>((resolve) => this.#idle.push(resolve));
    timer.cancel();
  }
}
