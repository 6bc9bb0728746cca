// What still counts as told of those who want no ends. Where an alert goes to other people, or to a group of other labels,
// a group whose receiver wants ends says that it is over, or owes that. One whose receiver wants none says nothing: what it
// said is over in silence, and the alert is told anew where it comes back. So it is kept here what goes with the alert.
import { canonicalLabels } from '../../../rules/labels.ts';
import type { Labels } from '../../../rules/types.ts';
import { type NotificationRow, saysFiring } from '../../pipeline/rows.ts';
import { type Told, toldAt } from './routes.ts';
import type { World } from './world.ts';

/** That an alert fires, as a group said it. */
interface Word {
  readonly receiver: string;
  /** The group's; null: a digest said it. */
  readonly labels: string | null;
}

export class StandingWords {
  readonly #world: World;
  readonly #words = new Map<string, readonly Word[]>();

  constructor(world: World) {
    this.#world = world;
  }

  /** A group told that the alert fires. */
  said(alertId: string, { receiver, groupId, alerts }: NotificationRow): void {
    if (receiver === null || this.#wantsEnds(receiver) || !saysFiring(alerts[alertId])) return;
    const group = this.#world.journal.groups.get(groupId ?? '');
    if (group === undefined) return;
    const labels = / digest \d+[mh]$/.test(group.route) ? null : textOf(group.labels);
    this.#words.set(alertId, [...(this.#words.get(alertId) ?? []), { receiver, labels }]);
  }

  /** The alert is told by these labels now: a word stays where it was, or goes with the alert to whoever goes on with it. */
  settle(alertId: string, labels: Labels): void {
    const words = this.#words.get(alertId);
    if (words === undefined) return;
    const ways = toldAt(this.#world.routing, labels).map((place) => wayTo(place, labels));
    const kept: Word[] = [];
    for (const word of words) {
      const heirs = ways.some((way) => isSame(way, word)) ? [word] : ways.filter((way) => hears(way, word));
      for (const heir of heirs) if (!kept.some((one) => isSame(one, heir))) kept.push(heir);
    }
    this.#words.set(alertId, kept);
  }

  forget(alertId: string): void {
    this.#words.delete(alertId);
  }

  /** Whether what its people have heard of the alert still counts at that place. */
  stands(alertId: string, place: Told, labels: Labels): boolean {
    if (this.#wantsEnds(place.receiver)) return true;
    return (this.#words.get(alertId) ?? []).some((word) => isSame(word, wayTo(place, labels)));
  }

  #wantsEnds(receiver: string): boolean {
    return this.#world.routing.receivers.get(receiver)?.sendResolved !== false;
  }
}

const isSame = (one: Word, other: Word) => one.receiver === other.receiver && one.labels === other.labels;

/** The same people in a group of the same labels; between a digest and a group of its receiver the labels may be others. */
const hears = (heir: Word, word: Word) =>
  isSame(heir, word) || (heir.receiver === word.receiver && (heir.labels === null || word.labels === null));

function wayTo({ route: { groupBy }, receiver, digest }: Told, labels: Labels): Word {
  if (digest !== null) return { receiver, labels: null };
  if (groupBy === 'all') return { receiver, labels: textOf(labels) };
  return { receiver, labels: textOf(Object.fromEntries(groupBy.map((name) => [name, labels[name] ?? '']))) };
}

/** An empty label is as good as none. */
const textOf = (labels: Labels): string =>
  canonicalLabels(Object.fromEntries(Object.entries(labels).filter(([, value]) => value !== '')));
