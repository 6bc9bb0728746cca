// Alerts that somebody else watches over: their sender says that they fire and that they are over, and nobody here ends
// them because a rule or a series is gone. What is told again and is known changes nothing.
import { priorityOf } from '../../rules/severity.ts';
import { outsideSubject } from './identify.ts';
import type { OutsideAlert, OutsideCounts, OutsideInput, StepResult } from './input.ts';
import { close, endReminder } from './life-cycle.ts';
import { decideRoute, type Place } from './route.ts';
import type { AlertRow, ResolveReason } from './rows.ts';
import { alertEvent, type PipelineState, type Subject } from './state.ts';

/** What follows when an alert fired or ended: route, group, timer. */
export type Arrive = (
  state: PipelineState,
  alert: AlertRow,
  now: number,
  out: StepResult,
  places?: readonly Place[],
) => void;

export function takeOutside(
  state: PipelineState,
  { source, alerts }: OutsideInput,
  now: number,
  out: StepResult,
  arrive: Arrive,
): void {
  const counts: OutsideCounts = { fired: 0, updated: 0, resolved: 0, unchanged: 0, dismissed: 0 };
  for (const alert of alerts) {
    const subject = outsideSubject(source, alert.labels, alert.severity);
    counts[takeOne(state, source, subject, alert, now, out, arrive)] += 1;
  }
  out.answer = { kind: 'outside', counts };
}

/** What one alert of a sender comes to. */
export function takeOne(
  state: PipelineState,
  source: string,
  subject: Subject,
  told: OutsideAlert,
  now: number,
  out: StepResult,
  arrive: Arrive,
): keyof OutsideCounts {
  const open = state.openByKey.get(subject.key);
  if (told.status === 'resolved') {
    // The end of an earlier episode that comes after the beginning of this one.
    if (!open || isOfEarlier(open, told)) return 'unchanged';
    endOutside(state, open, 'sender_resolved', told, now, out);
    arrive(state, open, now, out);
    return 'resolved';
  }
  if (open) return update(state, open, told, now, out);
  const startsAt = told.startsAt ?? now;
  const dismissedAt = state.dismissed.get(subject.key);
  if (dismissedAt !== undefined && startsAt <= dismissedAt) return 'dismissed';
  state.dismissed.delete(subject.key);
  const alert = openOutside(state, source, subject, told, startsAt, now);
  out.effects.push({ put: 'alert', row: alert, insert: true });
  const places = decideRoute(state.routing, alert);
  const body = {
    ...{ source, startsAt, value: told.value, groups: places.map(({ groupKey }) => groupKey) },
    ...(told.classifiedBy !== null && { classifiedBy: told.classifiedBy, severity: told.severity }),
    ...(told.labels.severity !== undefined &&
      told.labels.severity !== told.severity && { severityGiven: told.labels.severity }),
  };
  out.effects.push({ put: 'event', row: alertEvent(state, alert, 'alert.firing', null, now, body) });
  if (alert.endsAt !== null) out.reminders.push(endReminder(alert, alert.endsAt));
  arrive(state, alert, now, out, places);
  return 'fired';
}

function isOfEarlier(open: AlertRow, { startsAt, endsAt }: OutsideAlert): boolean {
  const began = open.pendingSince ?? 0;
  return startsAt !== null && endsAt !== null && startsAt < began && endsAt < began;
}

/** A deadline that is past already says nothing: whoever fires now has a clock that is behind ours. */
function deadlineOf({ endsAt }: OutsideAlert, now: number): number | null {
  return endsAt !== null && endsAt > now ? endsAt : null;
}

function update(
  state: PipelineState,
  alert: AlertRow,
  told: OutsideAlert,
  now: number,
  out: StepResult,
): 'updated' | 'unchanged' {
  const changed: string[] = [];
  if (!sameTexts(alert.annotations, told.annotations)) {
    alert.annotations = told.annotations;
    changed.push('annotations');
  }
  if (told.startsAt !== null && alert.pendingSince !== null && told.startsAt < alert.pendingSince) {
    alert.pendingSince = told.startsAt;
    alert.firedAt = told.startsAt;
    changed.push('startsAt');
  }
  if (told.value !== null && told.value !== alert.value) {
    alert.value = told.value;
    changed.push('value');
  }
  const endsAt = deadlineOf(told, now);
  const moved = alert.endsAt !== endsAt;
  if (moved) {
    alert.endsAt = endsAt;
    out.reminders.push(endReminder(alert, endsAt));
  }
  if (changed.length === 0 && !moved) return 'unchanged';
  alert.version += 1;
  out.effects.push({ put: 'alert', row: alert, insert: false });
  // Some senders move the deadline each time that they say that it fires: the row tells that, the log need not.
  if (changed.length > 0) {
    const body = { changed, value: alert.value };
    out.effects.push({ put: 'event', row: alertEvent(state, alert, 'alert.updated', null, now, body) });
  }
  return 'updated';
}

function sameTexts(a: Readonly<Record<string, string>>, b: Readonly<Record<string, string>>): boolean {
  const names = Object.keys(a);
  return (
    names.length === Object.keys(b).length &&
    names.every((name) => Object.hasOwn(b, name) && a[name] === b[name])
  );
}

function endOutside(
  state: PipelineState,
  alert: AlertRow,
  reason: ResolveReason,
  told: OutsideAlert | null,
  now: number,
  out: StepResult,
): void {
  if (alert.endsAt !== null) out.reminders.push(endReminder(alert, null));
  const said = told?.endsAt ?? (told === null ? alert.endsAt : null) ?? now;
  const at = Math.max(Math.min(said, now), Math.min(alert.firedAt ?? now, now));
  close(state, alert, at, reason);
  if (told !== null) {
    if (Object.keys(told.annotations).length > 0) alert.annotations = told.annotations;
    if (told.value !== null) alert.value = told.value;
  }
  alert.version += 1;
  out.effects.push({ put: 'alert', row: alert, insert: false });
  const body = { source: alert.source, endsAt: at, value: alert.value };
  out.effects.push({ put: 'event', row: alertEvent(state, alert, 'alert.resolved', reason, now, body) });
}

/** The time has come until which its sender let an alert last, and it said nothing else since. */
export function endAtDeadline(
  state: PipelineState,
  alertId: string,
  now: number,
  out: StepResult,
  arrive: Arrive,
): void {
  const alert = state.alerts.get(alertId);
  if (!alert || alert.state === 'resolved' || alert.endsAt === null || alert.endsAt > now) return;
  endOutside(state, alert, 'ends_at_passed', null, now, out);
  arrive(state, alert, now, out);
}

function openOutside(
  state: PipelineState,
  source: string,
  subject: Subject,
  told: OutsideAlert,
  startsAt: number,
  now: number,
): AlertRow {
  // Written out: what is spread into a literal lies in a table of its own beside it, 32 bytes more for each alert.
  const alert: AlertRow = {
    tenant: state.tenant,
    id: state.newId(),
    kind: 'alert',
    key: subject.key,
    source,
    rule: null,
    ruleHash: null,
    labels: subject.labels,
    fingerprint: subject.fingerprint,
    state: 'firing',
    severity: told.severity,
    effectiveSeverity: told.severity,
    priority: priorityOf(told.severity),
    category: told.category,
    value: told.value,
    annotations: told.annotations,
    dedupKey: null,
    pendingSince: startsAt,
    firedAt: startsAt,
    keepUntil: null,
    lastSampleAt: null,
    endsAt: deadlineOf(told, now),
    resolvedAt: null,
    resolveReason: null,
    ackedBy: null,
    ackedAt: null,
    ackUntil: null,
    snoozedUntil: null,
    snoozedBy: null,
    assignee: null,
    comments: 0,
    nextAt: null,
    version: 1,
  };
  state.alerts.set(alert.id, alert);
  state.openByKey.set(alert.key, alert);
  return alert;
}
