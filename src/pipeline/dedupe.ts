// How long the last word on an alert holds back the next of the same key.
import type { Receiver } from './routing.ts';
import type { AlertRow } from './rows.ts';
import type { Group, PipelineState } from './state.ts';
import { summaryOf } from './storm-place.ts';

/** How long the last notification of this alert holds back the next of the same key. */
export function dedupeWindowOf(state: PipelineState, alert: AlertRow, receiver: Receiver): number {
  const rule = alert.rule === null ? undefined : state.rules.get(alert.rule);
  return rule?.dedupeWindowMs ?? receiver.dedupeWindowMs;
}

/**
 * End of the dedupe window that the notify log of the group, or that of the summary that took its place in a storm, opens for
 * this alert's key; 0 when there is none. The alert itself opens one when it left the group and was taken back there.
 */
export function dedupeUntil(state: PipelineState, group: Group, alert: AlertRow, receiver: Receiver): number {
  const opened = dedupeSince(state, group, alert);
  return opened > 0 ? opened + dedupeWindowOf(state, alert, receiver) : 0;
}

/** When that window was opened; 0 when there is none. */
export function dedupeSince(state: PipelineState, group: Group, alert: AlertRow): number {
  return Math.max(windowOpenedIn(group, alert), windowOpenedIn(summaryOf(state, group), alert));
}

/** When the notify log says of the alert's key what opens a window; 0: it says nothing of it. */
function windowOpenedIn(group: Group | undefined, alert: AlertRow): number {
  const last = group?.lastOfKey.get(alert.key);
  const entry = last === undefined ? undefined : group?.row.notified[last];
  return entry !== undefined && (last !== alert.id || entry.status === 'resolved') ? entry.at : 0;
}
