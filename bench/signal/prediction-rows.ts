// The rows of predictions: simulated worlds whose seeds nothing was tuned on, and crossings in real metrics.
import { forecastModels } from '../../analysis/forecast/index.ts';
import { wilson } from '../../analysis/wilson.ts';
import { atLeast, atMost, type Report } from '../report.ts';
import { median } from '../statistics.ts';
import { readCorpus } from './corpus.ts';
import { type CrossingScore, crossingsOf, readMetrics } from './crossings.ts';
import { foretell, type Judged, type WorldScore } from './predictions.ts';

/** Tuning used seeds below 1,000. */
const firstSeed = 1_001;
const worlds = 16;
/** Samples take most of the time that a world takes: what fills up is foretold in the first few only. */
const sampledWorlds = 6;
const sure = 0.8;

type Claim = Pick<Judged, 'confidence' | 'came'>;

/** `data`: a folder in the layout of the Numenta Anomaly Benchmark. `petshop`: one with metrics.csv files. */
export function predictionRows(report: Report, data: string | undefined, petshop: string | undefined): void {
  simulatedRows(report);
  capacityRow(report);
  if (data !== undefined)
    crossingRow(
      report,
      'nab',
      readCorpus(data).map(({ times, values }) => crossingsOf(times, values)),
    );
  if (petshop !== undefined)
    crossingRow(
      report,
      'petshop',
      readMetrics(petshop).map(({ times, values }) => crossingsOf(times, values)),
    );
}

function simulatedRows(report: Report): void {
  const seeds = Array.from({ length: worlds }, (_, n) => firstSeed + n);
  const scores = foretell(seeds, false);
  const all = scores.flatMap(({ judged }) => judged);
  const high = all.filter(({ confidence }) => confidence >= sure);
  const came = high.filter((one) => one.came).length;
  const [low, top] = wilson(came, high.length);
  const of = `simulated worlds one after the other, seeds ${firstSeed} to ${firstSeed + worlds - 1}`;
  report.row({
    id: 'signal.predictions.sure',
    value: high.length,
    unit: `predictions with a confidence of .8 or more in ${of}`,
    bar: atLeast(200, 'count'),
    also: { all: all.length, disputed: scores.reduce((sum, { disputed }) => sum + disputed, 0) },
  });
  report.row({
    id: 'signal.predictions.precision',
    value: came / high.length,
    unit: 'of these came true',
    bar: atLeast(0.85, 'count'),
    spread: [low, top],
  });
  report.row({
    id: 'signal.predictions.precision_low',
    value: low,
    unit: 'lower end of the Wilson interval of that',
    bar: atLeast(0.8, 'count'),
    also: { by_luck: luckOf(high) },
  });
  report.row({
    id: 'signal.predictions.coverage',
    value: coverage(scores, sure),
    unit: 'of the predictable events were foretold with a confidence of .8 or more',
    bar: atLeast(0.35, 'count'),
    goal: 'value >= 0.5',
    also: {
      at_any_confidence: coverage(scores, 0),
      ...Object.fromEntries(
        ['periodic', 'cascade', 'burst'].map((kind) => [kind, coverage(scores, sure, kind)]),
      ),
    },
  });
  report.row({
    id: 'signal.predictions.calibration',
    value: calibrationError(all),
    unit: 'expected calibration error of all predictions, ten bins',
    bar: atMost(0.08, 'count'),
    goal: 'value <= 0.05',
  });
  for (const model of forecastModels) {
    const own = all.filter((one) => one.model === model);
    if (own.length === 0) continue;
    const ownHigh = own.filter(({ confidence }) => confidence >= sure);
    const ownCame = ownHigh.filter((one) => one.came).length;
    report.row({
      id: `signal.predictions.${model}`,
      value: own.length,
      unit: `predictions by ${model}`,
      also: {
        came: shareOf(own),
        sure: ownHigh.length,
        ...(ownHigh.length > 0 && { sure_came: ownCame / ownHigh.length }),
        calibration_error: calibrationError(own),
        median_window_s: own.map(({ from, to }) => (to - from) / 1_000).sort((a, b) => a - b)[
          own.length >> 1
        ]!,
      },
    });
  }
}

function capacityRow(report: Report): void {
  const scores = foretell(
    Array.from({ length: sampledWorlds }, (_, n) => firstSeed + n),
    true,
  );
  const own = scores.flatMap(({ judged }) => judged).filter(({ model }) => model === 'capacity');
  report.row({
    id: 'signal.predictions.capacity',
    value: own.length,
    unit: `predictions by capacity in the first ${sampledWorlds} worlds, with samples`,
    also: {
      events: scores.flatMap(({ events }) => events).filter(({ kind }) => kind === 'capacity').length,
      covered: coverage(scores, 0, 'capacity'),
      ...(own.length > 0 && { came: shareOf(own), ...spreadOf(own) }),
    },
  });
}

/** How wide windows are, and how long before their middle they are said, medians. */
function spreadOf(judged: readonly Judged[]): Record<string, number> {
  return {
    median_window_s: median(judged.map(({ from, to }) => (to - from) / 1_000)),
    median_ahead_s: median(judged.map(({ from, to, madeAt }) => ((from + to) / 2 - madeAt) / 1_000)),
  };
}

/** What share would have come true in a window of the same length, 17 minutes later. */
const luckOf = (judged: readonly Judged[]): number =>
  judged.filter(({ cameLater }) => cameLater).length / judged.length;

const shareOf = (claims: readonly Claim[]): number =>
  claims.filter(({ came }) => came).length / claims.length;

function coverage(scores: readonly WorldScore[], least: number, kind?: string): number {
  let asked = 0;
  let foretold = 0;
  for (const { judged, events } of scores) {
    const hit = new Set(judged.filter(({ confidence }) => confidence >= least).map(({ alert }) => alert));
    for (const event of events) {
      if (kind !== undefined && event.kind !== kind) continue;
      asked++;
      if (hit.has(event.alert)) foretold++;
    }
  }
  return foretold / asked;
}

/** Guo and others, "On Calibration of Modern Neural Networks", 2017: |share that came - mean confidence|, by size of the bin. */
function calibrationError(claims: readonly Claim[]): number {
  let sum = 0;
  for (let bin = 0; bin < 10; bin++) {
    const inBin = claims.filter(({ confidence }) => Math.min(9, Math.floor(10 * confidence)) === bin);
    const came = inBin.filter((one) => one.came).length;
    sum += Math.abs(came - inBin.reduce((total, { confidence }) => total + confidence, 0));
  }
  return sum / claims.length;
}

function crossingRow(report: Report, name: string, scores: readonly CrossingScore[]): void {
  const claims = scores.flatMap(({ judged }) => judged);
  const came = claims.filter((one) => one.came).length;
  const [low, high] = wilson(came, claims.length);
  report.row({
    id: `signal.predictions.${name}`,
    value: claims.length,
    unit: 'crossings of their own 99th percentile that were foretold in real metrics, percentile of the first half',
    also: {
      series: scores.length,
      crossings: scores.reduce((sum, { crossings }) => sum + crossings, 0),
      foretold: new Set(claims.flatMap(({ alert }) => alert ?? [])).size,
      ...(claims.length > 0 && {
        came: came / claims.length,
        came_low: low,
        came_high: high,
        mean_confidence: claims.reduce((sum, { confidence }) => sum + confidence, 0) / claims.length,
      }),
    },
  });
}
