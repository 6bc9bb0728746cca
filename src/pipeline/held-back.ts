// What people said that holds messages about an alert back, and when it ends. Reads rows only.
import type { AlertRow } from './rows.ts';
import type { Group } from './state.ts';

/** Whether somebody holds the alert at `now`. */
export const isAcknowledged = (alert: AlertRow, now: number): boolean =>
  alert.ackedAt !== null && (alert.ackUntil === null || alert.ackUntil > now);

/** Whether nothing is to be said of the alert at `now`. */
export const isSnoozed = (alert: AlertRow, now: number): boolean =>
  alert.snoozedUntil !== null && alert.snoozedUntil > now;

const acknowledgedUntil = (alert: AlertRow) => (alert.ackedAt === null ? null : alert.ackUntil);

/** The next time, after `now`, at which an acknowledgement or a snooze of the alert ends; Infinity when none does. */
export function nextEndOf(alert: AlertRow, now: number): number {
  const acked = acknowledgedUntil(alert);
  const { snoozedUntil } = alert;
  return Math.min(
    acked !== null && acked > now ? acked : Number.POSITIVE_INFINITY,
    snoozedUntil !== null && snoozedUntil > now ? snoozedUntil : Number.POSITIVE_INFINITY,
  );
}

/** An acknowledgement or a snooze of the alert has ended after `since` and at `now` at the latest. */
function hasEndedSince(alert: AlertRow, since: number, now: number): boolean {
  const within = (at: number | null) => at !== null && at > since && at <= now;
  return within(acknowledgedUntil(alert)) || within(alert.snoozedUntil);
}

/**
 * When a firing alert that the group has told is to be told again: repeat_interval after it was said here. Not after the
 * group's last message, which may be one that the group took over and that did not name it. Where an acknowledgement or
 * a snooze has ended since, it is due now, though not before group_interval since the group's last message (at `sentAt`):
 * those of many alerts that end one after the other are not a message each.
 */
export function dueAgainAt(
  group: Group,
  alert: AlertRow,
  now: number,
  sentAt: number | null = group.row.lastSentAt,
): number {
  const saidAt = Math.min(group.row.notified[alert.id]?.at ?? now, now);
  const repeatAt = saidAt + group.route.repeatIntervalMs;
  if (!hasEndedSince(alert, saidAt, now)) return repeatAt;
  return Math.min(repeatAt, (sentAt ?? 0) + group.route.groupIntervalMs);
}

/** When the group has to look at a firing alert that it has told: it is due again, or what holds it back ends. */
export function tellsAgainAt(group: Group, alert: AlertRow, now: number): number {
  return Math.min(dueAgainAt(group, alert, now), nextEndOf(alert, now));
}
