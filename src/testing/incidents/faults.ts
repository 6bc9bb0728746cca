// How a fault of each category spreads over the services and what it does to their metrics.
import type { CauseCategory } from '../../../analysis/root-cause/hypothesis.ts';
import type { Random } from '../simulation/random.ts';
import { type AlertName, ofCallers, ofOverload, ofRoot, possible } from './alert-kinds.ts';
import { between, lognormal, minute, second, weighted } from './draws.ts';
import type { Effect } from './plan.ts';
import type { Topology } from './services.ts';
import type { Layer, SimulatedService } from './world.ts';

/** Where faults of a category begin. */
export const rootLayers: Readonly<Record<CauseCategory, readonly Layer[]>> = {
  resource_exhaustion: ['application', 'application', 'shared', 'shared', 'data', 'infrastructure'],
  change: ['edge', 'application', 'application', 'shared', 'shared', 'data'],
  dependency_failure: ['external'],
  network: ['application', 'shared', 'shared', 'data', 'infrastructure'],
  traffic_surge: ['edge'],
  data_storage: ['data'],
  application_fault: ['edge', 'application', 'application', 'shared', 'shared'],
};

/** A service that the fault reaches. */
export interface Reached {
  readonly service: SimulatedService;
  readonly hop: number;
  /** The service that it got it from; null for the root. */
  readonly via: string | null;
  /** 1 at the root, less with each hop. */
  readonly strength: number;
  /** What its alerts are; empty where nobody watches or the watch does not see it. */
  readonly names: readonly AlertName[];
}

/** A fault as it comes and, of a weak service, comes again. */
export interface Fault {
  readonly category: CauseCategory;
  readonly root: SimulatedService;
  readonly reached: readonly Reached[];
  readonly resource: 'memory' | 'disk' | 'cpu';
}

/** A surge goes down with the requests; anything else goes up to the callers. */
const goesDown = (category: CauseCategory): boolean => category === 'traffic_surge';

/** A fault somewhere; a wide one where it reaches the most. */
export function faultOf(random: Random, topology: Topology, category: CauseCategory, wide: boolean): Fault {
  const tries = Array.from({ length: wide ? 5 : 1 }, () => faultAt(random, topology, category, wide));
  const alertsOf = ({ reached }: Fault) =>
    reached.reduce((sum, { names, service }) => sum + names.length * service.instances, 0);
  return tries.reduce((one, other) => (alertsOf(other) > alertsOf(one) ? other : one));
}

function faultAt(random: Random, topology: Topology, category: CauseCategory, wide: boolean): Fault {
  const layer = random.pick(rootLayers[category]);
  const root = random.pick(topology.services.filter((service) => service.layer === layer));
  const next = goesDown(category) ? topology.callees : topology.callers;
  const reached: Reached[] = [
    { service: root, hop: 0, via: null, strength: 1, names: rootNames(random, category, root) },
  ];
  const seen = new Set([root.name]);
  const most = wide ? Number.POSITIVE_INFINITY : random.pick([1, 3, 5, 8, 12, 16]);
  for (const { service, hop, strength } of reached) {
    for (const name of next.get(service.name)!) {
      if (seen.has(name) || reached.length >= most) continue;
      const weaker = strength * between(random, wide ? 0.75 : 0.6, 0.95);
      if (weaker < 0.3 || !random.chance(wide ? 0.95 : 0.8)) continue;
      seen.add(name);
      const other = topology.service(name);
      const names = callerNames(random, category, other, wide);
      reached.push({ service: other, hop: hop + 1, via: service.name, strength: weaker, names });
    }
  }
  const resource = root.layer === 'data' ? 'disk' : random.chance(0.7) ? 'memory' : 'cpu';
  return { category, root, reached, resource };
}

function some(
  random: Random,
  weights: readonly (readonly [AlertName, number])[],
  count: number,
): AlertName[] {
  const names = new Set<AlertName>();
  for (let n = 0; n < count; n++) names.add(weighted(random, weights));
  return [...names];
}

function rootNames(random: Random, category: CauseCategory, root: SimulatedService): AlertName[] {
  if (random.chance(root.layer === 'external' ? 0.15 : 0.04)) return [];
  return some(random, possible(ofRoot(category), root.layer), random.int(2, 5));
}

function callerNames(
  random: Random,
  category: CauseCategory,
  service: SimulatedService,
  wide: boolean,
): AlertName[] {
  if (random.chance(wide ? 0.06 : 0.15)) return [];
  const weights = possible(goesDown(category) ? ofOverload : ofCallers, service.layer);
  return some(random, weights, wide ? random.int(2, 5) : random.int(1, 4));
}

/** When the fault arrives at a service, after it arrived where it came from. */
export const lagMs = (random: Random, down: boolean, wide: boolean): number =>
  wide || down
    ? lognormal(random, 4 * second, 0.6, second, 15 * second)
    : lognormal(random, 18 * second, 0.8, 2 * second, 150 * second);

interface Spell {
  readonly service: string;
  readonly at: number;
  readonly endedAt: number;
}

const effect = (
  random: Random,
  { service, at, endedAt }: Spell,
  metric: string,
  size: number,
  riseMs = between(random, 5 * second, 60 * second),
): Effect => ({
  service,
  metric,
  from: at,
  riseMs,
  to: endedAt,
  fallMs: between(random, 20 * second, 4 * minute),
  size: size * between(random, 0.6, 1.5),
});

/** What the metrics of the service at fault show. */
export function rootEffects(random: Random, fault: Fault, spell: Spell): Effect[] {
  const add = (metric: string, size: number, riseMs?: number) => effect(random, spell, metric, size, riseMs);
  const maybe = (p: number, metric: string, size: number) => (random.chance(p) ? [add(metric, size)] : []);
  switch (fault.category) {
    case 'resource_exhaustion':
      return [
        add('latency_ms', 1.5),
        add('error_rate', 0.8),
        ...maybe(0.5, 'cpu', 1.2),
        ...maybe(0.4, 'saturation', 1),
        ...(fault.resource === 'disk' ? [add('disk_io', 1)] : []),
      ];
    case 'change':
      return [
        add('error_rate', 1.5, 10 * second),
        ...maybe(0.6, 'latency_ms', 1.5),
        ...maybe(0.4, 'cpu', 1),
        ...maybe(0.3, 'memory', 0.7),
        ...maybe(0.3, 'saturation', 1),
      ];
    case 'dependency_failure':
      return [add('error_rate', 2), ...maybe(0.7, 'latency_ms', 3)];
    case 'network':
      return [
        ...maybe(0.75, 'retransmits', 2),
        ...maybe(0.7, 'requests', -0.8),
        add('latency_ms', 1.2),
        ...maybe(0.6, 'error_rate', 0.8),
        add('cpu', -0.3),
      ];
    case 'traffic_surge':
      return [
        add('requests', 2.5, between(random, 30 * second, 3 * minute)),
        add('cpu', 1.5, 2 * minute),
        add('latency_ms', 1, 3 * minute),
        ...maybe(0.6, 'saturation', 1),
        ...maybe(0.3, 'retransmits', 0.6),
      ];
    case 'data_storage':
      return [
        add('latency_ms', 2),
        ...maybe(0.6, 'lock_waits', 2.5),
        ...maybe(0.45, 'replication_lag_s', 2.5),
        ...maybe(0.45, 'disk_io', 1.5),
        ...maybe(0.5, 'saturation', 1.2),
        ...maybe(0.3, 'cpu', 0.7),
        ...maybe(0.4, 'error_rate', 0.6),
      ];
    case 'application_fault':
      return [
        add('error_rate', 2, between(random, 10 * second, 3 * minute)),
        ...maybe(0.5, 'latency_ms', 1),
        ...maybe(0.3, 'cpu', 0.8),
        ...maybe(0.2, 'memory', 0.5),
        ...maybe(0.3, 'queue_depth', 1),
      ];
  }
}

/** What the metrics of a service show that the fault reaches from elsewhere. */
export function reachedEffects(random: Random, fault: Fault, reached: Reached, spell: Spell): Effect[] {
  const add = (metric: string, size: number) => effect(random, spell, metric, size * reached.strength);
  const maybe = (p: number, metric: string, size: number) => (random.chance(p) ? [add(metric, size)] : []);
  if (goesDown(fault.category))
    return [
      add('requests', 2),
      add('cpu', 1.2),
      ...maybe(0.7, 'latency_ms', 1.2),
      ...maybe(0.5, 'saturation', 1),
      ...maybe(0.4, 'error_rate', 0.7),
    ];
  return [
    ...maybe(0.85, 'latency_ms', 1.5),
    ...maybe(0.75, 'error_rate', 1.2),
    ...maybe(0.35, 'saturation', 1),
    ...maybe(0.3, 'requests', -0.4),
    ...maybe(0.25, 'cpu', -0.3),
    ...maybe(0.2, 'queue_depth', 1),
  ];
}
