// Stage 3: who is told. Walks the tree as Alertmanager does: the deepest matching nodes win, siblings are tried on only
// after a node that says `continue`.

import { labelSet } from '../../rules/labels.ts';
import { matchesAll } from '../../rules/matchers.ts';
import type { Labels } from '../../rules/types.ts';
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

/** The groups that an alert belongs to. */
export function decideRoute(routing: RoutingConfig, alert: AlertRow): readonly Place[] {
  const labels = routingLabels(alert);
  return matchRoutes(routing.route, labels).map((route) => placeOf(route, labels));
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
