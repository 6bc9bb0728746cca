// Samples become verdicts here: every pair of the series is evaluated at each sample in time order, and only a change of
// verdict, or the time of `for` or `keep_firing_for`, becomes an input of the pipeline.
import { aggregateAt } from '../../rules/aggregates/index.ts';
import { anomalyFigure, findingOf } from '../../rules/anomaly.ts';
import { hasLevels, levelReached } from '../../rules/levels.ts';
import { shownValue, verdictOf } from '../../rules/threshold.ts';
import type { SeriesWindow, Severity } from '../../rules/types.ts';
import { oneRow, type SampleRows } from '../ingest/sample-rows.ts';
import { appended, emptyWindow, type SeriesTable } from '../ingest/series.ts';
import type { VerdictInput } from '../pipeline/input.ts';
import { bits } from './pair-states.ts';
import type { PairTable } from './pairs.ts';
import type { RulePair } from './rule-pair.ts';
import type { SettledSeries } from './settled.ts';
import { StoredSamples } from './stored-samples.ts';
import type { Tenant } from './tenant.ts';

export interface SampleCounts {
  samples: number;
  late: number;
  unchanged: number;
  replaced: number;
  evaluations: number;
}

export class Evaluator {
  readonly counts: SampleCounts = { samples: 0, late: 0, unchanged: 0, replaced: 0, evaluations: 0 };
  /** To be told of the end of each turn. */
  readonly stored = new StoredSamples();
  readonly #table: SeriesTable;
  readonly #settled: SettledSeries;
  readonly #record: (rows: SampleRows, row: number) => void;
  readonly #watch: (pair: RulePair) => void;
  // Filled in place for each evaluation: no allocation per sample.
  readonly #one = oneRow();
  readonly #window: SeriesWindow = emptyWindow();
  #figures = new Float64Array(8);

  constructor(
    table: SeriesTable,
    settled: SettledSeries,
    record: (rows: SampleRows, row: number) => void,
    watch: (pair: RulePair) => void,
  ) {
    this.#table = table;
    this.#settled = settled;
    this.#record = record;
    this.#watch = watch;
  }

  /** Takes one sample, see `row`. */
  sample(
    tenant: Pick<Tenant, 'pairs'>,
    series: number,
    at: number,
    value: number,
    now: number,
    change: (pair: RulePair, input: VerdictInput) => void,
  ): void {
    const one = this.#one;
    one.series[0] = series;
    one.times[0] = at;
    one.values[0] = value;
    this.row(tenant, one, 0, now, change);
  }

  /**
   * Takes the sample of a row. `change` is called for each pair with something to say, in the order of the rules, before
   * the next pair is evaluated.
   */
  row(
    tenant: Pick<Tenant, 'pairs'>,
    rows: SampleRows,
    row: number,
    now: number,
    change: (pair: RulePair, input: VerdictInput) => void,
  ): void {
    const { counts } = this;
    const series = rows.series[row]!;
    counts.samples += 1;
    const outcome = this.#table.appendRow(rows, row);
    const pairCount = this.#settled.pairs(series);
    // Also a sample that says nothing new: whoever sends has not fallen silent.
    if (pairCount > 0) this.#settled.arrived(series, now);
    if (outcome === appended.unchanged) {
      counts.unchanged += 1;
      if (this.stored.has(series)) return;
    } else {
      this.#record(rows, row);
      if (outcome === appended.late) {
        counts.late += 1;
        return;
      }
      if (outcome === appended.replaced) counts.replaced += 1;
    }
    this.stored.evaluated(series);
    const at = rows.times[row]!;
    const value = rows.values[row]!;
    const watched = this.#settled.detections.feed(series, at, value, now);
    if (pairCount === 0) return;
    counts.evaluations += pairCount;
    if (!watched && this.#settled.holds(rows, row)) return;
    this.#evaluate(tenant.pairs, series, at, value, change);
  }

  #evaluate(
    pairs: Pick<PairTable, 'pair'>,
    series: number,
    at: number,
    value: number,
    change: (pair: RulePair, input: VerdictInput) => void,
  ): void {
    const figures = this.#figuresOf(series, at, value);
    const first = this.#settled.evaluate(series, figures);
    if (first === -1) return;
    const count = this.#settled.pairs(series);
    for (let i = first; i < count; i++) this.#judge(pairs, series, i, at, change);
    this.#settled.settle(series, figures);
  }

  /** What the rules of the series compare at its newest sample. Each window is read once, whatever the number of rules. */
  #figuresOf(series: number, at: number, value: number): Float64Array {
    const { windows, anomalies, figures: all } = this.#settled.list(series);
    const count = windows.length;
    if (all > this.#figures.length) this.#figures = new Float64Array(all * 2);
    const figures = this.#figures;
    figures[0] = value;
    if (count > 0) this.#table.view(series, this.#window);
    for (let i = 0; i < count; i++) {
      const { aggregate, windowMs } = windows[i]!;
      figures[i + 1] = aggregateAt(aggregate, windowMs, this.#window, at);
    }
    const { detections } = this.#settled;
    for (let i = 0; i < anomalies.length; i++) {
      const rule = anomalies[i]!;
      figures[count + 1 + i] = anomalyFigure(rule, detections.sight(series, rule.detection.key));
    }
    return figures;
  }

  /** Evaluates one pair of the series at its newest sample. */
  #judge(
    pairs: Pick<PairTable, 'pair'>,
    series: number,
    index: number,
    at: number,
    change: (pair: RulePair, input: VerdictInput) => void,
  ): void {
    const { states } = this.#settled;
    const { rules, figureOf } = this.#settled.list(series);
    const place = this.#settled.block(series) + index;
    if (states.has(place, bits.unwatched)) this.#watch(pairs.pair(series, index));
    const rule = rules[index]!;
    const figure = this.#figures[figureOf[index]!]!;
    const before = states.verdict(place);
    const wasTrue = before === 'true' && !states.has(place, bits.quiet);
    let verdict = verdictOf(rule, figure, wasTrue);
    if (verdict === 'insufficient_data') return;
    let severity: Severity | null = null;
    let moved = false;
    if (hasLevels(rule)) {
      const level = wasTrue ? pairs.pair(series, index).level : null;
      severity = levelReached(rule, figure, level);
      verdict = severity === null ? 'false' : 'true';
      moved = wasTrue && severity !== level;
    }
    states.set(place, bits.quiet, false);
    if (verdict === before && !moved && at < states.wakeAt(place)) return;
    if (verdict === 'false' && before === 'unknown') {
      // No episode is open (an open one would have set the verdict): nothing to tell.
      states.setVerdict(place, 'false');
      return;
    }
    const pair = pairs.pair(series, index);
    const sight = rule.type === 'anomaly' ? this.#settled.detections.sight(series, rule.detection.key) : null;
    const finding = rule.type === 'anomaly' && sight !== null ? findingOf(rule, sight) : null;
    change(pair, {
      kind: 'verdict',
      rule,
      subject: pair.subject,
      verdict,
      ...(severity !== null && { severity }),
      value: rule.aggregate === 'absent' ? null : shownValue(sight === null ? figure : sight.value, verdict),
      ...(finding !== null && { finding }),
      sampleAt: at,
      cause: 'sample',
    });
  }
}
