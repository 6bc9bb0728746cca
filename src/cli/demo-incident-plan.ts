// One incident of the simulator, as it is told in the demo: what was measured and declared, and what fires of
// it, all of it moved in time so that it happens now.
import type { AlertSignal, Edge } from '../../analysis/signals.ts';
import { simulateIncidents, type TrueIncident } from '../testing/incidents/index.ts';

/** A cascade with more than a hundred alerts; the scoring of the analyses uses seeds above 1,000. */
const seed = 24;
const incidentId = 'incident-4';
const minuteMs = 60_000;
/** Samples are accepted that are an hour old; some time has to be left to push them. */
const measuredMs = 58 * minuteMs;
/** How long after the fault the demo takes place: what it did to the metrics is measured by then. */
const afterMs = 2.5 * minuteMs;

interface DemoSample {
  readonly metric: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
  /** Epoch milliseconds. */
  readonly timestamp: number;
}

export interface IncidentPlan {
  readonly truth: TrueIncident;
  readonly edges: readonly Edge[];
  readonly samples: readonly DemoSample[];
  /** In the order in which they became known; `at` is not in the future. */
  readonly alerts: readonly AlertSignal[];
}

/** `now` in epoch milliseconds. Times of the plan are no later than that. */
export function planIncident(now: number): IncidentPlan {
  const world = simulateIncidents(seed);
  const truth = world.truth.incidents.find(({ id }) => id === incidentId);
  if (truth === undefined) throw new Error(`the simulated world ${seed} has no ${incidentId}`);
  const until = truth.at + afterMs;
  const from = until - measuredMs;
  const moved = (at: number) => Math.min(now, Math.round(at - until + now));

  const own = new Set(truth.alerts);
  const first = new Map<string, AlertSignal>();
  for (const { kind, alert } of world.news)
    if (kind === 'fired' && own.has(alert.id) && alert.at > from && !first.has(alert.key))
      first.set(alert.key, { ...alert, at: moved(alert.at) });
  const alerts = [...first.values()];

  const samples: DemoSample[] = [];
  for (const { metric, labels, times, values } of world.series)
    for (const [n, at] of times.entries())
      if (at >= from && at <= until)
        samples.push({ metric, labels, value: values[n]!, timestamp: moved(at) });
  return {
    truth,
    edges: world.declaredEdges,
    samples,
    alerts,
  };
}
