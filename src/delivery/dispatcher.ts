// Sends what is leased: one queue per channel with three lanes, bounded attempts at once, a total deadline on each.
// A channel never delays another. Every attempt ends as exactly one result, given to `done`.
import type { SendResult } from '../../channels/channel.ts';
import type { AlertMessage } from '../../channels/message.ts';
import type { Clock, Timer } from '../clock.ts';
import { Fifo } from '../engine/fifo.ts';
import type { Log } from '../log.ts';
import type { Lane } from '../pipeline/rows.ts';
import type { AttemptResult } from '../policy/retry.ts';
import type { OpenChannel } from './open-channels.ts';

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

/** Leased deliveries kept in memory per channel; the rest waits in the store. */
const memoryPerChannel = 1_000;
/** A channel hears the abort of its attempt and says what it knows; one that does not is not waited for. */
const abortGraceMs = 1_000;
const overdueResult: AttemptResult = {
  kind: 'unknown',
  code: 'deadline',
  message: 'the channel did not end its attempt at the deadline',
  providerId: null,
  retryAfterMs: null,
};
const lanes: readonly Lane[] = ['high', 'normal', 'low'];
// Every eighth attempt is taken from the other end: a flood of critical messages starves nobody.
const fairEvery = 8;

class ChannelQueue {
  readonly channel: OpenChannel;
  readonly lanes: Record<Lane, Fifo<Job>> = { high: new Fifo(), normal: new Fifo(), low: new Fifo() };
  running = 0;
  taken = 0;
  /** Somebody was refused a place since the queue was last half empty. */
  wasFull = false;

  constructor(channel: OpenChannel) {
    this.channel = channel;
  }

  get waiting(): number {
    return this.lanes.high.length + this.lanes.normal.length + this.lanes.low.length;
  }

  take(): Job | undefined {
    this.taken += 1;
    const order = this.taken % fairEvery === 0 ? [...lanes].reverse() : lanes;
    for (const lane of order) {
      const job = this.lanes[lane].take();
      if (job) return job;
    }
    return undefined;
  }
}

export class Dispatcher {
  readonly #ports: DispatcherPorts;
  readonly #queues = new Map<string, ChannelQueue>();
  /** Attempts under way, by what ends them. */
  readonly #underWay = new Set<AbortController>();
  #closed = false;
  #idle: (() => void)[] = [];

  constructor(ports: DispatcherPorts) {
    this.#ports = ports;
    for (const [name, channel] of ports.channels) this.#queues.set(name, new ChannelQueue(channel));
  }

  room(channel: string): boolean {
    const queue = this.#queues.get(channel);
    if (this.#closed || !queue) return false;
    if (queue.waiting + queue.running < memoryPerChannel) return true;
    queue.wasFull = true;
    return false;
  }

  /** Names of channels without room. */
  full(): Set<string> {
    return new Set([...this.#queues.keys()].filter((name) => !this.room(name)));
  }

  get running(): number {
    let n = 0;
    for (const queue of this.#queues.values()) n += queue.running;
    return n;
  }

  /** Figures per channel for /metrics and health. */
  stats(): { channel: string; waiting: number; running: number }[] {
    return [...this.#queues].map(([channel, queue]) => ({
      channel,
      waiting: queue.waiting,
      running: queue.running,
    }));
  }

  offer(job: Job): void {
    const queue = this.#queues.get(job.channel);
    if (!queue) {
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
    queue.lanes[job.lane].push(job);
    this.#pump(queue);
  }

  /** Drops what has not been started: its leases are void. Attempts under way still end and report. */
  forget(): void {
    for (const queue of this.#queues.values()) for (const lane of lanes) queue.lanes[lane].drain();
  }

  #pump(queue: ChannelQueue): void {
    const { definition } = queue.channel;
    while (!this.#closed && queue.running < definition.limits.concurrency) {
      const job = queue.take();
      if (!job) return;
      if (this.#ports.clock.now() + definition.limits.deadlineMs > job.leaseUntil) {
        this.#ports.released(job);
        continue;
      }
      queue.running += 1;
      void this.#attempt(queue, job);
    }
  }

  async #attempt(queue: ChannelQueue, job: Job): Promise<void> {
    const { clock, log } = this.#ports;
    const { definition, settings, instance, name, type } = queue.channel;
    const startedAt = clock.now();
    const attempt = this.#signalFor(startedAt + definition.limits.deadlineMs);
    let result: AttemptResult;
    try {
      const payload = definition.render(job.message, { config: settings, locale: job.message.locale });
      const context = {
        deliveryId: job.deliveryId,
        attempt: job.attempt,
        now: startedAt,
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
    queue.running -= 1;
    this.#ports.done(job, result, durationMs);
    this.#pump(queue);
    if (queue.wasFull && queue.waiting <= memoryPerChannel / 2) {
      queue.wasFull = false;
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
    for (const queue of this.#queues.values()) {
      for (const lane of lanes) for (const job of queue.lanes[lane].drain()) this.#ports.released(job);
    }
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
