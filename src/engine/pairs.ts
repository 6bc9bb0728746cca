// Pairs (rule, series): resolved when a series or a rule appears, never per sample. A pair holds the last verdict and a
// handle to the open episode; everything else about the episode is in the alert's row.
import { wakeAt } from '../../rules/alert-state.ts';
import { labelSet } from '../../rules/labels.ts';
import { matchesAll } from '../../rules/matchers.ts';
import type { Labels, Rule } from '../../rules/types.ts';
import type { SeriesTable } from '../ingest/series.ts';
import { alertKey, subjectOf } from '../pipeline/identify.ts';
import { lifeOf } from '../pipeline/life-cycle.ts';
import type { AlertRow } from '../pipeline/rows.ts';
import type { PipelineState, Subject } from '../pipeline/state.ts';

export type LastVerdict = 'unknown' | 'true' | 'false';

/** See the head of the file. */
export class RulePair {
  readonly tenant: string;
  rule: Rule;
  readonly series: number;
  readonly seriesLabels: Labels;
  verdict: LastVerdict = 'unknown';
  /** Sample time from which an unchanged verdict matters (`for`, `keep_firing_for`). */
  wakeAt = Number.POSITIVE_INFINITY;
  /** Engine time of the last arrival; absence counts from here. */
  quietSince: number;
  /** Taken out of use by a reload or because its series expired. */
  gone = false;
  /** The last verdict came from silence, not from a sample: hysteresis does not apply to it. */
  quiet = false;
  /** A deadline for silence is in the heap. */
  watched = false;
  #subject: Subject | null = null;

  constructor(tenant: string, rule: Rule, series: number, seriesLabels: Labels, quietSince: number) {
    this.tenant = tenant;
    this.rule = rule;
    this.series = series;
    this.seriesLabels = seriesLabels;
    this.quietSince = quietSince;
  }

  get subject(): Subject {
    this.#subject ??= subjectOf(this.rule, this.seriesLabels);
    return this.#subject;
  }

  get key(): string {
    return this.#subject?.key ?? alertKey(this.rule.name, this.seriesLabels);
  }

  /** Takes verdict and wake time from the open episode, if there is one. */
  attach(alert: AlertRow | undefined): void {
    if (alert) this.verdict = alert.keepUntil === null ? 'true' : 'false';
    this.refreshWake(alert);
  }

  refreshWake(alert: AlertRow | undefined): void {
    this.wakeAt = alert ? wakeAt(lifeOf(alert), this.rule) : Number.POSITIVE_INFINITY;
  }

  /** Whether silence means something for this pair. */
  get minds(): boolean {
    return this.rule.aggregate === 'absent' || this.rule.noData !== 'keep';
  }
}

/** All pairs of one tenant. */
export class PairTable {
  readonly tenant: string;
  readonly #table: SeriesTable;
  #byMetric = new Map<string, Rule[]>();
  readonly #bySeries = new Map<number, RulePair[]>();
  /** `absent` rules without any series: one pair each, with the labels of their equality matchers. */
  readonly expected = new Map<string, RulePair>();

  constructor(tenant: string, table: SeriesTable) {
    this.tenant = tenant;
    this.#table = table;
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

  /** The pairs of one alert key; a scan, for the rare commands of people. */
  withKey(key: string): RulePair[] {
    return [...this.all()].filter((pair) => pair.key === key);
  }

  /** Pairs a new series with the rules that read it; answers the new pairs, and the expectation that it fulfils. */
  bind(
    series: number,
    state: PipelineState,
    now: number,
  ): { pairs: readonly RulePair[]; fulfilled: readonly RulePair[] } {
    const labels = this.#table.labelsOf(series);
    const pairs: RulePair[] = [];
    const fulfilled: RulePair[] = [];
    let longestMs = 0;
    for (const rule of this.#byMetric.get(this.#table.metricOf(series)) ?? []) {
      if (!matchesAll(rule.match, labels)) continue;
      const pair = new RulePair(this.tenant, rule, series, labels, now);
      pair.attach(state.openByKey.get(pair.key));
      longestMs = Math.max(longestMs, rule.windowMs);
      pairs.push(pair);
      const expectation = this.expected.get(rule.name);
      if (expectation) {
        this.expected.delete(rule.name);
        fulfilled.push(expectation);
      }
    }
    if (pairs.length > 0) this.#bySeries.set(series, pairs);
    this.#table.need(series, longestMs);
    return { pairs, fulfilled };
  }

  unbind(series: number): void {
    for (const pair of this.#bySeries.get(series) ?? []) pair.gone = true;
    this.#bySeries.delete(series);
  }

  /** Replaces the rules: every pair is made anew and takes up the open episode of its key. */
  setRules(rules: readonly Rule[], state: PipelineState, now: number): readonly RulePair[] {
    for (const pair of this.all()) pair.gone = true;
    const quietSince = new Map<number, number>();
    for (const [series, pairs] of this.#bySeries) if (pairs[0]) quietSince.set(series, pairs[0].quietSince);
    this.#bySeries.clear();
    this.expected.clear();
    this.#byMetric = new Map();
    for (const rule of rules) {
      if (!rule.enabled) continue;
      const list = this.#byMetric.get(rule.metric);
      if (list) list.push(rule);
      else this.#byMetric.set(rule.metric, [rule]);
    }
    const made: RulePair[] = [];
    for (const series of this.#table.seriesOf(this.tenant)) {
      const { pairs } = this.bind(series, state, quietSince.get(series) ?? now);
      made.push(...pairs);
    }
    const answered = new Set(made.map((pair) => pair.rule));
    for (const rules of this.#byMetric.values()) {
      for (const rule of rules) {
        if (rule.aggregate !== 'absent' || answered.has(rule)) continue;
        const pair = this.expect(rule, now);
        pair.attach(state.openByKey.get(pair.key));
        made.push(pair);
      }
    }
    return made;
  }

  /** An `absent` rule that no series answers to speaks for the labels that it names itself. */
  expect(rule: Rule, now: number): RulePair {
    const named = Object.fromEntries(
      rule.match.filter((m) => m.op === '=' && m.value !== '').map((m) => [m.name, m.value]),
    );
    const pair = new RulePair(this.tenant, rule, -1, labelSet(named), now);
    this.expected.set(rule.name, pair);
    return pair;
  }
}
