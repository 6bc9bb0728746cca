// The loop: drain → evaluate → step → commit → publish. It owns the shards; whatever it keeps in memory is thrown away
// and loaded again when a commit fails. Nothing is dispatched, answered or published before its commit is on the disk.
import type { Problem } from '../../rules/types.ts';
import type { Clock, Timer } from '../clock.ts';
import type { FileRouting, WrittenAt } from '../config/routing.ts';
import type { LiveChannel } from '../delivery/live-channels.ts';
import type { MessageAnalyst } from '../delivery/message-analysis.ts';
import type { Wording } from '../delivery/message-template.ts';
import type { Detections } from '../detection/detections.ts';
import { ApiError } from '../errors.ts';
import type { SampleRows } from '../ingest/sample-rows.ts';
import type { SeriesTable } from '../ingest/series.ts';
import type { Log } from '../log.ts';
import type { ProviderCalls } from '../pipeline/effect.ts';
import type { Heartbeat } from '../pipeline/heartbeat.ts';
import type { PipelineInput } from '../pipeline/input.ts';
import type { Lane } from '../pipeline/rows.ts';
import type { Group } from '../pipeline/state.ts';
import { openBreaker, type Pause } from '../policy/breaker.ts';
import { isSeen } from '../policy/confirm.ts';
import { howManyGoAlong } from '../policy/go-along.ts';
import type { PolicyInput } from '../policy/input.ts';
import { plan } from '../policy/plan.ts';
import type { Leased } from '../policy/plan-result.ts';
import type { ReceiptOf } from '../policy/received-delivery.ts';
import type { DeliveryPolicy } from '../policy/state.ts';
import type { Answer, BulkOrder, ConfirmOrder, ConfirmOutcome, Idempotency } from '../services.ts';
import type { TenantRow } from '../store/rows.ts';
import {
  type CommittedEvent,
  type Occurrence,
  type ShardCommit,
  type Store,
  StoreError,
} from '../store/store.ts';
import { Agenda } from './agenda.ts';
import { AwaitingDisk, type Leases } from './awaiting-disk.ts';
import { BulkRun } from './bulk-run.ts';
import { ChannelBook, type ChannelReading } from './channel-book.ts';
import { ConfirmRun } from './confirm-run.ts';
import { Coverage } from './coverage.ts';
import { DirectoryBook } from './directory-book.ts';
import { Doors } from './doors.ts';
import { Evaluator } from './evaluate.ts';
import { Fifo } from './fifo.ts';
import { GridServing } from './grid-serving.ts';
import { OnCallBook } from './on-call-book.ts';
import { type FileSaying, OperatorFile } from './operator-file.ts';
import { OverdueNotifications } from './overdue-notifications.ts';
import { breakersOf, type ChannelBreaker, pausedChannels } from './paused-channels.ts';
import { recallOccurrences } from './recall-occurrences.ts';
import type { Answered, ReceiptSource } from './receipt-desk.ts';
import type { ReceiptLatencies } from './receipt-latencies.ts';
import { RouteBook } from './route-book.ts';
import { type FileRules, RuleReloads } from './rule-reloads.ts';
import { RuleVersions } from './rule-versions.ts';
import { Serving } from './serving.ts';
import { SettledSeries } from './settled.ts';
import { StoredGroups } from './stored-groups.ts';
import { TemplateBook } from './template-book.ts';
import { Tenant, type TenantBooks } from './tenant.ts';
import { type StoredAlerts, Turn } from './turn.ts';
import { TurnBudget } from './turn-budget.ts';
import type { Waiter } from './waiter.ts';
import type {
  AnalysisCommand,
  ChannelTestOrder,
  Command,
  DirectoryCommand,
  LetterCommand,
  ObjectCommand,
  OverrideCommand,
  ReachTestCommand,
  RouteCommand,
  RuleCommand,
  SampleBatch,
  Work,
} from './work.ts';

const completionDelayMs = 5;
/** What a turn may spend on results: as long again is for what is new. */
const completionsMs = 2.5;
const reloadDelayMs = 1_000;
/** Each is written out as JSON first: so many take about as long as their commit. */
const versionsPerTurn = 32;
/** Silence is looked at again so often while nothing is taken. */
const shutLookMs = 5_000;
/** As often as a full disk is looked at, and a little. */
const shutRetryAfterS = 5;
/** How far a sample may be ahead of the clock. */
const sampleAheadMs = 300_000;

export interface EnginePorts {
  readonly store: Store;
  readonly table: SeriesTable;
  /** What detectors know of its series. */
  readonly detections: Detections;
  readonly clock: Clock;
  readonly log: Log;
  readonly newId: () => string;
  /** Keeps an accepted sample for the history. */
  readonly record: (rows: SampleRows, row: number) => void;
  /** Called before a series leaves memory. */
  readonly forgetSeries: (series: number) => void;
  /** The channels of tenants: opened before they are stored, and in use once they are. */
  readonly channels: {
    prepare(tenant: string, channel: LiveChannel): string | null;
    settle(tenant: string, channels: readonly LiveChannel[]): void;
    keyOf(tenant: string, channel: string): string;
    /** Names of those that cannot be opened. */
    stuck(tenant: string): readonly string[];
  };
  /** The templates of a tenant from now on. */
  readonly say: (tenant: string, templates: ReadonlyMap<string, Wording>) => void;
  readonly dispatcher: {
    room(tenant: string, channel: string, lane: Lane): boolean;
    offer(leased: readonly Leased[]): void;
    /** Queued deliveries may be claimed from the store at that time. */
    wakeAt(at: number): void;
    /** What waits for the channel in memory is given back. */
    pause(tenant: string, channel: string): void;
    /** What waits for the channel in the store is due. */
    resume(tenant: string, channel: string): void;
    /** The memory of what was leased is void; see `reload`. */
    forget(): void;
    /** Calls that are to be noted before they are made. */
    calls(): readonly ProviderCalls[];
    /** What `calls` answered in this turn is durable. */
    callsStored(): void;
  };
  /** Adds to a message what the analyses know of its alerts; absent: nobody analyses them. */
  readonly analyst?: Pick<MessageAnalyst, 'analysed'>;
  /** Somebody answered a message, and the provider waits for nothing any more. */
  readonly answered?: (answered: Answered) => void;
  readonly published: (events: readonly CommittedEvent[], alerts: StoredAlerts) => void;
  /** The store is gone for good, or somebody else owns it. */
  readonly fatal: (error: unknown) => void;
}

export interface EngineConfig extends FileSaying {
  readonly owner: string;
  /** What is expected to come, by tenant. */
  readonly heartbeats: ReadonlyMap<string, readonly Heartbeat[]>;
  /** How channels of the API are read, and what the file has of channels and templates. */
  readonly objects: ChannelReading & {
    readonly channelPlaces: ReadonlyMap<string, WrittenAt | null>;
    readonly templates: ReadonlyMap<string, Wording>;
  };
  /** How long the acknowledgement that comes with a confirmation holds; null or absent: until the episode ends. */
  readonly acknowledgeExpiresMs?: number | null;
  readonly queuePerTenant: number;
  /** Deliveries a tenant may have open before it is asked to slow down. */
  readonly openDeliveriesPerTenant: number;
}

type Completion = { readonly tenant: string; readonly input: PolicyInput; readonly now: number };

/** The call of several deliveries that it is a result of, if any. */
function callOf(completion: Completion | undefined): string | null {
  return completion?.input.kind === 'result' ? (completion.input.result.call?.id ?? null) : null;
}

export class Engine {
  readonly #ports: EnginePorts;
  readonly #config: EngineConfig;
  readonly #file: OperatorFile;
  readonly #tenants = new Map<string, Tenant>();
  #ring: Tenant[] = [];
  #epochs = new Map<number, number>();
  readonly #agenda: Agenda;
  readonly #completions = new Fifo<Completion>();
  readonly #doors: Doors;
  readonly #overdue: OverdueNotifications;
  readonly #grid: GridServing;
  readonly #serving: Serving;
  readonly #coverage: Coverage;
  readonly #settled: SettledSeries;
  readonly #evaluator: Evaluator;
  readonly #versions = new RuleVersions();
  readonly #reloads: RuleReloads;
  readonly #budget = new TurnBudget();
  readonly #groups = new StoredGroups();
  readonly #awaiting: AwaitingDisk;
  /** By `tenant/channel`: the number of the turn that paused it last. */
  readonly #pausedIn = new Map<string, number>();
  #completionTimer: Timer | null = null;
  #scheduled = false;
  #shut = false;
  #state: 'new' | 'running' | 'down' | 'closed' = 'new';
  readonly counts = { turns: 0, commits: 0, rows: 0, reloads: 0, refused: 0 };

  constructor(ports: EnginePorts, config: EngineConfig) {
    this.#ports = ports;
    this.#config = config;
    this.#agenda = new Agenda(ports.clock, () => this.#schedule());
    this.#settled = new SettledSeries(ports.table, ports.detections);
    this.#evaluator = new Evaluator(ports.table, this.#settled, ports.record, (pair) =>
      this.#agenda.watch(pair, this.#ports.clock.now()),
    );
    this.#file = new OperatorFile(config, config.objects.channelPlaces);
    this.#doors = new Doors(
      this.#agenda,
      (tenant, channel, lane) => ports.dispatcher.room(tenant, channel, lane),
      (tenant, channel) => ports.channels.keyOf(tenant, channel),
      ports.store,
      (answered) => ports.answered?.(answered),
      ports.analyst ?? null,
    );
    this.#overdue = new OverdueNotifications(ports.store, this.#doors);
    this.#awaiting = new AwaitingDisk({
      store: ports.store,
      failed: (turn, error) => this.#refuse(turn, error),
    });
    this.#coverage = new Coverage(ports.table, this.#agenda, ports.forgetSeries);
    const { clock, log, table, store } = ports;
    const parts = { clock, doors: this.#doors, agenda: this.#agenda };
    this.#grid = new GridServing({ ...parts, log, table, detections: ports.detections });
    const open = (tenant: string, channel: LiveChannel) => ports.channels.prepare(tenant, channel);
    this.#serving = new Serving({ ...parts, store, evaluator: this.#evaluator, grid: this.#grid, open });
    this.#reloads = new RuleReloads({
      ...{ clock, log, store, coverage: this.#coverage, versions: this.#versions },
      tenants: () => this.#ring,
      ensureTenant: (name) => this.ensureTenant(name),
      enqueue: (tenant, inputs) => this.#internal(tenant, inputs),
      schedule: () => this.#schedule(),
    });
  }

  get running(): boolean {
    return this.#state === 'running';
  }

  get sampleCounts(): Evaluator['counts'] {
    return this.#evaluator.counts;
  }

  /** Turns that are committed and not on the disk, and how often the loop waited for it. */
  get awaitingDisk(): Pick<AwaitingDisk, 'turns' | 'held'> {
    return this.#awaiting;
  }

  /** Occurrences that rules should have counted and had no room for. */
  get uncounted(): number {
    return this.#ring.reduce((sum, { grid }) => sum + grid.counting.uncounted, 0);
  }

  get gridCounts(): Readonly<GridServing['counts']> {
    return this.#grid.counts;
  }

  tenant(name: string): Tenant | undefined {
    return this.#tenants.get(name);
  }

  get tenants(): IterableIterator<Tenant> {
    return this.#tenants.values();
  }

  /**
   * Takes every shard and goes on where the last process stopped. The rules of files are given per tenant; `refill` fills the series
   * table from the history, once the rules are there to say how much of it they need.
   */
  start(rules: FileRules, refill: () => void): void {
    if (this.#state !== 'new') throw new Error('the engine was started before');
    const { store, clock } = this.#ports;
    const now = clock.now();
    for (const name of [...rules.keys(), ...this.#config.heartbeats.keys()]) store.ensureTenant(name, now);
    for (const row of store.tenants()) this.#adopt(this.#newTenant(row));
    for (const tenant of this.#ring) tenant.book.setFiles(rules.get(tenant.name) ?? []);
    this.#load(refill);
    this.#state = 'running';
    this.#noteVersions(now);
    this.#schedule();
  }

  #newTenant(row: TenantRow): Tenant {
    return new Tenant(row, this.#ports.table, this.#settled, this.#newBooks(row.id));
  }

  #newBooks(tenant: string): TenantBooks {
    const { objects } = this.#config;
    const file = this.#file.routingOf(tenant);
    const routes = new RouteBook(file);
    const channels = new ChannelBook(tenant, objects, () => this.#file.channelsOf(tenant));
    const rota = new OnCallBook(file);
    return {
      ...{ routes, channels, rota, people: new DirectoryBook(file, { rota, routes, channels }) },
      templates: new TemplateBook(tenant, objects.templates),
      policy: this.#file.policy,
    };
  }

  /** What people configured; of a tenant that nobody has heard of yet what the file says. */
  booksOf(tenant: string): TenantBooks {
    return this.#tenants.get(tenant)?.books ?? this.#newBooks(tenant);
  }

  /** Channels of the file that a tenant may use, with where they stand. */
  fileChannels(tenant: string): ReadonlyMap<string, WrittenAt | null> {
    return this.#file.channelsOf(tenant);
  }

  #adopt(tenant: Tenant): void {
    this.#tenants.set(tenant.name, tenant);
    this.#ring.push(tenant);
  }

  /** Takes up everything from the store: at start, and again after a failed commit. Throws what the store throws. */
  #load(refill?: () => void): void {
    const { store, clock, newId } = this.#ports;
    const now = clock.now();
    this.#epochs = new Map(
      store.takeShards(this.#config.owner, now).map(({ shard, epoch }) => [shard, epoch]),
    );
    this.#agenda.clear();
    this.#overdue.clear();
    this.#groups.clear();
    const turn = new Turn();
    for (const tenant of this.#ring) {
      const out = tenant.load(store, newId, now);
      this.#follow(tenant);
      turn.plan(tenant.name, tenant.shard, out.plan);
      this.#doors.callLater(tenant, out.plan);
      this.#doors.follow(tenant, out.step, now, turn);
      const heartbeats = this.#config.heartbeats.get(tenant.name) ?? [];
      this.#doors.step(tenant, { kind: 'heartbeats', heartbeats }, now, turn);
      tenant.pairs.setRules(tenant.rules, tenant.pipeline, now, true);
      tenant.grid.setRules(tenant.rules, tenant.pipeline, now, true);
      recallOccurrences(tenant, this.#ports, now);
    }
    refill?.();
    for (const tenant of this.#ring) {
      const orphans = this.#coverage.cover(tenant, now, true);
      if (orphans) this.#doors.step(tenant, orphans, now, turn);
    }
    this.#commit(turn);
    this.#ports.dispatcher.wakeAt(now);
    this.#agenda.arm();
  }

  /** The tenant's channels and templates are in use as its books have them. */
  #follow({ name, channels, templates }: Tenant): void {
    this.#ports.channels.settle(name, channels.live);
    this.#ports.say(name, templates.wordings);
  }

  // -- from outside ---------------------------------------------------------------------------------------------

  /**
   * Throws ApiError when the tenant's queue is full or nothing can be stored at the moment. `own`: what the program itself
   * does, a thing at a time, is neither kept out by what others left in the queue nor when shut.
   */
  #admit(tenantName: string, own = false): Tenant {
    if (this.#state !== 'running') throw new ApiError('unavailable', { retryAfter: 1 });
    if (this.#shut && !own) throw new ApiError('unavailable', { retryAfter: shutRetryAfterS });
    const tenant = this.ensureTenant(tenantName);
    const full =
      tenant.queued >= this.#config.queuePerTenant ||
      tenant.policy.open > this.#config.openDeliveriesPerTenant;
    if (full && !own) {
      this.counts.refused += 1;
      throw new ApiError('overloaded', { retryAfter: 1 });
    }
    return tenant;
  }

  /** The tenant in memory; created when new. */
  ensureTenant(name: string): Tenant {
    const known = this.#tenants.get(name);
    if (known) return known;
    const { store, clock, newId } = this.#ports;
    const tenant = this.#newTenant(store.ensureTenant(name, clock.now()));
    tenant.load(store, newId, clock.now());
    this.#follow(tenant);
    this.#adopt(tenant);
    return tenant;
  }

  /** Refuses at once what `push` would refuse, before anything is decoded into the series table. */
  checkRoom(tenant: string): void {
    this.#admit(tenant);
  }

  /** Puts work into the tenant's queue. What is refused is a rejection, never thrown: callers have one way to hear of it. */
  #ask<T>(tenantName: string, work: (waiter: Waiter<T>) => Work, own = false): Promise<T> {
    return new Promise((resolve, reject) => {
      this.#admit(tenantName, own).enqueue(work({ resolve, reject }));
      this.#schedule();
    });
  }

  /** Resolves when every sample is evaluated and what that changed is durable. */
  push(tenantName: string, batch: Pick<SampleBatch, 'series' | 'times' | 'values' | 'count'>): Promise<void> {
    return this.#ask(tenantName, (waiter) => ({ kind: 'samples', ...batch, cursor: 0, waiter }));
  }

  /** Resolves when the command's effects are durable. `own`: the program's, which is taken also when shut. */
  submit(tenantName: string, command: Omit<Command, 'kind' | 'waiter'>, own = false): Promise<Answer> {
    return this.#ask(tenantName, (waiter) => ({ kind: 'command', ...command, waiter }), own);
  }

  /** Resolves when what was done with all those alerts is durable. */
  submitBulk(
    tenantName: string,
    order: BulkOrder,
    actor: string,
    idempotency: Idempotency | null,
  ): Promise<Answer> {
    return this.#ask(tenantName, (waiter) => new BulkRun(order, actor, idempotency, waiter));
  }

  /** Resolves when the confirmation is durable, and with it what it acknowledged. */
  submitConfirmation(tenantName: string, order: ConfirmOrder): Promise<ConfirmOutcome> {
    return this.#ask(
      tenantName,
      (waiter) => new ConfirmRun(order, this.#config.acknowledgeExpiresMs ?? null, waiter),
    );
  }

  /** Resolves when what was done with the dead letters is durable. */
  submitLetters(tenantName: string, command: Omit<LetterCommand, 'kind' | 'waiter'>): Promise<Answer> {
    return this.#ask(tenantName, (waiter) => ({ kind: 'letters', ...command, waiter }));
  }

  /**
   * Takes nothing new while there is no room to store it; groups and deliveries go on. What does not come then is no
   * silence: absence waits one window from the end on, and times of grids are left out.
   */
  shut(on: boolean): void {
    const now = this.#ports.clock.now();
    for (const tenant of this.#shut && !on ? this.#ring : []) {
      tenant.pairs.restartSilence(now);
      tenant.grid.restartSilence(now);
      this.#internal(tenant, [{ kind: 'heartbeats_excused' }]);
    }
    this.#shut = on;
    this.#schedule();
  }

  /** An event that is told to the rules that count, and to nobody else: of a replay. */
  occurred(tenant: string, occurrence: Occurrence): void {
    const own = this.#tenants.get(tenant);
    own?.grid.counting.occurred('events', occurrence, own.pipeline, this.#ports.clock.now());
  }

  /** A series was born: pair it with the rules that read it. */
  bind(series: number): void {
    const tenant = this.#tenants.get(this.#ports.table.tenantOf(series));
    if (tenant?.pipeline && this.#coverage.bind(tenant, series, this.#ports.clock.now())) this.#schedule();
  }

  /** Series without a sample since `before` leave memory, see `Coverage.expire`; answers how many. */
  expireSeries(before: number): number {
    const now = this.#ports.clock.now();
    return this.#ring.reduce((dropped, tenant) => dropped + this.#coverage.expire(tenant, before, now), 0);
  }

  /** Resolves when the change of the route is durable and the open alerts are routed by it. */
  submitRoute(tenantName: string, command: Omit<RouteCommand, 'kind' | 'waiter'>): Promise<Answer> {
    return this.#ask(tenantName, (waiter) => ({ kind: 'route', ...command, waiter }));
  }

  /** Resolves when the change of the channel or template is durable and in use. */
  submitObject(tenantName: string, command: Omit<ObjectCommand, 'kind' | 'waiter'>): Promise<Answer> {
    return this.#ask(tenantName, (waiter) => ({ kind: 'object', ...command, waiter }));
  }

  /** Resolves when the change of the override is durable. */
  submitOverride(tenantName: string, command: Omit<OverrideCommand, 'kind' | 'waiter'>): Promise<Answer> {
    return this.#ask(tenantName, (waiter) => ({ kind: 'override', ...command, waiter }));
  }

  /** Resolves when the change of the person or the team is durable. */
  submitDirectory(tenantName: string, command: Omit<DirectoryCommand, 'kind' | 'waiter'>): Promise<Answer> {
    return this.#ask(tenantName, (waiter) => ({ kind: 'directory', ...command, waiter }));
  }

  /** Resolves when the messages of the test are durable, or what came of it is. */
  submitReachTest(tenantName: string, command: Omit<ReachTestCommand, 'kind' | 'waiter'>): Promise<Answer> {
    return this.#ask(tenantName, (waiter) => ({ kind: 'reach_test', ...command, waiter }));
  }

  /** Resolves when what an analysis decided is durable. */
  submitAnalysis(
    tenantName: string,
    command: Omit<AnalysisCommand, 'kind' | 'waiter'>,
    own = false,
  ): Promise<Answer> {
    return this.#ask(tenantName, (waiter) => ({ kind: 'analysis', ...command, waiter }), own);
  }

  /** Resolves when the test's notification is durable. */
  submitTest(tenantName: string, order: ChannelTestOrder): Promise<Answer> {
    return this.#ask(tenantName, (waiter) => ({ kind: 'test', order, idempotency: null, waiter }));
  }

  /** Resolves when the change of the rule is durable and the rule is applied. */
  submitRule(tenantName: string, command: Omit<RuleCommand, 'kind' | 'waiter'>): Promise<Answer> {
    return this.#ask(tenantName, (waiter) => ({ kind: 'rule', ...command, waiter }));
  }

  /**
   * Replaces the files' rules of every tenant. Rules that are gone resolve their alerts; edited ones keep their episodes.
   * When a name among them belongs to a rule of the API nothing is replaced, and every such problem is answered; they
   * are taken as soon as the names are free.
   */
  setRules(rules: FileRules): readonly Problem[] {
    return this.#reloads.set(rules);
  }

  /**
   * The same beside the turns: what follows from the rules alone is prepared in slices before they are taken over, all at
   * once. `done` hears of it, unless newer rules come before that or the engine stops.
   */
  reloadRules(rules: FileRules, done: (problems: readonly Problem[]) => void): void {
    this.#reloads.begin(rules, done);
  }

  /** Replaces what the operator's file says of who is told; every open alert is routed again. */
  setRouting(
    routing: FileRouting,
    policy: DeliveryPolicy,
    tenantRouting: ReadonlyMap<string, FileRouting> = new Map(),
  ): void {
    this.#file.set({ routing, tenantRouting, policy });
    for (const tenant of this.#ring) {
      tenant.filePolicy = policy;
      tenant.routes.file = this.#file.routingOf(tenant.name);
      tenant.followChannels();
      tenant.rota.file = tenant.routes.file;
      tenant.people.file = tenant.routes.file;
      this.#internal(tenant, [{ kind: 'routing', routing: tenant.routes.routing }]);
    }
  }

  #noteVersions(now: number): void {
    for (const { name, rules } of this.#ring) this.#versions.note(name, rules, now);
  }

  /** Results, releases and claims of deliveries. Taken along by the next commit, or after 5 ms. */
  complete(tenant: string, input: PolicyInput): void {
    if (this.#state === 'closed') return;
    this.#completions.push({ tenant, input, now: this.#ports.clock.now() });
    this.wake();
  }

  /** Something small is to be stored: a turn comes soon. */
  wake(): void {
    if (this.#scheduled || this.#completionTimer) return;
    const { clock } = this.#ports;
    this.#completionTimer = clock.at(clock.now() + completionDelayMs, () => {
      this.#completionTimer = null;
      this.#schedule();
    });
  }

  /**
   * Resolves when what the provider says of the channel's messages is durable, or kept for a result that has not come yet;
   * with what people answered.
   */
  receive(
    channel: string,
    receipts: readonly ReceiptOf[],
    of: Omit<ReceiptSource, 'channel'> = { key: channel, meant: () => true },
  ): Promise<readonly Answered[]> {
    return new Promise((resolve, reject) => {
      if (this.#state !== 'running') throw new ApiError('unavailable', { retryAfter: 1 });
      if (this.#shut) throw new ApiError('unavailable', { retryAfter: shutRetryAfterS });
      this.#doors.receipts.put({ channel, ...of, receipts, waiter: { resolve, reject } });
      this.#schedule();
    });
  }

  /** From acceptance to arrival. */
  get receiptLatencies(): ReceiptLatencies {
    return this.#doors.receipts.latencies;
  }

  /** Receipts by `channel\nfate`. */
  get receiptCounts(): ReadonlyMap<string, number> {
    return this.#doors.receipts.counts;
  }

  /** Whether a call of the delivery is to begin still: no receipt says that somebody has it, and nobody has confirmed it. */
  isWanted(tenantName: string, orderKey: string, id: string): boolean {
    const tenant = this.#tenants.get(tenantName);
    const delivery = tenant?.policy.orders.get(orderKey)?.open.find((open) => open.id === id);
    if (tenant === undefined || delivery === undefined) return true;
    return delivery.confirmed === undefined && !isSeen(tenant.policy, delivery);
  }

  /** How many of those right behind the delivery in its order may go along in its call. */
  howManyGoAlong(tenantName: string, orderKey: string, id: string, most: number): number {
    const order = this.#tenants.get(tenantName)?.policy.orders.get(orderKey);
    return order === undefined ? 0 : howManyGoAlong(order, id, most);
  }

  /** A claim is known to policy before its delivery is dispatched. False: the delivery is not open any more. */
  claimed(tenantName: string, input: Extract<PolicyInput, { kind: 'claimed' }>): boolean {
    const tenant = this.#tenants.get(tenantName);
    return tenant !== undefined && plan(tenant.policy, input, this.#ports.clock.now()).current;
  }

  /** Every channel that ever failed, for /metrics and health. */
  breakers(): ChannelBreaker[] {
    return breakersOf(this.#ring);
  }

  /** Channels on which nothing but a probe may go out. */
  pauses(now: number): Pause[] {
    return pausedChannels(this.#ring, (tenant) => this.#ports.channels.stuck(tenant), now);
  }

  #internal(tenant: Tenant, inputs: readonly PipelineInput[]): void {
    tenant.enqueue({ kind: 'internal', inputs });
    this.#schedule();
  }

  // -- the loop -------------------------------------------------------------------------------------------------

  #schedule(): void {
    if (this.#scheduled || this.#state !== 'running') return;
    this.#scheduled = true;
    this.#ports.clock.soon(() => {
      this.#scheduled = false;
      if (this.#state === 'running') this.turn();
    });
  }

  /** One turn; public for whoever drives the loop by hand (simulation, close). */
  turn(): void {
    const now = this.#ports.clock.now();
    const turn = new Turn();
    this.counts.turns += 1;
    try {
      this.#takeVersions(turn);
      this.#takeCalls(turn);
      this.#takeReceipts(turn, now);
      this.#takeCompletions(turn);
      this.#agenda.take(
        now,
        (pair) => {
          if (pair.gone) return;
          if (this.#shut) this.#agenda.watchUntil(pair, now + shutLookMs);
          else this.#tenants.get(pair.tenant)?.enqueue({ kind: 'silence', pair });
        },
        (clock) => {
          if (this.#shut) this.#grid.leaveOut(clock, now);
          else this.#grid.due(this.#tenants.get(clock.tenant)!, clock, now);
        },
        (tenant, reminder) => {
          // What would put it off cannot be taken either.
          if (this.#shut) this.#agenda.remind(tenant, { ...reminder, at: now + shutLookMs });
          else tenant.enqueue({ kind: 'internal', inputs: [reminder.input] });
        },
        (tenant, notificationId) => this.#overdue.add(tenant, notificationId),
      );
      if (!this.#shut) this.#overdue.serve(now, turn);
      this.#serving.serve(this.#ring, turn, now, this.#budget.rows);
      this.#commit(turn);
    } catch (error) {
      this.#refuse(turn, error);
    }
    if (this.#state === 'running') {
      if (
        this.#ring.some((tenant) => tenant.busy) ||
        this.#completions.length > 0 ||
        (this.#overdue.waiting > 0 && !this.#shut) ||
        this.#doors.receipts.waiting > 0 ||
        this.#versions.waiting > 0
      )
        this.#schedule();
      this.#agenda.arm();
    }
  }

  #takeVersions(turn: Turn): void {
    for (const row of this.#versions.take(Math.min(versionsPerTurn, this.#budget.rows))) {
      turn.add(this.#tenants.get(row.tenant)!.shard, [{ put: 'config_version', row }]);
    }
  }

  #takeCalls(turn: Turn): void {
    for (const row of this.#ports.dispatcher.calls()) {
      const tenant = this.#tenants.get(row.tenant);
      if (tenant) turn.add(tenant.shard, [{ put: 'provider_calls', row }]);
    }
    turn.counted = true;
  }

  #takeReceipts(turn: Turn, now: number): void {
    const rows = turn.rows + this.#budget.rows / 2;
    this.#doors.takeReceipts((name) => this.#tenants.get(name), now, turn, rows);
  }

  #takeCompletions(turn: Turn): void {
    this.#completionTimer?.cancel();
    this.#completionTimer = null;
    const { clock } = this.#ports;
    // Half of the turn at most: new alerts go out although a burst of results is coming in. Results of one call stay together:
    // a receipt of their message is for all of them, and finds either none of them in the store or each.
    const rows = turn.rows + this.#budget.rows / 2;
    let call: string | null = null;
    const until = clock.now() + completionsMs;
    while (
      (turn.rows < rows && clock.now() <= until) ||
      (call !== null && call === callOf(this.#completions.peek()))
    ) {
      const completion = this.#completions.take();
      if (!completion) return;
      call = callOf(completion);
      const tenant = this.#tenants.get(completion.tenant);
      if (tenant) this.#doors.plan(tenant, completion.input, completion.now, turn);
    }
  }

  // -- commit ---------------------------------------------------------------------------------------------------

  #commit(turn: Turn): void {
    const { store, clock } = this.#ports;
    const commits: ShardCommit[] = turn.commits((shard) => {
      const epoch = this.#epochs.get(shard);
      if (epoch === undefined) throw new Error(`shard ${shard} is not ours`);
      return epoch;
    }, this.#groups);
    let events: readonly CommittedEvent[] = [];
    if (commits.length > 0) {
      const began = clock.now();
      events = store.commit(commits, 'written');
      const rows = commits.reduce((sum, { effects }) => sum + effects.length, 0);
      this.#budget.committed(rows, clock.now() - began);
      this.counts.commits += 1;
      this.counts.rows += rows;
      for (const { effects } of commits) this.#groups.committed(effects);
    }
    this.#evaluator.stored.turnStored();
    if (turn.ruled.size > 0) this.#reloads.ruled(turn.ruled);
    for (const { routes } of turn.rerouted) routes.committed();
    for (const tenant of turn.changed) {
      tenant.channels.made.committed();
      tenant.templates.made.committed();
      this.#follow(tenant);
    }
    for (const { rota } of turn.overridden) rota.committed();
    for (const { people } of turn.peopled) people.committed();
    for (const done of turn.committed) done();
    // Not with what the turn has to say: until its disk is done attempts would begin on a channel that is known to be broken.
    const number = this.counts.turns;
    // Whatever was leased before is under way.
    if (this.#awaiting.turns === 0) this.#pausedIn.clear();
    for (const { tenant, channel } of turn.paused) {
      this.#pausedIn.set(`${tenant}/${channel}`, number);
      this.#ports.dispatcher.pause(tenant, channel);
    }
    this.#awaiting.add(turn, (leases) => this.#publish(turn, number, events, leases));
  }

  /** What a turn that is on the disk has to say. */
  #publish(turn: Turn, number: number, events: readonly CommittedEvent[], leases: Leases): void {
    const { dispatcher, published } = this.#ports;
    for (const settle of turn.settled) settle();
    if (leases === 'hold') {
      if (turn.counted) dispatcher.callsStored();
      this.#offer(turn.leased, number);
    }
    for (const { tenant, channel } of turn.resumed) dispatcher.resume(tenant, channel);
    for (const at of turn.wakeAt) dispatcher.wakeAt(at);
    if (events.length > 0) published(events, turn.storedAlerts);
  }

  /**
   * What a turn of that number leased goes out. Where a channel was paused since, the lease is given back unused; what was leased
   * on a paused one was meant to be: a person asks whether it works.
   */
  #offer(leased: readonly Leased[], number: number): void {
    const isPaused = ({ row: { tenant, channel } }: Leased) =>
      (this.#pausedIn.get(`${tenant}/${channel}`) ?? -1) >= number &&
      openBreaker(this.#tenants.get(tenant)!.policy, channel) !== null;
    for (const { row } of leased.filter(isPaused)) {
      const { orderKey, leaseToken } = row;
      this.complete(row.tenant, { kind: 'released', orderKey, deliveryId: row.id, leaseToken });
    }
    const rest = leased.filter((one) => !isPaused(one));
    if (rest.length > 0) this.#ports.dispatcher.offer(rest);
  }

  /** The turn is not durable, or a step threw: its waiters are refused and everything is loaded again. */
  #refuse(turn: Turn, error: unknown): void {
    // Those before it are committed, and their memory is about to be thrown away.
    this.#awaiting.settle('void');
    this.#ports.log.error('engine.turn_failed', {
      error: error instanceof Error ? (error.stack ?? error.message) : String(error),
      rows: turn.rows,
    });
    this.#evaluator.stored.turnLost();
    const refusal = new ApiError('unavailable', { retryAfter: 1, cause: error });
    for (const { book } of turn.ruled) book.rolledBack();
    for (const { routes } of turn.rerouted) routes.rolledBack();
    for (const { channels, templates } of turn.changed) {
      channels.made.rolledBack();
      templates.made.rolledBack();
    }
    for (const { rota } of turn.overridden) rota.rolledBack();
    for (const { people } of turn.peopled) people.rolledBack();
    for (const fail of turn.failed) fail(refusal);
    this.reload(error);
  }

  /** A failed or unknown commit poisons what is in memory: throw it away and take everything up again. */
  reload(cause: unknown): void {
    if (this.#state === 'closed') return;
    this.#state = 'down';
    this.counts.reloads += 1;
    const failure = cause instanceof StoreError ? cause.failure : null;
    if (failure === 'fenced' || failure === 'io' || failure === 'corrupt') {
      this.#ports.fatal(cause);
      return;
    }
    try {
      this.#takeUp();
    } catch (error) {
      this.#ports.log.error('engine.reload_failed', { error: String(error) });
      const { clock } = this.#ports;
      clock.at(clock.now() + reloadDelayMs, () => {
        if (this.#state === 'down') this.reload(error);
      });
    }
  }

  #takeUp(): void {
    this.#awaiting.settle('void');
    this.#ports.dispatcher.forget();
    this.#load();
    this.#versions.forget();
    this.#noteVersions(this.#ports.clock.now());
    this.#state = 'running';
    this.#schedule();
  }

  /**
   * Puts the clock right (`move`) between two turns. What was timed by the old one is finished or taken up anew by the
   * code of every start: deadlines that are past are due, those that lie too far off are brought back, absence waits one
   * window. Series that are ahead of the new time are forgotten, else every sample of theirs would be late.
   */
  reanchor(move: () => void): void {
    this.#drain();
    move();
    if (this.#state !== 'running') return;
    const now = this.#ports.clock.now();
    for (const tenant of this.#ring) {
      this.#coverage.dropAhead(tenant, now + sampleAheadMs);
      tenant.pairs.restartSilence(now);
      tenant.grid.restart(now);
    }
    this.#state = 'down';
    try {
      this.#takeUp();
    } catch (error) {
      this.reload(error);
    }
  }

  /** Turns until nothing is queued; a bound, so that steady load cannot hold it. */
  #drain(): void {
    for (let n = 0; n < 10_000 && this.#state === 'running'; n++) {
      const waiting = this.#completions.length + this.#doors.receipts.waiting;
      if (waiting === 0 && !this.#ring.some((tenant) => tenant.busy)) break;
      this.turn();
    }
    this.#awaiting.settle();
  }

  /**
   * When the tenant's group is looked at again, epoch milliseconds; 0: in the turn that is about to run. Null: only when
   * something new happens.
   */
  looksAt(tenant: Tenant, group: Group): number | null {
    if (tenant.busy && this.#scheduled) return 0;
    return this.#agenda.wakes(group);
  }

  /** Stops at once, as a process that was killed: nothing more is stepped, committed or answered. */
  abandon(): void {
    this.#state = 'closed';
    this.#awaiting.abandon();
    this.#reloads.stop();
    this.#agenda.stop();
    this.#completionTimer?.cancel();
  }

  /** Finishes what is queued, refuses the rest. */
  close(): void {
    this.#drain();
    this.abandon();
    this.#doors.receipts.close(new ApiError('unavailable'));
    for (const tenant of this.#ring) {
      for (const work of tenant.drain()) {
        if ('waiter' in work) work.waiter.reject(new ApiError('unavailable'));
      }
    }
  }
}
