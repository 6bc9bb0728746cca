// What a rule about unusual values expected over a span, and how strange it found each sample: its detector over the history,
// from so long before the span as a backtest begins. For plots.
import { detectors } from '../../analysis/detectors/index.ts';
import { anomalyFigure, beforeOf, isExcluded, missingOf } from '../../rules/anomaly.ts';
import { matchesAll } from '../../rules/matchers.ts';
import type { Before } from '../../rules/sight.ts';
import type { AnomalyRule } from '../../rules/types.ts';
import { seedOf } from '../detection/seed.ts';
import type { ExpectedAnswer, ExpectedQuestion, ExpectedSeries } from './questions.ts';
import type { Recorded } from './recorded.ts';

/** Series and samples of one answer; some megabytes of JSON. */
const mostSeries = 20;
const mostSamples = 20_000;

export function expected({ rule, from, to, match }: ExpectedQuestion, recorded: Recorded): ExpectedAnswer {
  const { series, index, times } = recorded;
  const wanted = series.flatMap(({ metric, labels }, place) => {
    const read = rule.readings.some((one) => one.metric === metric && matchesAll(one.match, labels));
    return read && matchesAll(match, labels) ? [place] : [];
  });
  const rows = new Map<number, number[]>(wanted.slice(0, mostSeries).map((place) => [place, []]));
  for (let row = 0; row < times.length; row++) rows.get(index[row]!)?.push(row);
  let left = mostSamples;
  const all: ExpectedSeries[] = [];
  for (const [place, own] of rows) {
    const one = seriesOf(rule, recorded, place, own, from, to, left);
    left -= one.timestamps.length;
    all.push(one);
  }
  return { from, to, series: all, more: wanted.length > all.length || left <= 0 };
}

type Columns = {
  -readonly [Key in Exclude<keyof ExpectedSeries, 'metric' | 'labels'>]: ExpectedSeries[Key][number][];
};

function seriesOf(
  rule: AnomalyRule,
  { series, times, values }: Recorded,
  place: number,
  rows: readonly number[],
  from: number,
  to: number,
  most: number,
): ExpectedSeries {
  const { metric, labels } = series[place]!;
  const { detection } = rule;
  const detector = detectors[detection.detector];
  const memory = detector.create(seedOf(metric, labels, detection.key));
  const out: Columns = {
    ...{ timestamps: [], values: [], low: [], mid: [], high: [], score: [], oneIn: [], verdicts: [] },
  };
  let firstAt: number | null = null;
  let before: Before | null = null;
  let lastAt = Number.NEGATIVE_INFINITY;
  let wasTrue = false;
  for (const row of rows) {
    const at = times[row]!;
    const value = values[row]!;
    if (at <= lastAt || at > to || out.timestamps.length >= most) continue;
    lastAt = at;
    if (isExcluded(detection, at)) continue;
    firstAt ??= at;
    const seen = detector.observe(memory, value, at);
    before = beforeOf(before, seen, value);
    const sight = { at, value, seen, firstAt, before };
    const figure = anomalyFigure(rule, sight);
    if (!Number.isNaN(figure)) wasTrue = figure >= (wasTrue ? (rule.resolveThreshold ?? 0) : 0);
    if (at < from) continue;
    const learning = missingOf(rule, sight) !== null;
    out.timestamps.push(at);
    out.values.push(Number.isFinite(value) ? value : null);
    out.low.push(seen.expected?.low ?? null);
    out.mid.push(seen.expected?.mid ?? null);
    out.high.push(seen.expected?.high ?? null);
    out.score.push(seen.score);
    out.oneIn.push(1 / seen.tail);
    out.verdicts.push(learning || Number.isNaN(figure) ? 'insufficient_data' : wasTrue ? 'true' : 'false');
  }
  return { metric, labels, ...out };
}
