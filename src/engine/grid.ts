// The rules over several series of one tenant: their groups, kept as series and rules come and go, and the clocks that
// they go by. Nothing here is touched by a sample.
import type { GridRule } from '../../rules/grid.ts';
import { emptyLabels } from '../../rules/labels.ts';
import { matchesAll } from '../../rules/matchers.ts';
import { isGridRule, readingsOf } from '../../rules/readings.ts';
import { ranksOf } from '../../rules/references.ts';
import type { Grid, Rule } from '../../rules/types.ts';
import type { SeriesTable } from '../ingest/series.ts';
import { seriesLabelsOfKey } from '../pipeline/identify.ts';
import type { AlertRow } from '../pipeline/rows.ts';
import type { PipelineState } from '../pipeline/state.ts';
import { CountingRules } from './counting-rules.ts';
import { GridClock } from './grid-clock.ts';
import type { GridGroup } from './grid-group.ts';
import { type Episodes, RuleGroups } from './rule-groups.ts';
import { SharedLabels } from './shared-labels.ts';

const none: readonly RuleGroups[] = [];

/** A rule that counts alerts comes behind those that name no other rule, and so counts what they say at the same time. */
const afterUnnamed = 0.5;

type RuleEpisodes = Pick<PipelineState, 'openByKey' | 'alerts'>;

export class GridTable {
  readonly #tenant: string;
  readonly #table: SeriesTable;
  #byName = new Map<string, RuleGroups>();
  #byMetric = new Map<string, RuleGroups[]>();
  /** By the name of a rule: those that ask for its alerts. */
  #byReference = new Map<string, RuleGroups[]>();
  readonly #clocks = new Map<string, GridClock>();
  /** The rules that count events or alerts. */
  readonly counting = new CountingRules();

  constructor(tenant: string, table: SeriesTable) {
    this.#tenant = tenant;
    this.#table = table;
  }

  get clocks(): IterableIterator<GridClock> {
    return this.#clocks.values();
  }

  /** Groups of all rules. */
  get count(): number {
    let n = 0;
    for (const { groups } of this.#byName.values()) n += groups.size;
    return n;
  }

  /** The groups of a rule. */
  of(rule: string): RuleGroups | undefined {
    return this.#byName.get(rule);
  }

  /** A series was born. */
  bind(series: number, state: Episodes, now: number): void {
    const rules = this.#of(series);
    if (rules.length === 0) return;
    const labels = this.#table.labelsOf(series);
    const metric = this.#table.metricOf(series);
    for (const groups of rules)
      groups.bind(series, metric, labels, state, now, (group, position) =>
        this.#moved(groups, group, position, 1),
      );
  }

  /** An episode of a rule began: others may ask for it. */
  opened(alert: AlertRow, state: Episodes, now: number): void {
    if (this.#byReference.size === 0 || alert.rule === null) return;
    for (const groups of this.#byReference.get(alert.rule) ?? [])
      groups.name(alert, state, Math.min(now, alert.pendingSince ?? now));
  }

  /** A series is about to leave memory. */
  unbind(series: number): void {
    const rules = this.#of(series);
    if (rules.length === 0) return;
    const labels = this.#table.labelsOf(series);
    for (const groups of rules) {
      groups.unbind(series, this.#table.metricOf(series), labels, (group, position) =>
        this.#moved(groups, group, position, -1),
      );
    }
  }

  #moved({ rule }: RuleGroups, group: GridGroup, position: number, by: 1 | -1): void {
    this.#clocks.get(clockKey(rule.grid))?.run?.moved(group, position, by);
  }

  #of(series: number): readonly RuleGroups[] {
    if (this.#byMetric.size === 0) return none;
    return this.#byMetric.get(this.#table.metricOf(series)) ?? none;
  }

  /** Whether a window of some rule may still hold samples of a series that has been silent for so long. */
  reads(series: number, silentMs: number): boolean {
    const metric = this.#table.metricOf(series);
    return this.#of(series).some(({ readings }) =>
      readings.some((reading) => reading.metric === metric && reading.windowMs > silentMs),
    );
  }

  /**
   * Replaces the rules. One that stays as it is keeps its groups; one that is edited keeps its episodes and, where it
   * still reads the same, its groups. With `anew` the episodes are others and every clock starts again.
   */
  setRules(rules: readonly Rule[], state: RuleEpisodes, now: number, anew = false): void {
    const before = this.#byName;
    const own = rules.filter(isGridRule);
    const ranks = ranksOf(own);
    this.#byName = new Map();
    this.#byMetric = new Map();
    this.#byReference = new Map();
    this.counting.clear();
    for (const clock of this.#clocks.values()) {
      if (anew) clock.reset();
    }
    for (const rule of own) {
      if (!rule.enabled) continue;
      const earlier = before.get(rule.name);
      const groups = earlier?.rule.hash === rule.hash ? earlier : this.#make(rule, earlier, state, now);
      if (groups === earlier && anew) groups.attach(state);
      if (anew) groups.counted?.clear();
      groups.rank = ranks.get(rule.name) ?? (countsAlerts(rule) ? afterUnnamed : 0);
      groups.expectRoot(state, now);
      this.#put(groups);
    }
    for (const groups of before.values())
      if (this.#byName.get(groups.rule.name) !== groups) this.#retire(groups);
    for (const [key, clock] of this.#clocks) if (clock.idle) this.#clocks.delete(key);
    this.#name(before, state, now, anew);
  }

  /** Makes groups known under their name, their metrics and the rules that they ask for. */
  #put(groups: RuleGroups): void {
    this.#byName.set(groups.rule.name, groups);
    for (const metric of metricsOf(groups.rule)) add(this.#byMetric, metric, groups);
    for (const name of groups.names) add(this.#byReference, name, groups);
    if (groups.counted !== null) this.counting.add(groups.counted, groups);
  }

  /** Tells the rules that are new (with `anew` all) of the episodes of those that they name. */
  #name(before: ReadonlyMap<string, RuleGroups>, state: RuleEpisodes, now: number, anew: boolean): void {
    if (this.#byReference.size === 0) return;
    const news = new Map<string, RuleGroups[]>();
    for (const [name, all] of this.#byReference)
      for (const groups of all) if (anew || before.get(groups.rule.name) !== groups) add(news, name, groups);
    for (const groups of new Set([...news.values()].flat())) groups.forgetNamed();
    if (news.size === 0) return;
    // Also what ended a moment ago: at a grid time that has still to be looked at it was there.
    for (const alert of state.alerts.values()) {
      if (alert.source !== 'rule' || alert.rule === null || (alert.resolvedAt ?? 0) > now) continue;
      for (const groups of news.get(alert.rule) ?? []) groups.name(alert, state, now);
    }
  }

  #make(rule: GridRule, earlier: RuleGroups | undefined, state: Episodes, now: number): RuleGroups {
    const groups = new RuleGroups(rule, earlier?.sharedWith(rule) ?? this.#sharedOf(rule, state));
    this.#clock(rule.grid, now).rules.add(groups);
    if (earlier && groups.adopt(earlier, state, now)) return groups;
    for (const metric of metricsOf(rule))
      for (const series of this.#table.byMetric(this.#tenant, metric))
        groups.bind(series, metric, this.#table.labelsOf(series), state, now);
    return groups;
  }

  /** The labels that a rule joins on which names none, as far as its series are known. */
  #sharedOf(rule: GridRule, { openByKey }: Episodes): SharedLabels | null {
    if (rule.type !== 'composite' || !rule.shared) return null;
    const shared = new SharedLabels(rule);
    for (const [i, { metric, match }] of rule.readings.entries())
      for (const series of this.#table.byMetric(this.#tenant, metric)) {
        const labels = this.#table.labelsOf(series);
        if (matchesAll(match, labels)) shared.add(i, labels);
      }
    for (const alert of openByKey.values())
      if (alert.rule === rule.name && alert.ruleHash === rule.hash)
        shared.remember(seriesLabelsOfKey(rule.name, alert.key) ?? emptyLabels);
    return shared;
  }

  #retire(groups: RuleGroups): void {
    groups.gone = true;
    this.#clocks.get(clockKey(groups.rule.grid))?.rules.delete(groups);
  }

  #clock(grid: Grid, now: number): GridClock {
    const key = clockKey(grid);
    let clock = this.#clocks.get(key);
    if (!clock) {
      clock = new GridClock(this.#tenant, grid, now);
      this.#clocks.set(key, clock);
    }
    return clock;
  }

  /** Whether a group stands for this alert. With `restore` one is made if its rule could have made it. */
  covers(alert: AlertRow, restore: boolean, state: Episodes, now: number): boolean {
    const groups = alert.rule === null ? undefined : this.#byName.get(alert.rule);
    if (!groups) return false;
    return groups.covers(alert.key) || (restore && groups.restore(alert, state, now));
  }

  /** Every series is in its group from here on, however long that takes: at a load. */
  regroup(state: Episodes, now: number): void {
    for (const groups of this.#byName.values()) {
      groups.prepare();
      // Alerts that this leaves without a group are found when all alerts are covered.
      while (groups.regrouping) groups.regroup((series) => this.#table.labelsOf(series), state, now);
    }
  }

  /** These episodes ended by something else than a verdict: their groups are unknown. */
  forgetEpisodes(alerts: readonly AlertRow[]): void {
    for (const { rule, key } of alerts) if (rule !== null) this.#byName.get(rule)?.forgetEpisode(key);
  }

  /** `now` is another clock's: silence and grid times begin anew. */
  restart(now: number): void {
    for (const clock of this.#clocks.values()) clock.restart(now);
    this.restartSilence(now);
  }

  /** Silence counts from `now`. */
  restartSilence(now: number): void {
    for (const { groups } of this.#byName.values()) for (const group of groups.values()) group.restart(now);
  }
}

function add<Value>(lists: Map<string, Value[]>, key: string, value: Value): void {
  const list = lists.get(key);
  if (list) list.push(value);
  else lists.set(key, [value]);
}

function countsAlerts(rule: Rule): boolean {
  return rule.type === 'frequency' && rule.of === 'alerts';
}

function metricsOf(rule: GridRule): ReadonlySet<string> {
  return new Set(readingsOf(rule).map(({ metric }) => metric));
}

function clockKey({ intervalMs, evalDelayMs }: Grid): string {
  return `${intervalMs} ${evalDelayMs}`;
}
