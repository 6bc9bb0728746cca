// A group's deadline has come: decide, say it, write the notify log, and set the next deadline. Invariant: a firing alert
// without a live suppression is in an open or accepted notification, or its group has a deadline.

import { dedupeWindowOf } from './dedupe.ts';
import { endCollecting, keptUntil } from './digest.ts';
import { emitNotification, spoken } from './emit.ts';
import { afterTelling } from './escalate.ts';
import { forgetNotified, groupsOf, leaveGroup, logNotified } from './group.ts';
import { nextEndOf } from './held-back.ts';
import type { StepResult } from './input.ts';
import { hasLeft } from './leave.ts';
import { decideNotify, type GroupView, type NotifyDecision } from './notify.ts';
import { recordEnds } from './respond.ts';
import type { Receiver } from './routing.ts';
import type { AlertRow } from './rows.ts';
import { alertEvent, type Group, type PipelineState } from './state.ts';
import { mergeInStorm, noteToldInStorm } from './storm-merge.ts';
import { countHeld, noteSuppressed } from './suppress.ts';

/** The other group's turn at its deadline comes first. */
const afterItsTimeMs = 1_000;

export function dueGroup(state: PipelineState, group: Group, now: number, out: StepResult): void {
  const receiver = state.routing.receivers.get(group.row.receiver);
  for (const id of group.members) {
    const alert = state.alerts.get(id);
    if (alert?.state === 'firing') recordEnds(state, alert, now, out);
  }
  mergeInStorm(state, group, receiver, now, out);
  applyNotify(state, group, receiver, decideNotify(state, group, receiver, now), now, out);
}

export function applyNotify(
  state: PipelineState,
  group: Group,
  receiver: Receiver | undefined,
  decision: NotifyDecision,
  now: number,
  out: StepResult,
): void {
  const { view } = decision;
  out.groups.add(group);
  group.row.nextAt = null;
  group.row.nextReason = null;
  group.row.lastReason = decision.reason;

  if (decision.reason === 'collecting') {
    group.row.collectSince ??= now;
    group.row.collectUntil = decision.until;
  }

  for (const { alert, reason, ids = [] } of view.skipped) {
    skip(state, group, alert, reason, now, out, ids);
    countHeld(state, reason, ids, out);
  }
  noteSuppressed(state, group, view.suppressed, now, out);
  if (decision.notify && receiver) {
    const said = spoken(view);
    const held = endsHeldBack(view);
    const notification = emitNotification(state, group, decision.reason, said, now);
    out.notifications.push(notification);
    logNotified(
      group,
      [...said.changed, ...said.standing].sort(firingLast).map((alert) => ({
        alert,
        status: alert.kind === 'event' ? 'event' : alert.state === 'resolved' ? 'resolved' : 'firing',
        flapping: said.flapping.includes(alert),
      })),
      now,
      (id, entry) => {
        if (held.has(id)) return { ...entry, displaced: true };
        return waitsElsewhere(state, group, id) ? { ...entry, status: 'resolved' } : null;
      },
    );
    group.row.lastSentAt = now;
    noteToldInStorm(state, group, view, notification.alerts, out);
    for (const alert of view.flapping) tellFlapping(state, group, alert, now, out);
    const over = [...view.events, ...view.passed, ...view.resolved, ...view.superseded];
    for (const alert of over) leaveGroup(state, group, alert.id);
    for (const alert of over) finish(state, alert, out);
    for (const { alert } of view.held) group.held.delete(alert.id);
  } else {
    for (const { alert, until } of view.held) hold(state, group, alert, until, now, out);
  }
  for (const { id } of view.displaced) leaveGroup(state, group, id);
  forgetNotified(
    group,
    view.displaced.map(({ id }) => id),
  );
  for (const alert of view.displaced) finish(state, alert, out);
  if (receiver) {
    for (const alert of view.unasked) {
      logNotified(group, [{ alert, status: 'resolved' }], group.row.notified[alert.id]?.at ?? now);
      skip(state, group, alert, 'send_resolved_off', now, out);
    }
  }
  if (!receiver) {
    for (const alert of [...view.resolved, ...view.unasked, ...view.passed, ...view.events])
      skip(state, group, alert, 'receiver_gone', now, out);
  }
  if (decision.reason !== 'collecting') endCollecting(group);
  afterTelling(state, group, decision, now, out);
  prune(state, group, receiver, now);
  setDeadline(state, group, receiver, decision, now, out);
  if (group.row.nextAt === null && group.members.size === 0) {
    state.groups.delete(group.row.groupKey);
    out.effects.push({ put: 'group.closed', tenant: state.tenant, id: group.row.id });
  } else {
    out.effects.push({ put: 'group', row: group.row, insert: false });
  }
}

/** What has ended, and whose end is held back. */
function endsHeldBack({ suppressed }: GroupView): ReadonlySet<string> {
  return new Set(suppressed.flatMap(({ alert }) => (alert.state === 'resolved' ? [alert.id] : [])));
}

/** Of one key the log keeps what is written last: the episode that fires, not one before it that has passed. */
const firingLast = (a: AlertRow, b: AlertRow) => Number(a.state === 'firing') - Number(b.state === 'firing');

/** What no group waits with any more is done: a restart need not load it again. */
function finish(state: PipelineState, said: AlertRow, out: StepResult): void {
  // One that left the group was said to have ended here, and fires on: the alert itself is looked at.
  const alert = state.alerts.get(said.id) ?? said;
  if (alert.nextAt === null || alert.state !== 'resolved') return;
  const groups = groupsOf(state, alert.id);
  if (alert.kind === 'event' ? groups.length > 0 : keptUntil(groups, alert) !== null) return;
  alert.nextAt = null;
  alert.version += 1;
  out.effects.push({ put: 'alert', row: alert, insert: false });
}

/** Nothing is to be said of this alert in this group any more: the reason is recorded, the alert leaves. */
export function skip(
  state: PipelineState,
  group: Group,
  alert: AlertRow,
  reason: string,
  now: number,
  out: StepResult,
  ids: readonly string[] = [],
): void {
  const body = { groupKey: group.row.groupKey, ...(ids.length > 0 && { ids }) };
  out.effects.push({ put: 'event', row: alertEvent(state, alert, 'notify.skipped', reason, now, body) });
  leaveGroup(state, group, alert.id);
  finish(state, alert, out);
}

/** It is told once; nothing more is said of it until it is calm. */
function tellFlapping(
  state: PipelineState,
  group: Group,
  alert: AlertRow,
  now: number,
  out: StepResult,
): void {
  const body = {
    groupKey: group.row.groupKey,
    times: state.flaps.seen(alert.key, now),
    until: state.flaps.until(alert.key, now, true),
  };
  out.effects.push({ put: 'event', row: alertEvent(state, alert, 'alert.flapping', null, now, body) });
}

function hold(
  state: PipelineState,
  group: Group,
  alert: AlertRow,
  until: number,
  now: number,
  out: StepResult,
): void {
  if (group.held.has(alert.id)) return;
  group.held.add(alert.id);
  const body = { until, groupKey: group.row.groupKey };
  out.effects.push({
    put: 'event',
    row: alertEvent(state, alert, 'notify.held', 'within_dedupe_window', now, body),
  });
}

/**
 * Until when an entry of the notify log is needed: the end of the window that it opens. The rule is known by the alert,
 * which may be gone by now.
 */
function windowEnd(state: PipelineState, receiver: Receiver | undefined, group: Group, id: string): number {
  const entry = group.row.notified[id];
  if (!entry || !receiver) return 0;
  const alert = state.alerts.get(id) ?? state.openByKey.get(entry.key);
  const ruleName = alert?.rule ?? /^rule:(.*?):\{/.exec(entry.key)?.[1];
  const rule = ruleName === undefined ? undefined : state.rules.get(ruleName);
  const window = alert
    ? dedupeWindowOf(state, alert, receiver)
    : (rule?.dedupeWindowMs ?? receiver.dedupeWindowMs);
  return Math.max(
    entry.at + window,
    waitsElsewhere(state, group, id) ? toldElsewhereBy(state, group, id) : 0,
  );
}

/** Whether it is over, and another group is still to tell of it. */
function waitsElsewhere(state: PipelineState, group: Group, id: string): boolean {
  const alert = state.alerts.get(id);
  if (alert?.kind !== 'event' && (alert?.state !== 'resolved' || alert.nextAt === null)) return false;
  return groupsOf(state, id).some((other) => other !== group);
}

/**
 * A restart puts an event, and what a digest is still to tell of, into all its groups again: while it waits in one, those
 * that told it have to know.
 */
function toldElsewhereBy(state: PipelineState, group: Group, id: string): number {
  const others = groupsOf(state, id).filter((other) => other !== group);
  return others.reduce((last, { row }) => Math.max(last, (row.nextAt ?? 0) + afterItsTimeMs), 0);
}

/** Entries of ended alerts and of events are kept as long as they are needed. */
function prune(state: PipelineState, group: Group, receiver: Receiver | undefined, now: number): void {
  const gone: string[] = [];
  for (const [id, entry] of Object.entries(group.row.notified)) {
    if (entry.status === 'firing' && group.members.has(id)) continue;
    if (windowEnd(state, receiver, group, id) <= now) gone.push(id);
  }
  forgetNotified(group, gone);
}

function setDeadline(
  state: PipelineState,
  group: Group,
  receiver: Receiver | undefined,
  decision: NotifyDecision,
  now: number,
  out: StepResult,
): void {
  if (decision.notify) {
    const at = lookAgainAt(state, group, now);
    if (at !== null) set(group, at, 'repeat_interval');
    if (decision.until !== null && decision.until < (group.row.nextAt ?? Number.POSITIVE_INFINITY))
      set(group, decision.until, 'suppression_ends');
  } else if (decision.until !== null) {
    set(group, decision.until, decision.reason);
  }
  if (group.row.nextAt === null && group.members.size === 0) {
    const ends = Object.keys(group.row.notified).map((id) => windowEnd(state, receiver, group, id));
    if (ends.length > 0) set(group, Math.max(...ends), 'close');
  }
  out.groups.add(group);
}

/** After a message: when the firing alerts are due again, or what people said of one ends; null when none fires. */
function lookAgainAt(state: PipelineState, group: Group, now: number): number | null {
  let at: number | null = null;
  for (const id of group.members) {
    const alert = state.alerts.get(id);
    if (alert?.state !== 'firing' || hasLeft(group, id)) continue;
    at = Math.min(at ?? now + group.route.repeatIntervalMs, nextEndOf(alert, now));
  }
  return at;
}

function set(group: Group, at: number, reason: string): void {
  group.row.nextAt = at;
  group.row.nextReason = reason;
}
