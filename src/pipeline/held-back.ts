// What people said that holds messages about an alert back, and when it ends. Reads rows only.
import type { AlertRow } from './rows.ts';

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
export function hasEndedSince(alert: AlertRow, since: number, now: number): boolean {
  const within = (at: number | null) => at !== null && at > since && at <= now;
  return within(acknowledgedUntil(alert)) || within(alert.snoozedUntil);
}
