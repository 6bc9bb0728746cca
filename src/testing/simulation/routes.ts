// The oracle's own reading of a routing tree of two levels with `=` matchers, and of the digests of its receivers.
import { canonicalLabels } from '../../../rules/labels.ts';
import type { Labels } from '../../../rules/types.ts';
import type { DigestRule } from '../../pipeline/digest-rule.ts';
import type { Route, RoutingConfig } from '../../pipeline/routing.ts';
import type { GroupRow } from '../../pipeline/rows.ts';
import { aheadOfUtc } from './digest-plan.ts';

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

/** Where an alert with these labels is told: by a route as it stands, or in a digest, which may be another receiver's. */
export interface Told {
  readonly route: Route;
  readonly receiver: string;
  /** Null: it is told at once. */
  readonly digest: DigestRule | null;
}

export function toldAt(routing: RoutingConfig, labels: Labels): readonly Told[] {
  return placesOf(routing, labels).map((route) => {
    const rule = routing.receivers.get(route.receiver)?.digest ?? null;
    const digest = rule?.severities.some((severity) => severity === labels.severity) ? rule : null;
    return { route, receiver: digest?.to ?? route.receiver, digest };
  });
}

/** Whether this group is where an alert with these labels is told: as the route stands, in a digest, or in a storm's summary. */
export function isToldBy(
  { receiver, route: path, labels }: Pick<GroupRow, 'receiver' | 'route' | 'labels'>,
  routing: RoutingConfig,
  own: Labels,
): boolean {
  return toldAt(routing, own).some((told) => {
    if (told.receiver !== receiver) return false;
    if (told.digest !== null) return path.endsWith(` digest ${spanOf(told.digest.everyMs)}`);
    if (path === `${told.route.path} storm`) return true;
    return path === told.route.path && sameLabels(labelsIn(told.route, own), labels);
  });
}

/** The labels of the route's group that an alert with these is in. */
export function labelsIn({ groupBy }: Route, own: Labels): Labels {
  if (groupBy === 'all') return own;
  return Object.fromEntries(groupBy.map((name) => [name, own[name] ?? '']));
}

/** A label that is empty is none. */
export function sameLabels(a: Labels, b: Labels): boolean {
  const [left, right] = [a, b].map((labels) =>
    canonicalLabels(Object.fromEntries(Object.entries(labels).filter(([, value]) => value !== ''))),
  );
  return left === right;
}

/** A digest's span as it stands in the path of its group. */
export function spanOf(everyMs: number): string {
  const minutes = everyMs / 60_000;
  return minutes === 60 ? '1h' : `${minutes}m`;
}

/**
 * Of the places where one receiver is told of an alert those that owe it the end, each at its own time. A place that is
 * told at once and said nothing owes none where another one did: its resolve_wait says nothing of the other's.
 * @param saidBy Paths of the groups that told the receiver that it fires, as far as there still are such groups.
 */
export function placesThatOweTheEnd(places: readonly Told[], saidBy: readonly string[]): readonly Told[] {
  const said = ({ route: { path }, digest }: Told) =>
    digest === null && (saidBy.includes(path) || saidBy.includes(`${path} storm`));
  return places.some(said) ? places.filter((place) => place.digest !== null || said(place)) : places;
}

/** How long somebody may wait for a digest at most, whatever is collected. */
export function longestDigestMs({ receivers }: RoutingConfig): number {
  return Math.max(0, ...[...receivers.values()].map(({ digest }) => digest?.everyMs ?? 0));
}

/** The last time on the clock of the tree's zone, `at` itself included. */
export function slotBefore({ timeZone = 'UTC' }: RoutingConfig, everyMs: number, at: number): number {
  const ahead = aheadOfUtc[timeZone]!;
  return Math.floor((at + ahead) / everyMs) * everyMs - ahead;
}

export function routeAt(routing: RoutingConfig, receiver: string, path: string): Route | undefined {
  return [routing.route, ...routing.route.routes].find(
    (route) => route.receiver === receiver && route.path === path,
  );
}
