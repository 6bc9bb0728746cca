// The program without a process: createTocsin() opens the data folder, puts the parts together and runs them.
import { randomFillSync, randomUUID } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { ChannelDefinition } from '../channels/channel.ts';
import { channels as builtIn } from '../channels/index.ts';
import { labelSet } from '../rules/labels.ts';
import { timeZone } from '../rules/time-zone.ts';
import type { Problem, Rule } from '../rules/types.ts';
import { CauseThreads } from './analyses/cause-threads.ts';
import { Causes } from './analyses/causes.ts';
import { AnalysisRunner } from './analyses/runner.ts';
import { apiEdges, createAnalysisServices } from './analyses/services.ts';
import { WatchedSeries } from './analyses/watched-series.ts';
import { type Clock, type SystemClock, systemClock } from './clock.ts';
import { type HostCollector, startHostCollector } from './collector/host-collector.ts';
import type { TocsinConfig } from './config/config.ts';
import { meetWindows } from './config/planned-windows.ts';
import type { ReachTestPlan } from './config/reach-test.ts';
import { watchRules } from './config/rule-files.ts';
import { RuleReader } from './config/rule-reader.ts';
import { gapText } from './config/schedules.ts';
import { callbackUrlOf } from './delivery/callbacks.ts';
import { createEgress } from './delivery/egress.ts';
import { EgressThread } from './delivery/egress-thread.ts';
import type { KnownOf } from './delivery/message-analysis.ts';
import { closeChannels, type Opener, openChannel, openChannels } from './delivery/open-channels.ts';
import { ThreadGrower } from './detection/thread-grower.ts';
import { Ballast } from './disk/ballast.ts';
import { DiskGuard } from './disk/disk-guard.ts';
import { reachTests as begunReachTests } from './engine/reach-test.ts';
import type { StoredAlerts } from './engine/turn.ts';
import { createHttp } from './http/app.ts';
import { ensureFirstKey } from './http/keys.ts';
import { type Listening, serve } from './http/server.ts';
import { idGenerator, pooledRandom } from './ids.ts';
import type { History } from './ingest/history.ts';
import { type HistoryReader, openHistoryReader } from './ingest/history-reader.ts';
import { openSqliteHistory } from './ingest/history-sqlite.ts';
import { ownLinkKey } from './links/link-keys.ts';
import { MessageLinker } from './links/message-linker.ts';
import { type Log, silentLog } from './log.ts';
import { type Cron, cronOf, startMaintenance } from './maintenance.ts';
import { createMetrics } from './metrics.ts';
import { startReachTests } from './reach-tests/scheduled-reach-tests.ts';
import { type OpenReplays, openReplays } from './replay/replays.ts';
import { startReports } from './reports/scheduled-reports.ts';
import { createRuntime, defaultTenant } from './runtime.ts';
import { openVault, type Vault } from './secrets/vault.ts';
import { type IncomingEvent, type Services, systemActor } from './services.ts';
import { openStatistics } from './statistics/statistics.ts';
import { openSqliteStore } from './store/sqlite/sqlite-store.ts';
import type { CommittedEvent, Store } from './store/store.ts';

export interface TocsinOptions {
  readonly config: TocsinConfig;
  readonly log?: Log;
  readonly clock?: Clock;
  /** Where the console channel writes; standard output of the command. */
  readonly print?: (line: string) => void;
  /** An operator's key of at least 32 characters; without it one is generated when there is none. */
  readonly adminKey?: string;
  /** `full` (the default): every commit is fsynced before it is answered. */
  readonly durability?: 'full' | 'normal';
  /** Rules instead of the files that the configuration names. */
  readonly rules?: readonly Rule[];
  /** Called with the events of every commit, after it. */
  readonly onEvents?: (events: readonly CommittedEvent[]) => void;
  /** The store is broken or somebody else's: the process had better end. */
  readonly onFatal?: (error: unknown) => void;
  /** Channel kinds instead of the built-in ones. */
  readonly channels?: Readonly<Record<string, ChannelDefinition>>;
  /** Wraps the store: faults, measurements. */
  readonly wrapStore?: (store: Store) => Store;
  /** The same for the sample history. */
  readonly wrapHistory?: (history: History) => History;
}

export interface Tocsin {
  readonly services: Services;
  readonly fetch: (request: Request) => Response | Promise<Response>;
  /** The generated operator key, when this start made one. */
  readonly initialKey: string | null;
  readonly collector: HostCollector | null;
  /** Rules at the start, of all tenants. */
  readonly ruleCount: number;
  listen(): Promise<{ host: string; port: number }>;
  /** Resolves when the analyses have looked at everything that was committed until then. */
  analysed(): Promise<void>;
  /** Looks for the cause of every incident that waits for it, at once; resolves when all are stored. */
  causesFound(): Promise<void>;
  close(): Promise<void>;
}

/** Rule files that cannot be used: every problem, with its place. */
export class RuleFilesError extends Error {
  readonly problems: readonly Problem[];
  constructor(problems: readonly Problem[]) {
    super(
      problems.map(({ file, line, column, message }) => `${file}:${line}:${column}: ${message}`).join('\n'),
    );
    this.name = 'RuleFilesError';
    this.problems = problems;
  }
}

const drainMs = 8_000;

/**
 * Opens the data folder, takes up where the last process stopped, and runs. Rejects when the data, the rules
 * (`RuleFilesError`) or the admin key cannot be used; nothing keeps running then.
 */
export async function createTocsin(options: TocsinOptions): Promise<Tocsin> {
  const { config } = options;
  const clock = options.clock ?? systemClock();
  const newId = idGenerator(
    () => clock.now(),
    pooledRandom((into) => randomFillSync(into)),
  );
  const ruleReader = new RuleReader(config.rules);
  const rules = options.rules ?? (await rulesOf(config, ruleReader));
  const { schedule } = config.retention;
  const cron = schedule === null ? null : await cronOf(schedule);
  mkdirSync(config.data, { recursive: true, mode: 0o700 });
  const log = options.log ?? silentLog;
  const ballast = new Ballast(join(config.data, 'ballast'), config.ballastBytes);
  const disk = new DiskGuard({ ballast, clock, log });
  const storeFile = join(config.data, 'tocsin.db');
  const opened = disk.inBallast(() =>
    openSqliteStore({ file: storeFile, durability: options.durability ?? 'full', writeBackInThread: true }),
  );
  const store = disk.guardStore(options.wrapStore ? options.wrapStore(opened) : opened);
  const opening: { close(): void }[] = [disk, store];
  try {
    const samplesFile = join(config.data, 'samples.db');
    const samples = disk.inBallast(() => openSqliteHistory({ file: samplesFile, foldInThread: true }));
    opening.push(samples);
    const history = disk.guardHistory(options.wrapHistory ? options.wrapHistory(samples) : samples);
    // Not before the folder is known to be ours.
    if (!disk.full && !ballast.make())
      log.warn('disk.no_ballast', { room: ballast.room, wanted: ballast.bytes });
    const { adminKey } = options;
    const first = ensureFirstKey(store, {
      newId,
      now: clock.now(),
      ...(adminKey === undefined ? {} : { adminKey }),
    });
    if ('problem' in first) throw new Error(first.problem);
    const keys = config.secretsKeys.map((one) => one.reveal());
    const vault = openVault(config.data, keys, () => hasChannels(store));
    const reader = openHistoryReader({ file: samplesFile, clock });
    opening.push(reader);
    let routingOf: Services['routing'] | null = null;
    const replays = openReplays({
      file: samplesFile,
      clock,
      limits: config.limits,
      routing: (tenant) => routingOf?.(tenant) ?? config.routing,
      edges: (tenant) => [...(config.topology.get(tenant) ?? []), ...apiEdges(store, tenant)],
    });
    opening.push(replays);
    const statistics = openStatistics({ file: storeFile, clock });
    opening.push(statistics);
    const tocsin = run(options, {
      disk,
      store,
      history,
      reader,
      replays,
      statistics,
      rules,
      ruleReader,
      cron,
      log,
      clock,
      newId,
      vault,
      initialKey: first.generated,
    });
    routingOf = (tenant) => tocsin.services.routing(tenant);
    return tocsin;
  } catch (error) {
    for (const part of opening.reverse()) part.close();
    throw error;
  }
}

/** Of the API: their secrets are sealed with the key of the folder. */
function hasChannels(store: Store): boolean {
  return store.tenants().some(({ id }) => store.configObjects(id, 'channel').length > 0);
}

/** Of a tenant; older ones were ended, or never will be. */
const mostOpenTests = 20;

/** Of whoever has a routing of its own, and of the default tenant. */
function plansOf({ routing, tenants }: TocsinConfig): ReadonlyMap<string, ReachTestPlan> {
  const all = [...new Map([[defaultTenant, routing] as const, ...tenants])];
  return new Map(all.flatMap(([tenant, { reachTest }]) => (reachTest ? [[tenant, reachTest] as const] : [])));
}

async function rulesOf(config: TocsinConfig, reader: RuleReader): Promise<readonly Rule[]> {
  if (config.rules.length === 0) return [];
  const { rules, problems } = meetWindows(await reader.first(), config);
  if (problems.length > 0) throw new RuleFilesError(problems);
  return rules;
}

interface Parts {
  readonly disk: DiskGuard;
  readonly store: Store;
  readonly history: History;
  readonly reader: HistoryReader;
  readonly replays: OpenReplays;
  readonly statistics: ReturnType<typeof openStatistics>;
  readonly rules: readonly Rule[];
  readonly ruleReader: RuleReader;
  readonly cron: Cron | null;
  readonly log: Log;
  readonly clock: Clock;
  readonly newId: () => string;
  readonly vault: Vault;
  readonly initialKey: string | null;
}

function run(options: TocsinOptions, parts: Parts): Tocsin {
  const { config } = options;
  const { disk, store, history, reader, replays, statistics, ruleReader, log, clock, newId } = parts;
  const egress = createEgress(config.egress);
  const calls = new EgressThread({ egress: config.egress, clock });
  const kinds = options.channels ?? builtIn;
  const opener: Opener = {
    host: {
      dispatcher: () => egress.dispatcher(),
      exchange: (call) => calls.exchange(call),
      connect: (host, port, signal) => egress.connect(host, port, signal),
      now: () => clock.now(),
      print: options.print ?? (() => undefined),
    },
    callbackUrl: (channel) => (config.publicUrl === null ? null : callbackUrlOf(config.publicUrl, channel)),
    registry: kinds,
    mock: config.mock,
  };
  const channels = openChannels(config.channels, opener);
  let reachTestBegun = () => {};
  let knownOf: KnownOf = () => null;
  let seeCommits: (events: readonly CommittedEvent[], alerts: StoredAlerts) => void = () => {};
  const fileEdges = (tenant: string) => config.topology.get(tenant) ?? [];
  const linker = linkerOf(config);
  if (config.mock) log.warn('mock', { message: 'mock: nothing leaves this process' });
  const grower = new ThreadGrower(clock, log);
  const runtime = createRuntime(
    {
      store,
      history,
      disk,
      reader,
      replays,
      statistics,
      clock,
      log,
      newId,
      rng: Math.random,
      owner: randomUUID(),
      channels,
      made: { kinds, vault: parts.vault, open: (channel, own) => openChannel(channel, opener, own) },
      publicUrl: config.publicUrl,
      ...(linker && { links: linker }),
      grower: grower.grow,
      knownOf: (tenant, alert) => knownOf(tenant, alert),
      published(events, alerts) {
        if (events.some(({ row }) => row.kind === 'reach_test.started')) reachTestBegun();
        seeCommits(events, alerts);
        options.onEvents?.(events);
      },
      fatal: (error) => options.onFatal?.(error),
    },
    {
      ...{ routing: config.routing, tenants: config.tenants, limits: config.limits },
      ...{
        heartbeats: config.heartbeats,
        classification: config.classification,
        strategies: config.strategies,
      },
      ...{ templates: config.templates, timeZone: config.timeZone },
      acknowledgeExpiresMs: config.acknowledge.expiresAfterMs,
    },
  );
  const { services, engine } = runtime;
  const watched = new WatchedSeries(runtime.table);
  const zone = timeZone(config.timeZone);
  const analyses = new AnalysisRunner({
    ...{ store, engine, clock, log, newId },
    watched: (tenant, now) => watched.of(tenant, engine.tenant(tenant)?.rules ?? [], now),
    offsetAt: (at) => zone?.spanAt(at).offsetMs ?? 0,
    alert: (tenant, id) => services.alert(tenant, id),
    declared: (tenant) => [...fileEdges(tenant), ...apiEdges(store, tenant)],
    causeOf: (tenant, incident) => causes.causeOf(tenant, incident),
    isFinding: ({ tenant, rule }) =>
      rule !== null && engine.tenant(tenant)?.pipeline.rules.get(rule)?.type === 'pattern',
  });
  const threads = new CauseThreads({
    ...{ folder: config.data, clock },
    edges: (tenant) => analyses.edges(tenant),
    patternRules: (tenant) =>
      services.rules(tenant).flatMap(({ type, name }) => (type === 'pattern' ? [name] : [])),
  });
  const causes: Causes = new Causes({
    ...{ store, engine, clock, log, newId },
    find: (tenant, incident) => threads.cause(tenant, incident),
  });
  seeCommits = (events, alerts) => {
    analyses.see(events, alerts);
    causes.see(events);
  };
  knownOf = (tenant, alert) => analyses.knownOf(tenant, alert);
  const metrics = createMetrics(runtime, disk, causes);
  const http = createHttp(services, {
    analyses: createAnalysisServices({
      ...{ runner: analyses, threads, store, newId, fileEdges },
      alert: (tenant, id) => services.alert(tenant, id),
    }),
    ...{ limits: config.limits, log, metrics },
    links: linker === null ? null : { linker, timeZone: config.timeZone },
  });
  runtime.start(parts.rules);
  analyses.start();
  void causes.start();
  for (const { name, book, routes, rota } of engine.tenants) {
    for (const { row } of book.faulty)
      log.error('rules.not_running', { tenant: name, id: row.id, name: row.name });
    for (const { row } of routes.faulty)
      log.error('routes.not_tried', { tenant: name, id: row.id, name: row.name });
    for (const { row } of rota.faulty)
      log.error('on_call.override_waits', { tenant: name, id: row.id, name: row.name });
    for (const schedule of rota.schedules.values()) {
      const gap = gapText(schedule, clock.wall());
      if (gap !== null) log.warn('on_call.gap', { tenant: name, schedule: schedule.name, gap });
    }
  }

  // Somebody has to hear when nobody can be told.
  if (config.routing.administrator == null && config.channels.size > 0 && !onlyPrints(config))
    log.warn('administrator.none', {
      hint: 'name a receiver as `administrator` to hear of messages that did not arrive and of paused channels',
    });

  const watcher = options.rules
    ? null
    : watchRules(config.rules, {
        read: (_paths, done) => void ruleReader.read((read) => done(meetWindows(read, config))),
        onChange(read) {
          const told = (problems: readonly Problem[]): void => {
            for (const problem of problems) log.error('rules.refused', { ...problem });
            if (problems.length > 0) return;
            log.info('rules.loaded', { rules: read.rules.length, files: read.files.length });
          };
          if (read.problems.length > 0) told(read.problems);
          else runtime.reloadRules(read.rules, told);
        },
      });
  const maintenance = startMaintenance({
    engine,
    store,
    history,
    clock,
    log,
    retention: config.retention,
    cron: parts.cron,
    clockJumped(byMs) {
      log.warn('clock.jumped', { byMs });
      engine.reanchor(() => (clock as SystemClock).reanchor());
      services.postEvent(defaultTenant, clockJump(byMs), systemActor, null).catch((error: unknown) => {
        log.error('clock.jump_not_told', { error: String(error) });
      });
    },
  });
  const reports = startReports({ reports: config.reports, store, statistics, clock, log });
  const reachTests = startReachTests({
    plans: () => plansOf(config),
    tenants: () => [...engine.tenants].map(({ name }) => name),
    async begin(tenant, { to, confirmWithinMs, reportTo }, key) {
      const order = { do: 'begin' as const, to, confirmWithinMs, reportTo, actor: systemActor.name };
      const { status } = await services.reachTests.begin(tenant, order, {
        scope: 'reach_test',
        key,
        bodyHash: '',
      });
      if (status !== 202) log.error('reach_test.nobody', { tenant });
    },
    async end(tenant, id) {
      const run = services.reachTests.list(tenant, mostOpenTests).find((one) => one.run.id === id)?.run;
      if (run) await engine.submitReachTest(tenant, { order: { do: 'end', run }, idempotency: null });
    },
    open: (tenant) =>
      begunReachTests(tenant, store, mostOpenTests).flatMap(({ run, ended }) => (ended ? [] : [run])),
    ...{ store, clock, log },
  });
  reachTestBegun = () => reachTests.look();
  const collector = config.collector.host
    ? startHostCollector({
        clock,
        intervalMs: config.collector.intervalMs,
        log,
        folders: [config.data],
        push: (samples) => services.push(defaultTenant, samples, []),
      })
    : null;

  let listening: Listening | null = null;
  return {
    services,
    fetch: (request) => http.fetch(request),
    initialKey: parts.initialKey,
    collector,
    ruleCount: [...engine.tenants].reduce((count, { rules }) => count + rules.length, 0),
    analysed: () => analyses.settled(),
    causesFound: () => causes.settled(),
    async listen() {
      listening = await serve(http, config.listen);
      return { host: listening.host, port: listening.port };
    },
    async close() {
      collector?.stop();
      watcher?.close();
      ruleReader.close();
      maintenance.stop();
      reports.stop();
      reachTests.stop();
      await listening?.close();
      http.flushAudit();
      // The observer of collections lives as long as the process, and with it what its registry knows.
      metrics.clear();
      causes.close();
      threads.close();
      analyses.close();
      await runtime.close(drainMs);
      disk.close();
      await closeChannels(channels.values());
      calls.close();
      await egress.close();
      reader.close();
      grower.close();
      replays.close();
      statistics.close();
      history.close();
      store.close();
    },
  };
}

/** Null where nobody reaches this program from outside. */
function linkerOf({ publicUrl, links, data }: TocsinConfig): MessageLinker | null {
  if (publicUrl === null) return null;
  const [first = ownLinkKey(join(data, 'link-key')), ...others] = links.keys;
  return new MessageLinker({ publicUrl, keys: [first, ...others], expiresAfterMs: links.expiresAfterMs });
}

function clockJump(byMs: number): IncomingEvent {
  return {
    type: 'tocsin.clock_jump',
    severity: 'high',
    category: 'system',
    message: `The wall clock of this machine jumped by ${Math.round(byMs / 1000)} s.`,
    labels: labelSet({}),
    recipients: [],
  };
}

/** The first look at the program: its messages go to its own output. */
function onlyPrints({ channels }: TocsinConfig): boolean {
  return [...channels.values()].every(({ type }) => type === 'console');
}
