// Which series the rules with a threshold read, and what the rules would say a figure of them is now: what fills up is
// foretold from these.
import type { Threshold, WatchedSample } from '../../analysis/forecast/index.ts';
import { aggregateAt } from '../../rules/aggregates/index.ts';
import { canonicalLabels } from '../../rules/labels.ts';
import { matchesAll } from '../../rules/matchers.ts';
import type { Rule, ThresholdRule } from '../../rules/types.ts';
import { emptyWindow, type SeriesTable } from '../ingest/series.ts';
import { subjectOf } from '../pipeline/identify.ts';

/** Pairs of a rule and a series, of each tenant. */
const mostWatched = 2_000;
/** Pairs that are looked at, and so many in a piece. */
const mostLooked = 100_000;
const lookedAtOnce = 64;
/** A series that is silent for so long says nothing of now. */
const freshMs = 300_000;
/** What a forecast says of itself is as long as this. */
const longestName = 1_024;

interface Watched {
  /** The number of a series may be another one's by now. */
  readonly generation: number;
  readonly name: string;
  readonly thresholds: readonly Threshold[];
}

export class WatchedSeries {
  readonly #table: SeriesTable;
  /** By rule, then by series; null: the rule does not read it. */
  readonly #known = new WeakMap<ThresholdRule, Map<number, Watched | { readonly generation: number }>>();
  readonly #window = emptyWindow();

  constructor(table: SeriesTable) {
    this.#table = table;
  }

  /**
   * What is measured of each pair, not later than `now`, epoch milliseconds; null: pairs were looked at of which there is
   * nothing to say. Returns how many series of how many rules were left out because there were too many.
   */
  *of(tenant: string, rules: readonly Rule[], now: number): Generator<WatchedSample | null, number> {
    const table = this.#table;
    let watched = 0;
    let looked = 0;
    let left = 0;
    for (const rule of rules) {
      if (!isWatched(rule)) continue;
      // Series come and go while others have their turn: a number may be that of another one then.
      const all = table.byMetric(tenant, rule.metric).map((id) => [id, table.generation(id)] as const);
      for (const [n, [series, generation]] of all.entries()) {
        if (watched >= mostWatched || looked >= mostLooked) {
          left += all.length - n;
          break;
        }
        if (++looked % lookedAtOnce === 0) yield null;
        if (table.generation(series) !== generation) continue;
        const sample = this.#sample(rule, series, now);
        if (sample === null) continue;
        watched++;
        yield sample;
      }
    }
    return left;
  }

  #sample(rule: ThresholdRule, series: number, now: number): WatchedSample | null {
    const at = this.#table.newestAt(series);
    if (!(at > now - freshMs)) return null;
    const known = this.#knownOf(rule, series);
    if (!('name' in known)) return null;
    const value = this.#figure(rule, series, at);
    if (!Number.isFinite(value)) return null;
    return { series: known.name, at: Math.min(at, now), value, thresholds: known.thresholds };
  }

  #figure({ aggregate, windowMs }: ThresholdRule, series: number, at: number): number {
    if (aggregate === 'absent') return Number.NaN;
    if (aggregate === 'last') return this.#table.newestValue(series);
    this.#table.view(series, this.#window);
    return aggregateAt(aggregate, windowMs, this.#window, at);
  }

  #knownOf(rule: ThresholdRule, series: number): Watched | { readonly generation: number } {
    let known = this.#known.get(rule);
    if (known === undefined) {
      known = new Map();
      this.#known.set(rule, known);
    }
    const generation = this.#table.generation(series);
    const own = known.get(series);
    if (own?.generation === generation) return own;
    const made = { generation, ...this.#watch(rule, series) };
    known.set(series, made);
    return made;
  }

  #watch(rule: ThresholdRule, series: number): Omit<Watched, 'generation'> | null {
    const seriesLabels = this.#table.labelsOf(series);
    if (!matchesAll(rule.match, seriesLabels)) return null;
    const { key, labels } = subjectOf(rule, seriesLabels);
    const name = `${rule.name}: ${rule.metric}${canonicalLabels(seriesLabels)}`;
    if (name.length > longestName) return null;
    const side = rule.operator === 'gt' || rule.operator === 'gte' ? 'above' : 'below';
    return { name, thresholds: [{ key, labels, value: rule.threshold, side, forMs: rule.forMs }] };
  }
}

/** Of one series, and with a side on which it is bad. */
function isWatched(rule: Rule): rule is ThresholdRule {
  return (
    rule.enabled &&
    rule.type === 'threshold' &&
    rule.grid === undefined &&
    rule.aggregate !== 'absent' &&
    rule.operator !== 'eq' &&
    rule.operator !== 'neq'
  );
}
