// Stage 2: what became of the alert. The state machine is rules/alert-state; here its changes become rows and events.
import { type AlertLife, type LifeChange, nextAlertState } from '../../rules/alert-state.ts';
import { fingerprint } from '../../rules/fingerprint.ts';
import { labelSet } from '../../rules/labels.ts';
import { priorityOf, severityRank } from '../../rules/severity.ts';
import type { Finding, Priority, Rule, Severity } from '../../rules/types.ts';
import { renderAnnotations } from './annotations.ts';
import { eventSubject } from './identify.ts';
import type { EventInput, Reminder, ResolveInput, StepResult, VerdictInput } from './input.ts';
import { decideRoute, type Place } from './route.ts';
import type { AlertRow, ResolveReason } from './rows.ts';
import { alertEvent, type PipelineState } from './state.ts';

export interface LifeDecision {
  readonly change: LifeChange;
  readonly next: AlertLife;
  readonly alert: AlertRow | null;
}

/** The stored row as the state machine sees it. */
export function lifeOf(alert: AlertRow | null | undefined): AlertLife {
  if (!alert || alert.state === 'resolved') return { state: 'inactive' };
  const since = alert.pendingSince ?? alert.firedAt ?? 0;
  if (alert.state === 'pending') return { state: 'pending', since };
  return { state: 'firing', since, firedAt: alert.firedAt ?? since, keepUntil: alert.keepUntil };
}

/** Reads only: what this verdict would change. */
export function decideLife(state: PipelineState, input: VerdictInput): LifeDecision {
  const alert = state.openByKey.get(input.subject.key) ?? null;
  // A series that stopped under `no_data: ok` has had its keep_firing_for on engine time before this input was made.
  const timing =
    input.cause === 'no_data' && input.verdict === 'false'
      ? { ...input.rule, keepFiringForMs: 0 }
      : input.rule;
  const { next, change } = nextAlertState(lifeOf(alert), input.verdict, timing, input.sampleAt);
  return { change, next, alert };
}

/** Something became of an alert that its groups may have to know. */
export interface LifeNews {
  readonly alert: AlertRow;
  readonly what: 'fired' | 'resolved' | 'moved';
  /** Of what fired: where it goes. */
  readonly places?: readonly Place[];
}

/** Writes the decision into the state; answers what its groups may have to know, if anything. */
export function applyLife(
  state: PipelineState,
  input: VerdictInput,
  decision: LifeDecision,
  now: number,
  out: StepResult,
): LifeNews | null {
  const { change, next } = decision;
  const from = movesFrom(input, decision.alert);
  if (change === 'none' && from === null) {
    if (endsSilence(input, decision.alert)) measured(state, input, decision.alert, now, out);
    return null;
  }
  const alert = decision.alert ?? openEpisode(state, input);
  const insert = decision.alert === null;
  alert.version += insert ? 0 : 1;
  alert.lastSampleAt = input.sampleAt;
  // A sample that shows nothing (a trend without a direction) leaves the value that people know.
  if (input.value !== null || input.cause !== 'sample') alert.value = input.value;
  if (input.finding && input.verdict === 'true') alert.finding = rarer(input.finding, alert);
  if (from !== null) move(state, alert, from, input, now, out);
  if (change === 'none') {
    out.effects.push({ put: 'alert', row: alert, insert });
    return alert.state === 'firing' ? { alert, what: 'moved' } : null;
  }
  let kind = `alert.${change}`;
  const reason = input.cause === 'sample' ? null : input.cause;
  switch (change) {
    case 'pending':
      break;
    case 'fired':
      if (next.state === 'firing') fire(alert, next.firedAt, input);
      kind = 'alert.firing';
      break;
    case 'held':
    case 'recovered':
      alert.keepUntil = next.state === 'firing' ? next.keepUntil : null;
      break;
    case 'resolved':
      close(state, alert, input.sampleAt, input.cause === 'no_data' ? 'no_data' : 'condition_cleared');
      alert.annotations = renderAnnotations(input.rule, alert.labels, input.value, alert.finding);
      break;
    case 'cleared':
      close(state, alert, input.sampleAt, 'cleared_while_pending');
      break;
  }
  out.effects.push({ put: 'alert', row: alert, insert });
  const places = change === 'fired' ? decideRoute(state.routing, alert) : undefined;
  out.effects.push({
    put: 'event',
    row: alertEvent(state, alert, kind, reason, now, {
      value: input.value,
      sampleAt: input.sampleAt,
      ruleHash: input.rule.hash,
      ...(input.finding && { finding: input.finding }),
      ...(places && { groups: places.map(({ groupKey }) => groupKey) }),
    }),
  });
  if (change === 'cleared') {
    state.alerts.delete(alert.id);
    return null;
  }
  if (change === 'fired' || change === 'resolved') return { alert, what: change, ...(places && { places }) };
  return change === 'recovered' && from !== null ? { alert, what: 'moved' } : null;
}

/** What is told of the episode is its rarest sample: the longer it lasts, the more usual it looks. */
function rarer(finding: Finding, { finding: before }: AlertRow): Finding {
  return before != null && before.oneIn > finding.oneIn ? before : finding;
}

/** The severity that the open episode had, where the verdict gives it another; else null. */
function movesFrom({ verdict, severity }: VerdictInput, alert: AlertRow | null): Severity | null {
  if (alert === null || verdict !== 'true' || severity === undefined) return null;
  return atLeast(severity, alert) === alert.effectiveSeverity ? null : alert.effectiveSeverity;
}

/** That severity, or the one that the alert was raised to. */
function atLeast(severity: Severity, { promoted }: AlertRow): Severity {
  return promoted != null && severityRank(promoted) > severityRank(severity) ? promoted : severity;
}

/**
 * Nobody ended it in time: it is more urgent from here on, whatever its level.
 * @param since When that was due.
 */
export function raise(
  state: PipelineState,
  alert: AlertRow,
  to: Severity,
  since: number,
  why: Readonly<Record<string, unknown>>,
  now: number,
  out: StepResult,
): void {
  const from = alert.effectiveSeverity;
  const rule = alert.rule === null ? undefined : state.rules.get(alert.rule);
  alert.effectiveSeverity = to;
  alert.promoted = to;
  alert.severitySince = since;
  if (rule) alert.priority = priorityAt(rule, to);
  else if (alert.priority === priorityOf(from)) alert.priority = priorityOf(to);
  alert.version += 1;
  if (rule) alert.annotations = renderAnnotations(rule, alert.labels, alert.value, alert.finding);
  const body = { from, to, value: alert.value, ...why };
  out.effects.push(
    { put: 'alert', row: alert, insert: false },
    { put: 'event', row: alertEvent(state, alert, 'alert.severity_changed', 'promoted', now, body) },
  );
}

/** The open episode is of another level from here on. Its labels stay what they were. */
function move(
  state: PipelineState,
  alert: AlertRow,
  from: Severity,
  input: VerdictInput,
  now: number,
  out: StepResult,
): void {
  const { rule, sampleAt, severity = from } = input;
  const to = atLeast(severity, alert);
  alert.effectiveSeverity = to;
  alert.severitySince = now;
  alert.priority = priorityAt(rule, to);
  if (alert.state === 'firing') alert.annotations = renderAnnotations(rule, alert.labels, alert.value);
  const body = { from, to, value: input.value, sampleAt, ruleHash: rule.hash };
  out.effects.push({
    put: 'event',
    row: alertEvent(state, alert, 'alert.severity_changed', null, now, body),
  });
}

/** A rule whose priority is not that of its severity has set it: that holds at every level. */
function priorityAt(rule: Rule, severity: Severity): Priority {
  return rule.priority === priorityOf(rule.severity) ? priorityOf(severity) : rule.priority;
}

/** A sample confirms what silence had said: the episode goes on, and from here it is one of values. */
function endsSilence(input: VerdictInput, alert: AlertRow | null): alert is AlertRow {
  return alert !== null && alert.value === null && input.value !== null && input.verdict === 'true';
}

/** Stored, so that hysteresis (which is of values) means the same after a restart. */
function measured(
  state: PipelineState,
  input: VerdictInput,
  alert: AlertRow,
  now: number,
  out: StepResult,
): void {
  alert.value = input.value;
  alert.lastSampleAt = input.sampleAt;
  alert.version += 1;
  out.effects.push({ put: 'alert', row: alert, insert: false });
  const body = { value: input.value, sampleAt: input.sampleAt, ruleHash: input.rule.hash };
  out.effects.push({
    put: 'event',
    row: alertEvent(state, alert, 'alert.data_back', null, now, body),
  });
}

function openEpisode(state: PipelineState, input: VerdictInput): AlertRow {
  const { rule, subject, severity = rule.severity } = input;
  // The subject has the mildest level; an episode may begin at a more urgent one.
  const labels =
    severity === subject.labels.severity ? subject.labels : labelSet({ ...subject.labels, severity });
  // Written out: what is spread into a literal lies in a table of its own beside it, 32 bytes more for each alert.
  const alert: AlertRow = {
    tenant: state.tenant,
    id: state.newId(),
    kind: 'alert',
    key: subject.key,
    source: 'rule',
    rule: rule.name,
    ruleHash: rule.hash,
    labels,
    fingerprint: labels === subject.labels ? subject.fingerprint : fingerprint(labels),
    state: 'pending',
    severity,
    effectiveSeverity: severity,
    priority: priorityAt(rule, severity),
    category: rule.category,
    value: input.value,
    annotations: {},
    dedupKey: null,
    pendingSince: input.sampleAt,
    firedAt: null,
    keepUntil: null,
    lastSampleAt: input.sampleAt,
    endsAt: null,
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

function fire(alert: AlertRow, firedAt: number, input: VerdictInput): void {
  alert.state = 'firing';
  alert.firedAt = firedAt;
  alert.keepUntil = null;
  alert.annotations = renderAnnotations(input.rule, alert.labels, input.value, alert.finding);
}

/** The episode is over at `at`. */
export function close(state: PipelineState, alert: AlertRow, at: number, reason: ResolveReason): void {
  alert.state = 'resolved';
  alert.resolvedAt = at;
  alert.resolveReason = reason;
  alert.keepUntil = null;
  alert.nextAt = null;
  if (state.openByKey.get(alert.key) === alert) state.openByKey.delete(alert.key);
}

/** Comes back when the alert's sender lets it end. */
export function endReminder(alert: AlertRow, at: number | null): Reminder {
  return { owner: alert, at, input: { kind: 'ends_at', alertId: alert.id } };
}

/** Ends an episode for a reason that is not a verdict: a person, or a rule that is gone. Answers the alert if it had fired. */
export function endEpisode(
  state: PipelineState,
  alert: AlertRow,
  reason: ResolveReason,
  now: number,
  out: StepResult,
  by?: ResolveInput,
): AlertRow | null {
  const hadFired = alert.state === 'firing';
  close(state, alert, now, reason);
  if (reason === 'manual' && alert.source !== 'rule')
    state.dismissed.set(alert.key, alert.pendingSince ?? now);
  if (alert.endsAt !== null) out.reminders.push(endReminder(alert, null));
  alert.version += 1;
  out.effects.push({ put: 'alert', row: alert, insert: false });
  const body = by?.note ? { note: by.note } : {};
  out.effects.push({
    put: 'event',
    row: alertEvent(state, alert, 'alert.resolved', reason, now, body, by?.actor ?? null),
  });
  if (!hadFired) state.alerts.delete(alert.id);
  return hadFired ? alert : null;
}

/** An event is an occurrence without an end: a row that is born resolved. */
export function recordEvent(state: PipelineState, input: EventInput): AlertRow {
  const subject = eventSubject(input);
  return {
    tenant: state.tenant,
    id: state.newId(),
    kind: 'event',
    key: subject.key,
    source: input.source,
    rule: null,
    ruleHash: null,
    labels: subject.labels,
    fingerprint: subject.fingerprint,
    state: 'resolved',
    severity: input.severity,
    effectiveSeverity: input.severity,
    priority: input.priority,
    category: input.category,
    value: null,
    annotations: { summary: input.message, ...(input.impact === null ? {} : { impact: input.impact }) },
    dedupKey: input.dedupKey,
    pendingSince: null,
    firedAt: input.occurredAt,
    keepUntil: null,
    lastSampleAt: null,
    endsAt: null,
    resolvedAt: input.occurredAt,
    resolveReason: 'occurred',
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
}
