// Who would be told of an alert with given labels, and why: the same walk and the same groups as for one that fires.

import { parseSeverity } from '../../rules/severity.ts';
import type { Labels, Matcher } from '../../rules/types.ts';
import { type Muting, mutingOf } from './mute.ts';
import { matchRoutes, type Place, placeIn } from './route.ts';
import type { Receiver, Route, RoutingConfig } from './routing.ts';

export interface MatchedRoute extends Place {
  /** Absent: the route names one that there is not. */
  readonly receiver: Receiver | undefined;
  /** Null when it speaks at that time. */
  readonly muting: Muting | null;
}

/** A node that did not take the alert; those below it are not listed. */
export interface MissedRoute {
  readonly route: Route;
  /** The first that fails, and what the label is instead; null when the node was not tried. */
  readonly matcher: Matcher | null;
  readonly value: string | null;
  /** Path of the sibling that took the alert and does not say `continue`. */
  readonly takenBy: string | null;
}

export interface RouteTrial {
  readonly at: number;
  readonly matched: readonly MatchedRoute[];
  readonly missed: readonly MissedRoute[];
}

/** `at`: epoch milliseconds. */
export function tryRoutes(routing: RoutingConfig, labels: Labels, at: number): RouteTrial {
  const severity = parseSeverity(labels.severity ?? '') ?? 'warning';
  const matched = matchRoutes(routing.route, labels).map((route) => {
    const place = placeIn(routing, route, labels, severity);
    return { ...place, receiver: routing.receivers.get(place.route.receiver), muting: mutingOf(route, at) };
  });
  const missed: MissedRoute[] = [];
  collectMissed(routing.route, labels, missed);
  return { at, matched, missed };
}

function collectMissed(node: Route, labels: Labels, missed: MissedRoute[]): void {
  let takenBy: string | null = null;
  for (const route of node.routes) {
    if (takenBy !== null) {
      missed.push({ route, matcher: null, value: null, takenBy });
      continue;
    }
    const matcher = route.matchers.find((one) => !one.matches(labels[one.name] ?? ''));
    if (matcher !== undefined) {
      missed.push({ route, matcher, value: labels[matcher.name] ?? '', takenBy: null });
      continue;
    }
    collectMissed(route, labels, missed);
    if (!route.continue) takenBy = route.path;
  }
}
