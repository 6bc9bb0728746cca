// The analysis of root causes: what broke, from the alerts of one incident and what was measured and changed around them.
// Every service that the alerts can have come from is a candidate; what is known of it becomes evidence with a weight; the
// weights add up to the logarithm of its odds against the other candidates and against "none of these".
import type { AlertSignal, ChangeSignal, Edge, SeriesSignal } from '../signals.ts';
import { serviceOf } from '../signals.ts';
import { categoryOf } from './category.ts';
import { dependenciesOf } from './dependency.ts';
import { evidenceOf, oddsOf } from './evidence.ts';
import { candidatesOf } from './features.ts';
import { type FlowOptions, usualFlow } from './flow.ts';
import type { Hypothesis, RootCause } from './hypothesis.ts';
import { observe } from './observed.ts';
import { byText } from './order.ts';
import { noneOfThese } from './weights.ts';

export interface RootCauseInput {
  /** Of one incident, in any order; at least one. */
  readonly alerts: readonly AlertSignal[];
  readonly changes: readonly ChangeSignal[];
  /** Before the onset and after it: an hour before is enough for a level, a day and more for a good noise. */
  readonly series: readonly SeriesSignal[];
  readonly edges: readonly Edge[];
  /** Epoch milliseconds; what is later is not looked at. */
  readonly now: number;
}

export interface RootCauseOptions {
  /** The verdict is `unknown` below this confidence. */
  readonly unknownBelow?: number;
  /** Hypotheses that are answered. */
  readonly most?: number;
  /** What counts as a loss that passes along calls. */
  readonly flow?: FlowOptions;
}

/** What one call looks at; of more, the earliest alerts, the latest changes, the surest edges. */
export const limits = { alerts: 5_000, changes: 1_000, series: 2_000, edges: 20_000 } as const;

/**
 * Ranked hypotheses, each with the evidence that it rests on. The order of the input does not matter. Time and memory are
 * bounded by `limits` and by 720 samples before and 240 after the onset of each series. An incident without an alert that
 * names a service has no hypotheses.
 */
export function findRootCause(
  input: RootCauseInput,
  { unknownBelow = 0.35, most = 10, flow = usualFlow }: RootCauseOptions = {},
): RootCause {
  const { now } = input;
  const alerts = [...input.alerts]
    .filter(({ at, labels }) => at <= now && serviceOf(labels) !== null)
    .sort((a, b) => a.at - b.at || byText(a.id, b.id))
    .slice(0, limits.alerts);
  if (alerts.length === 0) return { verdict: 'unknown', hypotheses: [] };
  const changes = [...input.changes]
    .filter(({ at }) => at <= now)
    .sort((a, b) => b.at - a.at || byText(a.id, b.id))
    .slice(0, limits.changes);
  const edges =
    input.edges.length <= limits.edges
      ? input.edges
      : [...input.edges]
          .sort((a, b) => b.confidence - a.confidence || byText(a.from, b.from) || byText(a.to, b.to))
          .slice(0, limits.edges);
  const observed = observe(alerts, changes, seriesWithin(input.series, alerts), now);
  const dependencies = dependenciesOf(edges);
  const scored = candidatesOf(observed, dependencies, now, flow)
    .map((candidate) => ({ candidate, odds: oddsOf(candidate) }))
    .sort((a, b) => b.odds - a.odds || byText(a.candidate.service, b.candidate.service));
  const highest = Math.max(noneOfThese, scored[0]?.odds ?? 0);
  let all = Math.exp(noneOfThese - highest);
  for (const { odds } of scored) all += Math.exp(odds - highest);
  const hypotheses: Hypothesis[] = [];
  for (const { candidate, odds } of scored) {
    if (hypotheses.length >= most) break;
    const evidence = evidenceOf(candidate, observed);
    if (evidence.length === 0) continue;
    hypotheses.push({
      service: candidate.service,
      category: categoryOf(candidate, observed),
      confidence: Math.exp(odds - highest) / all,
      evidence,
    });
  }
  const found = (hypotheses[0]?.confidence ?? 0) >= unknownBelow;
  return { verdict: found ? 'found' : 'unknown', hypotheses };
}

/** Too many series: those of services that alerted first, then by name. */
function seriesWithin(
  series: readonly SeriesSignal[],
  alerts: readonly AlertSignal[],
): readonly SeriesSignal[] {
  if (series.length <= limits.series) return series;
  const alerted = new Set(alerts.map(({ labels }) => serviceOf(labels)));
  const place = ({ service }: SeriesSignal): number => (alerted.has(service) ? 0 : 1);
  return [...series]
    .sort(
      (a, b) => place(a) - place(b) || byText(a.service ?? '', b.service ?? '') || byText(a.metric, b.metric),
    )
    .slice(0, limits.series);
}
