// Stage 3: who is told. Walks the tree as Alertmanager does: the deepest matching nodes win, siblings are tried on only
// after a node that says `continue`.

import { labelSet } from '../../rules/labels.ts';
import { matchesAll } from '../../rules/matchers.ts';
import type { Labels, Severity } from '../../rules/types.ts';
import { digestOf, digestPlace, sharing } from './digest-place.ts';
import { groupKeyOf, type Route, type RoutingConfig } from './routing.ts';
import type { AlertRow } from './rows.ts';

/** The nodes of the tree that take this label set; never empty, since the root takes everything. */
export function matchRoutes(root: Route, labels: Labels): readonly Route[] {
  const found: Route[] = [];
  collect(root, labels, found);
  return found;
}

function collect(node: Route, labels: Labels, found: Route[]): boolean {
  if (!matchesAll(node.matchers, labels)) return false;
  const before = found.length;
  for (const child of node.routes) {
    if (collect(child, labels, found) && !child.continue) break;
  }
  if (found.length === before) found.push(node);
  return true;
}

/** Labels as routing reads them: `severity` is the effective one. */
export function routingLabels(alert: AlertRow): Labels {
  if (alert.labels.severity === alert.effectiveSeverity) return alert.labels;
  return labelSet({ ...alert.labels, severity: alert.effectiveSeverity });
}

export interface Place {
  readonly route: Route;
  readonly groupKey: string;
  readonly groupLabels: Labels;
}

/** The groups that an alert belongs to, among them the digests that collect it. */
export function decideRoute(routing: RoutingConfig, alert: AlertRow): readonly Place[] {
  const labels = routingLabels(alert);
  const routes = matchRoutes(routing.route, labels);
  const places = routes.map((route) => placeIn(routing, route, labels, alert.effectiveSeverity));
  if (places.length === 1) return places;
  // Several routes may lead into one digest.
  const found = new Map<string, Place>();
  for (const place of places) {
    const known = found.get(place.groupKey);
    found.set(place.groupKey, known ? { ...place, route: sharing(known.route, place.route) } : place);
  }
  return [...found.values()];
}

/** The group of a route for a label set, or the digest that collects in its place. */
export function placeIn(routing: RoutingConfig, route: Route, labels: Labels, severity: Severity): Place {
  const plan = digestOf(routing, route, severity);
  return plan === null ? placeOf(route, labels) : digestPlace(route, plan);
}

/** The group of a route for a label set. */
export function placeOf(route: Route, labels: Labels): Place {
  const groupLabels = route.groupBy === 'all' ? labels : pick(labels, route.groupBy);
  return { route, groupLabels, groupKey: groupKeyOf(route.receiver, route.path, groupLabels) };
}

function pick(labels: Labels, names: readonly string[]): Labels {
  const picked: Record<string, string> = {};
  for (const name of names) {
    const value = labels[name];
    if (value !== undefined) picked[name] = value;
  }
  return labelSet(picked);
}
