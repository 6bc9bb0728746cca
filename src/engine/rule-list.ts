// The rules that read a series, in columns: made once for all series that the same rules read. For each rule and each
// verdict that it may have given there is the range of figures that leave it as it is, so that evaluating a pair is two
// comparisons. A figure is what a rule compares: the newest value, or the aggregate of a window.
import type { WindowAggregate } from '../../rules/aggregates/index.ts';
import { isAbsent, isSeriesRule, minuteSpanOf, pointSpanOf, type SeriesRule } from '../../rules/readings.ts';
import type { AnomalyRule, Reading, Rule } from '../../rules/types.ts';
import type { Watched } from '../detection/detections.ts';
import { bits, type LastVerdict, lastVerdicts } from './pair-states.ts';

/** Numbers of a rule in `ranges`: least and greatest for each of the verdicts and, as in the states, two bits of them. */
export const rangeStride = 8;

/** Whether silence means something to a rule. */
export function minds(rule: Rule): boolean {
  return isAbsent(rule) || rule.noData !== 'keep';
}

/** A rule and one thing that it reads. */
export interface Reader {
  readonly rule: Rule;
  readonly reading: Reading;
}

export class RuleList {
  /** Those that are evaluated at each sample, in their order in the file. */
  readonly rules: readonly SeriesRule[];
  /** Those of them that are about samples that do not come. */
  readonly absent: readonly SeriesRule[];
  /** Each window once, whatever the number of rules that read it. */
  readonly windows: readonly { readonly aggregate: WindowAggregate; readonly windowMs: number }[];
  /** Those about unusual values: each has a figure of its own, behind those of the windows. */
  readonly anomalies: readonly AnomalyRule[];
  /** How detectors watch the series, each way once, whatever the number of rules. */
  readonly watched: readonly Watched[];
  /** Number of figures: the newest value, the windows, the anomalies. */
  readonly figures: number;
  /** By rule: 0 for the newest value (also of `absent`, which reads none), n for window n - 1, and then the anomalies. */
  readonly figureOf: Uint16Array;
  /**
   * At rule · rangeStride + verdict · 2: the least and the greatest figure of a closed range. Least > greatest is a hole:
   * every figure but those between them. NaN: there is none.
   */
  readonly ranges: Float64Array;
  /** The places of the rules to which silence means something. */
  readonly minding: readonly number[];
  /** The states of new pairs. */
  readonly states: Uint8Array;
  /** See `SeriesTable.need`. */
  readonly spanMs: number;
  readonly minuteSpanMs: number;

  /** `all` that read the series, also those over several series: they have no pair, but their windows need points. */
  constructor(all: readonly Reader[]) {
    const rules = all.map(({ rule }) => rule).filter(isSeriesRule);
    this.rules = rules;
    this.absent = rules.filter(isAbsent);
    this.figureOf = new Uint16Array(rules.length);
    this.ranges = new Float64Array(rules.length * rangeStride).fill(Number.NaN);
    this.minding = rules.flatMap((rule, i) => (minds(rule) ? [i] : []));
    this.states = new Uint8Array(rules.length);
    for (const i of this.minding) this.states[i] = bits.unwatched;
    const windows: { aggregate: WindowAggregate; windowMs: number }[] = [];
    for (const [i, rule] of rules.entries()) {
      for (const [code, verdict] of lastVerdicts.entries())
        this.ranges.set(rangeOf(rule, verdict), i * rangeStride + code * 2);
      const { aggregate, windowMs } = rule;
      if (aggregate === 'last' || aggregate === 'absent') continue;
      let window = windows.findIndex((other) => other.aggregate === aggregate && other.windowMs === windowMs);
      if (window === -1) window = windows.push({ aggregate, windowMs }) - 1;
      this.figureOf[i] = window + 1;
    }
    this.windows = windows;
    this.anomalies = rules.filter((rule) => rule.type === 'anomaly');
    this.figures = 1 + windows.length + this.anomalies.length;
    let figure = 1 + windows.length;
    for (const [i, rule] of rules.entries()) if (rule.type === 'anomaly') this.figureOf[i] = figure++;
    this.watched = watchedBy(all);
    this.spanMs = Math.max(0, ...all.map(({ rule, reading }) => pointSpanOf(reading, rule.grid)));
    this.minuteSpanMs = Math.max(0, ...all.map(({ rule, reading }) => minuteSpanOf(reading, rule.grid)));
  }
}

function watchedBy(all: readonly Reader[]): readonly Watched[] {
  const byKey = new Map<string, Watched>();
  for (const { rule } of all) {
    if (rule.type !== 'anomaly') continue;
    const { detection, grid } = rule;
    const recent = grid !== undefined || byKey.get(detection.key)?.recent === true;
    byKey.set(detection.key, { detection, recent });
    if (rule.joint !== undefined) byKey.set(rule.joint.key, { detection: rule.joint, recent: false });
  }
  return [...byKey.values()];
}

const none = [Number.NaN, Number.NaN] as const;

/** The figures that leave a rule's verdict as it is, as `RuleList.ranges` has them. */
function rangeOf(rule: SeriesRule, verdict: LastVerdict): readonly [least: number, greatest: number] {
  if (verdict === 'unknown') return none;
  const isTrue = verdict === 'true';
  // Within the range of a level it may still move to another one.
  if (isTrue && rule.levels !== undefined) return none;
  const { aggregate, operator, threshold, resolveThreshold } = rule;
  if (aggregate === 'absent') return isTrue ? none : [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY];
  const limit = isTrue ? (resolveThreshold ?? threshold) : threshold;
  if (operator === 'eq' || operator === 'neq')
    return isTrue === (operator === 'eq') ? [limit, limit] : [above(limit), below(limit)];
  const withLimit = (operator === 'gte' || operator === 'lte') === isTrue;
  if ((operator === 'gt' || operator === 'gte') === isTrue)
    return [withLimit ? limit : above(limit), Number.POSITIVE_INFINITY];
  return [Number.NEGATIVE_INFINITY, withLimit ? limit : below(limit)];
}

const number = new Float64Array(1);
const pattern = new BigInt64Array(number.buffer);

/** The next larger number; `value` is finite. */
function above(value: number): number {
  if (value === 0) return Number.MIN_VALUE;
  number[0] = value;
  pattern[0]! += value > 0 ? 1n : -1n;
  return number[0];
}

function below(value: number): number {
  return -above(-value);
}
