// Which notifications go to others than the receiver of their group: the steps of its escalation, and the ends of what
// these told. Told from the others by what is committed: such an end follows the receiver's own, of the same alerts, at
// once; or what the receiver hears instead, that the same fires again in this group, perhaps long before a silence lets the
// end out.
import type { Severity } from '../../../rules/types.ts';
import type { Effect } from '../../pipeline/effect.ts';
import { type AlertRow, type EventRow, type NotificationRow, saysFiring } from '../../pipeline/rows.ts';
import { LogHeirs } from './log-heirs.ts';
import { isToldBy } from './routes.ts';
import type { World } from './world.ts';

const ends: readonly string[] = ['resolved', 'some_resolved'];

export class Besides {
  readonly #world: World;
  readonly #ids = new Set<string>();
  /** Group → of its last moment: when that was, and of which alerts its receiver was told the end then. */
  readonly #ended = new Map<string, { at: number; ids: Set<string> }>();
  /** `<group> <alert key>` → the alert of that key that its receiver heard of last. */
  readonly #heard = new Map<string, string>();
  /** `<group> <alert>` → when its receiver heard from it last that this one fires. */
  readonly #heardAt = new Map<string, number>();
  /** Alert → of the last moment at which it became more or less urgent: when that was, and what it was before. */
  readonly #changed = new Map<string, { at: number; from: Severity[] }>();
  readonly #heirs = new LogHeirs();

  constructor(world: World) {
    this.#world = world;
  }

  onEffect(effect: Effect): void {
    this.#heirs.onEffect(effect);
    if (effect.put === 'event') this.#happened(effect.row);
    if (effect.put !== 'notification') return;
    const { id, groupId, reason, createdAt } = effect.row;
    if (reason === 'escalation_step') this.#ids.add(id);
    if (reason === 'escalation_step' || groupId === null) return;
    const over = endsOf(effect.row);
    const last = this.#ended.get(groupId);
    const now = last?.at === createdAt ? last.ids : null;
    const isBeside = (alert: string) =>
      (now !== null && (now.has(alert) || this.#firesAgain(groupId, alert, createdAt))) ||
      this.#isOvertaken(groupId, alert);
    if (ends.includes(reason ?? '') && over.length > 0 && over.every(isBeside)) {
      this.#ids.add(id);
      return;
    }
    for (const [alert, saying] of Object.entries(effect.row.alerts)) {
      if (!saysFiring(saying)) continue;
      this.#heard.set(this.#keyOf(groupId, alert), alert);
      this.#heardAt.set(`${groupId} ${alert}`, createdAt);
    }
    const before = now ?? [];
    this.#ended.set(groupId, { at: createdAt, ids: new Set([...before, ...over]) });
  }

  #happened({ kind, subjectId, at, body }: EventRow): void {
    if (kind !== 'alert.severity_changed') return;
    const known = this.#changed.get(subjectId);
    const from = known?.at === at ? known.from : [];
    this.#changed.set(subjectId, { at, from: [...from, body.from as Severity] });
  }

  /** Then its receiver hears of that, now or after the dedupe window, and of no end: others may be told of it elsewhere. */
  #firesAgain(groupId: string, alertId: string, at: number): boolean {
    const { journal, routing } = this.#world;
    const alert = journal.alerts.get(alertId)?.row;
    const group = this.#heirs.rowOf(groupId);
    if (!alert || !group) return false;
    return journal
      .ofKey(alert.tenant, alert.key)
      .filter(({ row }) => row.id !== alertId && row.state === 'firing')
      .some(({ row }) =>
        this.#severitiesAt(row, at).some((severity) => isToldBy(group, routing, { ...row.labels, severity })),
      );
  }

  /** A row is stored as it is at the end of the commit: the group may have spoken before that. */
  #severitiesAt({ id, effectiveSeverity: severity }: AlertRow, at: number): readonly Severity[] {
    const changed = this.#changed.get(id);
    return changed?.at === at ? [severity, ...changed.from] : [severity];
  }

  /**
   * Its receiver has heard that a newer one of the same key fires, and hears no end of this one: from this group, or from
   * those whose word on this one it goes on with.
   */
  #isOvertaken(groupId: string, alertId: string): boolean {
    const left = this.#heirs.leftTo(groupId, alertId);
    const isOwn = left === undefined || left.at < (this.#heardAt.get(`${groupId} ${alertId}`) ?? 0);
    return [groupId, ...(isOwn ? [] : left.groups)].some(
      (said) => (this.#heard.get(this.#keyOf(said, alertId)) ?? alertId) > alertId,
    );
  }

  #keyOf(groupId: string, alertId: string): string {
    return `${groupId} ${this.#world.journal.alerts.get(alertId)?.row.key ?? alertId}`;
  }

  has({ id }: Pick<NotificationRow, 'id'>): boolean {
    return this.#ids.has(id);
  }
}

/** Alerts of which it says that they are over. */
export function endsOf({ alerts }: NotificationRow): readonly string[] {
  return Object.keys(alerts).filter((id) => alerts[id] === 'resolved');
}
