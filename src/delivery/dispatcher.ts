// Sends what is leased: one queue per channel with three lanes, bounded attempts at once, a total deadline on each.
// A channel never delays another. Every delivery of an attempt ends as exactly one result, given to `done`.
import type { MessageLinks } from '../../channels/message.ts';
import type { Clock, Timer } from '../clock.ts';
import type { Log } from '../log.ts';
import type { Lane } from '../pipeline/rows.ts';
import { personIn } from '../policy/recipient-ways.ts';
import { type AttemptResult, noChannelCode, patienceMs } from '../policy/retry.ts';
import { type AddresseeOf, Attempts } from './attempts.ts';
import { CallLedger } from './call-ledger.ts';
import { ChannelQueue, lanes } from './channel-queue.ts';
import type { ChannelRegistry } from './channel-registry.ts';
import { ChannelUse } from './channel-use.ts';
import { type Company, type CompanyPorts, withCompany } from './company.ts';
import type { Job } from './job.ts';
import { type CountedCall, Limiter } from './limiter.ts';
import { keyOf, type OpenChannel } from './open-channels.ts';
import { PassBudget } from './pass-budget.ts';
import type { Wordings } from './wordings.ts';

export interface DispatcherPorts {
  readonly clock: Clock;
  readonly log: Log;
  readonly channels: ChannelRegistry;
  /** Absent: what the channels themselves are granted. */
  readonly limiter?: Limiter;
  /** Absent: everything is said in the built-in words. */
  readonly wordings?: Wordings;
  /** Under which links the message of a job is answered; absent: under none. */
  readonly linksFor?: (job: Job) => MessageLinks | null;
  /** Absent: nobody is known by name. */
  readonly addressee?: AddresseeOf;
  /** The attempt ended. */
  readonly done: (job: Job, result: AttemptResult, durationMs: number) => void;
  /** A channel that had no room has some again. */
  readonly hungry: () => void;
  /** Keeps the calls that limits count. Absent: they are not kept over a restart. */
  readonly ledger?: CallLedger;
  /** The lease is given back unused. */
  readonly released: (job: Job) => void;
  /** Whether it is still to be sent; absent: always. */
  readonly wanted?: (job: Job) => boolean;
  /** Leases what waits for `job` in its order and may go along in its call, `most` of it; absent: nothing does. */
  readonly behind?: (job: Job, most: number) => readonly Job[];
}

/** Leased deliveries kept in memory per channel, tenant and lane; the rest waits in the store. */
const memoryPerTenant = 1_000;
/** Of a channel's attempts at once this share is kept for tenants that have none, so that nobody waits for another's storm. */
const keptShare = 1 / 8;
/** Who waits for longer than this for the next call waits in the store. */
const longestWaitMs = 30_000;
/** Deliveries of which is known that they go alone. */
const mostAlone = 10_000;
/** The code of a result that no provider gave: there was no call left within the patience of the lane. */
export const limitCode = 'limit';

/** A channel with what waits for it. */
interface Station extends Company {
  /** Tells it apart over all tenants. */
  readonly key: string;
  /** As it is now: an attempt that began before goes on as it was. */
  channel: OpenChannel;
  /** The channel is not there any more. */
  gone: boolean;
  running: number;
  /** Attempts under way, by tenant. */
  readonly runningOf: Map<string, number>;
  /** `tenant/lane` that were refused a place since they were last half empty. */
  readonly full: Set<string>;
  /** When the next call may begin, while something waits for that. */
  wake: { readonly at: number; readonly timer: Timer } | null;
}

export class Dispatcher {
  readonly #ports: DispatcherPorts;
  /** By key. */
  readonly #stations = new Map<string, Station>();
  /** Of channels that are gone, while attempts on them are under way. */
  readonly #leaving = new Set<Station>();
  readonly #use: ChannelUse;
  readonly #attempts: Attempts;
  readonly #limiter: Limiter;
  readonly #ledger: CallLedger;
  /** Stations in which something waits for a call to end, perhaps another station's. */
  readonly #waiting = new Set<Station>();
  readonly #pass: PassBudget<Station>;
  readonly #company: CompanyPorts;
  #closed = false;
  /** How often all leases were void. */
  #voids = 0;
  /** How often `tenant/channel` was paused. */
  readonly #pauses = new Map<string, number>();
  #idle: (() => void)[] = [];

  constructor(ports: DispatcherPorts) {
    this.#ports = ports;
    this.#attempts = new Attempts(ports.clock, ports.log, ports.wordings, ports.linksFor, ports.addressee);
    this.#ledger = ports.ledger ?? new CallLedger(null);
    this.#use = new ChannelUse(ports.log);
    this.#limiter = ports.limiter ?? new Limiter(ports.channels.file);
    this.#pass = new PassBudget(
      (callback) => ports.clock.soon(callback),
      (station) => this.#pump(station),
    );
    this.#company = {
      isWanted: (job) => this.#isWanted(job),
      released: ports.released,
      behind: (job, most) => ports.behind?.(job, most) ?? [],
    };
    for (const channel of ports.channels.all()) this.#open(channel);
  }

  #open(channel: OpenChannel): void {
    const key = keyOf(channel);
    this.#stations.set(key, {
      ...{ key, channel, gone: false, queue: new ChannelQueue(), running: 0, runningOf: new Map() },
      ...{ full: new Set(), alone: new Set(), wake: null },
    });
  }

  /** A channel is there, or another one than before under its key: what waits goes out as it is now. */
  put(channel: OpenChannel): void {
    const key = keyOf(channel);
    this.#limiter.put(key, channel);
    const station = this.#stations.get(key);
    if (station === undefined) {
      this.#open(channel);
      return;
    }
    const before = station.channel;
    station.channel = channel;
    if (before !== channel) this.#use.retire(before);
    this.#pump(station);
  }

  /** The channel is gone: what waits for it ends, or waits in the store while it is only stuck. */
  remove(channel: OpenChannel): void {
    const station = this.#stations.get(keyOf(channel));
    if (station === undefined) return;
    station.gone = true;
    this.#stations.delete(station.key);
    this.#waiting.delete(station);
    station.wake?.timer.cancel();
    if (station.running > 0) this.#leaving.add(station);
    this.#limiter.remove(station.key);
    this.#use.retire(station.channel);
    for (const job of station.queue.drain()) this.#turnAway(job);
  }

  /** Resolves when no channel that was taken away closes any more. */
  retired(): Promise<void> {
    return this.#use.settled();
  }

  #station(tenant: string, name: string): Station | undefined {
    const channel = this.#ports.channels.of(tenant, name);
    return channel && this.#stations.get(keyOf(channel));
  }

  #turnAway(job: Job): void {
    if (this.#ports.channels.isStuck(job.tenant, job.channel)) {
      this.#ports.released(job);
      return;
    }
    const message = `no channel is called ${job.channel} any more`;
    this.#ports.done(job, { ...unsent, kind: 'permanent', code: noChannelCode, message }, 0);
  }

  room(tenant: string, channel: string, lane: Lane): boolean {
    const station = this.#station(tenant, channel);
    if (this.#closed || !station) return false;
    if (this.#hasRoom(station, tenant, lane)) return true;
    station.full.add(`${tenant}/${lane}`);
    return false;
  }

  #hasRoom(station: Station, tenant: string, lane: Lane): boolean {
    if (station.queue.heldBy(tenant, lane) >= memoryPerTenant) return false;
    const now = this.#ports.clock.now();
    const until = this.#nextCall(station, tenant, lane, now);
    if (until <= now + longestWaitMs || this.#isHandedOver(station, lane, until, now)) return true;
    this.#wakeAt(station, until);
    return false;
  }

  /** When a call that is asked for first may begin on the channel; not in the past. */
  callAt(tenant: string, channel: string): number {
    const now = this.#ports.clock.now();
    const station = this.#station(tenant, channel);
    if (!station) return now;
    return this.#nextCall(station, tenant, 'high', now);
  }

  /** When a call of this tenant and lane may begin; not in the past, infinite when one has to end first. */
  #nextCall({ key }: Station, tenant: string, lane: Lane, now: number): number {
    const ofChannel = this.#limiter.admit(key, lane, now);
    const ofTenant = this.#limiter.admitTenant(tenant, lane, now);
    const until = Math.max(now, ofChannel.ok ? now : ofChannel.until, ofTenant.ok ? now : ofTenant.until);
    // A call under way ends within its deadline.
    return Number.isFinite(until) ? until : now;
  }

  /** Who would wait for longer than its lane has patience goes to another channel: for that it has to be here. */
  #isHandedOver({ channel }: Station, lane: Lane, until: number, now: number): boolean {
    return (channel.fallback?.length ?? 0) > 0 && until - now > patienceMs[lane];
  }

  /** `tenant/channel` of everybody without room, by lane. */
  full(): Record<Lane, Set<string>> {
    const full = { high: new Set<string>(), normal: new Set<string>(), low: new Set<string>() };
    for (const station of this.#stations.values()) {
      const channel = station.channel.name;
      for (const key of station.full) {
        const at = key.lastIndexOf('/');
        const tenant = key.slice(0, at);
        const lane = key.slice(at + 1) as Lane;
        if (!this.room(tenant, channel, lane)) full[lane].add(`${tenant}/${channel}`);
      }
    }
    return full;
  }

  get running(): number {
    let n = 0;
    for (const station of this.#stations.values()) n += station.running;
    for (const station of this.#leaving) n += station.running;
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
    const station = this.#station(tenant, channel);
    const inLane = (lane: Lane) => station?.queue.heldBy(tenant, lane) ?? 0;
    const leased = inLane('high') + inLane('normal') + inLane('low');
    return { leased, running: station?.runningOf.get(tenant) ?? 0 };
  }

  /** Asks the provider whether the credentials are good, under the same deadline as an attempt; never rejects. */
  verify(channel: OpenChannel): Promise<AttemptResult> {
    return this.#use.during(channel, () => this.#attempts.verify(channel));
  }

  offer(job: Job): void {
    this.offerAll([job]);
  }

  /** Together, so that a channel that merges sees all of them before its first call. */
  offerAll(jobs: readonly Job[]): void {
    const offered = new Set<Station>();
    for (const job of jobs) {
      const station = this.#station(job.tenant, job.channel);
      if (!station) this.#turnAway(job);
      else if (this.#closed) this.#ports.released(job);
      else {
        station.queue.push(job);
        offered.add(station);
      }
    }
    for (const station of offered) this.#pump(station);
    for (const { tenant, channel, lane } of jobs) this.room(tenant, channel, lane);
  }

  /** The channel is paused for the tenant: what has not been started goes back. */
  pause(tenant: string, channel: string): void {
    const station = this.#station(tenant, channel);
    const key = `${tenant}/${channel}`;
    this.#pauses.set(key, (this.#pauses.get(key) ?? 0) + 1);
    for (const job of station?.queue.drainOf(tenant) ?? []) this.#ports.released(job);
  }

  /** Drops what has not been started: its leases are void. Attempts under way still end and report. */
  forget(): void {
    for (const { queue } of this.#stations.values()) queue.drain();
    this.#voids += 1;
    this.#ledger.forget();
  }

  #pump(station: Station): void {
    const { limits } = station.channel.definition;
    const { runningOf, queue, key } = station;
    const shared = limits.concurrency - Math.floor(limits.concurrency * keptShare);
    this.#waiting.delete(station);
    while (!this.#closed && station.running < limits.concurrency && queue.waiting > 0) {
      const now = this.#ports.clock.now();
      let refused = Number.POSITIVE_INFINITY;
      let room = Number.POSITIVE_INFINITY;
      // Who has none under way and what is urgent begin all the same.
      let nextPass = false;
      const job = queue.take({
        lane: (lane, fair) => this.#limiter.admit(key, fair ? 'high' : lane, now).ok,
        overdue: (lane) => this.#limiter.overdue(key, lane, now),
        tenant: (tenant, lane, fair) => {
          if (station.running >= shared && runningOf.has(tenant)) return false;
          if (this.#pass.spent(now) && lane !== 'high' && runningOf.has(tenant)) {
            nextPass = true;
            return false;
          }
          const admission = this.#limiter.admitTenant(tenant, fair ? 'high' : lane, now);
          if (admission.ok) room = admission.room;
          else refused = Math.min(refused, admission.until);
          return admission.ok;
        },
      });
      if (!job && nextPass) {
        this.#pass.wait(station);
        return;
      }
      if (!job) {
        this.#wait(station, refused, now);
        return;
      }
      if (now + limits.deadlineMs > job.leaseUntil || !this.#isWanted(job)) {
        queue.ended(job);
        this.#ports.released(job);
        continue;
      }
      const ofChannel = this.#limiter.admit(key, job.lane, now);
      const person = personIn(job.recipient);
      const ofPerson = person === null ? null : this.#limiter.admitPerson(key, person, job.lane, now);
      if (ofPerson?.ok === false) {
        queue.ended(job);
        this.#tooOften(job, ofPerson.until, now);
        continue;
      }
      room = Math.min(room, ofChannel.ok ? ofChannel.room : 1, ofPerson?.room ?? Number.POSITIVE_INFINITY);
      const jobs = withCompany(station, job, room, now, this.#company);
      station.running += 1;
      runningOf.set(job.tenant, (runningOf.get(job.tenant) ?? 0) + 1);
      this.#pass.take(job.lane === 'high', now);
      void this.#attempt(station, jobs);
    }
  }

  /** No call is left for its person; others are told meanwhile. */
  #tooOften(job: Job, until: number, now: number): void {
    const { deadlineMs } = this.#stations.get(job.channel)!.channel.definition.limits;
    const retryAfterMs = Number.isFinite(until) ? until - now : deadlineMs;
    const message = `no call to ${personIn(job.recipient)} is left on ${job.channel} for ${Math.ceil(retryAfterMs / 1_000)} s`;
    this.#ports.done(job, { ...unsent, kind: 'rate_limited', code: limitCode, message, retryAfterMs }, 0);
  }

  /** A receipt or a confirmation may have come while it waited here. */
  #isWanted(job: Job): boolean {
    return this.#ports.wanted?.(job) ?? true;
  }

  /**
   * Nothing that waits may begin a call. Who has less patience than that goes to the next channel of its chain; whose
   * lease would run out goes back.
   */
  #wait(station: Station, refusedUntil: number, now: number): void {
    const { key, queue } = station;
    let next = refusedUntil;
    for (const lane of lanes) {
      if (queue.waitingIn(lane) === 0) continue;
      const admission = this.#limiter.admit(key, lane, now);
      if (admission.ok) continue;
      next = Math.min(next, admission.until);
      // Within half a minute nobody's lease ends that was good a moment ago.
      if (!Number.isFinite(admission.until)) continue;
      if (admission.until === station.wake?.at && admission.until <= now + longestWaitMs) continue;
      this.#giveUp(station, lane, admission.until, now);
    }
    if (queue.waiting === 0) return;
    this.#waiting.add(station);
    if (Number.isFinite(next)) this.#wakeAt(station, next);
  }

  #giveUp(station: Station, lane: Lane, until: number, now: number): void {
    const { channel, queue } = station;
    const impatient = this.#isHandedOver(station, lane, until, now);
    const needed = until + channel.definition.limits.deadlineMs;
    for (const job of queue.drainLane(lane)) {
      if (impatient) {
        const message = `no call is left on ${channel.name} for ${Math.ceil((until - now) / 1_000)} s`;
        const retryAfterMs = until - now;
        this.#ports.done(job, { ...unsent, kind: 'rate_limited', code: limitCode, message, retryAfterMs }, 0);
      } else if (needed > job.leaseUntil) {
        station.full.add(`${job.tenant}/${lane}`);
        this.#ports.released(job);
      } else queue.push(job);
    }
  }

  /** One timer for all that waits. */
  #wakeAt(station: Station, at: number): void {
    if (this.#closed || station.gone || (station.wake !== null && station.wake.at <= at)) return;
    station.wake?.timer.cancel();
    const timer = this.#ports.clock.at(at, () => {
      station.wake = null;
      this.#pump(station);
      if (station.full.size === 0) return;
      station.full.clear();
      this.#ports.hungry();
    });
    station.wake = { at, timer };
  }

  async #attempt(station: Station, jobs: readonly Job[]): Promise<void> {
    const { clock, log } = this.#ports;
    const { channel, key: channelKey, queue, alone } = station;
    const { tenant, lane, recipient } = jobs[0]!;
    const person = personIn(recipient);
    const voids = this.#voids;
    const pauses = this.#pauses.get(`${tenant}/${channel.name}`);
    const isPaused = () => pauses !== this.#pauses.get(`${tenant}/${channel.name}`);
    const calls: CountedCall[] = [];
    const noted = async (call: CountedCall) => {
      const { limits } = channel.definition;
      // As late as it may reach the provider.
      const at = Math.ceil(clock.now() + limits.deadlineMs);
      const keptMs = call.reachMs + limits.deadlineMs;
      // By key: the same name in two tenants is two channels, and each keeps as much as its own windows need.
      const of = { tenant, channel: channelKey, person: person ?? '' };
      const stored = await this.#ledger.note({ ...of, at, keptMs });
      if (!stored) call.cancel();
      return stored;
    };
    const another = async () => {
      const call = this.#limiter.begin(channelKey, tenant, lane, person);
      if (call.reachMs > 0 && !(await noted(call))) return false;
      calls.push(call);
      return true;
    };
    let startedAt = clock.now();
    const outcomes = await this.#use.during(channel, async () => {
      const first = this.#limiter.begin(channelKey, tenant, lane, person);
      // What nothing counts is not noted, and goes out at once.
      const stored = first.reachMs === 0 || (await noted(first));
      const leased = voids === this.#voids;
      // Meanwhile the channel may have been paused, changed or taken away, a lease may have become too short, and somebody
      // may have confirmed one of them.
      const may =
        stored &&
        leased &&
        !station.gone &&
        station.channel === channel &&
        !isPaused() &&
        jobs.every(
          (job) =>
            clock.now() + channel.definition.limits.deadlineMs <= job.leaseUntil && this.#isWanted(job),
        );
      if (!may) {
        if (stored) first.cancel();
        return jobs.map(() => (stored && leased ? ('late' as const) : ('void' as const)));
      }
      calls.push(first);
      startedAt = clock.now();
      const oneMore = async () => {
        const now = clock.now();
        if (!this.#limiter.admit(channelKey, lane, now).ok) return false;
        if (!this.#limiter.admitTenant(tenant, lane, now).ok) return false;
        if (person !== null && !this.#limiter.admitPerson(channelKey, person, lane, now).ok) return false;
        return another();
      };
      return this.#attempts.run(channel, jobs, oneMore, (job) => this.#isWanted(job));
    });
    const endedAt = clock.now();
    for (const call of calls) call.end(endedAt);
    station.running -= 1;
    const left = station.runningOf.get(tenant)! - 1;
    if (left > 0) station.runningOf.set(tenant, left);
    else station.runningOf.delete(tenant);
    jobs.forEach((job, i) => {
      const outcome = outcomes[i]!;
      queue.ended(job);
      if (outcome === 'void') return;
      if (outcome === 'late') {
        this.#ports.released(job);
        return;
      }
      if (outcome === 'again' || outcome === 'alone') {
        if (voids !== this.#voids) return;
        if (outcome === 'alone') alone.add(job.deliveryId);
        if (alone.size > mostAlone) alone.delete(alone.values().next().value!);
        // Alone it goes after the one before it in its order, which waits again.
        const follows = jobs.slice(0, i).some(({ orderKey }) => orderKey === job.orderKey);
        if (follows || this.#closed || station.gone || isPaused()) this.#ports.released(job);
        else queue.push(job);
        return;
      }
      alone.delete(job.deliveryId);
      this.#heed(station, outcome, endedAt);
      log.debug('delivery.attempt', {
        channel: job.channel,
        delivery: job.deliveryId,
        attempt: job.attempt,
        result: outcome.kind,
        ms: endedAt - startedAt,
      });
      this.#ports.done(job, outcome, endedAt - startedAt);
    });
    if (!station.gone) this.#pump(station);
    else if (station.running === 0) this.#leaving.delete(station);
    for (const other of [...this.#waiting]) this.#pump(other);
    const key = `${tenant}/${lane}`;
    if (
      station.full.has(key) &&
      queue.heldBy(tenant, lane) <= memoryPerTenant / 2 &&
      this.#hasRoom(station, tenant, lane)
    ) {
      station.full.delete(key);
      this.#ports.hungry();
    }
    if (this.running === 0) for (const wake of this.#idle.splice(0)) wake();
  }

  /** A provider that asks for patience asks it of everything that would be sent there, unless it speaks of a recipient. */
  #heed({ key }: Station, { kind, scope, retryAfterMs }: AttemptResult, now: number): void {
    if (kind !== 'rate_limited' || scope === 'recipient' || retryAfterMs === null) return;
    this.#limiter.hold(key, scope ?? 'channel', now, retryAfterMs);
  }

  /** Takes no more jobs, gives unstarted ones back, and waits for attempts under way, at most `graceMs`. */
  async close(graceMs: number): Promise<void> {
    this.#closed = true;
    for (const { queue, wake } of this.#stations.values()) {
      wake?.timer.cancel();
      for (const job of queue.drain()) this.#ports.released(job);
    }
    if (this.running === 0) return;
    const { clock } = this.#ports;
    const timer = clock.at(clock.now() + graceMs, () => {
      this.#attempts.abort(new Error('shutdown'));
    });
    await new Promise<void>((resolve) => this.#idle.push(resolve));
    timer.cancel();
  }
}

const unsent = { message: null, providerId: null, retryAfterMs: null };
