// The rows of the patterns: simulated worlds whose seeds nothing was tuned on.
import { type PatternName, patternNames } from '../../analysis/patterns/pattern.ts';
import { atLeast, atMost, type Report } from '../report.ts';
import { median } from '../statistics.ts';
import { patternCost } from './pattern-cost.ts';
import { f1Of, type PatternScore, type PatternScores, scorePatterns } from './patterns.ts';

/** Tuning used seeds below 1,000. */
const firstSeed = 1_001;
const worlds = 60;
const load = { minutes: 60, perMinute: 10_000 };

export function patternRows(report: Report): void {
  const seeds = Array.from({ length: worlds }, (_, n) => firstSeed + n);
  const scores = scorePatterns(seeds, 0.1);
  const macro = macroF1(scores);
  const of = `simulated worlds, seeds ${firstSeed} to ${firstSeed + worlds - 1}`;
  report.row({
    id: 'signal.patterns.macro_f1',
    value: macro,
    unit: `macro-F1 of seven patterns in ${of}`,
    bar: atLeast(0.85, 'count'),
    goal: 'value >= 0.92',
    also: Object.fromEntries(patternNames.map((name) => [name, f1Of(scores[name])])),
  });
  const fewer = macroF1(scorePatterns(seeds, 0.2));
  report.row({
    id: 'signal.patterns.missing_edges',
    value: macro - fewer,
    unit: 'macro-F1 lost with 20 % of the dependencies unknown instead of 10 %',
    bar: atMost(0.08, 'count'),
    also: { macro_f1: fewer },
  });
  const delays = patternNames.flatMap((name) => scores[name].delaysMs);
  report.row({
    id: 'signal.patterns.delay',
    value: median(delays) / 1_000,
    unit: 's from the complete evidence to the finding, median',
    bar: atMost(30, 'count'),
    also: {
      later_than_30_s: delays.filter((ms) => ms > 30_000).length / delays.length,
      worst_median: Math.max(...patternNames.map((name) => median(scores[name].delaysMs) / 1_000)),
    },
  });
  for (const name of patternNames) rowOf(report, name, scores[name]);
  const claims = patternNames.flatMap((name) => scores[name].claims);
  report.row({
    id: 'signal.patterns.calibration',
    value: calibrationError(claims),
    unit: 'expected calibration error of the confidence, ten bins',
    bar: null,
    also: { findings: claims.length, right: claims.filter(({ right }) => right).length },
  });
  costRows(report);
}

const macroF1 = (scores: PatternScores): number =>
  patternNames.reduce((sum, name) => sum + f1Of(scores[name]), 0) / patternNames.length;

const rowOf = (report: Report, name: PatternName, score: PatternScore): void =>
  report.row({
    id: `signal.patterns.${name}`,
    value: f1Of(score),
    unit: 'F1',
    bar: null,
    also: {
      right: score.right,
      wrong: score.wrong,
      missed: score.missed,
      delay_seconds: median(score.delaysMs) / 1_000,
      mean_confidence:
        score.claims.reduce((sum, { confidence }) => sum + confidence, 0) / score.claims.length,
    },
  });

/** Guo and others, "On Calibration of Modern Neural Networks", 2017: |share right - mean confidence|, by size of the bin. */
function calibrationError(claims: PatternScore['claims']): number {
  let sum = 0;
  for (let bin = 0; bin < 10; bin++) {
    const inBin = claims.filter(({ confidence }) => Math.min(9, Math.floor(10 * confidence)) === bin);
    const right = inBin.filter((claim) => claim.right).length;
    sum += Math.abs(right - inBin.reduce((total, { confidence }) => total + confidence, 0));
  }
  return sum / claims.length;
}

function costRows(report: Report): void {
  const cost = patternCost(load.minutes, load.perMinute);
  report.row({
    id: 'signal.patterns.alert',
    value: cost.usPerAlert,
    unit: 'us of CPU for each alert, seven patterns, 10,000 alerts a minute for an hour',
    bar: atMost(100),
    also: { alerts: cost.alerts, findings: cost.findings, longest_ms: cost.longestMs },
  });
  report.row({
    id: 'signal.patterns.heap',
    value: cost.heapMb,
    unit: 'MB of state after that hour',
    bar: atMost(64, 'count'),
  });
}
