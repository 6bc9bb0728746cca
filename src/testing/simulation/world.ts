// The simulated machine: virtual time, one process after the other over the same two database files, providers, and the
// clients' view of it. A crash drops every object; callbacks of a process that is dead are ignored.

import type { ChannelHost } from '../../../channels/channel.ts';
import type { AlertMessage } from '../../../channels/message.ts';
import type { ThresholdRule } from '../../../rules/types.ts';
import { defaultLimits } from '../../config/config.ts';
import { deliveryPolicyOf } from '../../delivery/delivery-policy.ts';
import { ApiError } from '../../errors.ts';
import { idGenerator } from '../../ids.ts';
import type { History, HistoryBlock, HistorySeries } from '../../ingest/history.ts';
import type { Log } from '../../log.ts';
import type { RoutingConfig } from '../../pipeline/routing.ts';
import { createRuntime, type Runtime } from '../../runtime.ts';
import type { Services } from '../../services.ts';
import type { Store } from '../../store/store.ts';
import { ManualClock, macrotask } from '../manual-clock.ts';
import { Counters } from './counters.ts';
import type { Disk } from './disk.ts';
import { type Accepted, Journal } from './journal.ts';
import type { Machine, TakenMessage } from './machine.ts';
import { Nights } from './nights.ts';
import type { FaultPlan, SeedPlan } from './plan-of-seed.ts';
import { simulatedClock, simulatedHistory, simulatedStore } from './ports.ts';
import { Provider } from './providers.ts';
import type { Random } from './random.ts';
import { Violation } from './violation.ts';

/** Where planted bugs get in: around real objects, never inside of them. */
export interface Wraps {
  readonly store?: (store: Store, world: World) => Store;
  /** Below what the oracle sees: a history that lies. */
  readonly history?: (history: History, world: World) => History;
  readonly services?: (services: Services, world: World) => Services;
  readonly runtime?: (runtime: Runtime, world: World) => void;
  /** What the program takes for the routing that the operator wrote. */
  readonly routing?: (routing: RoutingConfig) => RoutingConfig;
}

export type Outcome<T> =
  | { readonly kind: 'ok'; readonly value: T }
  | { readonly kind: 'error'; readonly error: ApiError }
  /** No answer: the process died, or was not there. */
  | { readonly kind: 'lost' };

/** What the oracle wants to hear of. */
export interface Watcher {
  /** In-memory state of the process is gone or not to be trusted: a crash (`killed`) or a failed commit. */
  disturbed(killed: boolean): void;
  flushed(declared: readonly HistorySeries[], blocks: readonly HistoryBlock[]): void;
  started(): void;
  /** Everything that could go on after an event has gone on. */
  stepped(): void;
  sendStarted(deliveryId: string, message: AlertMessage): void;
  failed(deliveryId: string): void;
  askedForPatience(deliveryId: string, until: number): void;
  accepted(accepted: Accepted): void;
  took(message: TakenMessage): void;
}

interface Process {
  readonly generation: number;
  readonly runtime: Runtime;
  readonly services: Services;
  readonly history: History;
}

const foldAfterMs = 600_000;
/** More than a start reads: the longest window and as much as samples may be late. */
const samplesKeptMs = 3 * 3_600_000;

const calm: FaultPlan['send'] = {
  permanent: 0,
  invalid: 0,
  tooLarge: 0,
  rateLimited: 0,
  transient: 0,
  refused: 0,
  hang: 0,
  replyLost: 0,
  slow: 0,
};

export class World implements Machine {
  readonly clock = new ManualClock();
  readonly counters = new Counters();
  readonly journal = new Journal();
  readonly random: Random;
  readonly plan: SeedPlan;
  readonly nights: Nights;
  readonly providers: readonly Provider[];
  readonly channelHost: ChannelHost;
  faults: FaultPlan;
  rules: readonly ThresholdRule[];
  routing: RoutingConfig;
  watcher: Watcher | null = null;
  steps = 0;
  crashes = 0;
  /** Spans in which no process ran, or its state was being loaded again. */
  readonly down: { readonly from: number; to: number }[] = [];
  readonly #disk: Disk;
  readonly #wraps: Wraps;
  readonly newId: () => string;
  #generation = 0;
  #process: Process | null = null;
  readonly #pending = new Set<() => void>();
  #failure: unknown = null;

  constructor(options: { disk: Disk; random: Random; plan: SeedPlan; wraps?: Wraps }) {
    this.#disk = options.disk;
    this.#wraps = options.wraps ?? {};
    this.random = options.random;
    this.plan = options.plan;
    this.nights = new Nights(options.plan.nights, this.clock.now());
    this.faults = options.plan.faults;
    this.rules = options.plan.rules;
    this.routing = options.plan.routing;
    this.newId = idGenerator(
      () => this.clock.now(),
      (into) => this.random.bytes(into),
    );
    this.providers = options.plan.channels.map((name) => new Provider(name, this, options.plan.limits));
    this.channelHost = {
      dispatcher: undefined as unknown as ChannelHost['dispatcher'],
      connect: () => Promise.reject(new Error('the simulation has no network')),
      now: () => this.clock.now(),
      print: () => {},
    };
  }

  // -- the process ----------------------------------------------------------------------------------------------

  get runtime(): Runtime | null {
    return this.#process?.runtime ?? null;
  }

  alive(generation: number): boolean {
    return generation === this.#generation;
  }

  start(): void {
    const generation = ++this.#generation;
    try {
      const rawStore = this.#disk.openStore(this.newId);
      const rawHistory = this.#disk.openHistory();
      const faulty = simulatedStore(rawStore, this, generation);
      const store = this.#wraps.store?.(faulty, this) ?? faulty;
      const history = simulatedHistory(
        this.#wraps.history?.(rawHistory, this) ?? rawHistory,
        this,
        generation,
      );
      const runtime = createRuntime(
        {
          store,
          history,
          clock: simulatedClock(this, generation),
          log: this.#log(generation),
          newId: this.newId,
          rng: () => this.random.next(),
          owner: `process-${generation}`,
          channels: new Map(
            this.providers.map((provider) => [
              provider.name,
              {
                ...provider.channel(generation, this.plan.concurrency),
                fallback: this.plan.receipts?.fallback[provider.name] ?? [],
                ...this.#endsOn(provider.name),
              },
            ]),
          ),
          fatal: () => {
            this.clock.soon(() => {
              if (this.alive(generation)) this.crash('fatal');
            });
          },
        },
        { routing: this.#asRead(this.routing), limits: { ...defaultLimits, deadLettersAlert: 5 } },
      );
      this.#wraps.runtime?.(runtime, this);
      runtime.start(this.rules);
      if (!this.alive(generation)) return;
      const services = this.#wraps.services?.(runtime.services, this) ?? runtime.services;
      this.#process = { generation, runtime, services, history };
      // A commit that failed at the start may have come in between.
      const down = this.down.find(({ to }) => to === Number.POSITIVE_INFINITY);
      if (down) down.to = this.clock.now();
      this.journal.log(this.clock.now(), `process ${generation} is up`);
      this.watcher?.started();
    } catch (error) {
      if (this.alive(generation)) {
        if (!isSimulated(error)) throw error;
        this.crash('start');
      }
    }
  }

  /** What the hourly maintenance does to the history, only sooner, so that it is done within a short run. */
  housekeep(): void {
    const history = this.#process?.history;
    if (!history) return;
    const now = this.clock.now();
    try {
      while (history.fold(now - foldAfterMs)) this.counters.hit('history folded');
      this.counters.hit('history folded');
      while (history.forget(now - samplesKeptMs, Number.MAX_SAFE_INTEGER))
        this.counters.hit('history forgotten');
    } catch (error) {
      if (!isSimulated(error)) throw error;
    }
  }

  /** The operator's new routing tree. */
  setRouting(routing: RoutingConfig): void {
    this.routing = routing;
    const channels = new Map(
      this.plan.channels.map((name) => [
        name,
        {
          ...{ name, type: 'simulated', fallback: this.plan.receipts?.fallback[name] ?? [] },
          ...this.#endsOn(name),
        },
      ]),
    );
    this.runtime?.engine.setRouting(this.#asRead(routing), deliveryPolicyOf(channels));
  }

  #endsOn(channel: string): { readonly tellsEnds?: false } {
    return this.plan.withoutEnds.includes(channel) ? { tellsEnds: false } : {};
  }

  #asRead(routing: RoutingConfig): RoutingConfig {
    return this.#wraps.routing?.(routing) ?? routing;
  }

  mayCrash(generation: number, point: string, side?: 'before' | 'after'): boolean {
    if (!this.alive(generation)) return true;
    if (!this.random.chance(this.faults.crash)) return false;
    this.crash(side === undefined ? point : `${point}.${side}`);
    return true;
  }

  crash(point: string): void {
    const now = this.clock.now();
    this.#generation += 1;
    this.#process = null;
    this.crashes += 1;
    this.counters.hit('crash');
    if (point === 'send.after') this.counters.hit('crash between send and done');
    if (this.journal.sending.size > 0) this.counters.hit('restart with open deliveries');
    if (this.down.every(({ to }) => to !== Number.POSITIVE_INFINITY))
      this.down.push({ from: now, to: Number.POSITIVE_INFINITY });
    this.#disk.letGo();
    this.journal.log(now, `crash at ${point}`);
    for (const lose of [...this.#pending]) lose();
    this.#pending.clear();
    this.watcher?.disturbed(true);
    const generation = this.#generation;
    this.clock.at(now + this.random.int(200, 40_000), () => {
      if (this.alive(generation)) this.start();
    });
  }

  /** A commit failed without killing the process: it loads its state again. */
  trouble(generation: number): void {
    if (!this.alive(generation)) return;
    const now = this.clock.now();
    this.counters.hit('reload');
    this.journal.log(now, 'a commit failed');
    this.down.push({ from: now, to: now + 2_000 });
    this.watcher?.disturbed(false);
  }

  /** No more faults of any kind; the process comes back if it is down. */
  heal(): void {
    this.faults = { ...this.faults, crash: 0, commitFails: 0, storeFails: 0, historyFails: 0, send: calm };
    for (const provider of this.providers) provider.heal();
  }

  close(): void {
    this.#generation += 1;
    this.#process = null;
    this.#disk.letGo();
  }

  // -- what the ports tell --------------------------------------------------------------------------------------

  flushed(declared: readonly HistorySeries[], blocks: readonly HistoryBlock[]): void {
    this.watcher?.flushed(declared, blocks);
  }

  sendStarted(deliveryId: string, message: AlertMessage, attempt: number): void {
    if (attempt > 1) this.counters.hit('retry');
    this.watcher?.sendStarted(deliveryId, message);
  }

  failed(deliveryId: string): void {
    this.watcher?.failed(deliveryId);
  }

  askedForPatience(deliveryId: string, until: number): void {
    this.watcher?.askedForPatience(deliveryId, until);
  }

  exceeded(message: string): void {
    this.fail(new Violation('I4', message, this.clock.now()));
  }

  accepted(accepted: Accepted): void {
    this.journal.accept(accepted);
    this.watcher?.accepted(accepted);
  }

  took(message: TakenMessage): void {
    this.watcher?.took(message);
  }

  #log(generation: number): Log {
    const heard = (event: string, fields: Readonly<Record<string, unknown>> = {}) => {
      if (!this.alive(generation)) return;
      const error = fields.error;
      this.journal.log(
        this.clock.now(),
        `log ${event} ${error === undefined ? '' : String(error).slice(0, 300)}`,
      );
      if (error !== undefined && !isSimulated(error))
        this.fail(new Violation('I6', `${event}: ${String(error)}`, this.clock.now()));
    };
    return { debug: () => {}, info: () => {}, warn: heard, error: heard };
  }

  // -- clients --------------------------------------------------------------------------------------------------

  /** One request of a client. The answer of a process that died is no answer. */
  request<T>(ask: (services: Services, runtime: Runtime) => Promise<T>): Promise<Outcome<T>> {
    const process = this.#process;
    if (!process) return Promise.resolve({ kind: 'lost' });
    return new Promise((resolve) => {
      const lose = () => resolve({ kind: 'lost' });
      this.#pending.add(lose);
      const settle = (outcome: Outcome<T>) => {
        this.#pending.delete(lose);
        if (this.alive(process.generation)) resolve(outcome);
        else resolve({ kind: 'lost' });
      };
      const failed = (error: unknown) => {
        if (error instanceof ApiError) settle({ kind: 'error', error });
        else if (!this.alive(process.generation)) settle({ kind: 'lost' });
        else this.fail(error);
      };
      try {
        ask(process.services, process.runtime).then((value) => settle({ kind: 'ok', value }), failed);
      } catch (error) {
        failed(error);
      }
    });
  }

  /** Sleeps as long as what takes `ms` by day takes from now on. */
  sleepByDay(ms: number): Promise<void> {
    return this.sleep(this.nights.stretched(this.clock.now(), ms));
  }

  sleep(ms: number): Promise<void> {
    return new Promise((resolve) => this.clock.at(this.clock.now() + ms, resolve));
  }

  /** Ends the run with this error after the present event. */
  fail(error: unknown): void {
    this.#failure ??= error;
  }

  /** Lets time pass to `until`, event by event. Throws the first violation. */
  async run(until: number): Promise<void> {
    await macrotask();
    for (;;) {
      let more = false;
      try {
        more = this.clock.step(until);
      } catch (error) {
        this.fail(error);
      }
      this.steps += 1;
      await quiet();
      this.watcher?.stepped();
      if (this.#failure !== null) throw this.#failure;
      if (!more) return;
    }
  }

  /** It runs, and has for some minutes: what is late now is late without an excuse. */
  get calm(): boolean {
    const now = this.clock.now();
    return this.runtime?.engine.running === true && this.downtime(now - 200_000, now) === 0;
  }

  /** Milliseconds of [from, to] in which nothing ran. */
  downtime(from: number, to: number): number {
    let ms = 0;
    // They end in the order in which they began: what was over before is of no more interest.
    for (let i = this.down.length - 1; i >= 0 && this.down[i]!.to > from; i--) {
      const span = this.down[i]!;
      ms += Math.max(0, Math.min(to, span.to) - Math.max(from, span.from));
    }
    return ms;
  }
}

/**
 * Resolves after every promise that can go on has gone on, without a turn of the event loop: Node runs the next tick
 * when its queue of microtasks is empty. Nothing of the simulation waits for a socket or a real timer.
 */
function quiet(): Promise<void> {
  return new Promise((resolve) => process.nextTick(resolve));
}

function isSimulated(error: unknown): boolean {
  if (error instanceof Violation) return false;
  for (let cause: unknown = error; cause; cause = cause instanceof Error ? cause.cause : null) {
    if (/simulated|Crashed/.test(String(cause))) return true;
  }
  return false;
}
