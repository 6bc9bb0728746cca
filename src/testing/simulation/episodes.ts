// The oracle of episodes: from the samples that were acknowledged it says which alerts must begin, fire and end, and
// compares that with what was committed. After a crash it knows only what was flushed; where a fault leaves open what
// was evaluated, it takes over the stored state with the next acknowledged push and is strict again from there.
import type { Labels, ThresholdRule } from '../../../rules/types.ts';
import type { HistoryBlock, HistorySeries } from '../../ingest/history.ts';
import type { Effect } from '../../pipeline/effect.ts';
import type { AlertRow } from '../../pipeline/rows.ts';
import { isGroupRule } from './plan-of-seed.ts';
import {
  keyOf,
  type Life,
  levelOf,
  live,
  type Points,
  seriesKeyOf,
  type Transition,
  take,
  verdictOf,
} from './verdicts.ts';
import { Violation } from './violation.ts';
import type { World } from './world.ts';

export interface PushedSample {
  readonly metric: string;
  readonly labels: Labels;
  readonly timestamp: number;
  readonly value: number;
}

interface SeriesModel extends Points {
  readonly tenant: string;
  readonly metric: string;
  readonly labels: Labels;
  flushed: Points;
  /** Of an earlier process, and not acknowledged by this one yet. */
  inherited: boolean;
}

interface PairModel {
  rule: ThresholdRule;
  readonly key: string;
  /** Tenant and key. */
  readonly id: string;
  readonly series: SeriesModel;
  wasTrue: boolean;
  quiet: boolean;
  /** Index of the level of the open episode, of a rule with levels. */
  level: number;
  life: Life;
  certain: boolean;
  /** Sample time from which the window is known to be whole. */
  strictFrom: number;
  /** Engine time before which nothing is known of silence. */
  quietSince: number;
  lastAckAt: number;
  /** Raised by a policy in the open episode: its severity does not say any more which level was reached. */
  promoted: boolean;
  /** A person ended the episode: silence need not begin another. */
  waived: boolean;
}

interface Observed {
  readonly kind: string;
  readonly at: number;
}

const none: readonly never[] = [];
const empty = (): Points => ({ points: [], bornAt: Number.POSITIVE_INFINITY });
const kinds: ReadonlyMap<string, Transition['kind']> = new Map([
  ['alert.pending', 'pending'],
  ['alert.firing', 'firing'],
  ['alert.held', 'held'],
  ['alert.recovered', 'recovered'],
  ['alert.resolved', 'resolved'],
  ['alert.cleared', 'cleared'],
]);

export class Episodes {
  readonly #world: World;
  readonly #series = new Map<string, SeriesModel>();
  readonly #pairs = new Map<string, PairModel>();
  readonly #bySeries = new Map<SeriesModel, PairModel[]>();
  readonly #historyIds = new Map<string, SeriesModel>();
  readonly #open = new Map<string, AlertRow>();
  readonly #observed = new Map<string, Observed[]>();
  readonly #inFlight = new Map<string, number>();
  #startedAt = 0;
  #disturbedAt = 0;

  constructor(world: World) {
    this.#world = world;
  }

  // -- what happens ---------------------------------------------------------------------------------------------

  pushing(tenant: string): void {
    if (!this.#inFlight.has(tenant)) this.#inFlight.set(tenant, this.#world.clock.now());
  }

  /** A push of the tenant was acknowledged. */
  pushed(tenant: string, samples: readonly PushedSample[]): void {
    const sentAt = this.#inFlight.get(tenant) ?? this.#world.clock.now();
    this.#inFlight.delete(tenant);
    const now = this.#world.clock.now();
    const expected = new Map<PairModel, Observed[]>();
    const loose = new Set<PairModel>();
    const inOrder = [...samples].sort((a, b) => a.timestamp - b.timestamp);
    for (const sample of inOrder) {
      const series = this.#seriesOf(tenant, sample.metric, sample.labels);
      const outcome = take(series, sample.timestamp, sample.value);
      if (outcome === 'late') this.#world.counters.hit('late sample');
      for (const pair of this.#bySeries.get(series) ?? []) {
        if (pair.promoted) loose.add(pair);
        if (this.#minds(pair.rule) && now - pair.lastAckAt >= patience(pair.rule) - 1_000) loose.add(pair);
        pair.quietSince = sentAt;
        pair.waived = false;
        // A new process evaluates the newest sample again: it cannot know what became of the turn that did.
        if (outcome === 'unchanged' && series.inherited) loose.add(pair);
        if (outcome === 'late' || outcome === 'unchanged') continue;
        if (sample.timestamp <= pair.strictFrom) loose.add(pair);
        const held = pair.wasTrue && !pair.quiet;
        const level = pair.rule.levels
          ? levelOf(pair.rule, series, sample.timestamp, held ? pair.level : -1)
          : null;
        const verdict = level === null ? verdictOf(pair.rule, series, sample.timestamp, held) : level >= 0;
        if (verdict === null) continue;
        if (level !== null && verdict) {
          if (pair.life.state !== 'none' && level !== pair.level)
            push(expected, pair, {
              kind: movedTo(pair.rule.levels?.[level]?.severity),
              at: sample.timestamp,
            });
          pair.level = level;
        }
        pair.quiet = false;
        pair.wasTrue = verdict;
        const { life, said } = live(pair.life, verdict, pair.rule, sample.timestamp);
        pair.life = life;
        if (said) push(expected, pair, said);
      }
      if (outcome !== 'late') series.inherited = false;
    }
    const metrics = new Set(samples.map(({ metric }) => metric));
    for (const pair of this.#pairs.values()) {
      if (pair.series.tenant !== tenant) continue;
      if (metrics.has(pair.series.metric)) pair.lastAckAt = now;
      const observed = this.#observed.get(pair.id) ?? none;
      if (pair.certain && !loose.has(pair)) this.#compare(pair, expected.get(pair) ?? none, observed);
      else {
        this.#adopt(pair);
        pair.certain = true;
      }
    }
    for (const id of [...this.#observed.keys()]) if (id.startsWith(`${tenant}\n`)) this.#observed.delete(id);
  }

  onEffect(effect: Effect, at: number): void {
    if (effect.put === 'alert' && effect.row.kind === 'alert') {
      const id = this.#id(effect.row.tenant, effect.row.key);
      if (effect.row.state !== 'resolved') this.#open.set(id, { ...effect.row });
      else if (this.#open.get(id)?.id === effect.row.id) this.#open.delete(id);
      return;
    }
    if (effect.put !== 'event' || effect.row.subjectKind !== 'alert') return;
    const moved = effect.row.kind === 'alert.severity_changed';
    const kind = moved ? movedTo(effect.row.body.to) : kinds.get(effect.row.kind);
    const alert = this.#world.journal.alerts.get(effect.row.subjectId)?.row;
    if (!kind || !alert || alert.kind !== 'alert') return;
    // Rules over several series speak at times of the grid; `Groups` knows them.
    if (alert.rule !== null && isGroupRule(alert.rule)) return;
    const id = this.#id(alert.tenant, alert.key);
    const pair = this.#pairs.get(id);
    const { reason } = effect.row;
    this.#count(kind, reason);
    if (reason === null) {
      if (!this.#inFlight.has(alert.tenant))
        throw new Violation('I3', `${alert.key} ${kind} without a sample`, at);
      push(this.#observed, id, { kind, at: Number(effect.row.body.sampleAt) });
      return;
    }
    if (!pair) return;
    if (reason === 'no_data' || reason === 'absent') this.#checkSilence(pair, kind, at);
    if (reason === 'promoted') {
      pair.promoted = pair.rule.levels !== undefined;
      return;
    }
    if (reason === 'manual') pair.waived = true;
    if (this.#inFlight.has(alert.tenant)) pair.certain = false;
    else this.#adopt(pair);
    if (reason !== 'no_data' && reason !== 'absent') pair.quiet = false;
  }

  disturbed(killed: boolean): void {
    this.#disturbedAt = this.#world.clock.now();
    for (const pair of this.#pairs.values()) {
      pair.certain = false;
    }
    if (!killed) return;
    for (const series of this.#series.values()) {
      series.points = series.flushed.points.map((point) => ({ ...point }));
      series.bornAt = series.flushed.bornAt;
      series.inherited = true;
    }
    this.#observed.clear();
  }

  started(): void {
    this.#startedAt = this.#world.clock.now();
    for (const pair of this.#pairs.values()) {
      pair.quietSince = this.#startedAt;
      pair.lastAckAt = this.#startedAt;
      // The series of an open alert is brought back even when nothing of it was flushed.
      if (this.#open.has(pair.id)) pair.series.bornAt = Math.min(pair.series.bornAt, this.#startedAt);
    }
  }

  flushed(declared: readonly HistorySeries[], blocks: readonly HistoryBlock[]): void {
    for (const { shard, id, tenant, metric, labels, bornAt } of declared) {
      const series = this.#seriesOf(tenant, metric, labels);
      this.#historyIds.set(`${shard} ${id}`, series);
      series.flushed.bornAt = Math.min(series.flushed.bornAt, bornAt);
    }
    for (const { shard, series, times, values } of blocks) {
      for (let i = 0; i < series.length; i++) {
        const known = this.#historyIds.get(`${shard} ${series[i]}`);
        if (!known) throw new Violation('I3', `samples of an undeclared series`, this.#world.clock.now());
        take(known.flushed, times[i]!, values[i]!);
      }
    }
  }

  /** The rules of the process were replaced. */
  rulesChanged(rules: readonly ThresholdRule[]): void {
    const before = new Map(this.#pairs);
    this.#pairs.clear();
    this.#bySeries.clear();
    for (const series of this.#series.values()) this.#bind(series, rules, before);
    this.#observed.clear();
  }

  /** What must have happened by now although no sample came. */
  sweep(): void {
    const now = this.#world.clock.now();
    if (!this.#world.runtime?.engine.running) return;
    for (const pair of this.#pairs.values()) {
      if (!pair.certain || pair.waived || !this.#minds(pair.rule)) continue;
      if (this.#inFlight.has(pair.series.tenant) || pair.series.points.length === 0) continue;
      const { rule } = pair;
      const since = Math.max(pair.lastAckAt, this.#startedAt, this.#disturbedAt);
      if (now - since < patience(rule) + rule.forMs + rule.keepFiringForMs + 30_000) continue;
      const fires = rule.aggregate === 'absent' || rule.noData === 'alert';
      const state = this.#open.get(pair.id)?.state;
      if (fires ? state !== 'firing' : state !== undefined)
        throw new Violation('I1', `${pair.key} is ${state ?? 'inactive'} after silence since ${since}`, now);
    }
  }

  // -- inside ---------------------------------------------------------------------------------------------------

  #compare(pair: PairModel, expected: readonly Observed[], observed: readonly Observed[]): void {
    if (expected.length === 0 && observed.length === 0) return;
    const text = (list: readonly Observed[]) =>
      list.map(({ kind, at }) => `${kind}@${at}`).join(' ') || 'nothing';
    if (text(expected) === text(observed)) return;
    const recent = pair.series.points.slice(-6).map(({ t, v }) => `${t}=${v}`);
    throw new Violation(
      'I17',
      `${pair.series.tenant} ${pair.key} (${pair.rule.aggregate} ${pair.rule.windowMs} ms): expected ${text(expected)}, committed ${text(observed)}; points ${recent.join(' ')}`,
      this.#world.clock.now(),
    );
  }

  #adopt(pair: PairModel): void {
    const row = this.#open.get(pair.id);
    pair.promoted &&= row?.promoted != null;
    if (!row) {
      pair.life = { state: 'none' };
      pair.wasTrue = false;
      pair.quiet = false;
    } else {
      // What silence says of an open episode has no value until a sample confirms it; hysteresis is of values.
      pair.quiet = row.value === null;
      pair.level = pair.rule.levels?.findIndex(({ severity }) => severity === row.effectiveSeverity) ?? -1;
      const since = row.pendingSince ?? row.firedAt ?? 0;
      pair.life =
        row.state === 'pending'
          ? { state: 'pending', since }
          : { state: 'firing', since, keepUntil: row.keepUntil };
      pair.wasTrue = row.keepUntil === null;
    }
  }

  #checkSilence(pair: PairModel, kind: string, at: number): void {
    const earliest = Math.max(pair.quietSince, this.#startedAt) + patience(pair.rule);
    const inFlight = this.#inFlight.has(pair.series.tenant);
    // `absent` ends with the first sample; that is not silence.
    if (kind === 'resolved' && pair.rule.aggregate === 'absent') return;
    if (at < earliest && !inFlight)
      throw new Violation('I3', `${pair.key} ${kind} by silence at ${at}, not before ${earliest}`, at);
  }

  #count(kind: string, reason: string | null): void {
    const { counters } = this.#world;
    if (kind.startsWith('moved')) counters.hit('severity changed');
    else if (kind === 'firing') {
      counters.hit('fired');
      if (reason === 'no_data') counters.hit('no_data fired');
      if (reason === 'absent') counters.hit('absent fired');
    } else if (kind === 'held') counters.hit('keep_firing_for used');
    else if (kind === 'cleared') counters.hit('cleared while pending');
    else if (kind === 'resolved') {
      if (reason === 'manual') counters.hit('manual resolve');
      if (reason === 'rule_removed') counters.hit('rule removed');
      if (reason === 'no_data') counters.hit('no_data resolved');
    }
  }

  #minds(rule: ThresholdRule): boolean {
    return rule.aggregate === 'absent' || rule.noData !== 'keep';
  }

  #id(tenant: string, key: string): string {
    return `${tenant}\n${key}`;
  }

  #seriesOf(tenant: string, metric: string, labels: Labels): SeriesModel {
    const id = seriesKeyOf(tenant, metric, labels);
    let series = this.#series.get(id);
    if (!series) {
      series = { tenant, metric, labels, ...empty(), flushed: empty(), inherited: false };
      this.#series.set(id, series);
      this.#bind(series, this.#world.rules, new Map());
    }
    return series;
  }

  #bind(series: SeriesModel, rules: readonly ThresholdRule[], before: ReadonlyMap<string, PairModel>): void {
    const now = this.#world.clock.now();
    const list: PairModel[] = [];
    for (const rule of rules) {
      if (rule.grid || rule.tenant !== series.tenant || rule.metric !== series.metric) continue;
      if (!rule.match.every((m) => (series.labels[m.name] ?? '') === m.value)) continue;
      const key = keyOf(rule.name, series.labels);
      const id = this.#id(series.tenant, key);
      const old = before.get(id);
      const pair: PairModel = {
        rule,
        key,
        id,
        series,
        wasTrue: false,
        quiet: false,
        level: -1,
        life: { state: 'none' },
        certain: false,
        strictFrom: old?.strictFrom ?? (before.size > 0 ? now + rule.windowMs : 0),
        quietSince: old?.quietSince ?? this.#startedAt,
        lastAckAt: old?.lastAckAt ?? now,
        promoted: old?.promoted ?? false,
        waived: old?.waived ?? false,
      };
      this.#adopt(pair);
      list.push(pair);
      this.#pairs.set(id, pair);
    }
    this.#bySeries.set(series, list);
  }
}

const movedTo = (severity: unknown): string => `moved to ${severity}`;

function patience(rule: ThresholdRule): number {
  return rule.aggregate === 'absent' ? rule.windowMs : rule.noDataAfterMs;
}

function push<K, T>(map: Map<K, T[]>, key: K, item: T): void {
  const list = map.get(key);
  if (list) list.push(item);
  else map.set(key, [item]);
}
