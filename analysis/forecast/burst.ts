// One rule on many instances of a service: each alert makes further ones likelier for a while. A self-exciting process with
// an exponential kernel (A. G. Hawkes, "Spectra of some self-exciting and mutually exciting point processes", Biometrika
// 58, 1971): expected further alerts are the sum over the past ones, times the part of the known instances that has not
// fired yet. Nothing is said of which instance it is.
import { type AlertSignal, serviceLabels } from '../signals.ts';
import type { Proposal } from './prediction.ts';

export const burstMs = 60_000;
const memoryMs = 120_000;
const mostScopes = 1_000;
const mostServices = 1_000;
const mostInstances = 128;
const mostTimes = 64;
const least = 3;
/** Alerts that one alert brings with it, and how long that takes on average. */
const branching = 0.8;
const decayMs = 20_000;

interface Scope {
  /** When each key of the rule and service became known of, the latest time of each; oldest first. */
  readonly fired: Map<string, number>;
}

export interface BurstState {
  readonly scopes: Map<string, Scope>;
  /** Values of the label `instance` that were ever seen of a service. */
  readonly instances: Map<string, Set<string>>;
}

export const emptyBursts = (): BurstState => ({ scopes: new Map(), instances: new Map() });

interface Target {
  readonly key: string;
  readonly service: string;
  readonly labels: Readonly<Record<string, string>>;
}

/** Labels by which a further alert of the same rule and service is known; null where it names no service. */
export function scopeOf({ name, labels }: AlertSignal): Target | null {
  for (const label of serviceLabels) {
    const value = labels[label];
    if (value !== undefined && value !== '')
      return {
        key: `${name}\n${label}\n${value}`,
        service: `${label}\n${value}`,
        labels: { alertname: name, [label]: value },
      };
  }
  return null;
}

/** Takes in that an alert came, and says whether a further one of its rule and service is to come. */
export function observeBurst(state: BurstState, alert: AlertSignal, now: number): Proposal | null {
  const target = scopeOf(alert);
  if (target === null) return null;
  const known = instancesOf(state, target.service, alert.labels.instance);
  const scope = state.scopes.get(target.key) ?? { fired: new Map<string, number>() };
  keepLatest(state.scopes, target.key, scope, mostScopes);
  const { fired } = scope;
  fired.delete(alert.key);
  fired.set(alert.key, now);
  for (const [key, since] of fired) if (since <= now - memoryMs || fired.size > mostTimes) fired.delete(key);
  if (fired.size < least) return null;
  let excitement = 0;
  for (const since of fired.values()) excitement += Math.exp((since - now) / decayMs);
  const population = Math.max(known, fired.size);
  const open = (population - fired.size + 0.5) / (population + 1);
  const expected = branching * excitement * (1 - Math.exp(-burstMs / decayMs)) * open;
  return {
    model: 'burst',
    record: 'burst',
    key: target.key,
    matches: 'labels',
    labels: target.labels,
    from: now,
    to: now + burstMs,
    score: 1 - Math.exp(-expected),
    figures: { alerts: fired.size, known_instances: known, expected_further: expected },
  };
}

function instancesOf(state: BurstState, key: string, instance?: string): number {
  const seen = state.instances.get(key) ?? new Set<string>();
  keepLatest(state.instances, key, seen, mostServices);
  if (instance !== undefined && seen.size < mostInstances) seen.add(instance);
  return seen.size;
}

function keepLatest<T>(map: Map<string, T>, key: string, value: T, most: number): void {
  map.delete(key);
  map.set(key, value);
  if (map.size > most) map.delete(map.keys().next().value!);
}
