// The oracle's reading of what a group said last of an alert to its receiver. Who wants no ends is told none when the alert
// goes elsewhere: where it comes back nothing has been said of it there until the next message, which may have to wait for
// the dedupe window.
import { canonicalLabels } from '../../../rules/labels.ts';
import type { Labels, Severity } from '../../../rules/types.ts';
import type { Effect } from '../../pipeline/effect.ts';
import type { Route } from '../../pipeline/routing.ts';
import type { AlertRow, GroupRow, Saying } from '../../pipeline/rows.ts';
import type { Besides } from './besides.ts';
import { toldAt } from './routes.ts';
import type { World } from './world.ts';

interface Change {
  readonly at: number;
  readonly to: Severity;
}

export class LastWords {
  readonly #world: World;
  readonly #besides: Besides;
  /** Alert → when it became more or less urgent, in the order of the commits. */
  readonly #changes = new Map<string, Change[]>();

  constructor(world: World, besides: Besides) {
    this.#world = world;
    this.#besides = besides;
  }

  onEffect(effect: Effect): void {
    if (effect.put !== 'event' || effect.row.kind !== 'alert.severity_changed') return;
    const { subjectId, at, body } = effect.row;
    const changes = this.#changes.get(subjectId) ?? [];
    this.#changes.set(subjectId, [...changes, { at, to: body.to as Severity }]);
  }

  /** Undefined: nothing, or nothing since the alert was another's. */
  of({ id, labels }: AlertRow, group: GroupRow): Saying | undefined {
    const said = this.#world.journal.notificationsOf.get(id) ?? [];
    const last = said.findLast((row) => row.groupId === group.id && !this.#besides.has(row));
    if (last === undefined) return undefined;
    const { receivers } = this.#world.routing;
    if (receivers.get(group.receiver)?.sendResolved === true) return last.alerts[id];
    const since = (this.#changes.get(id) ?? []).filter(({ at }) => at >= last.createdAt);
    const wasAway = since.some(({ to }) => !this.#isTold(group, { ...labels, severity: to }));
    return wasAway ? undefined : last.alerts[id];
  }

  /** By this group, or by another one of its receiver that goes on with what this one said. */
  #isTold({ receiver, labels }: GroupRow, own: Labels): boolean {
    return toldAt(this.#world.routing, own).some(
      ({ route, digest }) =>
        digest === null && route.receiver === receiver && sameLabels(labelsIn(route, own), labels),
    );
  }
}

function labelsIn({ groupBy }: Route, own: Labels): Labels {
  if (groupBy === 'all') return own;
  return Object.fromEntries(groupBy.map((name) => [name, own[name] ?? '']));
}

/** A label that is empty is none. */
function sameLabels(a: Labels, b: Labels): boolean {
  const [left, right] = [a, b].map((labels) =>
    canonicalLabels(Object.fromEntries(Object.entries(labels).filter(([, value]) => value !== ''))),
  );
  return left === right;
}
