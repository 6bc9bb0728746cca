// From a seed to a world. Each part draws from a stream of its own: what one draws more leaves the others as they are.
import type { PatternName } from '../../../analysis/patterns/pattern.ts';
import { Random } from '../simulation/random.ts';
import { between, hour, minute } from './draws.ts';
import { everyday } from './everyday.ts';
import { foreseeCascades, strike, strikesOf } from './incidents.ts';
import { patternsOf } from './pattern-truth.ts';
import { type Firing, keyOf, type Plan } from './plan.ts';
import { seriesOf } from './series.ts';
import { declaredOf, topologyOf } from './services.ts';
import { type Told, tell } from './telling.ts';
import {
  benignKinds,
  type IncidentOptions,
  type IncidentTruth,
  type IncidentWorld,
  type TruePattern,
} from './world.ts';

const streams = {
  topology: 1,
  declared: 2,
  strikes: 3,
  everyday: 4,
  telling: 5,
  series: 6,
  span: 7,
} as const;
/** 2025-01-06, a Monday, midnight UTC. */
const monday = 1_736_121_600_000;

/** A world of 6 to 12 hours; the same seed and options give the same world. Times are epoch milliseconds. */
export function simulateIncidents(seed: number, options: IncidentOptions = {}): IncidentWorld {
  const { missingEdges = 0.1, wrongEdges = 0.05, series = true } = options;
  const stream = (name: keyof typeof streams) => new Random(seed, 1_000 + streams[name]);
  const span = stream('span');
  const from = monday + span.int(0, 6 * 24 * 60) * minute;
  const to = from + Math.round(between(span, 6, 12)) * hour;
  const topology = topologyOf(stream('topology'));
  const plan: Plan = {
    from,
    to,
    topology,
    firings: [],
    effects: [],
    changes: [],
    incidents: [],
    shapes: [],
    foreseen: [],
  };
  const striking = stream('strikes');
  for (const one of strikesOf(striking, plan)) strike(striking, plan, one);
  everyday(stream('everyday'), plan);
  foreseeCascades(plan);
  const { news, told } = tell(stream('telling'), plan);
  const changes = plan.changes
    .filter(({ at }) => at >= from && at < to)
    .sort((one, other) => one.at - other.at)
    .map((change, n) => ({ id: `change-${n + 1}`, ...change }));
  return {
    seed,
    from,
    to,
    services: topology.services,
    trueEdges: topology.edges,
    declaredEdges: declaredOf(stream('declared'), topology, missingEdges, wrongEdges),
    news,
    changes,
    series: series ? seriesOf(stream('series'), plan) : [],
    truth: truthOf(plan, told),
  };
}

function truthOf(plan: Plan, told: ReadonlyMap<Firing, Told>): IncidentTruth {
  const patterns = patternsOf(plan, told);
  const idsWhere = (test: (firing: Firing) => boolean) =>
    [...told].flatMap(([firing, { alert }]) => (test(firing) ? [alert.id] : []));
  const incidents = plan.incidents
    .map((incident) => {
      const alerts = idsWhere(({ owner }) => owner.kind === 'incident' && owner.incident === incident);
      return { ...incident, alerts, patterns: presentIn(alerts, patterns) };
    })
    // A fault that nobody was told of is no incident to anybody.
    .filter(({ alerts }) => alerts.length > 0);
  const predictable = plan.foreseen.flatMap(({ firing, kind }) => {
    const alert = told.get(firing)?.alert;
    return alert === undefined ? [] : [{ key: keyOf(firing), at: alert.at, kind }];
  });
  return {
    incidents,
    patterns,
    noise: idsWhere(({ owner }) => owner.kind === 'noise'),
    benign: benignKinds.map((kind) => ({
      kind,
      alerts: idsWhere(({ owner }) => owner.kind === 'benign' && owner.benign === kind),
    })),
    predictable: predictable.sort((one, other) => one.at - other.at),
  };
}

function presentIn(alerts: readonly string[], patterns: readonly TruePattern[]): PatternName[] {
  const own = new Set(alerts);
  return [
    ...new Set(patterns.filter((one) => one.alerts.some((id) => own.has(id))).map(({ pattern }) => pattern)),
  ];
}
