// The whole runtime on a manual clock with a real SQLite store and a channel that keeps what it is given: for stories
// about time that a real process would need hours for.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { type ChannelDefinition, defineChannel, type SendResult } from '../../channels/channel.ts';
import type { AlertMessage } from '../../channels/message.ts';
import type { Classification } from '../../rules/classify.ts';
import { labelSet } from '../../rules/labels.ts';
import type { Rule, ThresholdRule } from '../../rules/types.ts';
import { defaultLimits, type Limits } from '../config/config.ts';
import { withAdministrator } from '../config/routing.ts';
import type { OpenChannel } from '../delivery/open-channels.ts';
import { Ballast } from '../disk/ballast.ts';
import { DiskGuard } from '../disk/disk-guard.ts';
import { idGenerator } from '../ids.ts';
import type { History } from '../ingest/history.ts';
import { openSqliteHistory } from '../ingest/history-sqlite.ts';
import type { MessageLinker } from '../links/message-linker.ts';
import { silentLog } from '../log.ts';
import type { DigestRule } from '../pipeline/digest-rule.ts';
import type { EscalationPolicy } from '../pipeline/escalation.ts';
import type { Heartbeat } from '../pipeline/heartbeat.ts';
import type { InhibitRule, Receiver, Route } from '../pipeline/routing.ts';
import type { StormConfig } from '../pipeline/storm.ts';
import { createRuntime, type Runtime } from '../runtime.ts';
import { openSqliteStore } from '../store/sqlite/sqlite-store.ts';
import type { Store } from '../store/store.ts';
import { aReceiver, aRoute, aRule } from './builders.ts';
import { placeFreshDatabase } from './fresh-database.ts';
import { ManualClock } from './manual-clock.ts';
import { memoryFolder } from './memory-folder.ts';

export interface Sent {
  readonly channel: string;
  readonly deliveryId: string;
  readonly attempt: number;
  readonly at: number;
  readonly message: AlertMessage;
}

export interface StageOptions {
  /** What differs from `aRule`; a whole rule of another type goes as it is. */
  readonly rules?: readonly (Partial<ThresholdRule> | Rule)[];
  readonly route?: Partial<Route>;
  readonly receiver?: Partial<Receiver>;
  /** So long before its end a silence is told of; never unless told otherwise. */
  readonly remindBeforeMs?: number;
  /** Names of channels, all of the same kind; `hook` unless told otherwise. */
  readonly channels?: readonly string[];
  /** Who takes over from a channel, by its name. */
  readonly fallback?: Readonly<Record<string, readonly string[]>>;
  /** The receiver that hears what is wrong with the delivery itself. */
  readonly administrator?: string;
  /** The receiver that is called where nobody takes a message. */
  readonly emergency?: string;
  /** Beside that one. */
  readonly receivers?: readonly Receiver[];
  readonly inhibit?: readonly InhibitRule[];
  /** How much at once is a storm; nothing unless told otherwise. */
  readonly storm?: StormConfig;
  /** What the clock shows at first, epoch milliseconds. */
  readonly startsAt?: number;
  /** Of digests; UTC unless told otherwise. */
  readonly timeZone?: string;
  /** What strategies collect. */
  readonly digests?: ReadonlyMap<string, DigestRule>;
  /** Those that its route or receiver names. */
  readonly escalations?: readonly EscalationPolicy[];
  readonly limits?: Partial<Limits>;
  readonly heartbeats?: readonly Heartbeat[];
  readonly classification?: Classification;
  readonly wrapStore?: (store: Store) => Store;
  /** Its files lie where files lie, for whoever measures; else in memory where the machine has a place there. */
  readonly onDisk?: boolean;
  /** The disk is guarded, by a ballast of so many bytes. */
  readonly ballastBytes?: number;
  /** Makes the links of messages; none unless given. */
  readonly links?: MessageLinker;
  /** What the channel answers; accepted unless told otherwise. */
  readonly answer?: (sent: Sent) => SendResult | Promise<SendResult>;
}

const prefix = 'tocsin-stage-';

/** Everything that a story needs; `close` at its end. */
export class Stage {
  readonly clock: ManualClock;
  readonly sent: Sent[] = [];
  readonly fatal: unknown[] = [];
  readonly t0: number;
  runtime!: Runtime;
  store!: Store;
  disk: DiskGuard | null = null;
  rules: Rule[];
  heartbeats: readonly Heartbeat[];
  readonly #options: StageOptions;
  readonly #folder: string;
  readonly ballastFile: string;
  readonly samplesFile: string;
  #history: History | null = null;
  #closeFiles: () => void = () => {};
  #random = 1;
  #starts = 0;

  constructor(options: StageOptions = {}) {
    this.#options = options;
    this.clock = new ManualClock(options.startsAt);
    this.t0 = this.clock.now();
    this.#folder = options.onDisk ? mkdtempSync(join(tmpdir(), prefix)) : memoryFolder(prefix);
    this.ballastFile = join(this.#folder, 'ballast');
    this.samplesFile = join(this.#folder, 'samples.db');
    this.heartbeats = options.heartbeats ?? [];
    this.rules = (options.rules ?? [{}]).map((rule) =>
      'type' in rule && rule.type !== 'threshold' ? (rule as Rule) : aRule(rule as Partial<ThresholdRule>),
    );
    this.start();
  }

  start(): void {
    const { clock } = this;
    const file = join(this.#folder, 'tocsin.db');
    placeFreshDatabase(file);
    const opened = openSqliteStore({ file, durability: 'normal' });
    const history = openSqliteHistory({ file: this.samplesFile });
    this.#history = history;
    const { wrapStore, ballastBytes } = this.#options;
    this.store = wrapStore?.(opened) ?? opened;
    if (ballastBytes !== undefined) {
      const ballast = new Ballast(this.ballastFile, ballastBytes);
      ballast.make();
      this.disk = new DiskGuard({ ballast, clock, log: silentLog });
      this.store = this.disk.guardStore(this.store);
    }
    this.#closeFiles = () => {
      history.close();
      opened.close();
    };
    const { inhibit = [], receivers = [] } = this.#options;
    const { administrator = null, emergency = null } = this.#options;
    const route = aRoute(this.#options.route);
    const everyone = [aReceiver(this.#options.receiver), ...receivers];
    this.runtime = createRuntime(
      {
        store: this.store,
        history: this.disk?.guardHistory(history) ?? history,
        ...(this.disk && { disk: this.disk }),
        clock,
        log: silentLog,
        newId: idGenerator(
          () => clock.now(),
          (into) => {
            for (let i = 0; i < into.length; i++) {
              this.#random = (Math.imul(this.#random, 1_103_515_245) + 12_345) >>> 0;
              into[i] = this.#random >>> 16;
            }
          },
        ),
        rng: () => 0.5,
        owner: `stage-${++this.#starts}`,
        channels: new Map((this.#options.channels ?? ['hook']).map((name) => [name, this.#channel(name)])),
        fatal: (error) => this.fatal.push(error),
        ...(this.#options.links && { links: this.#options.links }),
      },
      {
        routing: {
          route: administrator === null ? route : withAdministrator(route, administrator),
          receivers: new Map(everyone.map((receiver) => [receiver.name, receiver])),
          inhibit,
          remindBeforeMs: this.#options.remindBeforeMs ?? null,
          timeZone: this.#options.timeZone ?? 'UTC',
          ...(this.#options.storm && { storm: this.#options.storm }),
          ...(this.#options.digests && { digests: this.#options.digests }),
          ...(this.#options.escalations && {
            escalations: new Map(this.#options.escalations.map((policy) => [policy.name, policy])),
          }),
          administrator,
          emergency,
        },
        limits: { ...defaultLimits, ...this.#options.limits },
        heartbeats: new Map([['default', this.heartbeats]]),
        ...(this.#options.classification && { classification: this.#options.classification }),
      },
    );
    this.runtime.start(this.rules);
  }

  #channel(channel: string): OpenChannel {
    const definition = defineChannel({
      kind: 'capture',
      label: { en: 'Capture', 'zh-TW': '擷取', 'zh-CN': '捕获' },
      config: z.object({}),
      limits: { maxBytes: 1_000_000, concurrency: 4, deadlineMs: 10_000 },
      render: (message) => message,
      open: () => ({
        send: async (message: AlertMessage, { deliveryId, attempt }) => {
          const sent = { channel, deliveryId, attempt, at: (this.clock.now() - this.t0) / 1000, message };
          this.sent.push(sent);
          return (await this.#options.answer?.(sent)) ?? { kind: 'sent' };
        },
        close: async () => {},
      }),
    });
    const instance = definition.open({}, null as never);
    return {
      name: channel,
      type: 'capture',
      definition: definition as ChannelDefinition,
      settings: {},
      fallback: this.#options.fallback?.[channel] ?? [],
      instance: instance as never,
    };
  }

  /** Pushes one sample of the series {host} of the metric `cpu`, at the present time unless told otherwise. */
  async push(
    value: number,
    over: { host?: string; at?: number; metric?: string; tenant?: string } = {},
  ): Promise<void> {
    await this.pushAll([{ value, ...over }], over.tenant);
  }

  async pushAll(
    samples: readonly {
      value: number;
      host?: string;
      labels?: Readonly<Record<string, string>>;
      at?: number;
      metric?: string;
    }[],
    tenant = 'default',
  ): Promise<void> {
    const raw = samples.map(({ value, host = 'a', labels = { host }, at, metric = 'cpu' }, index) => ({
      index,
      metric,
      labels: labelSet(labels),
      value,
      ...(at === undefined ? {} : { timestamp: at }),
    }));
    const answer = this.runtime.services.push(tenant, raw, []);
    // The caller sees the rejection; here it must not count as unhandled while the clock runs.
    answer.catch(() => {});
    await this.clock.advance(0);
    await answer;
  }

  /** Posts an event, at the present time unless told otherwise. */
  async event(labels: Readonly<Record<string, string>>, type = 'login_failed', at?: number): Promise<void> {
    const posted = this.runtime.services.postEvent(
      'default',
      {
        ...{ type, severity: 'info', category: 'security', message: `${type} ${JSON.stringify(labels)}` },
        ...{ labels: labelSet(labels), recipients: [] },
        ...(at === undefined ? {} : { occurredAt: at }),
      },
      { kind: 'key', name: 'test' } as never,
      null,
    );
    posted.catch(() => {});
    await this.clock.advance(0);
    await posted;
  }

  /** Pushes `value` every `everyMs` for `forMs`, letting time pass. */
  async keepPushing(value: number, forMs: number, everyMs = 10_000): Promise<void> {
    for (let passed = 0; passed < forMs; passed += everyMs) {
      await this.push(value);
      await this.clock.advance(everyMs);
    }
  }

  advance(ms: number): Promise<void> {
    return this.clock.advance(ms);
  }

  /** What was said, as [seconds, reason]. */
  said(): [number, string][] {
    return this.sent.map(({ at, message }) => [at, message.reason]);
  }

  /** Kinds (and reasons) of all events of the alerts, oldest first. */
  events(kind: 'alert' | 'delivery' = 'alert'): string[] {
    const { items } = this.store.events('default', null, 1_000, null);
    return [...items]
      .reverse()
      .filter((event) => event.subjectKind === kind)
      .map((event) => (event.reason === null ? event.kind : `${event.kind}(${event.reason})`));
  }

  /** What is stored of detectors. */
  storedStates() {
    return [...(this.#history?.states?.states() ?? [])];
  }

  /** The process dies: nothing is flushed or finished. */
  kill(): void {
    this.runtime.engine.abandon();
    this.#closeFiles();
  }

  /** Ends as a process that was asked to. */
  async stop(): Promise<void> {
    const closed = this.runtime.close(1_000);
    await this.clock.advance(2_000);
    await closed;
    this.#closeFiles();
  }

  async restart(): Promise<void> {
    await this.stop();
    this.start();
    await this.advance(0);
  }

  async close(): Promise<void> {
    await this.stop();
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
