// When which fault strikes, and what fires of it.
import { causeCategories } from '../../../analysis/root-cause/hypothesis.ts';
import type { Random } from '../simulation/random.ts';
import { type AlertName, kindOf } from './alert-kinds.ts';
import { between, exponential, hour, lognormal, minute, sample, second } from './draws.ts';
import { type Fault, faultOf, lagMs, type Reached, reachedEffects, rootEffects } from './faults.ts';
import { type Firing, fire, keyOf, type Owner, type Plan, type PlannedIncident } from './plan.ts';

/** One storm is a hundred alerts within a minute; a fault that is to be one repeats its alerts on every instance. */
const stormShare = 0.09;

interface Strike {
  readonly fault: Fault;
  readonly at: number;
  readonly wide: boolean;
}

/** Strikes over the world's time: single ones, ones that overlap, and weak services that fail again. */
export function strikesOf(random: Random, plan: Plan): Strike[] {
  const { from, to, topology } = plan;
  const strikes: Strike[] = [];
  const add = (at: number, elsewhere: Fault | null): Fault => {
    const wide = random.chance(stormShare);
    const make = () => faultOf(random, topology, random.pick(causeCategories), wide);
    let fault = make();
    for (let tries = 0; tries < 8 && elsewhere !== null && touch(fault, elsewhere); tries++) fault = make();
    strikes.push({ fault, at, wide });
    return fault;
  };
  const [first, last] = [from + 25 * minute, to - 35 * minute];
  const hours = (last - first) / hour;
  for (let n = 0; n < Math.round(hours * between(random, 0.5, 0.8)); n++) {
    const at = between(random, first, last);
    const fault = add(at, null);
    // Of two at once, most are in different parts; the others touch.
    const apart = random.chance(0.75);
    if (random.chance(0.25)) add(at + between(random, -3 * minute, 10 * minute), apart ? fault : null);
  }
  for (let n = 0; n < 1; n++) {
    const fault = faultOf(random, topology, random.pick(causeCategories), false);
    const spots = sample(random, [0, 1, 2, 3, 4, 5], random.int(2, 3));
    for (const spot of spots)
      strikes.push({
        fault,
        at: first + ((spot + between(random, 0.1, 0.7)) / 6) * (last - first),
        wide: false,
      });
  }
  return oneAtATime(strikes.sort((one, other) => one.at - other.at));
}

const touch = (one: Fault, other: Fault): boolean =>
  one.reached.some(({ service }) => other.reached.some((reached) => reached.service === service));

/** Two faults of one service at the same time would be one: the later one is left out. */
function oneAtATime(strikes: readonly Strike[]): Strike[] {
  const free = new Map<string, number>();
  return strikes.filter(({ fault, at }) => {
    if (at < (free.get(fault.root.name) ?? 0)) return false;
    free.set(fault.root.name, at + 75 * minute);
    return true;
  });
}

interface Open {
  readonly plan: Plan;
  readonly strike: Strike;
  readonly incident: PlannedIncident;
  readonly owner: Owner;
}

/** All that a strike does: effects, changes, firings. */
export function strike(random: Random, plan: Plan, one: Strike): void {
  const { fault, wide } = one;
  const at = Math.round(one.at);
  const endedAt = Math.min(
    plan.to - 3 * minute,
    at + Math.round(lognormal(random, 16 * minute, 0.5, 6 * minute, 45 * minute)),
  );
  const incident: PlannedIncident = {
    id: `incident-${plan.incidents.length + 1}`,
    rootService: fault.root.name,
    category: fault.category,
    at,
    endedAt,
  };
  plan.incidents.push(incident);
  const open: Open = { plan, strike: one, incident, owner: { kind: 'incident', incident } };
  if (fault.category === 'change') changeBefore(random, open);
  if (fault.category === 'resource_exhaustion') climb(random, open);
  else if (random.chance(fault.category === 'data_storage' ? 0.5 : 0.15)) escalate(random, open);
  const arrived = new Map<string, number>();
  const bursting = wide || !random.chance(0.5) ? null : random.pick(fault.reached);
  for (const reached of fault.reached) {
    const before = reached.via === null ? at : arrived.get(reached.via)!;
    const down = fault.category === 'traffic_surge';
    const here = reached.via === null ? at : before + lagMs(random, down, wide);
    arrived.set(reached.service.name, here);
    const spell = {
      service: reached.service.name,
      at: here,
      endedAt: endedAt + between(random, 0, 90 * second),
    };
    const effects =
      reached.via === null
        ? rootEffects(random, fault, spell)
        : reachedEffects(random, fault, reached, spell);
    plan.effects.push(...effects);
    alertsOf(random, open, reached, here, reached === bursting);
  }
}

function changeBefore(random: Random, { plan, incident }: Open): void {
  const kind = random.chance(0.65) ? 'deploy' : 'config';
  plan.changes.push({
    kind,
    service: incident.rootService,
    labels: { service: incident.rootService },
    text: kind === 'deploy' ? `deployed ${incident.rootService} v${random.int(100, 999)}` : 'changed limits',
    at: incident.at - Math.round(lognormal(random, 3 * minute, 0.7, 20 * second, 12 * minute)),
  });
}

function alertsOf(random: Random, open: Open, reached: Reached, at: number, bursts: boolean): void {
  const { service, names } = reached;
  for (const [n, name] of names.entries()) {
    if (random.chance(0.1)) continue;
    // What a rule waits for before it fires, and how soon it is evaluated.
    const start =
      at +
      (open.strike.wide
        ? between(random, 2 * second, 25 * second)
        : between(random, 5 * second, 75 * second));
    if (open.strike.wide)
      fan(random, open, reached, name, start, service.instances, between(random, 4, 40) * second);
    else if (bursts && n === 0 && service.instances >= 5)
      fan(
        random,
        open,
        reached,
        name,
        start,
        random.int(5, service.instances),
        between(random, 8, 55) * second,
      );
    else if (random.chance(0.12))
      fan(
        random,
        open,
        reached,
        name,
        start,
        Math.min(service.instances, random.int(2, 4)),
        between(random, 8, 55) * second,
      );
    else if (random.chance(0.05))
      fan(random, open, reached, name, start, service.instances, between(random, 5, 14) * minute);
    else one(random, open, reached, name, start, null);
  }
}

/** One rule on many instances; within a minute on five or more, it is a burst. */
function fan(
  random: Random,
  open: Open,
  reached: Reached,
  name: AlertName,
  start: number,
  count: number,
  spreadMs: number,
): void {
  const instances = sample(
    random,
    Array.from({ length: reached.service.instances }, (_, n) => n),
    count,
  );
  const firings = instances.map((instance) =>
    one(random, open, reached, name, start + between(random, 0, spreadMs), instance),
  );
  if (count < 5 || spreadMs >= minute) return;
  open.plan.shapes.push({ pattern: 'burst', firings, needed: 5 });
  const later = firings.toSorted((a, b) => a.at - b.at).slice(5);
  open.plan.foreseen.push(...later.map((firing) => ({ firing, kind: 'burst' as const })));
}

function one(
  random: Random,
  { plan, incident, owner, strike: { wide } }: Open,
  { service, via }: Reached,
  name: AlertName,
  at: number,
  instance: number | null,
): Firing {
  const calls = via !== null && incident.category !== 'traffic_surge';
  const draft = {
    service,
    name,
    // The rules of a service watch one place each: the same instance fails again.
    instance: instance ?? placeOf(name, service.name, service.instances),
    upstream: calls && kindOf(name).metric === 'error_rate' && random.chance(0.35) ? via : null,
    owner,
  };
  const end = incident.endedAt + between(random, 10 * second, 4 * minute);
  const flaps = random.chance(wide ? 0.06 : 0.22) ? random.int(1, 4) : 0;
  let begin = at;
  let firing: Firing | null = null;
  for (let n = 0; n <= flaps; n++) {
    const stop =
      n === flaps ? Math.max(end, begin + 30 * second) : begin + between(random, 20 * second, 150 * second);
    const made = fire(plan, { ...draft, at: begin, endedAt: stop });
    firing ??= made;
    begin = stop + 20 * second + exponential(random, 80 * second);
    if (begin > incident.endedAt) break;
  }
  return firing!;
}

function placeOf(name: string, service: string, instances: number): number | null {
  let sum = 3;
  for (const letter of service + name) sum = (sum * 33 + letter.charCodeAt(0)) % 10007;
  return sum % 3 === 0 ? null : sum % instances;
}

const levels = ['info', 'warning', 'high', 'critical'] as const;
const levelAt = { info: 0.7, warning: 0.8, high: 0.88, critical: 0.95 } as const;

/** Memory, disk or CPU that fills long before it hurts, with an alert when it is nearly full or at each of several levels. */
function climb(random: Random, { plan, strike: { fault }, incident, owner }: Open): void {
  const escalates = random.chance(0.55);
  const leadMs = between(random, 20 * minute, escalates ? 50 * minute : 110 * minute);
  const from = Math.max(plan.from, incident.at - leadMs);
  const { service } = fault.reached[0]!;
  plan.effects.push({
    service: service.name,
    metric: fault.resource,
    from,
    riseMs: incident.at - from,
    to: incident.endedAt,
    fallMs: between(random, 30 * second, 3 * minute),
    size: 0,
    level: 0.95,
  });
  const name = ({ memory: 'MemoryUsageHigh', disk: 'DiskUsageHigh', cpu: 'HighCPU' } as const)[
    fault.resource
  ];
  const instance = placeOf(name, service.name, service.instances);
  const steps = escalates ? levels.slice(random.int(0, 1)) : (['high'] as const);
  // The series starts from about .45.
  const times = steps.map(
    (level) =>
      from + ((levelAt[level] - 0.45) / 0.5) * (incident.at - from) + between(random, 2, 25) * second,
  );
  const firings = steps.map((severity, n) =>
    fire(plan, {
      service,
      name,
      severity,
      instance,
      owner,
      at: times[n]!,
      endedAt: (times[n + 1] ?? incident.endedAt) + 5 * second,
    }),
  );
  if (steps.length >= 3) plan.shapes.push({ pattern: 'escalation', firings, needed: 3 });
  if (fault.resource !== 'cpu')
    plan.foreseen.push(...firings.map((firing) => ({ firing, kind: 'capacity' as const })));
}

const escalating: readonly AlertName[] = ['HighLatency', 'ErrorBudgetBurn', 'SlowRequests', 'HighErrorRate'];

/** One rule whose severity rises within minutes, around the time at which the fault begins to hurt. */
function escalate(random: Random, { plan, strike: { fault }, incident, owner }: Open): void {
  const { service } = fault.reached[0]!;
  const name =
    fault.category === 'data_storage'
      ? random.pick(['ReplicationLag', 'SlowQueries', 'LockWaitsHigh'] as const)
      : random.pick(escalating);
  const instance = placeOf(name, service.name, service.instances);
  const steps = random.chance(0.2) ? levels.slice(1, 3) : levels.slice(random.int(0, 1));
  const firings: Firing[] = [];
  let at = incident.at + between(random, -6 * minute, minute);
  for (const severity of steps) {
    const next = at + lognormal(random, 2.5 * minute, 0.6, 35 * second, 8 * minute);
    const draft = { service, name, severity, instance, owner };
    const twice = random.chance(0.2);
    firings.push(fire(plan, { ...draft, at, endedAt: twice ? at + 10 * second : next }));
    if (twice) firings.push(fire(plan, { ...draft, at: at + 25 * second, endedAt: next }));
    at = next;
  }
  if (steps.length < 3) return;
  const third = firings.findIndex(({ severity }) => severity === steps[2]);
  plan.shapes.push({ pattern: 'escalation', firings, needed: third + 1 });
}

/** Alerts of a weak service that came with an earlier incident of it, in the same places, and come again. */
export function foreseeCascades(plan: Plan): void {
  const known = new Map<string, Set<string>>();
  const before = new Map<PlannedIncident, Set<string>>();
  for (const firing of plan.firings.toSorted((one, other) => one.at - other.at)) {
    if (firing.owner.kind !== 'incident') continue;
    const { incident } = firing.owner;
    if (firing.service.name === incident.rootService) continue;
    const all = known.get(incident.rootService) ?? new Set();
    known.set(incident.rootService, all);
    if (!before.has(incident)) before.set(incident, new Set(all));
    const seen = before.get(incident)!;
    const key = keyOf(firing);
    if (seen.delete(key)) plan.foreseen.push({ firing, kind: 'cascade' });
    all.add(key);
  }
}
