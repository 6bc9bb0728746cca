// The loop: drain → evaluate → step → commit → publish. It owns the shards; whatever it keeps in memory is thrown away
// and loaded again when a commit fails. Nothing is dispatched, answered or published before its commit.
import type { Rule } from '../../rules/types.ts';
import type { Clock, Timer } from '../clock.ts';
import { ApiError } from '../errors.ts';
import type { SeriesTable } from '../ingest/series.ts';
import type { Log } from '../log.ts';
import type { ConfigVersionRow } from '../pipeline/effect.ts';
import { seriesLabelsOfKey } from '../pipeline/identify.ts';
import type { PipelineInput, StepResult, VerdictInput } from '../pipeline/input.ts';
import { audienceOf, type RoutingConfig } from '../pipeline/routing.ts';
import type { AlertRow } from '../pipeline/rows.ts';
import { step } from '../pipeline/step.ts';
import { type Leased, type PlanResult, type PolicyInput, plan } from '../policy/plan.ts';
import type { Answer } from '../services.ts';
import { type CommittedEvent, type ShardCommit, type Store, StoreError } from '../store/store.ts';
import { Agenda } from './agenda.ts';
import { Evaluator } from './evaluate.ts';
import { Fifo } from './fifo.ts';
import { type RulePair, rulesWithAlerts } from './pairs.ts';
import { ruleVersions } from './rule-versions.ts';
import { SettledSeries } from './settled.ts';
import { decideSilence } from './silence.ts';
import { Tenant } from './tenant.ts';
import { Turn } from './turn.ts';
import type { Command, SampleBatch, Work } from './work.ts';

/** What a turn may do before its commit: about 200 rows, or 5 ms of steps. */
const rowsPerTurn = 200;
const msPerTurn = 5;
/** What one tenant may do before the next one's turn comes within a turn of the loop. */
const rowsPerSlice = 50;
const samplesPerSlice = 512;
const completionDelayMs = 5;
const reloadDelayMs = 1_000;
/** How far a sample may be ahead of the clock. */
const sampleAheadMs = 300_000;
export const leaseMs = 120_000;

export interface EnginePorts {
  readonly store: Store;
  readonly table: SeriesTable;
  readonly clock: Clock;
  readonly log: Log;
  readonly newId: () => string;
  /** Keeps an accepted sample for the history. */
  readonly record: (series: number, at: number, value: number) => void;
  /** Called before a series leaves memory. */
  readonly forgetSeries: (series: number) => void;
  readonly dispatcher: {
    room(tenant: string, channel: string): boolean;
    offer(leased: readonly Leased[]): void;
    /** Queued deliveries may be claimed from the store at that time. */
    wakeAt(at: number): void;
    /** The memory of what was leased is void; see `reload`. */
    forget(): void;
  };
  readonly published: (events: readonly CommittedEvent[]) => void;
  /** The store is gone for good, or somebody else owns it. */
  readonly fatal: (error: unknown) => void;
}

export interface EngineConfig {
  readonly owner: string;
  readonly routing: RoutingConfig;
  readonly channelTypes: ReadonlyMap<string, string>;
  readonly queuePerTenant: number;
  /** Deliveries a tenant may have open before it is asked to slow down. */
  readonly openDeliveriesPerTenant: number;
}

type Completion = { readonly tenant: string; readonly input: PolicyInput; readonly now: number };

export class Engine {
  readonly #ports: EnginePorts;
  #config: EngineConfig;
  readonly #tenants = new Map<string, Tenant>();
  #ring: Tenant[] = [];
  #next = 0;
  #epochs = new Map<number, number>();
  readonly #agenda: Agenda;
  readonly #completions = new Fifo<Completion>();
  readonly #settled: SettledSeries;
  readonly #evaluator: Evaluator;
  readonly #versions: ConfigVersionRow[] = [];
  #completionTimer: Timer | null = null;
  #scheduled = false;
  #state: 'new' | 'running' | 'down' | 'closed' = 'new';
  readonly counts = { turns: 0, commits: 0, rows: 0, steps: 0, reloads: 0, refused: 0 };

  constructor(ports: EnginePorts, config: EngineConfig) {
    this.#ports = ports;
    this.#config = config;
    this.#agenda = new Agenda(ports.clock, () => this.#schedule());
    this.#settled = new SettledSeries(ports.table);
    this.#evaluator = new Evaluator(ports.table, this.#settled, ports.record, (pair) =>
      this.#agenda.watch(pair, this.#ports.clock.now()),
    );
  }

  get running(): boolean {
    return this.#state === 'running';
  }

  get sampleCounts(): Evaluator['counts'] {
    return this.#evaluator.counts;
  }

  tenant(name: string): Tenant | undefined {
    return this.#tenants.get(name);
  }

  get tenants(): IterableIterator<Tenant> {
    return this.#tenants.values();
  }

  /**
   * Takes every shard and goes on where the last process stopped. Rules are given per tenant; `refill` fills the series
   * table from the history, once the rules are there to say how much of it they need.
   */
  start(rules: ReadonlyMap<string, readonly Rule[]>, refill: () => void): void {
    if (this.#state !== 'new') throw new Error('the engine was started before');
    const { store, clock } = this.#ports;
    const now = clock.now();
    for (const name of rules.keys()) store.ensureTenant(name, now);
    for (const row of store.tenants()) this.#adopt(new Tenant(row, this.#ports.table, this.#settled));
    for (const tenant of this.#ring) tenant.rules = rules.get(tenant.name) ?? [];
    this.#load(refill);
    this.#state = 'running';
    this.#noteVersions(now);
    this.#schedule();
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
    const turn = new Turn();
    for (const tenant of this.#ring) {
      const out = tenant.load(store, this.#config.routing, newId, now);
      this.#follow(tenant, out, now, turn);
      tenant.pairs.setRules(tenant.rules, tenant.pipeline, now, true);
    }
    refill?.();
    for (const tenant of this.#ring) this.#cover(tenant, now, turn);
    this.#commit(turn);
    this.#ports.dispatcher.wakeAt(now);
    this.#agenda.arm();
  }

  // -- from outside ---------------------------------------------------------------------------------------------

  /** Throws ApiError when the tenant's queue is full or nothing can be stored at the moment. */
  #admit(tenantName: string): Tenant {
    if (this.#state !== 'running') throw new ApiError('unavailable', { retryAfter: 1 });
    const tenant = this.ensureTenant(tenantName);
    if (
      tenant.queued >= this.#config.queuePerTenant ||
      tenant.policy.open > this.#config.openDeliveriesPerTenant
    ) {
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
    const tenant = new Tenant(store.ensureTenant(name, clock.now()), this.#ports.table, this.#settled);
    tenant.load(store, this.#config.routing, newId, clock.now());
    this.#adopt(tenant);
    return tenant;
  }

  /** Refuses at once what `push` would refuse, before anything is decoded into the series table. */
  checkRoom(tenant: string): void {
    this.#admit(tenant);
  }

  /** Resolves when every sample is evaluated and what that changed is durable. */
  push(tenantName: string, batch: Pick<SampleBatch, 'series' | 'times' | 'values' | 'count'>): Promise<void> {
    const tenant = this.#admit(tenantName);
    return new Promise((resolve, reject) => {
      tenant.enqueue({ kind: 'samples', ...batch, cursor: 0, waiter: { resolve, reject } });
      this.#schedule();
    });
  }

  /** Resolves when the command's effects are durable. */
  submit(tenantName: string, command: Omit<Command, 'kind' | 'waiter'>): Promise<Answer> {
    const tenant = this.#admit(tenantName);
    return new Promise((resolve, reject) => {
      tenant.enqueue({ kind: 'command', ...command, waiter: { resolve, reject } });
      this.#schedule();
    });
  }

  /** A series was born: pair it with the rules that read it. */
  bind(series: number): void {
    const tenant = this.#tenants.get(this.#ports.table.tenantOf(series));
    if (!tenant?.pipeline) return;
    const now = this.#ports.clock.now();
    const { pairs, fulfilled } = tenant.pairs.bind(series, tenant.pipeline, now);
    for (const pair of pairs) if (pair.minds) this.#agenda.watch(pair, now);
    for (const pair of fulfilled) {
      pair.gone = true;
      if (pairs.some((other) => other.key === pair.key) || !tenant.pipeline.openByKey.has(pair.key)) continue;
      const input: VerdictInput = {
        kind: 'verdict',
        rule: pair.rule,
        subject: pair.subject,
        verdict: 'false',
        value: null,
        sampleAt: now,
        cause: 'absent',
      };
      this.#internal(tenant, [input]);
    }
  }

  /**
   * Series without a sample since `before` leave memory, unless they have an open alert or a window that still holds
   * samples; answers how many.
   */
  expireSeries(before: number): number {
    const { table, clock } = this.#ports;
    let dropped = 0;
    for (const tenant of this.#ring) {
      for (const series of [...table.seriesOf(tenant.name)]) {
        if (table.newestAt(series) >= before) continue;
        const pairs = tenant.pairs.of(series) ?? [];
        const silentMs = clock.now() - table.newestAt(series);
        const stays = pairs.some(
          ({ rule, key }) =>
            rule.aggregate === 'absent' || rule.windowMs > silentMs || tenant.pipeline.openByKey.has(key),
        );
        if (stays) continue;
        tenant.pairs.unbind(series);
        this.#ports.forgetSeries(series);
        table.drop(series);
        dropped += 1;
      }
    }
    return dropped;
  }

  /** Replaces the rules of every tenant. Rules that are gone resolve their alerts; edited ones keep their episodes. */
  setRules(rules: ReadonlyMap<string, readonly Rule[]>): void {
    const now = this.#ports.clock.now();
    for (const name of rules.keys()) this.ensureTenant(name);
    for (const tenant of this.#ring) {
      const own = rules.get(tenant.name) ?? [];
      tenant.rules = own;
      tenant.pipeline.rules = new Map(own.map((rule) => [rule.name, rule]));
      tenant.pairs.setRules(own, tenant.pipeline, now);
      this.#cover(tenant, now, null);
    }
    this.#noteVersions(now);
    this.#schedule();
  }

  /** Replaces the routing tree and the receivers; every open alert is routed again. */
  setRouting(routing: RoutingConfig, channelTypes: ReadonlyMap<string, string>): void {
    this.#config = { ...this.#config, routing, channelTypes };
    for (const tenant of this.#ring) this.#internal(tenant, [{ kind: 'routing', routing }]);
  }

  /** Watches every pair that minds silence, and ends the episodes that no pair stands for any more. */
  #cover(tenant: Tenant, now: number, turn: Turn | null): void {
    const covered = new Set<string>();
    const withAlerts = rulesWithAlerts(tenant.pipeline);
    for (const pair of tenant.pairs.all()) {
      if (withAlerts.has(pair.rule.name)) covered.add(pair.key);
      if (pair.minds && !pair.watched) this.#agenda.watch(pair, now);
    }
    const orphans: string[] = [];
    for (const alert of tenant.pipeline.openByKey.values()) {
      if (alert.source !== 'rule' || covered.has(alert.key)) continue;
      // At a start the series may be unknown (lost, or never flushed to the history): its alert still needs a pair.
      if (!(turn && this.#restorePair(tenant, alert, now))) orphans.push(alert.id);
    }
    if (orphans.length === 0) return;
    const input: PipelineInput = { kind: 'rule_removed', alertIds: orphans };
    if (turn) this.#step(tenant, input, now, turn);
    else this.#internal(tenant, [input]);
  }

  #restorePair(tenant: Tenant, alert: AlertRow, now: number): boolean {
    const rule = alert.rule === null ? undefined : tenant.pipeline.rules.get(alert.rule);
    const labels = rule?.enabled ? seriesLabelsOfKey(rule.name, alert.key) : null;
    if (!rule || !labels) return false;
    const { table } = this.#ports;
    if (table.find(tenant.name, rule.metric, labels) >= 0) return false;
    const series = table.restore(tenant.name, rule.metric, labels, now);
    return (tenant.pairs.of(series) ?? []).some((pair) => pair.key === alert.key);
  }

  #noteVersions(now: number): void {
    for (const { name, rules } of this.#ring)
      for (const row of ruleVersions(name, rules, now)) this.#versions.push(row);
  }

  /** Results, releases and claims of deliveries. Taken along by the next commit, or after 5 ms. */
  complete(tenant: string, input: PolicyInput): void {
    if (this.#state === 'closed') return;
    this.#completions.push({ tenant, input, now: this.#ports.clock.now() });
    if (this.#scheduled || this.#completionTimer) return;
    const { clock } = this.#ports;
    this.#completionTimer = clock.at(clock.now() + completionDelayMs, () => {
      this.#completionTimer = null;
      this.#schedule();
    });
  }

  /** A claim is known to policy before its delivery is dispatched. False: the delivery is not open any more. */
  claimed(tenantName: string, input: Extract<PolicyInput, { kind: 'claimed' }>): boolean {
    const tenant = this.#tenants.get(tenantName);
    return tenant !== undefined && plan(tenant.policy, input, this.#ports.clock.now()).current;
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
      this.#takeCompletions(turn);
      this.#agenda.take(now, (pair) => {
        if (!pair.gone) this.#tenants.get(pair.tenant)?.enqueue({ kind: 'silence', pair });
      });
      this.#serve(turn, now);
      this.#commit(turn);
    } catch (error) {
      this.#refuse(turn, error);
    }
    if (this.#state === 'running') {
      if (
        this.#ring.some((tenant) => tenant.busy) ||
        this.#completions.length > 0 ||
        this.#versions.length > 0
      )
        this.#schedule();
      this.#agenda.arm();
    }
  }

  /** Round robin over the tenants with work, a slice each, until the turn's budget is spent. */
  #serve(turn: Turn, now: number): void {
    const { clock } = this.#ports;
    const deadline = now + msPerTurn;
    let idle = 0;
    while (idle < this.#ring.length && turn.rows < rowsPerTurn && clock.now() < deadline) {
      const tenant = this.#ring[this.#next % this.#ring.length]!;
      this.#next = (this.#next + 1) % this.#ring.length;
      if (tenant.busy) {
        idle = 0;
        this.#slice(tenant, turn, now);
      } else idle += 1;
    }
  }

  #takeVersions(turn: Turn): void {
    for (const row of this.#versions.splice(0, rowsPerTurn)) {
      turn.add(this.#tenants.get(row.tenant)!.shard, [{ put: 'config_version', row }]);
    }
  }

  #takeCompletions(turn: Turn): void {
    this.#completionTimer?.cancel();
    this.#completionTimer = null;
    for (let n = 0; n < rowsPerTurn; n++) {
      const completion = this.#completions.take();
      if (!completion) return;
      const tenant = this.#tenants.get(completion.tenant);
      if (tenant) this.#plan(tenant, completion.input, completion.now, turn);
    }
  }

  /** A pair's silence is judged in its place in the queue: a sample that came before it has ended the silence. */
  #silence(tenant: Tenant, pair: RulePair, now: number, turn: Turn): void {
    pair.watched = false;
    if (pair.gone) return;
    const decision = decideSilence(pair, tenant.pipeline.openByKey.get(pair.key), now);
    if (decision.kind === 'wait') this.#agenda.watchUntil(pair, decision.until);
    if (decision.kind !== 'verdict') return;
    pair.verdict = decision.input.verdict;
    pair.quiet = true;
    // The next sample asks the state machine whatever its verdict, and learns the time of `for` from it.
    pair.wakeAt = Number.NEGATIVE_INFINITY;
    this.#step(tenant, decision.input, now, turn);
    if (decision.again !== null) this.#agenda.watchUntil(pair, decision.again);
  }

  /** A share of one tenant's work. */
  #slice(tenant: Tenant, turn: Turn, now: number): void {
    const limit = turn.rows + rowsPerSlice;
    for (const key of tenant.due) {
      if (turn.rows >= limit) return;
      tenant.due.delete(key);
      this.#step(tenant, { kind: 'due', groupKey: key }, now, turn);
    }
    let samples = 0;
    for (let work = tenant.current; work && turn.rows < limit; work = tenant.current) {
      if (work.kind !== 'samples') {
        tenant.shift();
        this.#run(tenant, work, turn, now);
        continue;
      }
      const batch = work;
      // If this turn is not stored the push is refused as a whole, also what a later turn would have taken of it.
      turn.failed.push((error) => {
        if (tenant.current === batch) tenant.shift();
        batch.waiter.reject(error);
      });
      while (batch.cursor < batch.count && turn.rows < limit && samples < samplesPerSlice) {
        const i = batch.cursor++;
        samples += 1;
        this.#sample(tenant, batch.series[i]!, batch.times[i]!, batch.values[i]!, now, turn);
      }
      if (batch.cursor < batch.count) return;
      tenant.shift();
      turn.settled.push(() => batch.waiter.resolve());
    }
    // Groups that this slice made due go out with it.
    for (const key of tenant.due) {
      tenant.due.delete(key);
      this.#step(tenant, { kind: 'due', groupKey: key }, now, turn);
    }
  }

  #sample(tenant: Tenant, series: number, at: number, value: number, now: number, turn: Turn): void {
    this.#evaluator.sample(tenant, series, at, value, now, (pair, input) => {
      this.#step(tenant, input, now, turn);
      pair.verdict = input.verdict;
      pair.refreshWake(tenant.pipeline.openByKey.get(pair.key));
    });
  }

  #run(tenant: Tenant, work: Exclude<Work, SampleBatch>, turn: Turn, now: number): void {
    if (work.kind === 'internal') {
      for (const input of work.inputs) this.#step(tenant, input, now, turn);
      return;
    }
    if (work.kind === 'silence') {
      this.#silence(tenant, work.pair, now, turn);
      return;
    }
    const { idempotency, waiter } = work;
    turn.failed.push((error) => waiter.reject(error));
    if (idempotency) {
      const key = `${tenant.name} ${idempotency.scope} ${idempotency.key}`;
      const known =
        turn.keys.get(key) ??
        this.#ports.store.idempotency(tenant.name, idempotency.scope, idempotency.key, now);
      if (known) {
        if (known.bodyHash !== idempotency.bodyHash) waiter.reject(new ApiError('idempotency_conflict'));
        else
          turn.settled.push(() =>
            waiter.resolve({ status: known.status, body: JSON.parse(known.answer) as unknown }),
          );
        return;
      }
    }
    const answer = work.answer(this.#step(tenant, work.input, now, turn).answer);
    if (idempotency && answer.status < 500) {
      const text = JSON.stringify(answer.body);
      const row = {
        tenant: tenant.name,
        ...idempotency,
        status: answer.status,
        answer: text,
        expiresAt: now + 86_400_000,
      };
      turn.keys.set(`${tenant.name} ${idempotency.scope} ${idempotency.key}`, row);
      turn.add(tenant.shard, [{ put: 'idempotency', row }]);
    }
    turn.settled.push(() => waiter.resolve(answer));
  }

  /** One input through both doors; the pair (rule, series) is told when something else than its sample changed the alert. */
  #step(tenant: Tenant, input: PipelineInput, now: number, turn: Turn): StepResult {
    const ends =
      input.kind === 'rule_removed' ? input.alertIds : input.kind === 'resolve' ? [input.alertId] : [];
    const ended = ends
      .flatMap((id) => tenant.pipeline.alerts.get(id) ?? [])
      .filter(({ state }) => state !== 'resolved');
    const out = step(tenant.pipeline, input, now);
    this.counts.steps += 1;
    this.#follow(tenant, out, now, turn);
    if (ended.length > 0) tenant.pairs.forgetEpisodes(ended);
    return out;
  }

  /** Effects into the turn, notifications through policy, deadlines into the heap. */
  #follow(tenant: Tenant, out: StepResult, now: number, turn: Turn): void {
    turn.add(tenant.shard, out.effects);
    for (const notification of out.notifications) {
      const { routing, channelTypes } = this.#config;
      const room = (channel: string) => this.#ports.dispatcher.room(tenant.name, channel);
      this.#plan(
        tenant,
        { kind: 'notification', notification, routing, channelTypes, room, leaseMs },
        now,
        turn,
      );
    }
    for (const effect of out.effects) {
      if (effect.put !== 'group.closed') continue;
      // The row is gone; the key stands in the set of touched groups.
      for (const group of out.groups) {
        if (group.row.id !== effect.id) continue;
        const channels = this.#config.routing.receivers.get(group.row.receiver)?.channels ?? [];
        const audience = audienceOf(group.row.receiver, group.row.labels);
        const known = (id: string) => tenant.pipeline.alerts.has(id);
        this.#plan(tenant, { kind: 'group_closed', audience, channels, known }, now, turn);
      }
    }
    for (const group of out.groups) this.#agenda.group(tenant, group, now);
  }

  #plan(tenant: Tenant, input: PolicyInput, now: number, turn: Turn): PlanResult {
    const out = plan(tenant.policy, input, now);
    turn.add(tenant.shard, out.effects);
    turn.leased.push(...out.leased);
    turn.wakeAt.push(...out.wakeAt);
    return out;
  }

  // -- commit ---------------------------------------------------------------------------------------------------

  #commit(turn: Turn): void {
    const { store, dispatcher, published } = this.#ports;
    const commits: ShardCommit[] = turn.commits((shard) => {
      const epoch = this.#epochs.get(shard);
      if (epoch === undefined) throw new Error(`shard ${shard} is not ours`);
      return epoch;
    });
    const events = commits.length === 0 ? [] : store.commit(commits);
    if (commits.length > 0) {
      this.counts.commits += 1;
      this.counts.rows += turn.rows;
    }
    for (const settle of turn.settled) settle();
    if (turn.leased.length > 0) dispatcher.offer(turn.leased);
    for (const at of turn.wakeAt) dispatcher.wakeAt(at);
    if (events.length > 0) published(events);
  }

  /** The turn is not durable, or a step threw: its waiters are refused and everything is loaded again. */
  #refuse(turn: Turn, error: unknown): void {
    this.#ports.log.error('engine.turn_failed', {
      error: error instanceof Error ? (error.stack ?? error.message) : String(error),
      rows: turn.rows,
    });
    const refusal = new ApiError('unavailable', { retryAfter: 1, cause: error });
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
      this.#ports.dispatcher.forget();
      const until = this.#ports.clock.now() + sampleAheadMs;
      for (const tenant of this.#ring) tenant.distrustBefore = until;
      this.#load();
      this.#state = 'running';
      this.#schedule();
    } catch (error) {
      this.#ports.log.error('engine.reload_failed', { error: String(error) });
      const { clock } = this.#ports;
      clock.at(clock.now() + reloadDelayMs, () => {
        if (this.#state === 'down') this.reload(error);
      });
    }
  }

  /** Stops at once, as a process that was killed: nothing more is stepped, committed or answered. */
  abandon(): void {
    this.#state = 'closed';
    this.#agenda.stop();
    this.#completionTimer?.cancel();
  }

  /** Finishes what is queued, refuses the rest. */
  close(): void {
    if (this.#state === 'running') {
      for (
        let n = 0;
        n < 10_000 && (this.#completions.length > 0 || this.#ring.some((tenant) => tenant.busy));
        n++
      ) {
        if (this.#state !== 'running') break;
        this.turn();
      }
    }
    this.abandon();
    for (const tenant of this.#ring) {
      for (const work of tenant.drain()) {
        if ('waiter' in work) work.waiter.reject(new ApiError('unavailable'));
      }
    }
  }
}
