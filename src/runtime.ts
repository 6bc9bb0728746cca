// The parts that do the work, put together over given ports: no process, no files, no server. The application and the
// simulation run exactly this.
import { type Classification, plainClassification } from '../rules/classify.ts';
import { readsBackOf } from '../rules/readings.ts';
import type { Problem, Rule } from '../rules/types.ts';
import type { Clock } from './clock.ts';
import type { Limits } from './config/config.ts';
import type { FileRouting } from './config/routing.ts';
import { CallLedger } from './delivery/call-ledger.ts';
import { Callbacks } from './delivery/callbacks.ts';
import { ChannelRegistry } from './delivery/channel-registry.ts';
import { Claimer } from './delivery/claimer.ts';
import { alarmKey, DeadLetterAlarm, deadLettersEvent } from './delivery/dead-letter-alarm.ts';
import { DeliveryNotices } from './delivery/delivery-notices.ts';
import { deliveryPolicyOf } from './delivery/delivery-policy.ts';
import { Dispatcher } from './delivery/dispatcher.ts';
import { FirstResults } from './delivery/first-results.ts';
import type { Job } from './delivery/job.ts';
import { Limiter } from './delivery/limiter.ts';
import { LiveChannels, type LivePorts } from './delivery/live-channels.ts';
import { type KnownOf, MessageAnalyst } from './delivery/message-analysis.ts';
import type { Wording } from './delivery/message-template.ts';
import { keyOf, type OpenChannel, renderedBy } from './delivery/open-channels.ts';
import { pastCalls } from './delivery/past-calls.ts';
import { repliedTo } from './delivery/replied-to.ts';
import { ResultCounts } from './delivery/result-counts.ts';
import { previewTemplate } from './delivery/template-preview.ts';
import { Wordings } from './delivery/wordings.ts';
import { Detections } from './detection/detections.ts';
import { EvictionNotes } from './detection/eviction-notes.ts';
import type { Grower } from './detection/grower.ts';
import { type Disk, diskFullEvent } from './disk/disk-guard.ts';
import type { ChannelReading } from './engine/channel-book.ts';
import { createChannelServices } from './engine/channel-services.ts';
import { leaseMs } from './engine/doors.ts';
import { Engine } from './engine/engine.ts';
import { createObjectServices } from './engine/object-services.ts';
import { createServices } from './engine/services.ts';
import type { StoredAlerts } from './engine/turn.ts';
import type { History } from './ingest/history.ts';
import type { HistoryReader } from './ingest/history-reader.ts';
import { HistoryRecorder } from './ingest/recorder.ts';
import { SeriesTable } from './ingest/series.ts';
import type { MessageLinker } from './links/message-linker.ts';
import type { Log } from './log.ts';
import type { Heartbeat } from './pipeline/heartbeat.ts';
import { personIn } from './policy/recipient-ways.ts';
import type { Strategies } from './policy/strategy.ts';
import type { Replays } from './replay/questions.ts';
import { vaultOf } from './secrets/vault.ts';
import {
  type Health,
  type Idempotency,
  type IncomingEvent,
  type RejectCode,
  type Services,
  systemActor,
} from './services.ts';
import type { CommittedEvent, Store } from './store/store.ts';

export const defaultTenant = 'default';

const alarmRetryMs = 10_000;
const alarmRetriedForMs = 3_600_000;
/** Paused channels that health names. */
const pausesShown = 20;
/** And rules that do not run. */
const rulesShown = 20;

export interface RuntimePorts {
  readonly store: Store;
  readonly history: History;
  /** Says when there is no room for anything new. */
  readonly disk?: Disk;
  /** Reads the history for plots and backtests; without it they are not to be had. */
  readonly reader?: HistoryReader;
  /** Runs rules on it; without it there are no backtests. */
  readonly replays?: Replays;
  /** Counts what happened; without it there are no statistics. */
  readonly statistics?: Services['statistics'];
  /** Grows models of detectors beside the stream; absent: they grow where they are needed. */
  readonly grower?: Grower;
  readonly clock: Clock;
  readonly log: Log;
  readonly newId: () => string;
  /** In [0, 1): the jitter of retries. */
  readonly rng: () => number;
  /** Names this process in shard and delivery leases. */
  readonly owner: string;
  /** Of the file. */
  readonly channels: ReadonlyMap<string, OpenChannel>;
  /** How channels of the API are read and opened; without it there are none. */
  readonly made?: ChannelReading & Pick<LivePorts, 'open'>;
  /** The address of this program as providers see it; null or absent when it was not configured. */
  readonly publicUrl?: string | null;
  /** Makes the links under which a message is answered; absent: it has none. */
  readonly links?: MessageLinker;
  /** What the analyses know of an alert at this moment; absent: nobody analyses them. */
  readonly knownOf?: KnownOf;
  /** Called with the events of every commit, after it. */
  readonly published?: (events: readonly CommittedEvent[], alerts: StoredAlerts) => void;
  /** The store is broken or somebody else's. */
  readonly fatal: (error: unknown) => void;
}

export interface RuntimeConfig {
  readonly routing: FileRouting;
  /** Tenants that have a routing of their own. */
  readonly tenants?: ReadonlyMap<string, FileRouting>;
  readonly limits: Limits;
  /** How notifications are brought home; absent: the built-in ones. */
  readonly strategies?: Strategies;
  /** Users' words for messages, by name. */
  readonly templates?: ReadonlyMap<string, Wording>;
  /** In which the times of messages are shown; absent: UTC. */
  readonly timeZone?: string;
  /** How long an acknowledgement holds that says nothing of it; null or absent: until the episode ends. */
  readonly acknowledgeExpiresMs?: number | null;
  /** What is expected to come, by tenant. */
  readonly heartbeats?: ReadonlyMap<string, readonly Heartbeat[]>;
  /** How urgent what did not say so itself is. */
  readonly classification?: Classification;
}

export interface Runtime {
  readonly services: Services;
  readonly engine: Engine;
  readonly table: SeriesTable;
  readonly detections: Detections;
  readonly recorder: HistoryRecorder;
  readonly dispatcher: Dispatcher;
  /** Calls left on each channel. */
  readonly limiter: Pick<Limiter, 'levels'>;
  readonly callbacks: Pick<Callbacks, 'refused'>;
  readonly wordings: Wordings;
  readonly results: ResultCounts;
  /** Samples refused, by code. */
  readonly rejections: ReadonlyMap<RejectCode, number>;
  /** Goes on where the last process stopped. */
  start(rules: readonly Rule[]): void;
  /** Replaces the files' rules; with problems (a name that a rule of the API has) none of them. */
  setRules(rules: readonly Rule[]): readonly Problem[];
  /** The same in slices, beside everything else; calls back once they run or do not, see `Engine.reloadRules`. */
  reloadRules(rules: readonly Rule[], done: (problems: readonly Problem[]) => void): void;
  /** Gives attempts under way `graceMs`, stores everything that was accepted. */
  close(graceMs: number): Promise<void>;
}

/** Every tenant that has rules, and the default one. */
export function rulesByTenant(rules: readonly Rule[]): Map<string, Rule[]> {
  const map = new Map<string, Rule[]>([[defaultTenant, []]]);
  for (const rule of rules) {
    const list = map.get(rule.tenant);
    if (list) list.push(rule);
    else map.set(rule.tenant, [rule]);
  }
  return map;
}

export function createRuntime(ports: RuntimePorts, config: RuntimeConfig): Runtime {
  const { store, history, clock, log, newId, rng, owner } = ports;
  const channels = new ChannelRegistry(ports.channels);
  const { limits, routing } = config;
  let fatal: unknown = null;
  let closed = false;
  let historyFailure: string | null = null;
  const results = new ResultCounts();
  const firstResults = new FirstResults(clock);
  const rejections = new Map<RejectCode, number>();

  const broken = (error: unknown): void => {
    if (fatal !== null) return;
    fatal = error;
    log.error('store.fatal', { error: String(error) });
    ports.fatal(error);
  };

  const table = new SeriesTable({ limits, onBirth: (id) => engine.bind(id) });
  const evictions = new EvictionNotes({
    table,
    log,
    soon: (work) => clock.soon(work),
    tell: (tenant, event) => tell(tenant, event, alarmKey('detectors_full', clock.now()), clock.now()),
  });
  const detections = new Detections({
    table,
    maxBytes: limits.detectorBytes,
    ...(ports.grower && { grower: ports.grower }),
    onEvicted: (eviction) => evictions.note(eviction),
    // Behind the samples that it came of.
    ...(history.states && { onJoint: () => recorder.flushSoon() }),
  });
  const saveDetections = (all: boolean): void => {
    if (history.states === undefined) return;
    try {
      detections.write(history.states, (series) => recorder.keyOf(series), clock.now(), all);
    } catch (error) {
      historyFailure = String(error);
      log.error('history.failed', { error: historyFailure });
    }
  };
  const recorder: HistoryRecorder = new HistoryRecorder({
    table,
    history,
    clock,
    shardOf: (tenant) => engine.ensureTenant(tenant).shard,
    onStored() {
      historyFailure = null;
    },
    onFlushed: () => saveDetections(closed),
    onFailure(error, state) {
      historyFailure = String(error);
      log.error('history.failed', { error: historyFailure, ...state });
    },
  });
  const perMinute = limits.messagesPerMinute;
  const limiter = new Limiter(
    ports.channels,
    perMinute === null ? [] : [{ calls: perMinute, perMs: 60_000 }],
  );
  const wordings = new Wordings(config.templates ?? new Map(), config.timeZone, log);
  const keyOfName = (tenant: string, name: string): string => {
    const channel = channels.of(tenant, name);
    return channel === undefined ? name : keyOf(channel);
  };
  /** Where a person is reached on a channel; null: nowhere. */
  const addressIn = (tenant: string, name: string, channel: string) => {
    const person = engine.tenant(tenant)?.directory.people.get(name);
    const type = channels.of(tenant, channel)?.type ?? '';
    const to = person?.addresses.get(channel) ?? person?.addresses.get(type);
    return person === undefined || to === undefined ? null : { to, locale: person.locale };
  };
  const ledger = new CallLedger(() => engine.wake());
  const dispatcher = new Dispatcher({
    ledger,
    clock,
    log,
    channels,
    limiter,
    wordings,
    addressee(job) {
      const name = personIn(job.recipient);
      return name === null ? undefined : addressIn(job.tenant, name, job.channel);
    },
    ...(ports.links && { linksFor: (job: Job) => ports.links!.linksFor(job, clock.now()) }),
    done(job, result, durationMs) {
      results.note(job.tenant, keyOfName(job.tenant, job.channel), result.kind);
      engine.complete(job.tenant, {
        kind: 'result',
        ...leaseOf(job),
        result,
        durationMs,
        draw: rng(),
      });
    },
    released: (job) => engine.complete(job.tenant, { kind: 'released', ...leaseOf(job) }),
    wanted: (job) => engine.isWanted(job.tenant, job.orderKey, job.deliveryId),
    hungry: () => claimer.wakeAt(clock.now()),
    behind: (job, most): readonly Job[] => claimer.behind(job, most),
  });
  // The same key again changes nothing, so what could not be stored is tried until the hour is over.
  const tell = (tenant: string, event: IncomingEvent, key: Idempotency, at: number): void => {
    if (closed) return;
    services.postEvent(tenant, event, systemActor, key).catch((error: unknown) => {
      if (clock.now() >= at + alarmRetriedForMs)
        log.warn(`${key.bodyHash}.not_told`, { tenant, error: String(error) });
      else clock.at(clock.now() + alarmRetryMs, () => tell(tenant, event, key, at));
    });
  };
  const alarm = new DeadLetterAlarm(limits.deadLettersAlert, (tenant, count, at) => {
    // After the turn whose events these are.
    clock.soon(() => tell(tenant, deadLettersEvent(count), alarmKey('dead_letters', at), at));
  });
  const notices = new DeliveryNotices(
    (tenant) => (engine.tenant(tenant)?.pipeline.routing.administrator ?? null) !== null,
    (tenant, event, key, at) =>
      clock.soon(() => tell(tenant, event, { scope: 'system', key, bodyHash: event.type }, at)),
  );
  const claimer: Claimer = new Claimer({
    store,
    clock,
    log,
    dispatcher,
    owner,
    leaseMs,
    pauses: (now) => engine.pauses(now),
    claimed: (job, dueAt) =>
      engine.claimed(job.tenant, { kind: 'claimed', ...leaseOf(job), dueAt, channel: job.channel }),
    expired: (job) => engine.complete(job.tenant, { kind: 'expired', ...leaseOf(job) }),
    howManyGoAlong: (job, most) => engine.howManyGoAlong(job.tenant, job.orderKey, job.deliveryId, most),
  });
  const made = ports.made ?? { kinds: {}, vault: vaultOf([]), open: noChannel };
  const live = new LiveChannels({
    ...{ registry: channels, open: made.open, dispatcher, log },
    resume: (tenant, channel) => claimer.resume(tenant, channel),
  });
  const engine: Engine = new Engine(
    {
      store,
      table,
      detections,
      clock,
      log,
      newId,
      record: (rows, row) => recorder.recordRow(rows, row),
      forgetSeries(series) {
        detections.forget(series);
        recorder.forget(series);
      },
      channels: {
        prepare: (tenant, channel) => live.prepare(tenant, channel),
        settle: (tenant, own) => live.settle(tenant, own),
        keyOf: keyOfName,
        stuck: (tenant) => [...channels.own(tenant).stuck.keys()],
      },
      say: (tenant, templates) => wordings.set(tenant, templates),
      dispatcher: {
        room: (tenant, channel, lane) => dispatcher.room(tenant, channel, lane),
        offer(leased) {
          dispatcher.offerAll(
            leased.map(({ row, notification }) => ({
              tenant: row.tenant,
              deliveryId: row.id,
              orderKey: row.orderKey,
              leaseToken: row.leaseToken,
              leaseUntil: row.leaseUntil ?? clock.now() + leaseMs,
              attempt: 1,
              channel: row.channel,
              recipient: row.recipient,
              lane: row.lane,
              shorter: false,
              message: notification.message,
            })),
          );
        },
        wakeAt: (at) => claimer.wakeAt(at),
        pause: (tenant, channel) => dispatcher.pause(tenant, channel),
        resume: (tenant, channel) => claimer.resume(tenant, channel),
        forget: () => dispatcher.forget(),
        calls: () => ledger.rows(),
        callsStored: () => ledger.stored(),
      },
      ...(ports.knownOf && { analyst: new MessageAnalyst(ports.knownOf, log) }),
      answered(answer) {
        // After the turn in which the answer is written down; if that is lost the answer is, too.
        clock.soon(() => {
          callbacks.answered(answer).catch((error: unknown) => {
            log.warn('callback.not_confirmed', { channel: answer.channel, reason: String(error) });
          });
        });
      },
      published(events, alerts) {
        alarm.see(events);
        notices.see(events);
        firstResults.see(events);
        ports.published?.(events, alerts);
      },
      fatal: broken,
    },
    {
      owner,
      routing,
      ...(config.tenants && { tenantRouting: config.tenants }),
      heartbeats: config.heartbeats ?? new Map(),
      policy: deliveryPolicyOf(ports.channels, config.strategies, config.timeZone),
      objects: {
        ...made,
        channelPlaces: new Map([...ports.channels].map(([name, { place = null }]) => [name, place])),
        templates: config.templates ?? new Map(),
      },
      acknowledgeExpiresMs: config.acknowledgeExpiresMs ?? null,
      queuePerTenant: limits.queuePerTenant,
      openDeliveriesPerTenant: limits.openDeliveriesPerTenant,
    },
  );

  const disk = ports.disk ?? null;
  const followDisk = (): void => {
    disk?.onBroken(broken);
    disk?.onChange((full) => {
      engine.shut(full);
      const at = clock.now();
      if (full) clock.soon(() => tell(defaultTenant, diskFullEvent, alarmKey('disk_full', at), at));
    });
  };

  const health = (): Health => {
    const checks: Record<string, { ok: boolean; detail?: string }> = {
      engine: engine.running ? { ok: true } : { ok: false, detail: 'the state is being taken up' },
      store: fatal === null ? { ok: true } : { ok: false, detail: String(fatal) },
      history: historyFailure === null ? { ok: true } : { ok: false, detail: historyFailure },
      ...faultyRules(engine),
      ...stuckChannels(channels),
      ...(disk && { disk: disk.full ? { ok: false, detail: 'the disk is full' } : { ok: true } }),
    };
    const paused = engine.breakers().filter(({ state }) => state !== 'closed');
    for (const { tenant, channel, reason } of paused.slice(0, pausesShown)) {
      // Anybody may read the names of checks: those that tenants gave are not among them.
      const own = channels.of(tenant, channel)?.own !== undefined;
      checks[own ? 'channels' : `channel:${channel}`] = {
        ok: false,
        detail: `${tenant}: paused since the receiver said ${reason}`,
      };
    }
    const failed = Object.values(checks).some(({ ok }) => !ok);
    return {
      ready: engine.running && fatal === null && disk?.full !== true,
      status: fatal !== null ? 'failed' : failed ? 'degraded' : 'ok',
      ...([...channels.all()].some(({ mock }) => mock) && { mock: true as const }),
      checks,
    };
  };

  const callbacks = new Callbacks({
    channels,
    publicUrl: ports.publicUrl ?? null,
    clock,
    log,
    receive: (channel, receipts) =>
      engine.receive(channel.name, receipts, {
        key: keyOf(channel),
        meant: (tenant) => channels.means(tenant, channel.name, channel),
      }),
    repliedTo: (channel, reply) => {
      const tenants = [...engine.tenants].map(({ name }) => name);
      const places = (channel.settings as { readonly to?: readonly string[] }).to ?? [];
      const delivery = repliedTo(
        {
          ...{ store, alert: (tenant, id) => services.alert(tenant, id) },
          tenants: tenants.filter((tenant) => channels.means(tenant, channel.name, channel)),
          goesTo: ({ tenant, recipient }, number) => {
            const name = personIn(recipient);
            if (name === null) return places.includes(number);
            return addressIn(tenant, name, channel.name)?.to === number;
          },
        },
        channel.name,
        reply,
      );
      return delivery?.providerId ?? null;
    },
    confirm: (tenant, order) => engine.submitConfirmation(tenant, order),
  });

  const services = createServices({
    engine,
    store,
    table,
    clock,
    limits,
    acknowledgeExpiresMs: config.acknowledgeExpiresMs ?? null,
    newId,
    reader: ports.reader ?? null,
    replays: ports.replays ?? null,
    statistics: ports.statistics ?? null,
    health,
    rejections,
    classification: config.classification ?? plainClassification,
    callback: (channel, incoming) => callbacks.take(channel, incoming),
    channels: createChannelServices({
      ...{ engine, store, clock, newId, channels, dispatcher, limiter, results, firstResults },
    }),
    objects: createObjectServices({
      ...{ engine, clock, newId, registry: channels },
      tryOpen: (tenant, channel) => live.try(tenant, channel),
    }),
    rendered: (tenant, channel, message, shorter) =>
      renderedBy(channels.of(tenant, channel), message, shorter, wordings),
    templates: (tenant) => wordings.names(tenant),
    previewTemplate(tenant, order) {
      return previewTemplate(wordings, tenant, services.channels.open(tenant), order);
    },
  });

  return {
    engine,
    table,
    detections,
    recorder,
    dispatcher,
    limiter,
    callbacks,
    wordings,
    results,
    rejections,
    services,
    start(rules) {
      engine.start(rulesByTenant(rules), () => {
        const { reachMs } = limiter;
        limiter.remember(pastCalls(store.providerCalls(clock.now() - reachMs)), clock.now());
        // What a window needs, and as much again as samples may be late.
        const all = [...engine.tenants].flatMap((tenant) => tenant.rules);
        const reach = all.reduce((most, rule) => Math.max(most, readsBackOf(rule)), 3_600_000);
        const spanMs = reach + limits.pastMs;
        const now = clock.now();
        // What the last run wrote of its detectors stands at an earlier sample: those since are shown to them again.
        const { states } = history;
        if (states !== undefined) detections.find(states);
        const completeAt = states?.completeAt() ?? now;
        const from = Math.min(now - spanMs, completeAt - limits.pastMs);
        const refilled = recorder.refill(from, now + limits.futureMs, {
          known: (id, shard, series) => detections.adopt(id, shard, series, now),
          fresh: (id, at, value) => detections.feed(id, at, value, now),
        });
        detections.adopted();
        log.info('history.refilled', refilled);
        if (detections.counts.outdated > 0)
          log.warn('detectors.outdated', { states: detections.counts.outdated });
      });
      followDisk();
    },
    setRules: (rules) => engine.setRules(rulesByTenant(rules)),
    reloadRules: (rules, done) => engine.reloadRules(rulesByTenant(rules), done),
    async close(graceMs) {
      closed = true;
      claimer.close();
      firstResults.close();
      await dispatcher.close(graceMs);
      engine.close();
      await live.close();
      await dispatcher.retired();
      recorder.close();
    },
  };
}

/** Where channels of the API are not to be had, as in the simulation. */
function noChannel(): never {
  throw new Error('channels cannot be made here');
}

/** Channels of the API that cannot be opened, for health. */
function stuckChannels(channels: ChannelRegistry): Health['checks'] {
  const stuck = [...channels.stuck()].slice(0, pausesShown);
  if (stuck.length === 0) return {};
  const each = stuck.map(({ tenant, name, problem }) => `${tenant}/${name}: ${problem}`);
  return { channels: { ok: false, detail: `channels of the API that wait: ${each.join(', ')}` } };
}

/** Rules of the API that cannot run, for health. */
function faultyRules(engine: Engine): Record<string, { ok: false; detail: string }> {
  const faulty = [...engine.tenants].flatMap(({ name, book }) =>
    book.faulty.map(({ row }) => `${name}: ${row.name}`),
  );
  if (faulty.length === 0) return {};
  const more = faulty.length > rulesShown ? ` and ${faulty.length - rulesShown} more` : '';
  const detail = `rules of the API that do not run: ${faulty.slice(0, rulesShown).join(', ')}${more}`;
  return { rules: { ok: false, detail } };
}

function leaseOf(job: Job): { deliveryId: string; orderKey: string; leaseToken: number } {
  return { deliveryId: job.deliveryId, orderKey: job.orderKey, leaseToken: job.leaseToken };
}
