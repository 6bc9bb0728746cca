// How the world tells of itself: each machine's clock is a little off, news take their time, and what fires already does
// not fire anew.
import type { AlertNews, AlertSignal } from '../../../analysis/signals.ts';
import type { Random } from '../simulation/random.ts';
import { kindOf } from './alert-kinds.ts';
import { exponential, second } from './draws.ts';
import { type Firing, instanceName, keyOf, type Plan } from './plan.ts';

export interface Told {
  readonly alert: AlertSignal;
  readonly seenAt: number;
}

/** News in the order in which they become known, and what was told of each firing. */
export function tell(random: Random, plan: Plan): { news: AlertNews[]; told: Map<Firing, Told> } {
  const real = withoutRepeats(plan).map((firing) => ({ firing, seenAt: firing.at + delay(random) }));
  real.sort((one, other) => one.seenAt - other.seenAt);
  const told = new Map<Firing, Told>();
  const news: AlertNews[] = [];
  real.forEach(({ firing, seenAt }, n) => {
    const alert = alertOf(random, firing, `alert-${n + 1}`);
    told.set(firing, { alert, seenAt });
    news.push({ kind: 'fired', alert, seenAt });
    const resolvedAt = Math.max(seenAt, firing.endedAt) + delay(random);
    if (resolvedAt >= plan.to) return;
    const ended = { ...alert, endedAt: Math.max(alert.at, firing.endedAt + firing.service.skewMs) };
    news.push({ kind: 'resolved', alert: ended, seenAt: resolvedAt });
  });
  // Sorting is stable: of one moment, what was made first is told first.
  return { news: news.sort((one, other) => one.seenAt - other.seenAt), told };
}

/** One in thirty hangs somewhere on the way. */
const delay = (random: Random): number =>
  Math.round(random.chance(0.03) ? exponential(random, 20 * second) : exponential(random, 2 * second));

function withoutRepeats(plan: Plan): Firing[] {
  const until = new Map<string, number>();
  return plan.firings
    .filter(({ at }) => at >= plan.from && at < plan.to - 90 * second)
    .sort((one, other) => one.at - other.at)
    .filter((firing) => {
      const key = keyOf(firing);
      if (firing.at <= (until.get(key) ?? 0)) return false;
      until.set(key, firing.endedAt);
      return true;
    });
}

const zones = ['zone-a', 'zone-b', 'zone-c'] as const;

function alertOf(random: Random, firing: Firing, id: string): AlertSignal {
  const { service, name, severity, instance, upstream } = firing;
  const where = instance === null ? service.name : instanceName(service, instance);
  const labels: Record<string, string> = { alertname: name, [service.serviceLabel]: service.name, severity };
  if (instance !== null) {
    labels.instance = where;
    labels.zone = zones[instance % zones.length]!;
  }
  if (upstream !== null) labels.upstream = upstream;
  const text = kindOf(name)
    .text.replace('{s}', service.name)
    .replace('{i}', where)
    .replace('{v}', String(random.int(11, 990) / 10));
  return {
    id,
    key: keyOf(firing),
    name,
    labels,
    severity,
    text,
    at: firing.at + service.skewMs,
    endedAt: null,
  };
}
