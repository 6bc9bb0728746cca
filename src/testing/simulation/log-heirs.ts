// Whose notify log a group goes on with. Where routing has changed, a group that closes leaves its log to the one of the
// same receiver and labels. Both may have said that an alert fires, by themselves: the later word counts, and whoever has
// said that is known by when it was.
import { canonicalLabels } from '../../../rules/labels.ts';
import type { Effect } from '../../pipeline/effect.ts';
import type { GroupRow } from '../../pipeline/rows.ts';

/** That an alert fires, as groups that are closed had it in their logs. */
export interface WordLeft {
  /** When it was said. */
  readonly at: number;
  /** Ids: who said it, and who went on with it. */
  readonly groups: readonly string[];
}

export class LogHeirs {
  /** Group → its row as stored last, also of one that is closed: it may speak in the commit that closes it. */
  readonly #rows = new Map<string, GroupRow>();
  /** `<place> <alert>` → the latest word that was left there. */
  readonly #left = new Map<string, WordLeft>();

  onEffect(effect: Effect): void {
    if (effect.put === 'group') this.#rows.set(effect.row.id, { ...effect.row });
    else if (effect.put === 'group.closed') this.#closed(effect.id);
  }

  /** The group as it was stored last. */
  rowOf(groupId: string): GroupRow | undefined {
    return this.#rows.get(groupId);
  }

  /** What the group goes on with, unless it has said something later itself. */
  leftTo(groupId: string, alertId: string): WordLeft | undefined {
    const row = this.#rows.get(groupId);
    return row && this.#left.get(`${placeOf(row)} ${alertId}`);
  }

  #closed(groupId: string): void {
    const row = this.#rows.get(groupId);
    if (!row) return;
    for (const [alert, { status, at }] of Object.entries(row.notified)) {
      if (status !== 'firing') continue;
      const place = `${placeOf(row)} ${alert}`;
      const known = this.#left.get(place);
      if (known && known.at > at) continue;
      this.#left.set(place, { at, groups: known?.at === at ? [...known.groups, groupId] : [groupId] });
    }
  }
}

/** The summary of a storm takes over from another one alone. */
function placeOf({ tenant, receiver, labels, route }: GroupRow): string {
  return `${tenant} ${receiver} ${canonicalLabels(labels)}${route.endsWith(' storm') ? ' storm' : ''}`;
}
