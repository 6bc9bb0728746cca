// Which notifications go to others than the receiver of their group: the steps of its escalation, and the ends of what
// these told. Told from the others by what is committed: such an end follows the receiver's own, of the same alerts, at
// once; or what the receiver hears instead, that the same fires again, perhaps long before a silence lets the end out.
import type { Effect } from '../../pipeline/effect.ts';
import { type NotificationRow, saysFiring } from '../../pipeline/rows.ts';
import type { World } from './world.ts';

const ends: readonly string[] = ['resolved', 'some_resolved'];

export class Besides {
  readonly #world: World;
  readonly #ids = new Set<string>();
  /** Group → of its last moment: when that was, and of which alerts its receiver was told the end then. */
  readonly #ended = new Map<string, { at: number; ids: Set<string> }>();
  /** By group, or one that took over from it, and alert key: the alert of that key that its receiver heard of last. */
  readonly #heard = new Map<string, string>();

  constructor(world: World) {
    this.#world = world;
  }

  onEffect(effect: Effect): void {
    if (effect.put !== 'notification') return;
    const { row } = effect;
    const { id, groupId, reason, createdAt } = row;
    if (reason === 'escalation_step') this.#ids.add(id);
    if (reason === 'escalation_step' || groupId === null) return;
    const over = endsOf(row);
    const last = this.#ended.get(groupId);
    const now = last?.at === createdAt ? last.ids : null;
    const isBeside = (alert: string) =>
      (now !== null && (now.has(alert) || this.#firesAgain(alert))) || this.#isOvertaken(row, alert);
    if (ends.includes(reason ?? '') && over.length > 0 && over.every(isBeside)) {
      this.#ids.add(id);
      return;
    }
    for (const [alert, saying] of Object.entries(row.alerts))
      if (saysFiring(saying)) this.#heard.set(this.#keyOf(row, alert), alert);
    const before = now ?? [];
    this.#ended.set(groupId, { at: createdAt, ids: new Set([...before, ...over]) });
  }

  /** Then its receiver hears of that, now or after the dedupe window, and of no end. */
  #firesAgain(alertId: string): boolean {
    const { journal } = this.#world;
    const alert = journal.alerts.get(alertId)?.row;
    if (!alert) return false;
    return journal
      .ofKey(alert.tenant, alert.key)
      .some(({ row }) => row.id !== alertId && row.state === 'firing');
  }

  /** The receiver has heard, perhaps from a group that is gone, that a newer one of the same key fires, and hears no end of this one. */
  #isOvertaken(row: NotificationRow, alertId: string): boolean {
    const last = this.#heard.get(this.#keyOf(row, alertId)) ?? alertId;
    return last > alertId;
  }

  #keyOf({ tenant, groupId, receiver }: NotificationRow, alertId: string): string {
    const group = this.#world.journal.groups.get(groupId ?? '');
    const collected = / (digest .*|storm)$/.exec(group?.route ?? '')?.[1] ?? '';
    const of = JSON.stringify([tenant, receiver, group?.labels, collected]);
    return `${of} ${this.#world.journal.alerts.get(alertId)?.row.key ?? alertId}`;
  }

  has({ id }: Pick<NotificationRow, 'id'>): boolean {
    return this.#ids.has(id);
  }
}

/** Alerts of which it says that they are over. */
export function endsOf({ alerts }: NotificationRow): readonly string[] {
  return Object.keys(alerts).filter((id) => alerts[id] === 'resolved');
}
