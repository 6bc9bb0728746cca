// Stage on a due group: nobody confirmed in time, so the next ones are told. One escalation for a group's notification,
// however many alerts it names; how far it has come is in the group's row, written with the step's notification.

import { severityRank } from '../../rules/severity.ts';
import type { Severity } from '../../rules/types.ts';
import { collects } from './digest.ts';
import { emitNotification } from './emit.ts';
import {
  advance,
  beginEscalation,
  type EscalationPolicy,
  type EscalationStep,
  type Situation,
} from './escalation.ts';
import { groupsOfAudience } from './group.ts';
import { isAcknowledged } from './held-back.ts';
import type { Notification, StepResult } from './input.ts';
import { hasLeft } from './leave.ts';
import { type GroupView, type NotifyDecision, sendsResolved } from './notify.ts';
import { nextPromotion } from './promotion-times.ts';
import type { RoutingConfig } from './routing.ts';
import type { AlertRow, EscalationRow, Saying, ToldByStep } from './rows.ts';
import { type Group, groupEvent, type PipelineState } from './state.ts';
import { isStorm } from './storm-place.ts';
import { findAtEnd, suppressionOf } from './suppress.ts';
import { formatTarget, type Target } from './target.ts';

/** The policy of a row that is only there to know whom steps have told. */
const nobodys = '';

/** The policy that the group's route names, or else its receiver; null: nothing is escalated. */
export function policyOf(state: PipelineState, group: Group): EscalationPolicy | null {
  if (collects(group) && !isStorm(group)) return null;
  return policyAt(state.routing, group);
}

function policyAt({ receivers, escalations }: RoutingConfig, { row, route }: Group): EscalationPolicy | null {
  const named = route.escalation === undefined ? receivers.get(row.receiver)?.escalation : route.escalation;
  return (named == null ? undefined : escalations?.get(named)) ?? null;
}

/** Whether others than its receiver may have been told of the group. */
export function escalates(routing: RoutingConfig, group: Group): boolean {
  return policyAt(routing, group) !== null;
}

/** The alerts of the group that fire. */
function* firingOf(state: PipelineState, group: Group): Generator<AlertRow> {
  for (const id of group.members) {
    const alert = state.alerts.get(id);
    if (alert?.kind === 'alert' && alert.state === 'firing' && !hasLeft(group, id)) yield alert;
  }
}

/** What keeps an alert from being escalated, and until when; null: nothing. That it flaps is no answer to it. */
export function holdsOf(
  state: PipelineState,
  group: Group,
  alert: AlertRow,
  now: number,
): { readonly by: string; readonly until: number | null } | null {
  if (isAcknowledged(alert, now)) return { by: 'acknowledged', until: alert.ackUntil };
  const suppression = suppressionOf(state, group, alert, now);
  if (suppression === null || suppression.by === 'flapping') return null;
  findAtEnd(state, group, suppression);
  return suppression;
}

function situationOf(
  state: PipelineState,
  group: Group,
  now: number,
): { readonly situation: Situation; readonly open: readonly AlertRow[] } {
  const open: AlertRow[] = [];
  let by: string | null = null;
  let until = Number.POSITIVE_INFINITY;
  for (const alert of firingOf(state, group)) {
    // Nobody can have confirmed what nobody was told of.
    if (group.row.notified[alert.id]?.status !== 'firing') continue;
    const holds = holdsOf(state, group, alert, now);
    if (holds === null) open.push(alert);
    else {
      by ??= holds.by;
      until = Math.min(until, holds.until ?? Number.POSITIVE_INFINITY);
    }
  }
  if (open.length > 0) return { situation: { kind: 'open' }, open };
  const ends = Number.isFinite(until) ? until : null;
  return { situation: { kind: 'held', by: by ?? 'resolved', until: ends }, open };
}

/** Takes what is due of the group's escalation. */
export function escalate(state: PipelineState, group: Group, now: number, out: StepResult): void {
  group.changed = false;
  const before = group.row.escalation ?? null;
  if (before === null || before.state === 'exhausted') return;
  const policy = policyOf(state, group);
  if (policy === null || policy.name !== before.policy) {
    endEscalation(state, group, 'policy_gone', now, out);
    return;
  }
  const { situation, open } = situationOf(state, group, now);
  let row = before;
  // A round begins in the future, so this ends after one of them.
  for (;;) {
    const next = advance(row, policy, situation, now);
    group.row.escalation = next.row;
    if (next.what === 'step') row = takeStep(state, group, policy, next, row, open, now, out);
    else row = next.row;
    if (next.what === 'nothing') break;
    if (next.what !== 'step') tell(state, group, next.what, row, now, out);
  }
  out.groups.add(group);
  if (row === before) return;
  group.row.escalation = row;
  out.effects.push({ put: 'group', row: group.row, insert: false });
}

function takeStep(
  state: PipelineState,
  group: Group,
  policy: EscalationPolicy,
  next: { readonly step: number; readonly row: EscalationRow },
  { round, startedAt, nextAt, told }: EscalationRow,
  open: readonly AlertRow[],
  now: number,
  out: StepResult,
): EscalationRow {
  const step = policy.steps[next.step]!;
  const body = {
    ...{ policy: policy.name, step: next.step + 1, of: policy.steps.length, round: round + 1 },
    ...{ since: startedAt, dueAt: nextAt },
  };
  const without = leftOut(step, open, now);
  if (without !== null) {
    out.effects.push({
      put: 'event',
      row: groupEvent(state, group, 'escalation.skipped', without, now, body),
    });
    return next.row;
  }
  const { policy: name, step: number, of, round: turn } = body;
  const made = emitNotification(state, group, 'escalation_step', { changed: open, standing: [] }, now);
  const message = {
    ...made.message,
    escalation: { policy: name, step: number, of, round: turn, since: startedAt },
  };
  const alerts: Record<string, Saying> = {};
  const newTo = step.to.map((target) => ({ target, alerts: [] as string[] }));
  for (const { id } of open) {
    const strangers = newTo.filter(({ target }) => !hasHeard(state, group, id, target, told));
    alerts[id] = strangers.length === newTo.length ? 'firing' : 'standing';
    if (alerts[id] === 'standing') for (const stranger of strangers) stranger.alerts.push(id);
  }
  const notification = { ...made, message, alerts, to: step.to, newTo };
  out.notifications.push(
    step.strategy === null ? notification : { ...notification, strategy: step.strategy },
  );
  const to = step.to.map(formatTarget);
  out.effects.push({
    put: 'event',
    row: groupEvent(state, group, 'escalation.step', null, now, { ...body, to, notificationId: made.id }),
  });
  return { ...next.row, told: alsoTold(told, [{ to: step.to, alerts: open.map(({ id }) => id) }]) };
}

/**
 * Whether the target was told of the alert, by the group's messages or by an earlier step: then it is no news. What a step
 * of another group says to the same people on the same way counts as well.
 */
function hasHeard(
  state: PipelineState,
  group: Group,
  id: string,
  to: Target,
  told: readonly ToldByStep[],
): boolean {
  const { row } = group;
  const target = formatTarget(to);
  if (row.notified[id]?.status === 'firing' && tellsAnyway(state.routing, row.receiver).includes(target))
    return true;
  const others = groupsOfAudience(state, group, id).filter((other) => other !== group);
  return [...told, ...others.flatMap((other) => other.row.escalation?.told ?? [])].some(
    (step) => step.alerts.includes(id) && step.to.some((one) => formatTarget(one) === target),
  );
}

/** Whom a receiver tells, as targets. */
function tellsAnyway({ receivers }: RoutingConfig, name: string): readonly string[] {
  const receiver = receivers.get(name);
  return receiver?.to?.map(formatTarget) ?? receiver?.channels.map((channel) => `channel:${channel}`) ?? [];
}

/** Those who were told, and more of them. */
function alsoTold(told: readonly ToldByStep[], more: readonly ToldByStep[]): readonly ToldByStep[] {
  const all = new Map<string, ToldByStep>();
  for (const { to, alerts } of [...told, ...more]) {
    const targets = to.map(formatTarget).join(' ');
    const known = all.get(targets)?.alerts ?? [];
    all.set(targets, { to, alerts: [...new Set([...known, ...alerts])] });
  }
  return [...all.values()];
}

/** Which condition of the step does not hold; null: it is taken. */
function leftOut(
  { severities, during }: EscalationStep,
  open: readonly AlertRow[],
  now: number,
): 'severity' | 'hours' | null {
  if (severities !== null && !severities.includes(worstOf(open))) return 'severity';
  if (during.length > 0 && !during.some((interval) => interval.contains(now))) return 'hours';
  return null;
}

function worstOf(alerts: readonly AlertRow[]): Severity {
  return alerts.reduce<Severity>(
    (worst, { effectiveSeverity: one }) => (severityRank(one) > severityRank(worst) ? one : worst),
    'info',
  );
}

/** Said of the group's escalation, with where it stands. */
function tell(
  state: PipelineState,
  group: Group,
  what: 'armed' | 'paused' | 'resumed' | 'exhausted',
  { policy, round, level, nextAt, by, leftMs }: EscalationRow,
  now: number,
  out: StepResult,
): void {
  const body = { policy, round: round + 1, level, nextAt, ...(leftMs !== null && { leftMs }) };
  const kind = what === 'exhausted' ? 'escalation.ended' : `escalation.${what}`;
  const reason = what === 'exhausted' ? 'exhausted' : by;
  out.effects.push({ put: 'event', row: groupEvent(state, group, kind, reason, now, body) });
}

/**
 * Nothing of the group is escalated any more. Where that is not because all of it is over, whoever a step told is still to
 * hear of the end.
 */
export function endEscalation(
  state: PipelineState,
  group: Group,
  reason: 'resolved' | 'policy_gone' | 'routed_elsewhere',
  now: number,
  out: StepResult,
): void {
  const row = group.row.escalation;
  if (!row) return;
  const waits = reason !== 'resolved' && row.told.length > 0;
  // By no policy: what is told from now on begins one, also where that is the same.
  group.row.escalation = waits
    ? { ...row, policy: nobodys, state: 'exhausted', nextAt: null, by: null, leftMs: null }
    : null;
  out.groups.add(group);
  out.effects.push({ put: 'group', row: group.row, insert: false });
  if (row.state === 'exhausted') return;
  const { policy, round, level } = row;
  const body = { policy, round: round + 1, level };
  out.effects.push({ put: 'event', row: groupEvent(state, group, 'escalation.ended', reason, now, body) });
}

/** Another group tells the same people from now on: it goes on there where it was, if that is by the same policy. */
export function handOverEscalation(
  state: PipelineState,
  group: Group,
  heir: Group | undefined,
  now: number,
  out: StepResult,
): void {
  const row = group.row.escalation;
  if (!row) return;
  const own = heir?.row.escalation;
  // One that is over there leaves out none of the steps that are left here.
  const runs = own && own.state !== 'exhausted';
  if (heir === undefined || runs || policyOf(state, heir)?.name !== row.policy) {
    const fires = Object.values(group.row.notified).some(({ status }) => status === 'firing');
    endEscalation(state, group, heir || fires ? 'routed_elsewhere' : 'resolved', now, out);
    if (!heir) return;
    heir.row.escalation = alsoTelling(own, row.told, now);
  } else heir.row.escalation = { ...row, told: alsoTold(own?.told ?? [], row.told) };
  group.row.escalation = null;
  out.groups.add(heir);
  out.effects.push({ put: 'group', row: heir.row, insert: false });
}

function alsoTelling(
  own: EscalationRow | null | undefined,
  told: readonly ToldByStep[],
  now: number,
): EscalationRow {
  const unknown: EscalationRow = {
    ...{ policy: nobodys, startedAt: now, round: 0, level: 0, told: [] },
    ...{ state: 'exhausted', nextAt: null, by: null, leftMs: null },
  };
  return { ...(own ?? unknown), told: alsoTold(own?.told ?? [], told) };
}

/**
 * Another group speaks for this alert from now on, and this one for the rest: whoever a step told of the alert hears there
 * that it is over. The escalation itself stays.
 */
export function handOverTold(group: Group, heir: Group, alertId: string, now: number, out: StepResult): void {
  const row = group.row.escalation;
  const given = row?.told.filter(({ alerts }) => alerts.includes(alertId)) ?? [];
  if (!row || given.length === 0) return;
  const left = row.told.flatMap(({ to, alerts }) => {
    const rest = alerts.filter((id) => id !== alertId);
    return rest.length > 0 ? [{ to, alerts: rest }] : [];
  });
  group.row.escalation = { ...row, told: left };
  const ofAlert = given.map(({ to }) => ({ to, alerts: [alertId] }));
  heir.row.escalation = alsoTelling(heir.row.escalation, ofAlert, now);
  for (const { row: written } of [group, heir])
    out.effects.push({ put: 'group', row: written, insert: false });
  out.groups.add(group);
  out.groups.add(heir);
}

/** Notes when the first of the group's alerts becomes more urgent by itself, which is known nowhere else. */
export function notePromotion(state: PipelineState, group: Group, now: number): void {
  const policy = policyOf(state, group);
  group.promotesAt = policy && nextPromotion(state, group, policy, now);
}

/** The group was looked at: what it was told begins to be escalated, and what is over ends. */
export function afterTelling(
  state: PipelineState,
  group: Group,
  { notify, reason, view }: NotifyDecision,
  now: number,
  out: StepResult,
): void {
  notePromotion(state, group, now);
  const policy = policyOf(state, group);
  const row = group.row.escalation ?? null;
  const fires = !firingOf(state, group).next().done;
  // Of one that fires again the receiver hears that instead; whoever a step told of the one before is told its end.
  const receiver = state.routing.receivers.get(group.row.receiver);
  const again = view.superseded.filter((alert) => sendsResolved(state, alert, receiver));
  const displaced = view.displaced.filter((alert) => sendsResolved(state, alert, receiver));
  if (displaced.length > 0) tellEnds(state, group, displaced, fires, now, out);
  if (notify) tellEnds(state, group, [...view.resolved, ...again], fires, now, out);
  if (!fires) {
    // A digest tells of an end at its time: until then it is known who else is to hear of it.
    const waits = !notify && view.resolved.length > 0;
    if (view.suppressed.length === 0 && !waits) endEscalation(state, group, 'resolved', now, out);
    return;
  }
  const told = reason === 'storm' && view.fresh.length + view.refired.length > 0;
  const news = told || reason === 'first' || reason === 'new_alerts' || reason === 'refired';
  const anew = row?.state === 'exhausted' && (news || row.policy !== policy?.name);
  const begins = notify && saysThatItFires(view) && (row === null || anew);
  const begun = begins && policy !== null ? beginEscalation(policy, now) : null;
  if (begun !== null) {
    group.row.escalation = { ...begun, told: row?.told ?? [] };
    tell(state, group, 'armed', begun, now, out);
  } else if (row !== null && row.state !== 'exhausted') group.changed = true;
}

/** Whether the message is about an alert that fires: an event alone is not escalated, whatever is held back beside it. */
function saysThatItFires({ told, escalated, fresh, refired, flapping, held }: GroupView): boolean {
  return [told, escalated, fresh, refired, flapping, held].some(({ length }) => length > 0);
}

/**
 * Whoever heard of an alert by a step hears that it is over, or that it is another group's now. Its receiver was told.
 * @param fires Whether something of the group still does.
 */
export function tellEnds(
  state: PipelineState,
  group: Group,
  ended: readonly AlertRow[],
  fires: boolean,
  now: number,
  out: StepResult,
): void {
  const row = group.row.escalation;
  if (!row || ended.length === 0) return;
  const over = new Set(ended.map(({ id }) => id));
  const told = row.told.flatMap(({ to, alerts }) => {
    const left = alerts.filter((id) => !over.has(id));
    return left.length > 0 ? [{ to, alerts: left }] : [];
  });
  if (
    told.length === row.told.length &&
    told.every(({ alerts }, i) => alerts.length === row.told[i]!.alerts.length)
  )
    return;
  group.row.escalation = { ...row, told };
  out.groups.add(group);
  out.effects.push({ put: 'group', row: group.row, insert: false });
  const reason = fires ? 'some_resolved' : 'resolved';
  for (const { to, of } of whoHeard(state, group, row.told, ended)) {
    const made: Notification = emitNotification(state, group, reason, { changed: of, standing: [] }, now);
    const alerts: Record<string, Saying> = {};
    for (const { id } of of) alerts[id] = 'resolved';
    out.notifications.push({ ...made, alerts, to });
  }
}

/** Of which of the alerts steps have told whom, but for those whom the receiver tells: in one message where it is the same. */
function whoHeard(
  { routing }: PipelineState,
  { row }: Group,
  told: readonly ToldByStep[],
  ended: readonly AlertRow[],
): readonly { readonly to: readonly Target[]; readonly of: readonly AlertRow[] }[] {
  const tells = new Set(tellsAnyway(routing, row.receiver));
  const steps = told.map(({ to, alerts }) => ({ to, alerts: new Set(alerts) }));
  const all = new Map<string, { readonly to: readonly Target[]; readonly of: AlertRow[] }>();
  for (const alert of ended) {
    const heard = new Map<string, Target>();
    for (const { to, alerts } of steps)
      for (const target of alerts.has(alert.id) ? to : [])
        if (!tells.has(formatTarget(target))) heard.set(formatTarget(target), target);
    if (heard.size === 0) continue;
    const who = [...heard.keys()].join(' ');
    const known = all.get(who);
    if (known) known.of.push(alert);
    else all.set(who, { to: [...heard.values()], of: [alert] });
  }
  return [...all.values()];
}
