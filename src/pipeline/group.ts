// Stage 4: the alert joins the group of each of its routes and arms the group's timer. The group row carries the notify
// log; membership is recomputed on load. Every reason to come back to a group is its one deadline `nextAt`.
import { collects, nextDigestAt } from './digest.ts';
import { isFull } from './digest-full.ts';
import { sharing } from './digest-place.ts';
import type { DigestPlan } from './digest-rule.ts';
import type { StepResult } from './input.ts';
import type { Place } from './route.ts';
import { audienceOf } from './routing.ts';
import type { AlertRow, Notified } from './rows.ts';
import type { Group, PipelineState } from './state.ts';
import { placesNow } from './storm-arrival.ts';

/** Puts a firing alert, an event or a resolved alert into its groups and answers them. */
export function joinGroups(
  state: PipelineState,
  alert: AlertRow,
  now: number,
  out: StepResult,
  places: readonly Place[] = placesNow(state, alert, now),
): readonly Group[] {
  const groups = places.map((place) => groupAt(state, place, now, out));
  // Most are in one group: they share a list of it.
  const [only] = groups;
  const keys = groups.length === 1 ? only!.alone : groups.map((group) => group.row.groupKey);
  state.memberOf.set(alert.id, keys);
  state.alerts.set(alert.id, alert);
  for (const group of groups) group.members.add(alert.id);
  return groups;
}

/** The groups that an alert is in. */
export function groupsOf(state: PipelineState, alertId: string): Group[] {
  const groups: Group[] = [];
  for (const key of state.memberOf.get(alertId) ?? []) {
    const group = state.groups.get(key);
    if (group) groups.push(group);
  }
  return groups;
}

/** Those of them that tell the same people on the same way as the group, itself among them. */
export function groupsOfAudience(state: PipelineState, group: Group, alertId: string): Group[] {
  const audience = ({ row }: Group) => audienceOf(row.receiver, row.labels);
  return groupsOf(state, alertId).filter((one) => one === group || audience(one) === audience(group));
}

export function groupAt(state: PipelineState, place: Place, now: number, out: StepResult): Group {
  const known = state.groups.get(place.groupKey);
  if (known) {
    // A group that was loaded without members does not know its route before somebody joins it.
    const shares = place.route.collects !== undefined && known.members.size > 0;
    known.route = shares ? sharing(known.route, place.route) : place.route;
    return known;
  }
  const group: Group = {
    row: {
      tenant: state.tenant,
      id: state.newId(),
      receiver: place.route.receiver,
      route: place.route.path,
      groupKey: place.groupKey,
      labels: place.groupLabels,
      openedAt: now,
      nextAt: null,
      nextReason: null,
      lastSentAt: null,
      lastReason: null,
      notified: {},
    },
    route: place.route,
    alone: [place.groupKey],
    members: new Set(),
    lastOfKey: new Map(),
    held: new Set(),
    suppressed: new Map(),
  };
  state.groups.set(place.groupKey, group);
  out.effects.push({ put: 'group', row: group.row, insert: true });
  out.groups.add(group);
  return group;
}

/** Brings the group's deadline forward to `at`; a later one is left alone. */
export function arm(group: Group, at: number, reason: string, out: StepResult): void {
  if (group.row.nextAt !== null && group.row.nextAt <= at) return;
  group.row.nextAt = at;
  group.row.nextReason = reason;
  out.groups.add(group);
}

/** What the group's escalation goes by has changed: it is looked at in this turn, or the next. */
export function escalateSoon(group: Group, out: StepResult): void {
  const waits = group.row.escalation != null && group.row.escalation.state !== 'exhausted';
  if (!waits && group.promotesAt == null) return;
  group.changed = true;
  out.groups.add(group);
}

/** When the group is to be looked at, whatever for; null: when something changes. */
export function dueAtOf({ row, changed, promotesAt }: Group): number | null {
  if (changed) return 0;
  const at = Math.min(
    row.nextAt ?? Number.POSITIVE_INFINITY,
    row.escalation?.nextAt ?? Number.POSITIVE_INFINITY,
    promotesAt ?? Number.POSITIVE_INFINITY,
  );
  return Number.isFinite(at) ? at : null;
}

/** Something is to be told with the next digest: it opens, or is full and due. */
export function collect(
  state: PipelineState,
  group: Group,
  plan: DigestPlan,
  now: number,
  out: StepResult,
): void {
  const { row } = group;
  if (plan.storm) {
    collectInStorm(state, group, plan, now, out);
    return;
  }
  row.collectSince ??= now;
  row.collectUntil ??= nextDigestAt(state, group, plan, now);
  if (row.collectUntil > now && isFull(state, group, plan.max, now)) {
    row.collectUntil = now;
    arm(group, now, 'digest_full', out);
  } else arm(group, row.collectUntil, 'digest', out);
  out.groups.add(group);
}

/** The same in a storm, which tells all that it has at its tick: its row, with a long notify log, is written when that is set. */
function collectInStorm(
  state: PipelineState,
  group: Group,
  plan: DigestPlan,
  now: number,
  out: StepResult,
): void {
  const { row } = group;
  row.collectSince ??= now;
  row.collectUntil ??= nextDigestAt(state, group, plan, now);
  arm(group, row.collectUntil, 'storm', out);
}

/**
 * A newly firing alert or a new event: wait for company, but not before group_interval since the last message. One that
 * waits already, for another group, waits until `waitsUntil` at most.
 */
export function armForNew(
  state: PipelineState,
  group: Group,
  now: number,
  out: StepResult,
  waitsUntil = Number.POSITIVE_INFINITY,
): void {
  const plan = collects(group);
  if (plan) {
    collect(state, group, plan, now, out);
    return;
  }
  const afterWait = Math.min(now + group.route.groupWaitMs, Math.max(now, waitsUntil));
  const afterInterval =
    group.row.lastSentAt === null ? afterWait : group.row.lastSentAt + group.route.groupIntervalMs;
  if (afterInterval > afterWait) arm(group, afterInterval, 'group_interval', out);
  else arm(group, afterWait, 'group_wait', out);
}

/** An alert of the group resolved: its notice goes out after resolve_wait. */
export function armForResolved(state: PipelineState, group: Group, now: number, out: StepResult): void {
  const plan = collects(group);
  if (plan) collect(state, group, plan, now, out);
  else arm(group, now + group.route.resolveWaitMs, 'resolve_wait', out);
}

/** Forgets an alert that nothing more is to be said about. */
export function leaveGroup(state: PipelineState, group: Group, alertId: string): void {
  group.members.delete(alertId);
  group.held.delete(alertId);
  group.suppressed.delete(alertId);
  const keys = state.memberOf.get(alertId);
  if (!keys) return;
  const rest = keys.filter((key) => key !== group.row.groupKey);
  if (rest.length > 0) {
    state.memberOf.set(alertId, rest);
    return;
  }
  state.memberOf.delete(alertId);
  const alert = state.alerts.get(alertId);
  if (alert?.state === 'resolved') state.alerts.delete(alertId);
}

/**
 * Writes one entry of the notify log; the row is replaced, so that what a commit holds does not change under it. Of one key
 * the last one stays, and of the one before it what `keeps` makes of its entry.
 */
export function logNotified(
  group: Group,
  entries: readonly { alert: AlertRow; status: 'firing' | 'resolved' | 'event'; flapping?: boolean }[],
  now: number,
  keeps: (id: string, entry: Notified) => Notified | null = () => null,
): void {
  if (entries.length === 0) return;
  const notified = { ...group.row.notified };
  for (const { alert, status, flapping } of entries) {
    const before = group.lastOfKey.get(alert.key);
    const old = before === undefined ? undefined : notified[before];
    if (old !== undefined && before !== undefined && before !== alert.id) {
      const kept = keeps(before, old);
      if (kept) notified[before] = kept;
      else delete notified[before];
    }
    const { key, effectiveSeverity, severity } = alert;
    notified[alert.id] = {
      ...{ key, status, at: now },
      ...(effectiveSeverity !== severity && { severity: effectiveSeverity }),
      ...(flapping && { flapping: true as const }),
    };
    group.lastOfKey.set(alert.key, alert.id);
  }
  group.row.notified = notified;
}

/** The group knows of the alert what another one said to the same people; the same replacement. */
export function takeOver(group: Group, alert: AlertRow, entry: Notified): void {
  group.row.notified = { ...group.row.notified, [alert.id]: entry };
  group.lastOfKey.set(alert.key, alert.id);
}

/** Drops entries of the notify log; the same replacement. */
export function forgetNotified(group: Group, ids: readonly string[]): void {
  if (ids.length === 0) return;
  const notified = { ...group.row.notified };
  for (const id of ids) {
    const entry = notified[id];
    if (entry && group.lastOfKey.get(entry.key) === id) group.lastOfKey.delete(entry.key);
    delete notified[id];
  }
  group.row.notified = notified;
}
