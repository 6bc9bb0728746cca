// Who is there and who calls whom: layers from the gateways down to what others run, without a cycle.
import type { Edge } from '../../../analysis/signals.ts';
import type { Random } from '../simulation/random.ts';
import { normal, sample, second } from './draws.ts';
import type { Layer, SimulatedService } from './world.ts';

const names: Readonly<Record<Layer, readonly string[]>> = {
  edge: ['web-gateway', 'api-gateway', 'mobile-gateway'],
  application: [
    'checkout',
    'cart',
    'catalog',
    'search',
    'orders',
    'billing',
    'profile',
    'reviews',
    'pricing',
    'recommendations',
    'shipping',
    'notifications',
    'inventory',
    'wishlist',
    'loyalty',
    'support',
  ],
  shared: ['auth', 'sessions', 'feature-flags', 'media', 'rate-limiter', 'geo', 'translations', 'audit'],
  data: ['orders-db', 'users-db', 'catalog-db', 'billing-db', 'search-index', 'session-cache', 'events-db'],
  infrastructure: ['message-queue', 'object-store', 'service-mesh', 'dns', 'job-scheduler'],
  external: ['payment-provider', 'mail-provider', 'maps-provider', 'fraud-provider', 'sms-provider'],
};

export interface Topology {
  readonly services: readonly SimulatedService[];
  readonly edges: readonly Edge[];
  /** Names of those that call it, and of those that it calls. */
  readonly callers: ReadonlyMap<string, readonly string[]>;
  readonly callees: ReadonlyMap<string, readonly string[]>;
  service(name: string): SimulatedService;
}

const sharesOf: Readonly<Record<Layer, readonly [number, number]>> = {
  edge: [1, 3],
  application: [4, 16],
  shared: [2, 7],
  data: [2, 7],
  infrastructure: [1, 4],
  external: [1, 3],
};

const edge = (from: string, to: string): Edge => ({ from, to, confidence: 1, source: 'declared' });

export function topologyOf(random: Random): Topology {
  const size = random.next();
  const services: SimulatedService[] = [];
  for (const layer of Object.keys(sharesOf) as Layer[]) {
    const [least, most] = sharesOf[layer];
    const count = Math.max(1, Math.round(least + size * (most - least)));
    for (const name of sample(random, names[layer], count)) services.push(serviceOf(random, name, layer));
  }
  const edges = edgesOf(random, services);
  const callers = new Map<string, string[]>(services.map(({ name }) => [name, []]));
  const callees = new Map<string, string[]>(services.map(({ name }) => [name, []]));
  for (const { from, to } of edges) {
    callers.get(to)!.push(from);
    callees.get(from)!.push(to);
  }
  const byName = new Map(services.map((service) => [service.name, service]));
  return { services, edges, callers, callees, service: (name) => byName.get(name)! };
}

const serviceOf = (random: Random, name: string, layer: Layer): SimulatedService => ({
  name,
  layer,
  instances: layer === 'external' ? 1 : layer === 'data' ? random.int(2, 6) : random.int(3, 16),
  skewMs: Math.round(normal(random) * (random.chance(0.1) ? 12 : 3) * second),
  serviceLabel: random.chance(0.75) ? 'service' : random.chance(0.5) ? 'app' : 'job',
});

function edgesOf(random: Random, services: readonly SimulatedService[]): Edge[] {
  const of = (layer: Layer) => services.filter((service) => service.layer === layer).map(({ name }) => name);
  const found = new Map<string, Edge>();
  const add = (from: string, to: string) => void found.set(`${from}\n${to}`, edge(from, to));
  const [gateways, applications, shared, data] = [of('edge'), of('application'), of('shared'), of('data')];
  const [infrastructure, external] = [of('infrastructure'), of('external')];
  for (const gateway of gateways) {
    for (const callee of sample(random, applications, random.int(2, 6))) add(gateway, callee);
    if (random.chance(0.5)) add(gateway, random.pick(shared));
  }
  applications.forEach((application, n) => {
    const later = applications.slice(n + 1);
    for (const callee of sample(random, later, random.int(0, 2))) add(application, callee);
    for (const callee of sample(random, shared, random.int(0, 2))) add(application, callee);
    for (const callee of sample(random, data, random.int(0, 2))) add(application, callee);
    if (random.chance(0.35)) add(application, random.pick(infrastructure));
    if (random.chance(0.2)) add(application, random.pick(external));
  });
  for (const service of shared) {
    add(service, random.pick(data));
    if (random.chance(0.3)) add(service, random.pick(infrastructure));
  }
  const called = new Set([...found.values()].map(({ to }) => to));
  const nobodyCalls = (list: readonly string[]) => list.filter((name) => !called.has(name));
  for (const name of nobodyCalls(applications)) add(random.pick(gateways), name);
  for (const name of nobodyCalls([...shared, ...data, ...infrastructure, ...external]))
    for (const caller of sample(random, applications, 2)) add(caller, name);
  return [...found.values()];
}

/** What is written down of the edges: a share is missing, and some lead where nothing is called. */
export function declaredOf(random: Random, topology: Topology, missing: number, wrong: number): Edge[] {
  const kept = topology.edges.filter(() => random.next() >= missing);
  const known = new Set(topology.edges.map(({ from, to }) => `${from}\n${to}`));
  const count = Math.round(wrong * topology.edges.length);
  for (let tries = 0, added = 0; tries < 20 * count && added < count; tries++) {
    const [from, to] = sample(random, topology.services, 2);
    if (from!.layer === 'external' || to!.layer === 'edge' || known.has(`${from!.name}\n${to!.name}`))
      continue;
    kept.push(edge(from!.name, to!.name));
    added++;
  }
  return kept;
}
