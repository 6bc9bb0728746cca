// Pairs (rule, series): resolved when a series or a rule appears, never per sample. A pair holds the last verdict and a
// handle to the open episode; everything else about the episode is in the alert's row.
import { wakeAt } from '../../rules/alert-state.ts';
import { isGridRule, minuteSpanOf, pointSpanOf } from '../../rules/grid.ts';
import { labelSet } from '../../rules/labels.ts';
import { matchesAll } from '../../rules/matchers.ts';
import type { Labels, Rule } from '../../rules/types.ts';
import type { SeriesTable } from '../ingest/series.ts';
import { alertKey, subjectOf } from '../pipeline/identify.ts';
import { lifeOf } from '../pipeline/life-cycle.ts';
import type { AlertRow } from '../pipeline/rows.ts';
import type { PipelineState, Subject } from '../pipeline/state.ts';
import type { SettledSeries } from './settled.ts';

export type LastVerdict = 'unknown' | 'true' | 'false';

/** What the pairs of one tenant have in common. */
interface PairHome {
  readonly tenant: string;
  readonly table: SeriesTable;
  readonly settled: SettledSeries;
}

/** What a pair without a series has of its own. */
interface Expectation {
  readonly labels: Labels;
  readonly since: number;
}

/** See the head of the file. Whatever changes its state unsettles its series. There are many: no field too much. */
export class RulePair {
  readonly rule: Rule;
  /** -1 for an expectation: an `absent` rule that no series answers to. */
  readonly series: number;
  /** Taken out of use by a reload or because its series expired. */
  gone = false;
  /** Of a rule with a window: what `WindowSources` follows it with. */
  source = -1;
  /** Of a rule with a window: its aggregate when it was evaluated last; NaN when there was none. */
  value = Number.NaN;
  readonly #home: PairHome;
  readonly #expectation: Expectation | null;
  #verdict: LastVerdict = 'unknown';
  #wakeAt = Number.POSITIVE_INFINITY;
  #quiet = false;
  #watched = false;
  #subject: Subject | null = null;

  constructor(home: PairHome, rule: Rule, series: number, expectation: Expectation | null = null) {
    this.#home = home;
    this.rule = rule;
    this.series = series;
    this.#expectation = expectation;
  }

  get tenant(): string {
    return this.#home.tenant;
  }

  get verdict(): LastVerdict {
    return this.#verdict;
  }

  set verdict(verdict: LastVerdict) {
    this.#verdict = verdict;
    this.#unsettle();
  }

  /** Sample time from which an unchanged verdict matters (`for`, `keep_firing_for`). */
  get wakeAt(): number {
    return this.#wakeAt;
  }

  set wakeAt(at: number) {
    this.#wakeAt = at;
    this.#unsettle();
  }

  /** The last verdict came from silence, not from a sample: hysteresis does not apply to it. */
  get quiet(): boolean {
    return this.#quiet;
  }

  set quiet(quiet: boolean) {
    this.#quiet = quiet;
    this.#unsettle();
  }

  /** A deadline for silence is in the heap. */
  get watched(): boolean {
    return this.#watched;
  }

  set watched(watched: boolean) {
    this.#watched = watched;
    this.#unsettle();
  }

  /** Engine time of the last arrival; absence counts from here. */
  get quietSince(): number {
    return this.#expectation?.since ?? this.#home.settled.quietSince(this.series);
  }

  /** Good until the pair is gone: then the series may be another one's. */
  get seriesLabels(): Labels {
    return this.#expectation?.labels ?? this.#home.table.labelsOf(this.series);
  }

  get subject(): Subject {
    this.#subject ??= subjectOf(this.rule, this.seriesLabels);
    return this.#subject;
  }

  get key(): string {
    return this.#subject?.key ?? alertKey(this.rule.name, this.seriesLabels);
  }

  /** Takes verdict and wake time from the open episode, if there is one. One without a value came from silence. */
  attach(alert: AlertRow | undefined): void {
    this.refreshWake(alert);
    if (!alert) return;
    this.verdict = alert.keepUntil === null ? 'true' : 'false';
    if (alert.value === null) this.fellSilent();
  }

  /** The last verdict came from silence: the next sample asks the state machine, whatever its verdict. */
  fellSilent(): void {
    this.quiet = true;
    this.wakeAt = Number.NEGATIVE_INFINITY;
  }

  refreshWake(alert: AlertRow | undefined): void {
    this.wakeAt = alert ? wakeAt(lifeOf(alert), this.rule) : Number.POSITIVE_INFINITY;
  }

  /** Whether silence means something for this pair. */
  get minds(): boolean {
    return this.rule.aggregate === 'absent' || this.rule.noData !== 'keep';
  }

  #unsettle(): void {
    if (this.series !== -1) this.#home.settled.unsettle(this.series);
  }
}

/** Names of the rules with an open episode: only their pairs have one to take up. */
export function rulesWithAlerts(state: PipelineState): ReadonlySet<string> {
  const names = new Set<string>();
  for (const { source, rule } of state.openByKey.values())
    if (source === 'rule' && rule !== null) names.add(rule);
  return names;
}

/** All pairs of one tenant. */
export class PairTable {
  readonly #home: PairHome;
  readonly #table: SeriesTable;
  readonly #settled: SettledSeries;
  /** The enabled rules, in their order. */
  #byMetric = new Map<string, readonly Rule[]>();
  readonly #bySeries = new Map<number, readonly RulePair[]>();
  /** `absent` rules without any series: one pair each, with the labels of their equality matchers. */
  readonly expected = new Map<string, RulePair>();

  constructor(tenant: string, table: SeriesTable, settled: SettledSeries) {
    this.#home = { tenant, table, settled };
    this.#table = table;
    this.#settled = settled;
  }

  get count(): number {
    let n = this.expected.size;
    for (const pairs of this.#bySeries.values()) n += pairs.length;
    return n;
  }

  of(series: number): readonly RulePair[] | undefined {
    return this.#bySeries.get(series);
  }

  *all(): Iterable<RulePair> {
    for (const pairs of this.#bySeries.values()) yield* pairs;
    yield* this.expected.values();
  }

  /**
   * These episodes ended by something else than a verdict. Whatever pair stands for one (also of a rule that was removed
   * and has come back) is unknown now: the next true sample begins a new episode. A scan, for what is rare.
   */
  forgetEpisodes(alerts: readonly AlertRow[]): void {
    const rules = new Set(alerts.map(({ rule }) => rule));
    const keys = new Set(alerts.map(({ key }) => key));
    for (const pair of this.all()) {
      if (!rules.has(pair.rule.name) || !keys.has(pair.key)) continue;
      pair.verdict = 'unknown';
      pair.wakeAt = Number.POSITIVE_INFINITY;
    }
  }

  /** Pairs a new series with the rules that read it; answers the new pairs, and the expectations that it fulfils. */
  bind(
    series: number,
    state: PipelineState,
    now: number,
  ): { pairs: readonly RulePair[]; fulfilled: readonly RulePair[] } {
    const pairs = this.#pair(series, this.#byMetric.get(this.#table.metricOf(series)) ?? [], now);
    if (state.openByKey.size > 0) for (const pair of pairs) pair.attach(state.openByKey.get(pair.key));
    const fulfilled: RulePair[] = [];
    if (this.expected.size > 0) {
      for (const { rule } of pairs) {
        const expectation = this.expected.get(rule.name);
        if (!expectation) continue;
        this.expected.delete(rule.name);
        fulfilled.push(expectation);
      }
    }
    return { pairs, fulfilled };
  }

  /** Makes the pairs of a series, with nothing known of their verdicts. */
  #pair(series: number, rules: readonly Rule[], quietSince: number): readonly RulePair[] {
    const pairs: RulePair[] = [];
    let spanMs = 0;
    let minuteSpanMs = 0;
    for (const rule of rules) {
      if (rule.match.length > 0 && !matchesAll(rule.match, this.#table.labelsOf(series))) continue;
      if (!isGridRule(rule)) pairs.push(new RulePair(this.#home, rule, series));
      spanMs = Math.max(spanMs, pointSpanOf(rule));
      minuteSpanMs = Math.max(minuteSpanMs, minuteSpanOf(rule));
    }
    this.#table.need(series, spanMs, minuteSpanMs);
    if (pairs.length > 0) {
      this.#bySeries.set(series, pairs);
      this.#settled.bind(series, pairs, quietSince);
    }
    return pairs;
  }

  /** Silence counts from `now`: what it counted from was another clock's. */
  restartSilence(now: number): void {
    for (const series of this.#bySeries.keys()) this.#settled.arrived(series, now);
  }

  unbind(series: number): void {
    for (const pair of this.#bySeries.get(series) ?? []) pair.gone = true;
    this.#bySeries.delete(series);
    this.#settled.unbind(series);
  }

  /**
   * Replaces the rules. Where the rules of a metric change, its pairs are made anew and take up the open episodes of
   * their keys; with `anew` all of them are.
   */
  setRules(rules: readonly Rule[], state: PipelineState, now: number, anew = false): void {
    const before = this.#byMetric;
    const after = new Map<string, Rule[]>();
    for (const rule of rules) {
      if (!rule.enabled) continue;
      const list = after.get(rule.metric);
      if (list) list.push(rule);
      else after.set(rule.metric, [rule]);
    }
    this.#byMetric = after;
    const withAlerts = rulesWithAlerts(state);
    for (const metric of new Set([...before.keys(), ...after.keys()])) {
      const old = before.get(metric) ?? [];
      const own = after.get(metric) ?? [];
      if (!anew && sameRules(old, own)) this.#byMetric.set(metric, old);
      else this.#replace(metric, old, own, withAlerts, state, now);
    }
  }

  #replace(
    metric: string,
    old: readonly Rule[],
    own: readonly Rule[],
    withAlerts: ReadonlySet<string>,
    state: PipelineState,
    now: number,
  ): void {
    for (const rule of old) {
      const expectation = this.expected.get(rule.name);
      if (expectation) expectation.gone = true;
      this.expected.delete(rule.name);
    }
    const answered = new Set<Rule>();
    for (const series of this.#table.byMetric(this.#home.tenant, metric)) {
      const since = this.#bySeries.has(series) ? this.#settled.quietSince(series) : now;
      this.unbind(series);
      for (const pair of this.#pair(series, own, since)) {
        if (withAlerts.has(pair.rule.name)) pair.attach(state.openByKey.get(pair.key));
        if (pair.rule.aggregate === 'absent') answered.add(pair.rule);
      }
    }
    for (const rule of own) {
      if (rule.aggregate !== 'absent' || isGridRule(rule) || answered.has(rule)) continue;
      const pair = this.#expect(rule, now);
      pair.attach(state.openByKey.get(pair.key));
    }
  }

  /** An `absent` rule that no series answers to speaks for the labels that it names itself. */
  #expect(rule: Rule, now: number): RulePair {
    const named = Object.fromEntries(
      rule.match.filter((m) => m.op === '=' && m.value !== '').map((m) => [m.name, m.value]),
    );
    const pair = new RulePair(this.#home, rule, -1, { labels: labelSet(named), since: now });
    this.expected.set(rule.name, pair);
    return pair;
  }
}

/** By content: a rule that only moved in its file is the same. */
function sameRules(some: readonly Rule[], others: readonly Rule[]): boolean {
  return some.length === others.length && some.every(({ hash }, i) => hash === others[i]!.hash);
}
