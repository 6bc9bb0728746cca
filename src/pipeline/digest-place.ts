// Where what is not urgent goes: the digest that takes the place of a route's groups.
import { formatDuration } from '../../rules/duration.ts';
import type { Labels, Severity } from '../../rules/types.ts';
import { type DigestPlan, type DigestRule, neverCollected } from './digest-rule.ts';
import { groupKeyOf, type Route, type RoutingConfig } from './routing.ts';

/** What a route collects of a severity: as it says itself, else its receiver, else the strategy; null: it does not. */
export function digestOf(routing: RoutingConfig, route: Route, severity: Severity): DigestPlan | null {
  if (neverCollected.includes(severity)) return null;
  const receiver = routing.receivers.get(route.receiver);
  const written = route.digest !== undefined ? route.digest : receiver?.digest;
  const rule = written !== undefined ? written : byStrategy(routing, route, severity);
  return rule?.severities.includes(severity) ? { ...rule, zone: routing.timeZone ?? 'UTC' } : null;
}

function byStrategy(routing: RoutingConfig, route: Route, severity: Severity): DigestRule | null {
  const named = route.strategy ?? routing.receivers.get(route.receiver)?.strategy ?? severity;
  return routing.digests?.get(named) ?? null;
}

/** Whether such a path is that of a digest. */
export const isDigestPath = (path: string): boolean => / digest \S+$/.test(path);

/** Of two routes that share a digest the newer one; what fires on is told again as often as either asks for. */
export function sharing(known: Route, route: Route): Route {
  const { repeatIntervalMs } = known;
  return repeatIntervalMs < route.repeatIntervalMs ? { ...route, repeatIntervalMs } : route;
}

/** The digest that takes the place of the route's groups. Routes that differ in nothing a digest knows share it. */
export function digestPlace(
  route: Route,
  plan: DigestPlan,
): { readonly route: Route; readonly groupKey: string; readonly groupLabels: Labels } {
  const receiver = plan.to ?? route.receiver;
  const own = route.mute.length > 0 || route.active.length > 0 || route.strategy != null;
  const path = `${own ? route.path : '{}'} digest ${formatDuration(plan.everyMs)}`;
  const labels: Labels = Object.freeze({});
  return {
    route: { ...route, path, receiver, groupBy: [], continue: false, routes: [], collects: plan },
    groupLabels: labels,
    groupKey: groupKeyOf(receiver, path, labels),
  };
}
