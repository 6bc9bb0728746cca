// On load and on a changed route tree every open alert, every waiting event, and every resolved alert still in a notify
// log is routed again. A group whose route is gone hands its notify log to the group of the same receiver and labels;
// without such a group it closes with a resolved notice, if what it said last was that something fires. The same is owed
// to the people of a group that goes on without an alert that was its own.
import { canonicalLabels } from '../../rules/labels.ts';
import { collects, endCollecting, keptUntil } from './digest.ts';
import { keepForDigest } from './digest-flush.ts';
import { isDigestPath } from './digest-place.ts';
import { skip } from './due.ts';
import { emitNotification } from './emit.ts';
import { handOverEscalation, handOverTold, notePromotion, tellEnds } from './escalate.ts';
import {
  arm,
  armForNew,
  armForResolved,
  escalateSoon,
  groupsOf,
  joinGroups,
  logNotified,
  takeOver,
} from './group.ts';
import { tellsAgainAt } from './held-back.ts';
import type { StepResult } from './input.ts';
import { comeBack, hasLeft, oweEnd, seenFrom, word } from './leave.ts';
import { sendsResolved } from './notify.ts';
import type { RoutingConfig } from './routing.ts';
import type { AlertRow, Notified } from './rows.ts';
import type { Group, PipelineState } from './state.ts';
import { inStorms, placesNow } from './storm-arrival.ts';
import { isStormPath } from './storm-place.ts';
import {
  type HeldBack,
  heldBackBy,
  isEscalated,
  noteSuppressed,
  ruleInhibition,
  saidAgainAt,
} from './suppress.ts';

export function reroute(state: PipelineState, routing: RoutingConfig, now: number, out: StepResult): void {
  state.routing = routing;
  state.flaps.configure(routing.flapping ?? null);
  state.storms.configure(routing.storm ?? null);
  ruleInhibition(state);
  const before = new Map(state.groups);
  const summed = inStorms(state);
  for (const group of before.values()) {
    group.members.clear();
  }
  state.memberOf.clear();

  const saidFiring = new Set<string>();
  for (const group of before.values()) {
    for (const [id, entry] of Object.entries(group.row.notified))
      if (entry.status === 'firing') saidFiring.add(id);
  }
  const routed = new Set<string>();
  for (const alert of [...state.alerts.values()]) {
    if (!isSpokenOf(alert, saidFiring)) {
      if (alert.state === 'resolved') state.alerts.delete(alert.id);
      continue;
    }
    for (const group of joinGroups(state, alert, now, out, placesNow(state, alert, now, summed)))
      routed.add(group.row.groupKey);
  }
  refreshRoutes(state, routed);
  const heirs = new Map<string, Group>();
  for (const key of routed) {
    const group = state.groups.get(key)!;
    heirs.set(inheritance(group), group);
  }
  for (const group of before.values()) {
    if (!routed.has(group.row.groupKey)) retire(state, group, heirs.get(inheritance(group)), now, out);
  }
  for (const key of routed) settleWord(state, state.groups.get(key)!, now, out);
  for (const group of state.groups.values()) {
    keepOnlyWhatMatters(state, group, now, out);
    lookAgain(state, group, now, out);
    rearm(state, group, now, out);
  }
}

function isSpokenOf(alert: AlertRow, saidFiring: ReadonlySet<string>): boolean {
  if (alert.kind === 'event') return alert.nextAt !== null;
  if (alert.state === 'resolved') return alert.nextAt !== null || saidFiring.has(alert.id);
  return alert.state === 'firing';
}

/**
 * Who may take over a notify log: the same receiver and the same group labels, whatever the path of the route. Of a storm's
 * summary only another one.
 */
const inheritance = ({ row }: Group) =>
  `${row.receiver} ${canonicalLabels(row.labels)}${isStormPath(row.route) ? ' storm' : ''}`;

/** A digest or a storm's summary, by its path: one that was loaded and that nobody joined knows no other. */
export const isCollected = ({ row }: Group) => isDigestPath(row.route) || isStormPath(row.route);

/** The same people on the same way; between a digest and a group of the same receiver the way may be another. */
export function hears(heir: Group, group: Group): boolean {
  if (isCollected(heir) || isCollected(group)) return heir.row.receiver === group.row.receiver;
  return inheritance(heir) === inheritance(group);
}

/** Groups that go on keep their key; their route object may carry new timings. */
function refreshRoutes(state: PipelineState, routed: ReadonlySet<string>): void {
  const byPath = new Map<string, Group['route']>();
  const visit = (route: Group['route']) => {
    byPath.set(`${route.receiver} ${route.path}`, route);
    for (const child of route.routes) visit(child);
  };
  visit(state.routing.route);
  for (const key of routed) {
    const group = state.groups.get(key);
    const route = group && byPath.get(`${group.row.receiver} ${group.row.route}`);
    if (group && route) group.route = route;
  }
}

function retire(
  state: PipelineState,
  group: Group,
  found: Group | undefined,
  now: number,
  out: StepResult,
): void {
  // Who was told at once that something fires does not wait for a digest to hear that it has ended, nor hears it there anew.
  const heir = found && isCollected(found) && !isCollected(group) ? undefined : found;
  handOverEscalation(state, group, heir, now, out);
  const said = group.row.notified;
  if (!heir) passOn(state, group, now, out);
  if (heir) {
    const notified = { ...group.row.notified };
    // Both spoke to the same receiver: the later word counts; of one that one of them took over, that it fires.
    for (const [id, entry] of Object.entries(heir.row.notified)) {
      const known = notified[id];
      const handedOver = known?.at === entry.at && known.status === 'firing';
      if (!handedOver && entry.at >= (known?.at ?? 0)) notified[id] = entry;
    }
    heir.row.notified = notified;
    heir.row.lastSentAt = Math.max(heir.row.lastSentAt ?? 0, group.row.lastSentAt ?? 0) || null;
    indexLog(heir);
    out.effects.push({ put: 'group', row: heir.row, insert: false });
    out.groups.add(heir);
  } else if (Object.values(group.row.notified).some((entry) => entry.status === 'firing')) {
    farewell(state, group, now, out);
    if (group.members.size > 0) {
      // What is held back is told at the end of that, and no digest waits for its time any more.
      const { collects: _, ...route } = group.route;
      group.route = route;
      endCollecting(group);
      out.groups.add(group);
      out.effects.push({ put: 'group', row: group.row, insert: false });
      return;
    }
  } else if (group.row.nextReason === 'close' && group.row.nextAt !== null && group.row.nextAt > now) {
    // Nothing fires here; the log only guards the dedupe window and closes by itself. What others have taken over stays so.
    if (group.row.notified !== said) out.effects.push({ put: 'group', row: group.row, insert: false });
    return;
  }
  state.groups.delete(group.row.groupKey);
  out.effects.push({ put: 'group.closed', tenant: state.tenant, id: group.row.id });
}

/** What fires was said to the same people: the groups that it is in now have said it, digests and others. */
function passOn(state: PipelineState, group: Group, now: number, out: StepResult): void {
  for (const [id, entry] of Object.entries(group.row.notified)) {
    const alert = state.alerts.get(id);
    if (entry.status !== 'firing' || alert?.state !== 'firing') continue;
    const heirs = groupsOf(state, id).filter((other) => hears(other, group) && !hasLeft(other, id));
    if (heirs.length === 0) continue;
    passWord(group, alert, entry, heirs, now, out);
    for (const heir of heirs) out.groups.add(heir);
  }
}

/** Tells the old receiver that it will hear no more of what it was told fires. */
function farewell(state: PipelineState, group: Group, now: number, out: StepResult): void {
  const receiver = state.routing.receivers.get(group.row.receiver);
  const known = Object.entries(group.row.notified)
    .filter(([, entry]) => entry.status === 'firing' && !entry.displaced)
    .map(([id]) => state.alerts.get(id))
    .filter((alert): alert is AlertRow => alert !== undefined)
    .filter((alert) => sendsResolved(state, alert, receiver))
    .map((alert): AlertRow => ({ ...alert, state: 'resolved', resolvedAt: alert.resolvedAt ?? now }));
  const held = known.filter((alert) => heldBackBy(state, group, alert, now) !== null);
  const told = known.filter((alert) => !held.includes(alert));
  if (told.length > 0) {
    out.notifications.push(emitNotification(state, group, 'resolved', { changed: told, standing: [] }, now));
    tellEnds(state, group, told, false, now, out);
    group.row.lastSentAt = now;
  }
  logNotified(
    group,
    told.map((alert) => ({ alert, status: 'resolved' as const })),
    now,
  );
  for (const { id } of held) oweEnd(state, group, state.alerts.get(id)!, now);
}

/**
 * Of a group that goes on: what its log says that fires is a member of it. Where the alert is another's now, that one
 * takes the word over if it tells the same people, else the end is owed here.
 */
function settleWord(state: PipelineState, group: Group, now: number, out: StepResult): void {
  const before = group.row.notified;
  for (const [id, entry] of Object.entries(before)) {
    const alert = state.alerts.get(id);
    if (entry.status !== 'firing' || !alert) continue;
    if (group.members.has(id)) {
      comeBack(group, id);
      continue;
    }
    const heirs = groupsOf(state, id).filter((other) => !hasLeft(other, id) && hears(other, group));
    if (alert.state !== 'firing' || heirs.length === 0) oweEnd(state, group, alert, now);
    else passWord(group, alert, entry, heirs, now, out);
  }
  if (group.row.notified === before) return;
  out.groups.add(group);
  out.effects.push({ put: 'group', row: group.row, insert: false });
}

/** The heirs tell the same people: they have said it now. */
function passWord(
  group: Group,
  alert: AlertRow,
  entry: Notified,
  heirs: readonly Group[],
  now: number,
  out: StepResult,
): void {
  for (const heir of heirs) {
    if (heir.row.notified[alert.id]?.status === 'firing') continue;
    takeOver(heir, alert, word(entry));
    out.effects.push({ put: 'group', row: heir.row, insert: false });
  }
  // The word that was said here still opens its dedupe window.
  logNotified(group, [{ alert, status: 'resolved' }], entry.at);
  handOverTold(group, heirs[0]!, alert.id, now, out);
}

/** A resolved alert stays only in groups whose log says that it fires, and in a digest that is to tell of it. */
function keepOnlyWhatMatters(state: PipelineState, group: Group, now: number, out: StepResult): void {
  for (const id of [...group.members]) {
    const alert = state.alerts.get(id);
    const said = group.row.notified[id]?.status;
    if (alert?.state !== 'resolved' || said === 'firing') continue;
    if (alert.kind === 'event' ? said === undefined : waitsForDigest(group, alert)) continue;
    // It was kept for a digest, and no digest collects it any more.
    if (alert.kind === 'alert' && alert.nextAt !== null && keptUntil(groupsOf(state, id), alert) === null) {
      skip(state, group, alert, 'resolved_before_notify', now, out);
      continue;
    }
    group.members.delete(id);
    const rest = (state.memberOf.get(id) ?? []).filter((key) => key !== group.row.groupKey);
    if (rest.length > 0) state.memberOf.set(id, rest);
    else state.memberOf.delete(id);
  }
}

const waitsForDigest = (group: Group, alert: AlertRow) =>
  collects(group) !== null && alert.nextAt !== null && group.row.notified[alert.id] === undefined;

/** What rules depend on has changed: every group that holds something back, or should, is looked at. */
export function ruleDependencies(state: PipelineState, now: number, out: StepResult): void {
  ruleInhibition(state);
  for (const group of state.groups.values()) {
    const before = group.row.nextAt;
    lookAgain(state, group, now, out);
    if (group.row.nextAt !== before) out.effects.push({ put: 'group', row: group.row, insert: false });
  }
}

/**
 * What holds members back by the rules and silences that there are now; where that ended the group is due. What waits for
 * that end is looked at anew, too: the escalation, also where a kill came between the end and the look at it, and when the
 * first of the members becomes more urgent.
 */
function lookAgain(state: PipelineState, group: Group, now: number, out: StepResult): void {
  const before = new Map(group.suppressed);
  const held: HeldBack[] = [];
  for (const id of group.members) {
    const known = state.alerts.get(id);
    const alert = known && seenFrom(group, known);
    const suppression = alert ? heldBackBy(state, group, alert, now) : null;
    if (alert && suppression) held.push({ alert, suppression });
    else if (alert && before.has(id))
      arm(group, saidAgainAt(group, alert, now, group.row.lastSentAt), 'suppression_ended', out);
  }
  noteSuppressed(state, group, held, now, null);
  if (group.row.escalation?.state === 'paused') escalateSoon(group, out);
  notePromotion(state, group, now);
  if (group.promotesAt != null) out.groups.add(group);
}

/** A deadline that was stored holds; a member that waits for one gets it. */
function rearm(state: PipelineState, group: Group, now: number, out: StepResult): void {
  const before = group.row.nextAt;
  for (const id of group.members) {
    const known = state.alerts.get(id);
    if (!known) continue;
    const alert = seenFrom(group, known);
    const said = group.row.notified[id]?.status;
    const news = said !== 'firing' || isEscalated(group, alert);
    if (alert.kind === 'event' || (alert.state === 'firing' && news)) armForNew(state, group, now, out);
    else if (alert.state === 'resolved' && said === 'firing') armForResolved(state, group, now, out);
    else if (alert.state === 'resolved') keepForDigest(state, group, alert, now, out);
    else if (alert.state === 'firing') arm(group, tellsAgainAt(group, alert, now), 'repeat_interval', out);
  }
  if (group.members.size === 0 && group.row.nextAt === null) arm(group, now, 'close', out);
  if (group.row.nextAt !== before) {
    out.groups.add(group);
    out.effects.push({ put: 'group', row: group.row, insert: false });
  }
}

/** Rebuilds the index of the notify log by alert key. */
export function indexLog(group: Group): void {
  group.lastOfKey.clear();
  for (const [id, entry] of Object.entries(group.row.notified)) {
    const known = group.lastOfKey.get(entry.key);
    if (known === undefined || group.row.notified[known]!.at <= entry.at) group.lastOfKey.set(entry.key, id);
  }
}
