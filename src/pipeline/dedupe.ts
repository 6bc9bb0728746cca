// How long the last word on an alert holds back the next of the same key.
import type { Receiver } from './routing.ts';
import type { AlertRow } from './rows.ts';
import type { Group, PipelineState } from './state.ts';

/** How long the last notification of this alert holds back the next of the same key. */
export function dedupeWindowOf(state: PipelineState, alert: AlertRow, receiver: Receiver): number {
  const rule = alert.rule === null ? undefined : state.rules.get(alert.rule);
  return rule?.dedupeWindowMs ?? receiver.dedupeWindowMs;
}

/**
 * End of the dedupe window that the group's notify log opens for this alert's key; 0 when there is none. The alert itself
 * opens one when it left the group and was taken back there.
 */
export function dedupeUntil(state: PipelineState, group: Group, alert: AlertRow, receiver: Receiver): number {
  const last = group.lastOfKey.get(alert.key);
  const entry = last === undefined ? undefined : group.row.notified[last];
  const opens = entry !== undefined && (last !== alert.id || entry.status === 'resolved');
  return opens ? entry.at + dedupeWindowOf(state, alert, receiver) : 0;
}
