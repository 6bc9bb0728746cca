// Pairs (rule, series): resolved when a series or a rule appears, never per sample. Series that the same rules read share
// one list of them; of the pairs themselves only those are objects that somebody asked for.
import { labelSet } from '../../rules/labels.ts';
import { isAbsent, isSeriesRule, type SeriesRule } from '../../rules/readings.ts';
import type { Rule } from '../../rules/types.ts';
import type { SeriesTable } from '../ingest/series.ts';
import { alertKey } from '../pipeline/identify.ts';
import type { AlertRow } from '../pipeline/rows.ts';
import type { PipelineState } from '../pipeline/state.ts';
import { atOnce, type Sliced } from '../slices.ts';
import { byMetricOf, type MetricRules } from './metric-rules.ts';
import { bits } from './pair-states.ts';
import type { Reader, RuleList } from './rule-list.ts';
import { type PairHome, RulePair } from './rule-pair.ts';
import type { SettledSeries } from './settled.ts';

/** Names of the rules with an open episode: only their pairs have one to take up. */
export function rulesWithAlerts(state: PipelineState): ReadonlySet<string> {
  const names = new Set<string>();
  for (const { source, rule } of state.openByKey.values())
    if (source === 'rule' && rule !== null) names.add(rule);
  return names;
}

const any = (): boolean => true;

/** All pairs of one tenant. */
export class PairTable {
  readonly #home: PairHome;
  readonly #table: SeriesTable;
  readonly #settled: SettledSeries;
  #byMetric = new Map<string, MetricRules>();
  /** Pairs that were asked for, by series and rule. */
  readonly #made = new Map<number, (RulePair | undefined)[]>();
  /** `absent` rules without any series: one pair each, with the labels of their equality matchers. */
  readonly expected = new Map<string, RulePair>();

  constructor(tenant: string, table: SeriesTable, settled: SettledSeries) {
    this.#home = { tenant, table, settled };
    this.#table = table;
    this.#settled = settled;
  }

  get count(): number {
    let n = this.expected.size;
    for (const series of this.#table.seriesOf(this.#home.tenant)) n += this.#settled.pairs(series);
    return n;
  }

  /** The pair of a series that is bound with the rule at `index` of its list: always the same object. */
  pair(series: number, index: number): RulePair {
    let made = this.#made.get(series);
    if (made === undefined) {
      made = [];
      this.#made.set(series, made);
    }
    made[index] ??= new RulePair(
      this.#home,
      this.#settled.list(series).rules[index]!,
      series,
      this.#settled.block(series) + index,
    );
    return made[index];
  }

  /** The pairs of a series with the rules that are wanted. */
  of(series: number, wanted: (rule: Rule) => boolean = any): readonly RulePair[] {
    if (this.#settled.pairs(series) === 0) return [];
    const pairs: RulePair[] = [];
    const { rules } = this.#settled.list(series);
    for (let i = 0; i < rules.length; i++) if (wanted(rules[i]!)) pairs.push(this.pair(series, i));
    return pairs;
  }

  /** The pairs of the rules with these names; only series of what those read are looked at. */
  *ofRules(names: ReadonlySet<string>): Iterable<RulePair> {
    if (names.size === 0) return;
    const wanted = ({ name }: Rule) => names.has(name);
    const ofList = new Map<RuleList, readonly number[]>();
    for (const [metric, { readers }] of this.#byMetric) {
      if (!readers.some(({ rule }) => wanted(rule))) continue;
      for (const series of this.#table.byMetric(this.#home.tenant, metric)) {
        if (this.#settled.pairs(series) === 0) continue;
        const list = this.#settled.list(series);
        let places = ofList.get(list);
        if (places === undefined) {
          places = list.rules.flatMap((rule, i) => (wanted(rule) ? [i] : []));
          ofList.set(list, places);
        }
        for (const i of places) yield this.pair(series, i);
      }
    }
    for (const pair of this.expected.values()) if (wanted(pair.rule)) yield pair;
  }

  /** The pairs that mind silence and that nobody watches. */
  *unwatched(): Iterable<RulePair> {
    const { states } = this.#settled;
    for (const series of this.#table.seriesOf(this.#home.tenant)) {
      if (this.#settled.pairs(series) === 0) continue;
      const block = this.#settled.block(series);
      for (const i of this.#settled.list(series).minding)
        if (states.has(block + i, bits.unwatched)) yield this.pair(series, i);
    }
    for (const pair of this.expected.values()) if (!pair.watched) yield pair;
  }

  /**
   * These episodes ended by something else than a verdict. Whatever pair stands for one (also of a rule that was removed
   * and has come back) is unknown now: the next true sample begins a new episode. A scan, for what is rare.
   */
  forgetEpisodes(alerts: readonly AlertRow[]): void {
    const rules = new Set(alerts.flatMap(({ rule }) => rule ?? []));
    const keys = new Set(alerts.map(({ key }) => key));
    for (const pair of this.ofRules(rules)) {
      if (!keys.has(pair.key)) continue;
      pair.verdict = 'unknown';
      pair.wakeAt = Number.POSITIVE_INFINITY;
    }
  }

  /** Pairs a new series with the rules that read it; answers the expectations that it fulfils, which are gone. */
  bind(series: number, state: PipelineState, now: number): readonly RulePair[] {
    const own = this.#byMetric.get(this.#table.metricOf(series));
    this.#pair(series, own, now);
    if (this.#settled.pairs(series) === 0) return [];
    const { rules } = this.#settled.list(series);
    if (state.openByKey.size > 0) {
      const labels = this.#table.labelsOf(series);
      for (const [i, rule] of rules.entries()) {
        const alert = state.openByKey.get(alertKey(rule.name, labels));
        if (alert) this.pair(series, i).attach(alert);
      }
    }
    if (this.expected.size === 0) return [];
    return rules.flatMap(({ name }) => this.#unexpect(name) ?? []);
  }

  /** Pairs a series, with nothing known of the verdicts. */
  #pair(series: number, own: MetricRules | undefined, quietSince: number): void {
    this.unbind(series);
    const list = own?.listOf(series, this.#table) ?? null;
    this.#table.need(series, list?.spanMs ?? 0, list?.minuteSpanMs ?? 0);
    this.#settled.detections.bind(series, list?.watched ?? []);
    if (list !== null && list.rules.length > 0) this.#settled.bind(series, list, quietSince);
  }

  /** Silence counts from `now`: what it counted from was another clock's. */
  restartSilence(now: number): void {
    for (const series of this.#table.seriesOf(this.#home.tenant))
      if (this.#settled.pairs(series) > 0 && this.#settled.quietSince(series) < Number.POSITIVE_INFINITY)
        this.#settled.arrived(series, now);
  }

  /** The silence of a series means nothing until a sample of it comes. */
  bearSilence(series: number): void {
    if (this.#settled.pairs(series) > 0) this.#settled.arrived(series, Number.POSITIVE_INFINITY);
  }

  unbind(series: number): void {
    for (const pair of this.#made.get(series) ?? []) pair?.retire();
    this.#made.delete(series);
    this.#settled.unbind(series);
  }

  /** What `replace` needs of these rules, made in slices; also the lists of the series that will be paired anew. */
  *prepare(rules: readonly Rule[]): Sliced<ReadonlyMap<string, MetricRules>> {
    const byMetric = yield* byMetricOf(rules);
    for (const [metric, own] of byMetric) {
      yield own.readers.length;
      if (this.#byMetric.get(metric)?.same(own) !== true)
        yield* own.find(this.#home.tenant, metric, this.#table);
    }
    return byMetric;
  }

  /** Replaces the rules; see `replace`. */
  setRules(rules: readonly Rule[], state: PipelineState, now: number, anew = false): void {
    this.replace(atOnce(byMetricOf(rules)), state, now, anew);
  }

  /**
   * Replaces the rules. Where the rules of a metric change, its pairs are made anew and take up the open episodes of
   * their keys; with `anew` all of them are.
   */
  replace(prepared: ReadonlyMap<string, MetricRules>, state: PipelineState, now: number, anew = false): void {
    const before = this.#byMetric;
    const after = new Map(prepared);
    this.#byMetric = after;
    const withAlerts = rulesWithAlerts(state);
    for (const metric of new Set([...before.keys(), ...after.keys()])) {
      const old = before.get(metric);
      const own = after.get(metric);
      if (!anew && old && own?.same(old)) after.set(metric, old);
      else this.#replace(metric, old?.readers ?? [], own, withAlerts, state, now);
      own?.forgetFound();
    }
  }

  #replace(
    metric: string,
    old: readonly Reader[],
    own: MetricRules | undefined,
    withAlerts: ReadonlySet<string>,
    state: PipelineState,
    now: number,
  ): void {
    for (const { rule } of old) this.#unexpect(rule.name);
    const answered = new Set<Rule>();
    for (const series of this.#table.byMetric(this.#home.tenant, metric)) {
      const bound = this.#settled.pairs(series) > 0;
      this.#pair(series, own, bound ? this.#settled.quietSince(series) : now);
      if (withAlerts.size > 0)
        for (const pair of this.of(series, ({ name }) => withAlerts.has(name)))
          pair.attach(state.openByKey.get(pair.key));
      if (this.#settled.pairs(series) > 0)
        for (const rule of this.#settled.list(series).absent) answered.add(rule);
    }
    for (const { rule } of own?.readers ?? []) {
      if (!isSeriesRule(rule) || !isAbsent(rule) || answered.has(rule)) continue;
      const pair = this.#expect(rule, now);
      pair.attach(state.openByKey.get(pair.key));
    }
  }

  /** An `absent` rule that no series answers to speaks for the labels that it names itself. */
  #expect(rule: SeriesRule, now: number): RulePair {
    const named = Object.fromEntries(
      rule.match.filter((m) => m.op === '=' && m.value !== '').map((m) => [m.name, m.value]),
    );
    const place = this.#settled.states.take(Uint8Array.of(bits.unwatched));
    const pair = new RulePair(this.#home, rule, -1, place, { labels: labelSet(named), since: now });
    this.expected.set(rule.name, pair);
    return pair;
  }

  /** The expectation of a rule, which is gone, if there was one. */
  #unexpect(rule: string): RulePair | undefined {
    const pair = this.expected.get(rule);
    if (pair === undefined) return undefined;
    this.expected.delete(rule);
    this.#settled.states.giveBack(pair.retire(), 1);
    return pair;
  }
}
