// Samples become verdicts here: every pair of the series is evaluated at each sample in time order, and only a change of
// verdict, or the time of `for` or `keep_firing_for`, becomes an input of the pipeline.
import { evaluators } from '../../rules/index.ts';
import type { Evaluation, SeriesWindow } from '../../rules/types.ts';
import { appended, emptyWindow, type SeriesTable } from '../ingest/series.ts';
import type { VerdictInput } from '../pipeline/input.ts';
import type { RulePair } from './pairs.ts';
import type { SettledSeries } from './settled.ts';
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
  readonly #table: SeriesTable;
  readonly #settled: SettledSeries;
  readonly #record: (series: number, at: number, value: number) => void;
  readonly #watch: (pair: RulePair) => void;
  // Filled in place for each evaluation: no allocation per sample.
  readonly #window: SeriesWindow = emptyWindow();
  readonly #result: Evaluation = { verdict: 'insufficient_data', value: Number.NaN };

  constructor(
    table: SeriesTable,
    settled: SettledSeries,
    record: (series: number, at: number, value: number) => void,
    watch: (pair: RulePair) => void,
  ) {
    this.#table = table;
    this.#settled = settled;
    this.#record = record;
    this.#watch = watch;
  }

  /**
   * Takes one sample. `change` is called for each pair with something to say, in the order of the rules, before the next
   * pair is evaluated.
   */
  sample(
    tenant: Pick<Tenant, 'pairs' | 'distrustBefore'>,
    series: number,
    at: number,
    value: number,
    now: number,
    change: (pair: RulePair, input: VerdictInput) => void,
  ): void {
    const { counts } = this;
    counts.samples += 1;
    const outcome = this.#table.append(series, at, value);
    const pairCount = this.#settled.pairs(series);
    // Also a sample that says nothing new: whoever sends has not fallen silent.
    if (pairCount > 0) this.#settled.arrived(series, now);
    if (outcome === appended.unchanged) {
      counts.unchanged += 1;
      if (at > tenant.distrustBefore) return;
    } else {
      this.#record(series, at, value);
      if (outcome === appended.late) {
        counts.late += 1;
        return;
      }
      if (outcome === appended.replaced) counts.replaced += 1;
    }
    if (pairCount === 0) return;
    counts.evaluations += pairCount;
    if (this.#settled.holds(series, at, value)) return;
    const pairs = tenant.pairs.of(series)!;
    this.#evaluate(pairs, series, at, change);
    this.#settled.settle(series, pairs, value);
  }

  /** Evaluates every pair of the series at its newest sample. */
  #evaluate(
    pairs: readonly RulePair[],
    series: number,
    at: number,
    change: (pair: RulePair, input: VerdictInput) => void,
  ): void {
    this.#table.view(series, this.#window);
    for (const pair of pairs) {
      if (pair.minds && !pair.watched) this.#watch(pair);
      const { rule } = pair;
      evaluators[rule.type](rule, this.#window, at, pair.verdict === 'true' && !pair.quiet, this.#result);
      pair.value = this.#result.value;
      const { verdict } = this.#result;
      if (verdict === 'insufficient_data') continue;
      pair.quiet = false;
      if (verdict === pair.verdict && at < pair.wakeAt) continue;
      if (verdict === 'false' && pair.verdict === 'unknown') {
        // No episode is open (an open one would have set the verdict): nothing to tell.
        pair.verdict = 'false';
        continue;
      }
      change(pair, {
        kind: 'verdict',
        rule,
        subject: pair.subject,
        verdict,
        value: Number.isFinite(this.#result.value) ? this.#result.value : null,
        sampleAt: at,
        cause: 'sample',
      });
    }
  }
}
