// The oracle's reading of what a group said last of an alert to its receiver. Who wants no ends is told none when the alert
// goes elsewhere: where it comes back nothing has been said of it there until the next message, which may have to wait for
// the dedupe window. Where ends are told, the end of what another group took over with its word is told there.
import type { AlertMessage } from '../../../channels/message.ts';
import type { Labels, Severity } from '../../../rules/types.ts';
import type { Effect } from '../../pipeline/effect.ts';
import type { AlertRow, GroupRow, NotificationRow, Saying } from '../../pipeline/rows.ts';
import type { Besides } from './besides.ts';
import { labelsIn, sameLabels, type Told, toldAt } from './routes.ts';
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
    const { journal, routing } = this.#world;
    const said = (journal.notificationsOf.get(id) ?? []).filter((row) => !this.#besides.has(row));
    const last = said.findLast((row) => row.groupId === group.id);
    if (last === undefined) return undefined;
    const moves = (this.#changes.get(id) ?? [])
      .filter(({ at }) => at >= last.createdAt)
      .map(({ at, to }) => ({ at, heirs: this.#goingOn(group, { ...labels, severity: to }) }));
    if (routing.receivers.get(group.receiver)?.sendResolved !== true) {
      const wasAway = moves.some(({ heirs }) => heirs.every(({ digest }) => digest !== null));
      return wasAway ? undefined : last.alerts[id];
    }
    const left = moves.find(({ heirs }) => heirs.length > 0 && !heirs.some((heir) => isOf(group, heir)));
    if (left === undefined) return last.alerts[id];
    const since = said.slice(said.indexOf(last) + 1).filter(({ createdAt }) => createdAt >= left.at);
    const heard = since.findLast((row) => goesOn(group, row));
    return heard?.alerts[id] === 'resolved' ? 'resolved' : last.alerts[id];
  }

  /** Where an alert is told by this group, or by one that goes on with what this one said. */
  #goingOn({ receiver, labels }: GroupRow, own: Labels): readonly Told[] {
    return toldAt(this.#world.routing, own).filter(
      (told) =>
        told.receiver === receiver && (told.digest !== null || sameLabels(labelsIn(told.route, own), labels)),
    );
  }
}

/** That place is the group's own. */
const isOf = (group: GroupRow, { route, digest }: Told): boolean =>
  digest === null && route.path === group.route;

/** Another group of the same people on the same way says this, or their digest. */
function goesOn({ receiver, labels }: GroupRow, row: NotificationRow): boolean {
  if (row.receiver !== receiver) return false;
  return row.reason === 'digest' || sameLabels((JSON.parse(row.body) as AlertMessage).groupLabels, labels);
}
