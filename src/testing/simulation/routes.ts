// The oracle's own reading of a routing tree of two levels with `=` matchers.
import type { Labels } from '../../../rules/types.ts';
import type { Route, RoutingConfig } from '../../pipeline/routing.ts';

/** Who takes an alert with these labels: the matching children up to the first without `continue`, else the root. */
export function placesOf(routing: RoutingConfig, labels: Labels): readonly Route[] {
  const found: Route[] = [];
  for (const child of routing.route.routes) {
    if (!child.matchers.every((m) => (labels[m.name] ?? '') === m.value)) continue;
    found.push(child);
    if (!child.continue) break;
  }
  return found.length > 0 ? found : [routing.route];
}

export function routeAt(routing: RoutingConfig, receiver: string, path: string): Route | undefined {
  return [routing.route, ...routing.route.routes].find(
    (route) => route.receiver === receiver && route.path === path,
  );
}
