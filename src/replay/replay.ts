// Rules on given input without the world: the runtime as it is, on a store in memory and a clock that goes from deadline
// to deadline, with deliveries that are captured. The same input always gives the same record.
import Database from 'better-sqlite3';
import type { Edge } from '../../analysis/signals.ts';
import type { Rule } from '../../rules/types.ts';
import { defaultLimits, type Limits } from '../config/config.ts';
import type { RuleGroups } from '../engine/rule-groups.ts';
import { idGenerator } from '../ids.ts';
import type { History } from '../ingest/history.ts';
import type { Log } from '../log.ts';
import type { RoutingConfig } from '../pipeline/routing.ts';
import type { AlertRow } from '../pipeline/rows.ts';
import { createRuntime, type Runtime } from '../runtime.ts';
import { type IncomingEvent, type PushAnswer, type RawSample, systemActor } from '../services.ts';
import { databaseOf } from '../store/sqlite/database.ts';
import { migrate } from '../store/sqlite/migrate.ts';
import { storeOf } from '../store/sqlite/sqlite-store.ts';
import type { Occurrence } from '../store/store.ts';
import { capture, captureName } from './capture.ts';
import { FoundPatterns, type StatedFinding } from './found-patterns.ts';
import { Recording } from './recording.ts';
import { VirtualClock } from './virtual-clock.ts';

export interface ReplayOptions {
  readonly rules: readonly Rule[];
  readonly routing: RoutingConfig;
  readonly limits?: Limits;
  /** What people declared of who depends on whom; absent: nothing. */
  readonly edges?: readonly Edge[];
  /** Epoch milliseconds at which the runtime starts. */
  readonly startAt: number;
}

/** Samples by the series table's ids, in time order. */
export interface SampleBatch {
  readonly series: Int32Array;
  readonly times: Float64Array;
  readonly values: Float64Array;
  readonly count: number;
}

/** Nothing is kept: what came in is what was given. */
const noHistory: History = {
  series: () => [],
  append() {},
  range() {},
  fold: () => false,
  forget: () => false,
  close() {},
};

export class Replay {
  readonly recording = new Recording();
  readonly #clock: VirtualClock;
  readonly #runtime: Runtime;
  readonly #close: () => void;
  /** Null: no rule is about findings. */
  readonly #found: FoundPatterns | null;
  #failure: unknown = null;

  constructor({ rules, routing, limits = defaultLimits, edges = [], startAt }: ReplayOptions) {
    this.#clock = new VirtualClock(startAt);
    let count = 0;
    // A counter in place of chance: ids are in order and the same each time.
    const newId = idGenerator(
      () => this.#clock.now(),
      (into) => {
        count += 1;
        for (let i = 0, rest = count; i < into.length; i++, rest = Math.floor(rest / 256))
          into[i] = rest & 255;
      },
    );
    const raw = new Database(':memory:');
    migrate(raw);
    raw.pragma('synchronous = OFF');
    const store = this.recording.of(
      storeOf(
        databaseOf(raw, () => raw.close()),
        newId,
      ),
    );
    const failed = (error: unknown) => {
      this.#failure ??= error;
    };
    this.#runtime = createRuntime(
      {
        store,
        history: noHistory,
        clock: this.#clock,
        log: logTo(failed),
        newId,
        rng: () => 0.5,
        owner: 'replay',
        channels: new Map([[captureName, capture]]),
        published: (events, alerts) => this.#found?.see(events, alerts),
        fatal: failed,
      },
      // Nobody has to catch up here, so nobody is asked to slow down.
      {
        routing: toCapture(routing),
        limits: {
          ...limits,
          queuePerTenant: Number.MAX_SAFE_INTEGER,
          openDeliveriesPerTenant: Number.MAX_SAFE_INTEGER,
        },
      },
    );
    const { engine, services } = this.#runtime;
    this.#found = rules.some(({ type }) => type === 'pattern')
      ? new FoundPatterns({
          ...{ engine, clock: this.#clock, newId, edges, failed },
          alert: (tenant, id) => services.alert(tenant, id),
        })
      : null;
    this.#runtime.start(rules);
    this.#close = () => store.close();
  }

  /** Epoch milliseconds. */
  get now(): number {
    return this.#clock.now();
  }

  get table(): Runtime['table'] {
    return this.#runtime.table;
  }

  get detections(): Runtime['detections'] {
    return this.#runtime.detections;
  }

  /** Everything that is due before `at` happens; then it is `at`, and what is due at that very time waits for `settle`. */
  async before(at: number): Promise<void> {
    if (at <= this.now) return;
    await this.#run(at - 1);
    this.#clock.stall(at - this.now);
  }

  /** Everything that is due by now happens. */
  async settle(): Promise<void> {
    await this.#run(this.now);
  }

  /** Time passes to `at`, and everything that is due by then happens. */
  async to(at: number): Promise<void> {
    await this.#run(Math.max(at, this.now));
  }

  /** Samples that arrive now; they are evaluated when this resolves, before anything else that is due now. */
  push(tenant: string, samples: readonly RawSample[]): Promise<PushAnswer> {
    return this.#answered(this.#runtime.services.push(tenant, samples, []));
  }

  /** The same for samples whose series are in `table` already. */
  pushColumns(tenant: string, batch: SampleBatch): Promise<void> {
    return this.#answered(this.#runtime.engine.push(tenant, batch));
  }

  async event(tenant: string, event: IncomingEvent): Promise<void> {
    await this.#answered(this.#runtime.services.postEvent(tenant, event, systemActor, null));
  }

  /** An event that occurred now, for the rules that count and for the patterns; nobody is told of it. */
  occurred(tenant: string, occurrence: Occurrence): void {
    this.#runtime.engine.occurred(tenant, occurrence);
    this.#found?.occurred(tenant, occurrence);
  }

  /** A finding that is stated, for the rules that count them. */
  async finding(tenant: string, finding: StatedFinding): Promise<void> {
    this.#found?.state(tenant, finding);
    await this.settle();
  }

  /** The groups of a rule on the grid; null when it does not run. */
  groupsOf(tenant: string, rule: string): RuleGroups | null {
    return this.#runtime.engine.tenant(tenant)?.grid.of(rule) ?? null;
  }

  /** Alerts that are pending or firing now, in the order in which they began. */
  open(tenant: string): readonly AlertRow[] {
    return [...(this.#runtime.engine.tenant(tenant)?.pipeline.openByKey.values() ?? [])];
  }

  async close(): Promise<void> {
    await this.#runtime.close(0);
    this.#close();
  }

  async #answered<T>(answer: Promise<T>): Promise<T> {
    // Before the clock goes on: whatever rejects must find somebody who waits for it.
    const settled = answer.then(
      (value) => ({ value }),
      (error: unknown) => ({ error }),
    );
    await this.settle();
    const outcome = await settled;
    if ('error' in outcome) throw outcome.error;
    return outcome.value;
  }

  async #run(until: number): Promise<void> {
    await quiet();
    while (this.#clock.step(until)) await quiet();
    if (this.#failure !== null) throw new Error('replay', { cause: this.#failure });
  }
}

/** Every receiver is one that captures: a message is delivered once, whatever its channels are. */
function toCapture({ receivers, ...routing }: RoutingConfig): RoutingConfig {
  const captured = [...receivers].map(
    ([name, receiver]) => [name, { ...receiver, channels: [captureName] }] as const,
  );
  return { ...routing, receivers: new Map(captured) };
}

function logTo(failed: (error: unknown) => void): Log {
  return {
    debug() {},
    info() {},
    warn() {},
    error: (event, fields) => failed(new Error(`${event}: ${String(fields?.error ?? '')}`)),
  };
}

/** Resolves after every promise that can go on has gone on, without a turn of the event loop. */
function quiet(): Promise<void> {
  return new Promise((resolve) => process.nextTick(resolve));
}
