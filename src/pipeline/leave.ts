// A group said that an alert fires, and the alert is another's now. Its people are owed the end of it, as far as it was
// theirs: at once, or when what holds it back is over. Until then it stays a member, and its word in the notify log says
// since when it is gone.
import type { AlertRow, Notified } from './rows.ts';
import type { Group, PipelineState } from './state.ts';

/** The group still has to say that the alert is not its any more. */
export function hasLeft(group: Group, alertId: string): boolean {
  return group.row.notified[alertId]?.left !== undefined;
}

/** The alert as the group's people are to see it: ended, where it is not theirs any more. */
export function seenFrom(group: Group, alert: AlertRow): AlertRow {
  const left = group.row.notified[alert.id]?.left;
  if (left === undefined || alert.state !== 'firing') return alert;
  return { ...alert, state: 'resolved', resolvedAt: left };
}

/** The alert goes elsewhere, and the group, which said that it fires, is to say so later. */
export function oweEnd(state: PipelineState, group: Group, alert: AlertRow, now: number): void {
  const entry = group.row.notified[alert.id];
  const { groupKey, notified } = group.row;
  if (entry && entry.left === undefined && alert.state === 'firing')
    group.row.notified = { ...notified, [alert.id]: { ...entry, left: now } };
  group.members.add(alert.id);
  const keys = state.memberOf.get(alert.id) ?? [];
  if (!keys.includes(groupKey)) state.memberOf.set(alert.id, [...keys, groupKey]);
}

/** What was said of an alert, as of one that is the group's. */
export function word({ left: _, ...said }: Notified): Notified {
  return said;
}

/** The alert is the group's again; answers whether that is news to its notify log. */
export function comeBack(group: Group, alertId: string): boolean {
  const { notified } = group.row;
  const entry = notified[alertId];
  if (entry?.left === undefined) return false;
  group.row.notified = { ...notified, [alertId]: word(entry) };
  return true;
}
