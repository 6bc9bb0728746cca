// Root causes of simulated incidents on scoring seeds: the service at fault first, the category, what missing edges cost,
// evidence, and whether the confidence keeps its word. Weights were chosen on seeds below 1,000.
import { type CauseCategory, causeCategories, type RootCause } from '../../analysis/root-cause/hypothesis.ts';
import { findRootCause, limits } from '../../analysis/root-cause/root-cause.ts';
import type { AlertSignal, SeriesSignal } from '../../analysis/signals.ts';
import { wilson } from '../../analysis/wilson.ts';
import { atLeast, atMost, exactly, type Report } from '../report.ts';
import { type CauseQuestion, questionsOf } from './simulated-causes.ts';

/** Scoring seeds begin above 1,000. */
const firstSeed = 1_001;
const worlds = 60;

interface Answered {
  readonly question: CauseQuestion;
  readonly answer: RootCause;
}

const ask = (question: CauseQuestion): Answered => ({ question, answer: findRootCause(question.input) });

const isHit = ({ question, answer }: Answered): boolean => answer.hypotheses[0]?.service === question.service;

const partOf = (all: readonly Answered[], test: (one: Answered) => boolean): number =>
  all.filter(test).length / all.length;

/** The weighted distance of confidence and hits in ten bins: M. P. Naeini et al., "Obtaining Well Calibrated Probabilities Using Bayesian Binning", AAAI 2015. */
export function calibrationError(
  told: readonly { readonly confidence: number; readonly hit: boolean }[],
): number {
  const bins = Array.from({ length: 10 }, () => ({ confidence: 0, hits: 0 }));
  for (const { confidence, hit } of told) {
    const bin = bins[Math.min(9, Math.floor(confidence * 10))]!;
    bin.confidence += confidence;
    bin.hits += hit ? 1 : 0;
  }
  return bins.reduce((sum, { confidence, hits }) => sum + Math.abs(confidence - hits), 0) / told.length;
}

export function simulatedCauseRows(report: Report, count = worlds): void {
  const seeds = Array.from({ length: count }, (_, n) => firstSeed + n);
  let ms = 0;
  const all: Answered[] = [];
  for (const seed of seeds) {
    const questions = questionsOf(seed);
    const began = performance.now();
    all.push(...questions.map(ask));
    ms += performance.now() - began;
  }
  const hits = all.filter(isHit).length;
  const row = 'signal.root_cause.simulated';
  report.row({
    id: `${row}.hit1`,
    value: hits / all.length,
    unit: `of the incidents of ${count} worlds have the service at fault first`,
    bar: atLeast(0.88, 'count'),
    goal: 'value >= 0.94',
    spread: wilson(hits, all.length),
    also: { hits, incidents: all.length, first_seed: firstSeed, ms_each: ms / all.length },
  });
  const fewer = seeds.flatMap((seed) => questionsOf(seed, { missingEdges: 0.2 }).map(ask));
  const complete = seeds.flatMap((seed) => questionsOf(seed, { missingEdges: 0 }).map(ask));
  report.row({
    id: `${row}.missing_edges`,
    value: partOf(complete, isHit) - partOf(fewer, isHit),
    unit: 'less of them first with 20 % of the edges missing than with none missing',
    bar: atMost(0.08, 'count'),
    also: { hit1_none_missing: partOf(complete, isHit), hit1_fifth_missing: partOf(fewer, isHit) },
  });
  categoryRow(row, all, report);
  const hypotheses = all.flatMap(({ answer }) => answer.hypotheses);
  report.row({
    id: `${row}.without_evidence`,
    value: hypotheses.filter(({ evidence }) => evidence.length === 0).length,
    unit: `of ${hypotheses.length} hypotheses have no evidence`,
    bar: exactly(0),
  });
  report.row({
    id: `${row}.calibration`,
    value: calibrationError(
      all
        .filter(({ answer }) => answer.hypotheses.length > 0)
        .map((one) => ({ confidence: one.answer.hypotheses[0]!.confidence, hit: isHit(one) })),
    ),
    unit: 'expected calibration error of the first hypothesis, ten bins',
    also: { unknown: partOf(all, ({ answer }) => answer.verdict === 'unknown') },
  });
  const told = all.filter(({ answer }) => answer.verdict === 'unknown');
  report.row({
    id: `${row}.unknown_would_be_wrong`,
    value: told.length === 0 ? 1 : partOf(told, (one) => !isHit(one)),
    unit: 'of the unknown verdicts have another service first than the one at fault',
    also: { unknown: told.length },
  });
  largestRow(row, report);
}

function categoryRow(row: string, all: readonly Answered[], report: Report): void {
  const right = ({ question, answer }: Answered) => answer.hypotheses[0]?.category === question.category;
  const byCategory = causeCategories.map((category): [CauseCategory, number] => {
    const mine = all.filter(({ question }) => question.category === category);
    return [category, mine.length === 0 ? 0 : partOf(mine, right)];
  });
  report.row({
    id: `${row}.category`,
    value: byCategory.reduce((sum, [, accuracy]) => sum + accuracy, 0) / byCategory.length,
    unit: 'macro accuracy of the seven categories',
    bar: atLeast(0.65, 'count'),
    goal: 'value >= 0.8',
    also: Object.fromEntries(byCategory),
  });
}

/** As much as one call looks at: what it costs at most. */
function largestRow(row: string, report: Report): void {
  const now = 1_000 * 60_000;
  const name = (n: number) => `service-${n % 400}`;
  const alerts = Array.from(
    { length: limits.alerts },
    (_, n): AlertSignal => ({
      id: `alert-${n}`,
      key: `alert-${n % 900}`,
      name: n % 3 === 0 ? 'HighLatency' : 'HighErrorRate',
      labels: { service: name(n) },
      severity: 'high',
      text: '',
      at: now - (n % 600) * 1_000,
      endedAt: null,
    }),
  );
  const times = Float64Array.from({ length: 1_000 }, (_, n) => n * 60_000);
  const series = Array.from(
    { length: limits.series },
    (_, n): SeriesSignal => ({
      service: name(n),
      metric: ['latency_ms', 'error_rate', 'cpu', 'memory', 'requests'][Math.floor(n / 400) % 5]!,
      labels: {},
      times,
      values: times.map((_time, k) => ((k * 7919 + n * 104_729) % 1_000) / 1_000 + (k > 990 ? 1 : 0)),
    }),
  );
  const edges = Array.from({ length: limits.edges }, (_, n) => ({
    from: name(n * 31),
    to: name(n * 17 + Math.floor(n / 400) + 1),
    confidence: 1,
    source: 'learned' as const,
  }));
  const rounds = Array.from({ length: 3 }, () => {
    const began = performance.now();
    findRootCause({ alerts, changes: [], series, edges, now });
    return performance.now() - began;
  });
  report.row({
    id: `${row}.largest`,
    value: rounds.toSorted((a, b) => a - b)[1]!,
    unit: `ms for ${limits.alerts} alerts, ${limits.series} series of 1000 samples and ${limits.edges} edges`,
    spread: [Math.min(...rounds), Math.max(...rounds)],
  });
}
