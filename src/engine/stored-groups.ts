// What the store holds of each group, as far as this process wrote it since it took the groups up. A group that is looked at
// and stays as it is need not be written: while a silence or an inhibition stands that is nearly every look.
import type { Effect } from '../pipeline/effect.ts';
import type { GroupRow } from '../pipeline/rows.ts';

type Written = Pick<
  GroupRow,
  'nextAt' | 'nextReason' | 'lastSentAt' | 'lastReason' | 'notified' | 'collectUntil' | 'escalation'
>;

export class StoredGroups {
  /** By the group's id. */
  readonly #written = new Map<string, Written>();

  /** Whether the store has the row as it is. The notify log is replaced when it changes, so it is compared as one thing. */
  has(row: GroupRow): boolean {
    const written = this.#written.get(row.id);
    return (
      written !== undefined &&
      written.nextAt === row.nextAt &&
      written.nextReason === row.nextReason &&
      written.lastSentAt === row.lastSentAt &&
      written.lastReason === row.lastReason &&
      written.notified === row.notified &&
      (written.collectUntil ?? null) === (row.collectUntil ?? null) &&
      (written.escalation ?? null) === (row.escalation ?? null)
    );
  }

  /** These were committed, in this order. */
  committed(effects: readonly Effect[]): void {
    for (const effect of effects) {
      if (effect.put === 'group') this.#note(effect.row);
      else if (effect.put === 'group.closed') this.#written.delete(effect.id);
    }
  }

  #note(row: GroupRow): void {
    const { id, nextAt, nextReason, lastSentAt, lastReason, notified, collectUntil, escalation } = row;
    const written = this.#written.get(id);
    if (!written) {
      this.#written.set(id, {
        ...{ nextAt, nextReason, lastSentAt, lastReason, notified },
        ...(collectUntil !== undefined && { collectUntil }),
        ...(escalation !== undefined && { escalation }),
      });
      return;
    }
    written.nextAt = nextAt;
    written.nextReason = nextReason;
    written.lastSentAt = lastSentAt;
    written.lastReason = lastReason;
    written.notified = notified;
    written.collectUntil = collectUntil ?? null;
    written.escalation = escalation ?? null;
  }

  /** Everything is taken up from the store anew: what it holds of the rows in memory is not known. */
  clear(): void {
    this.#written.clear();
  }
}
