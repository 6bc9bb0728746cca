// Stage on a due group: is there something to say, and why. Reads only. After Alertmanager's notify/dedup_stage.go
// (needsUpdate), with the dedupe window, acknowledgement and events added.
import type { NotifyReason } from '../../channels/message.ts';
import { severityRank } from '../../rules/severity.ts';
import { hasEndedSince, isAcknowledged, nextEndOf } from './held-back.ts';
import type { Receiver } from './routing.ts';
import type { AlertRow } from './rows.ts';
import type { Group, PipelineState } from './state.ts';

export type SkipReason =
  | 'within_dedupe_window'
  | 'resolved_before_notify'
  | 'send_resolved_off'
  | 'receiver_gone'
  /** Another level of its rule made it another group's, before anything was said of it here. */
  | 'routed_elsewhere';

/** The members of a group, sorted by what there is to say of them. */
export interface GroupView {
  /** Firing, and the receiver knows. */
  readonly told: AlertRow[];
  /** Firing, and the receiver knows of a less urgent one. */
  readonly escalated: AlertRow[];
  /** Firing, never said. */
  readonly fresh: AlertRow[];
  /** Firing anew after the dedupe window of its last notification. */
  readonly refired: AlertRow[];
  /** Firing anew within that window: delayed to its end. */
  readonly held: { readonly alert: AlertRow; readonly until: number }[];
  /** Resolved, and the receiver believes it fires. */
  readonly resolved: AlertRow[];
  /** Resolved, but the same key fires again in this group: its news is the next episode's. */
  readonly superseded: AlertRow[];
  readonly events: AlertRow[];
  /** Ended or repeated without ever being said. */
  readonly skipped: { readonly alert: AlertRow; readonly reason: SkipReason }[];
}

export type NotifyDecision =
  | { readonly notify: true; readonly reason: NotifyReason; readonly view: GroupView }
  | {
      readonly notify: false;
      readonly reason:
        | 'within_repeat_interval'
        | 'acknowledged'
        | 'within_dedupe_window'
        | 'nothing_to_say'
        | 'receiver_gone';
      /** When there may be something to say; null when only a new input can change that. */
      readonly until: number | null;
      readonly view: GroupView;
    };

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

export function viewGroup(state: PipelineState, group: Group, receiver: Receiver, now: number): GroupView {
  const view: GroupView = {
    told: [],
    escalated: [],
    fresh: [],
    refired: [],
    held: [],
    resolved: [],
    superseded: [],
    events: [],
    skipped: [],
  };
  const eventKeys = new Set<string>();
  for (const id of group.members) {
    const alert = state.alerts.get(id);
    if (!alert) throw new Error(`group ${group.row.groupKey} has a member that is not loaded: ${id}`);
    const said = group.row.notified[id]?.status;
    if (alert.kind === 'event') {
      if (eventKeys.has(alert.key) || dedupeUntil(state, group, alert, receiver) > now) {
        view.skipped.push({ alert, reason: 'within_dedupe_window' });
      } else {
        eventKeys.add(alert.key);
        view.events.push(alert);
      }
    } else if (alert.state === 'firing') {
      if (said === 'firing') (isEscalated(group, alert) ? view.escalated : view.told).push(alert);
      else {
        const until = dedupeUntil(state, group, alert, receiver);
        if (until > now) view.held.push({ alert, until });
        else if (group.lastOfKey.has(alert.key)) view.refired.push(alert);
        else view.fresh.push(alert);
      }
    } else if (said === 'firing') {
      const successor = state.openByKey.get(alert.key);
      if (successor?.state === 'firing' && group.members.has(successor.id)) view.superseded.push(alert);
      else view.resolved.push(alert);
    } else {
      view.skipped.push({
        alert,
        reason: group.held.has(id) ? 'within_dedupe_window' : 'resolved_before_notify',
      });
    }
  }
  return view;
}

/** More urgent than the group's notify log says. */
export function isEscalated(group: Group, alert: AlertRow): boolean {
  const entry = group.row.notified[alert.id];
  return (
    entry?.status === 'firing' &&
    severityRank(alert.effectiveSeverity) > severityRank(entry.severity ?? alert.severity)
  );
}

/**
 * When a firing alert that the group has told is to be told again: repeat_interval after it was said here. Not after the
 * group's last message, which may be one that the group took over and that did not name it. Where an acknowledgement or
 * a snooze has ended since, it is due now, though not before group_interval since the group's last message: those of
 * many alerts that end one after the other are not a message each.
 */
export function dueAgainAt(group: Group, alert: AlertRow, now: number): number {
  const saidAt = Math.min(group.row.notified[alert.id]?.at ?? now, now);
  const repeatAt = saidAt + group.route.repeatIntervalMs;
  if (!hasEndedSince(alert, saidAt, now)) return repeatAt;
  return Math.min(repeatAt, (group.row.lastSentAt ?? 0) + group.route.groupIntervalMs);
}

/** When the group has to look at a firing alert that it has told: it is due again, or what holds it back ends. */
export function tellsAgainAt(group: Group, alert: AlertRow, now: number): number {
  return Math.min(dueAgainAt(group, alert, now), nextEndOf(alert, now));
}

/** Whether this group says something now, with a named reason either way. */
export function decideNotify(
  state: PipelineState,
  group: Group,
  receiver: Receiver | undefined,
  now: number,
): NotifyDecision {
  if (!receiver) {
    const view = viewGroup(
      state,
      group,
      { name: group.row.receiver, channels: [], sendResolved: false, dedupeWindowMs: 0 },
      now,
    );
    return { notify: false, reason: 'receiver_gone', until: null, view };
  }
  const view = viewGroup(state, group, receiver, now);
  const { told, escalated, fresh, refired, held, resolved, events } = view;
  const say = (reason: NotifyReason): NotifyDecision => ({ notify: true, reason, view });
  if (fresh.length > 0) {
    const spoken =
      told.length > 0 || escalated.length > 0 || view.superseded.length > 0 || resolved.length > 0;
    return say(spoken ? 'new_alerts' : 'first');
  }
  if (refired.length > 0) return say('refired');
  // Also of an acknowledged one: that it got worse is no repeat.
  if (escalated.length > 0) return say('escalated');
  if (resolved.length > 0 && receiver.sendResolved) {
    return say(told.length === 0 && held.length === 0 ? 'resolved' : 'some_resolved');
  }
  if (events.length > 0) return say('event');

  const heldUntil = held.reduce((min, { until }) => Math.min(min, until), Number.POSITIVE_INFINITY);
  if (told.length > 0) {
    const open = told.filter((alert) => !isAcknowledged(alert, now));
    const until = told.reduce((min, alert) => Math.min(min, nextEndOf(alert, now)), heldUntil);
    if (open.length === 0) return notYet('acknowledged', until, view);
    const repeatAt = open.reduce((min, alert) => Math.min(min, dueAgainAt(group, alert, now)), until);
    if (repeatAt <= now) return say('repeat');
    return notYet('within_repeat_interval', repeatAt, view);
  }
  if (held.length > 0) return notYet('within_dedupe_window', heldUntil, view);
  return notYet('nothing_to_say', Number.POSITIVE_INFINITY, view);
}

function notYet(
  reason: 'within_repeat_interval' | 'acknowledged' | 'within_dedupe_window' | 'nothing_to_say',
  until: number,
  view: GroupView,
): NotifyDecision {
  return { notify: false, reason, until: Number.isFinite(until) ? until : null, view };
}
