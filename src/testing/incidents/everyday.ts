// What goes on in operations that are well: jobs by the clock, alerts that come in pairs, ones that always come and go,
// single ones, deployments, and values that jump and mean nothing.
import type { Random } from '../simulation/random.ts';
import { type AlertName, alertKinds, kindOf, metricsOf, ofNobody, possible } from './alert-kinds.ts';
import {
  between,
  exponential,
  lognormal,
  minute,
  normal,
  poissonTimes,
  sample,
  second,
  weighted,
} from './draws.ts';
import { type Firing, fire, type Plan, someInstance } from './plan.ts';
import type { BenignKind, SimulatedService } from './world.ts';

interface Watch {
  readonly service: SimulatedService;
  readonly name: AlertName;
  readonly instance: number | null;
}

function watch(random: Random, { topology }: Plan, weights = ofNobody): Watch {
  const service = random.pick(topology.services.filter(({ layer }) => layer !== 'external'));
  const name = weighted(random, possible(weights, service.layer));
  return { service, name, instance: someInstance(random, service) };
}

const benign = (
  random: Random,
  plan: Plan,
  kind: BenignKind,
  where: Watch,
  at: number,
  most: number,
): Firing =>
  fire(plan, {
    ...where,
    at,
    endedAt: at + Math.min(most, lognormal(random, 90 * second, 0.7, 15 * second, 8 * minute)),
    owner: { kind: 'benign', benign: kind },
  });

/** All of it. */
export function everyday(random: Random, plan: Plan): void {
  for (let n = random.int(2, 5); n > 0; n--) periodic(random, plan);
  for (let n = random.int(2, 4); n > 0; n--) correlated(random, plan);
  for (let n = random.int(2, 4); n > 0; n--) chronic(random, plan);
  for (let n = random.int(0, 2); n > 0; n--) flapping(random, plan);
  if (random.chance(0.6)) almostPeriodic(random, plan);
  noise(random, plan);
  levels(random, plan);
  deployments(random, plan);
  jumps(random, plan);
}

function periodic(random: Random, plan: Plan): void {
  const where = watch(random, plan);
  const period = random.pick([10, 12, 15, 20, 30, 45, 60]) * minute;
  const jitter = between(random, second, Math.min(90 * second, 0.025 * period));
  const begin = random.chance(0.7)
    ? plan.from
    : between(random, plan.from, plan.from + (plan.to - plan.from) / 2);
  const end = random.chance(0.8) ? plan.to : between(random, begin, plan.to);
  const firings: Firing[] = [];
  for (let at = begin + random.next() * period; at < end; at += period) {
    if (random.chance(0.07)) continue;
    firings.push(benign(random, plan, 'periodic', where, at + jitter * normal(random), 0.4 * period));
  }
  if (firings.length < 5) return;
  plan.shapes.push({ pattern: 'periodic', firings, needed: 5 });
  plan.foreseen.push(...firings.slice(4).map((firing) => ({ firing, kind: 'periodic' as const })));
}

/** Gaps that vary by a third: regular to the eye, and nothing that a clock does. */
function almostPeriodic(random: Random, plan: Plan): void {
  const where = watch(random, plan);
  const mean = between(random, 8, 40) * minute;
  for (
    let at = plan.from + random.next() * mean;
    at < plan.to;
    at += mean * Math.max(0.2, 1 + 0.35 * normal(random))
  )
    benign(random, plan, 'chronic', where, at, 0.1 * mean);
}

function correlated(random: Random, plan: Plan): void {
  const [one, other] = [watch(random, plan), watch(random, plan)];
  const lag = lognormal(random, 25 * second, 0.9, 4 * second, 3 * minute);
  const jitter = between(random, 0.5, 4) * second;
  const firings: Firing[] = [];
  const seconds: Firing[] = [];
  let last = 0;
  for (const at of poissonTimes(random, plan.from, plan.to - 5 * minute, between(random, 0.8, 2.2))) {
    if (at - last < 6 * minute) continue;
    last = at;
    const first = benign(random, plan, 'correlated', one, at, 4 * minute);
    if (random.chance(0.1)) continue;
    const follower = benign(
      random,
      plan,
      'correlated',
      other,
      at + lag + jitter * normal(random),
      2 * minute,
    );
    firings.push(first, follower);
    seconds.push(follower);
  }
  for (const at of poissonTimes(random, plan.from, plan.to, 0.15))
    benign(random, plan, 'correlated', other, at, minute);
  if (seconds.length < 5) return;
  plan.shapes.push({ pattern: 'correlation', firings, needed: 10 });
  plan.foreseen.push(...seconds.slice(4).map((firing) => ({ firing, kind: 'cascade' as const })));
}

/** Comes and goes by chance, always; at times something shifts, and it comes far more often for a while. */
function chronic(random: Random, plan: Plan): void {
  const where = watch(random, plan);
  const perHour = between(random, 1.5, 3.5);
  const times = poissonTimes(random, plan.from, plan.to, perHour);
  const begin = times[random.int(8, 11)];
  const shifts = begin !== undefined && begin < plan.to - 30 * minute && random.chance(0.5);
  const until = shifts ? begin + between(random, 8, 25) * minute : 0;
  let last = 0;
  for (const at of times) {
    if (at - last < 70 * second || (shifts && at > begin - 3 * minute && at < until + 3 * minute)) continue;
    last = at;
    benign(random, plan, 'chronic', where, at, 50 * second);
  }
  if (!shifts) return;
  const firings: Firing[] = [];
  const gap = between(random, 45, 110) * second;
  for (let at = begin; at < until; at += 40 * second + exponential(random, gap - 40 * second))
    firings.push(benign(random, plan, 'chronic', where, at, 30 * second));
  const { metric } = kindOf(where.name);
  const size = between(random, 0.6, 1.2);
  plan.effects.push({
    service: where.service.name,
    metric,
    from: begin,
    riseMs: 0,
    to: until,
    fallMs: 0,
    size,
  });
  plan.shapes.push({ pattern: 'anomaly', firings, needed: 5 });
}

/** Fires again and again for some minutes, several times a day: many alerts at once are what it always does. */
function flapping(random: Random, plan: Plan): void {
  const where = watch(random, plan);
  for (const begin of poissonTimes(random, plan.from, plan.to, between(random, 0.3, 0.8))) {
    let at = begin;
    for (let n = random.int(3, 9); n > 0; n--) {
      benign(random, plan, 'chronic', where, at, 30 * second);
      at += 35 * second + exponential(random, 70 * second);
    }
  }
}

function noise(random: Random, plan: Plan): void {
  for (const at of poissonTimes(random, plan.from, plan.to, between(random, 3, 8))) {
    const where = watch(random, plan);
    const draft = { ...where, owner: { kind: 'noise' } as const };
    const endedAt = at + lognormal(random, 4 * minute, 0.9, 20 * second, 40 * minute);
    fire(plan, { ...draft, at, endedAt });
    if (random.chance(0.08))
      fire(plan, { ...draft, at: endedAt + 2 * minute, endedAt: endedAt + 4 * minute });
  }
}

/** Severities that rise one step only, or fall, or rise over hours. */
function levels(random: Random, plan: Plan): void {
  const all = ['info', 'warning', 'high', 'critical'] as const;
  for (let n = random.int(1, 3); n > 0; n--) {
    const where = watch(random, plan);
    const step = random.int(0, 2);
    const [severities, gap] = random.pick([
      [all.slice(step, step + 2), 3 * minute],
      [[...all].reverse(), 3 * minute],
      [all, 75 * minute],
    ] as const);
    let at = between(random, plan.from, plan.to - 15 * minute);
    for (const severity of severities) {
      if (at < plan.to)
        fire(plan, { ...where, severity, at, endedAt: at + 2 * minute, owner: { kind: 'noise' } });
      at += gap * between(random, 0.7, 1.4);
    }
  }
}

function deployments(random: Random, plan: Plan): void {
  const { from, to, topology, changes } = plan;
  const add = (at: number) => {
    const { name } = random.pick(topology.services.filter(({ layer }) => layer !== 'external'));
    const service = random.chance(0.06) ? null : name;
    const kind = random.chance(0.75) ? 'deploy' : 'config';
    const labels = service === null ? { scope: 'all' } : { service };
    changes.push({
      kind,
      service,
      labels,
      at,
      text: `${kind} ${service ?? 'of everything'} ${random.int(100, 999)}`,
    });
  };
  for (const at of poissonTimes(random, from, to, between(random, 1, 3))) add(at);
  // Chance puts innocent changes before faults too.
  for (const { at } of plan.incidents)
    if (random.chance(0.15)) add(Math.round(at - between(random, 1, 10) * minute));
}

/** Values that jump or have one spike where nothing is wrong; a rule notices half of them. */
function jumps(random: Random, plan: Plan): void {
  const names = Object.keys(alertKinds) as AlertName[];
  for (const at of poissonTimes(random, plan.from, plan.to - 40 * minute, between(random, 0.5, 1.2))) {
    const service = random.pick(plan.topology.services);
    const metric = random.pick(metricsOf(service.layer));
    const to = at + (random.chance(0.4) ? minute : between(random, 5, 30) * minute);
    plan.effects.push({
      service: service.name,
      metric,
      from: at,
      riseMs: 0,
      to,
      fallMs: 0,
      size: between(random, 0.7, 2),
    });
    const [name] = sample(
      random,
      names.filter((one) => kindOf(one).metric === metric),
      1,
    );
    if (name === undefined || random.chance(0.5)) continue;
    const delay = between(random, 10, 90) * second;
    fire(plan, { service, name, at: at + delay, endedAt: to + delay, owner: { kind: 'noise' } });
  }
}
