// What people do with an alert: acknowledge, snooze, assign, comment. All of it is an attribute of the alert and never ends
// the episode. Each is one audit event that says who did it, what was before and what is from now on; what changes
// nothing writes nothing. An acknowledgement and a snooze that run out are told as events of their own.
import { arm, escalateSoon, groupsOf } from './group.ts';
import { dueAgainAt, nextEndOf } from './held-back.ts';
import type { RespondInput, StepResult } from './input.ts';
import type { AlertRow, EventRow } from './rows.ts';
import { alertEvent, type PipelineState } from './state.ts';
import { saidAgainAt } from './suppress.ts';

/** The last event that this step has recorded. */
export function lastEvent(out: StepResult): EventRow | null {
  const last = out.effects.at(-1);
  return last?.put === 'event' ? last.row : null;
}

/** The open episode, or the answer says why there is none. */
export function openAlert(state: PipelineState, id: string, out: StepResult): AlertRow | null {
  const alert = state.alerts.get(id);
  if (alert?.kind !== 'alert') {
    out.answer = { kind: 'refused', reason: 'alert_not_found' };
    return null;
  }
  if (alert.state === 'resolved') {
    out.answer = { kind: 'refused', reason: 'alert_resolved' };
    return null;
  }
  return alert;
}

/** Carries out what a person asks for; the answer is the alert and what was recorded. */
export function respond(state: PipelineState, input: RespondInput, now: number, out: StepResult): void {
  // What was said about an alert may be said when it is over, too; what holds back messages may not.
  const over = input.kind === 'assign' || input.kind === 'comment';
  const alert = over
    ? (state.alerts.get(input.alertId) ?? input.ended ?? null)
    : openAlert(state, input.alertId, out);
  if (alert === null) {
    if (over) out.answer = { kind: 'refused', reason: 'alert_not_found' };
    return;
  }
  const event = change(state, alert, input, now);
  if (event !== null) {
    if (alert.state !== 'resolved') alert.nextAt = nextEnd(alert, now);
    alert.version += 1;
    out.effects.push({ put: 'alert', row: alert, insert: false }, { put: 'event', row: event });
    rearm(state, alert, input, now, out);
  }
  out.answer = { kind: 'alert', alert, event };
}

/** Writes it into the row; null when the row says so already. */
function change(state: PipelineState, alert: AlertRow, input: RespondInput, now: number): EventRow | null {
  const event = (kind: string, body: Readonly<Record<string, unknown>>) => {
    const note = 'note' in input && input.note !== null ? { note: input.note } : {};
    return alertEvent(state, alert, kind, null, now, { ...body, ...note }, input.actor);
  };
  switch (input.kind) {
    case 'acknowledge': {
      const before = acknowledgementOf(alert);
      alert.ackedBy = input.owner ?? input.actor;
      alert.ackedAt = now;
      alert.ackUntil = input.until;
      return event('alert.acknowledged', { until: input.until, owner: alert.ackedBy, before });
    }
    case 'unacknowledge': {
      const before = acknowledgementOf(alert);
      if (before === null) return null;
      alert.ackedBy = null;
      alert.ackedAt = null;
      alert.ackUntil = null;
      return event('alert.unacknowledged', { before });
    }
    case 'snooze': {
      const before = snoozeOf(alert);
      alert.snoozedUntil = input.until;
      alert.snoozedBy = input.actor;
      return event('alert.snoozed', { until: input.until, before });
    }
    case 'unsnooze': {
      const before = snoozeOf(alert);
      if (before === null) return null;
      alert.snoozedUntil = null;
      alert.snoozedBy = null;
      return event('alert.unsnoozed', { before });
    }
    case 'assign': {
      const before = alert.assignee;
      if (before === input.to) return null;
      alert.assignee = input.to;
      return event('alert.assigned', { to: input.to, before });
    }
    case 'comment':
      alert.comments += 1;
      return event('alert.commented', { text: input.text });
  }
}

const acknowledgementOf = ({ ackedBy, ackedAt, ackUntil }: AlertRow) =>
  ackedAt === null ? null : { owner: ackedBy, at: ackedAt, until: ackUntil };

const snoozeOf = ({ snoozedBy, snoozedUntil }: AlertRow) =>
  snoozedUntil === null ? null : { by: snoozedBy, until: snoozedUntil };

/** The groups come back to the alert when what was just said ends, or now that it holds no more. */
function rearm(
  state: PipelineState,
  alert: AlertRow,
  input: RespondInput,
  now: number,
  out: StepResult,
): void {
  if (alert.state !== 'firing') return;
  for (const group of groupsOf(state, alert.id)) {
    if (input.kind !== 'assign' && input.kind !== 'comment') escalateSoon(group, out);
    if (input.kind === 'acknowledge' && input.until !== null) arm(group, input.until, 'ack_expired', out);
    if (input.kind === 'snooze') arm(group, input.until, 'snoozed', out);
    if (input.kind === 'unsnooze')
      arm(group, saidAgainAt(group, alert, now, group.row.lastSentAt), 'suppression_ended', out);
    if (input.kind === 'unacknowledge') arm(group, dueAgainAt(group, alert, now), 'repeat_interval', out);
  }
}

/** The first end of an acknowledgement or a snooze that is still to come. */
function nextEnd(alert: AlertRow, now: number): number | null {
  const at = nextEndOf(alert, now);
  return Number.isFinite(at) ? at : null;
}

/** Records, once, that an acknowledgement or a snooze of this open alert has run out. */
export function recordEnds(state: PipelineState, alert: AlertRow, now: number, out: StepResult): void {
  const from = alert.nextAt;
  if (from === null || from > now || alert.kind === 'event') return;
  const ended = (at: number | null): at is number => at !== null && at >= from && at <= now;
  alert.nextAt = nextEnd(alert, now);
  alert.version += 1;
  out.effects.push({ put: 'alert', row: alert, insert: false });
  const record = (kind: string, body: Readonly<Record<string, unknown>>) =>
    out.effects.push({ put: 'event', row: alertEvent(state, alert, kind, 'expired', now, body) });
  if (alert.ackedAt !== null && ended(alert.ackUntil))
    record('alert.ack_expired', { owner: alert.ackedBy, at: alert.ackedAt, until: alert.ackUntil });
  if (ended(alert.snoozedUntil))
    record('alert.snooze_ended', { by: alert.snoozedBy, until: alert.snoozedUntil });
}
