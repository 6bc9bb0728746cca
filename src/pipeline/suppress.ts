// Stage on a due group: what holds an alert back now. It is computed, never stored: nothing has to be undone when it ends.
// What ends at a known time gives the group a deadline; what ends by a change (a silence taken back, a source that
// resolves) makes the groups due that it holds, which are found by what held them.
import { severityRank } from '../../rules/severity.ts';
import { arm, escalateSoon } from './group.ts';
import { dueAgainAt, isSnoozed } from './held-back.ts';
import { dependenciesOf, Inhibition } from './inhibition.ts';
import type { StepResult } from './input.ts';
import { hasLeft } from './leave.ts';
import { mutingOf } from './mute.ts';
import { routingLabels } from './route.ts';
import type { AlertRow } from './rows.ts';
import { alertEvent, type Group, type PipelineState, type SuppressedBy, type Suppression } from './state.ts';

/**
 * What holds the alert back in a group, the first reason that does: silence, inhibition, mute window, snooze, flapping.
 * Reads only.
 */
export function suppressionOf(
  state: PipelineState,
  group: Group,
  alert: AlertRow,
  now: number,
): Suppression | null {
  for (const holds of inOrder) {
    const suppression = holds(state, group, alert, now);
    if (suppression) return suppression;
  }
  return null;
}

/** Everything that holds the alert back in a group, in that order, for whoever asks why. Reads only. */
export function suppressionsOf(
  state: PipelineState,
  group: Group,
  alert: AlertRow,
  now: number,
): readonly Suppression[] {
  return inOrder.flatMap((holds) => holds(state, group, alert, now) ?? []);
}

type Holds = (state: PipelineState, group: Group, alert: AlertRow, now: number) => Suppression | null;

const silencedBy: Holds = (state, group, alert, now) => {
  const before = notedAs('silenced', group, alert);
  const silenced = state.silences.holding(routingLabels(alert), now, before);
  return silenced && (silenced === before ? before : { by: 'silenced', ...silenced });
};

const inhibitedBy: Holds = (state, group, alert) => {
  const inhibited = state.inhibition.holding(alert);
  if (!inhibited) return null;
  const before = notedAs('inhibited', group, alert);
  return before?.ids[0] === inhibited.source.id
    ? before
    : { by: 'inhibited', ids: [inhibited.source.id], until: null };
};

/** What the group noted when it was looked at last, where that is of this kind. */
function notedAs(by: SuppressedBy, group: Group, alert: AlertRow): Suppression | null {
  const noted = group.suppressed.get(alert.id);
  return noted?.by === by ? noted : null;
}

const mutedBy: Holds = (_state, { route }, _alert, now) => {
  const muted = mutingOf(route, now);
  return muted && { by: 'muted', ...muted };
};

const snoozedBy: Holds = (_state, _group, alert, now) =>
  isSnoozed(alert, now) ? { by: 'snoozed', ids: [], until: alert.snoozedUntil } : null;

const flappingBy: Holds = (state, group, alert, now) => {
  const until = toldFlapping(group, alert) ? state.flaps.until(alert.key, now, true) : null;
  return until === null ? null : { by: 'flapping', ids: [], until };
};

/** A reason that comes first is the one that is told. */
const inOrder: readonly Holds[] = [silencedBy, inhibitedBy, mutedBy, snoozedBy, flappingBy];

/** Whether the group has said that the alert flaps. */
export function toldFlapping(group: Group, alert: AlertRow): boolean {
  const last = group.lastOfKey.get(alert.key);
  return last !== undefined && group.row.notified[last]?.flapping === true;
}

/** The same for what is to be said of it now: that a snoozed one has ended is said all the same. */
export function heldBackBy(
  state: PipelineState,
  group: Group,
  alert: AlertRow,
  now: number,
): Suppression | null {
  const suppression = suppressionOf(state, group, alert, now);
  return suppression?.by === 'snoozed' && alert.state === 'resolved' ? null : suppression;
}

/** What a group holds back, kept until the next look. */
export interface HeldBack {
  readonly alert: AlertRow;
  readonly suppression: Suppression;
}

/**
 * The group holds these back from now on. What is new among it becomes an event of its alert, and counts for its
 * silences; without `out` it is taken as known, as after a load.
 */
export function noteSuppressed(
  state: PipelineState,
  group: Group,
  held: readonly HeldBack[],
  now: number,
  out: StepResult | null,
): void {
  if (held.length === 0 && group.suppressed.size === 0) return;
  for (const { alert, suppression } of held) {
    const before = group.suppressed.get(alert.id);
    if (before !== suppression) group.suppressed.set(alert.id, suppression);
    findAtEnd(state, group, suppression);
    if (out && before?.by !== suppression.by) tellSuppressed(state, group, alert, suppression, now, out);
  }
  if (group.suppressed.size === held.length) return;
  const still = new Set(held.map(({ alert }) => alert.id));
  for (const id of group.suppressed.keys()) if (!still.has(id)) group.suppressed.delete(id);
}

/** Whatever holds something back finds the group when it ends. */
export function findAtEnd(state: PipelineState, group: Group, { ids }: Suppression): void {
  for (const id of ids) {
    const groups = state.heldBy.get(id);
    if (groups) groups.add(group.row.groupKey);
    else state.heldBy.set(id, new Set([group.row.groupKey]));
  }
}

function tellSuppressed(
  state: PipelineState,
  group: Group,
  alert: AlertRow,
  { by, ids, until }: Suppression,
  now: number,
  out: StepResult,
): void {
  const body = { groupKey: group.row.groupKey, ids, until };
  out.effects.push({ put: 'event', row: alertEvent(state, alert, 'notify.suppressed', by, now, body) });
  countHeld(state, by, ids, out);
}

/** Silences count what they held back. */
export function countHeld(state: PipelineState, by: string, ids: readonly string[], out: StepResult): void {
  if (by !== 'silenced') return;
  for (const id of ids) {
    const row = state.silences.get(id);
    if (!row) continue;
    row.held += 1;
    out.effects.push({ put: 'silence', row, insert: false });
  }
}

/** Inhibition by the rules that there are now, over everything that fires. */
export function ruleInhibition(state: PipelineState): void {
  const rules = [...(state.routing.inhibit ?? []), ...dependenciesOf(state.rules.values())];
  state.inhibition = new Inhibition(rules);
  for (const alert of state.openByKey.values()) if (alert.state === 'firing') state.inhibition.add(alert);
}

/**
 * The alert fires (or does with another severity): it may hold others back from now on. Where that closes a circle, those
 * in it hold each other no more, and their groups are looked at again.
 */
export function becomeSource(state: PipelineState, alert: AlertRow, now: number, out: StepResult): void {
  state.inhibition.add(alert);
  for (const { id } of state.inhibition.circlesOf(alert)) release(state, id, now, out);
}

/**
 * What held alerts back has changed or is gone: the groups that it holds are looked at again. Their new deadlines are not
 * stored, a silence may hold ten thousand of them: a load looks at everything anew and finds the same.
 */
export function release(state: PipelineState, id: string, now: number, out: StepResult): void {
  const keys = state.heldBy.get(id);
  if (!keys) return;
  state.heldBy.delete(id);
  for (const key of keys) {
    const group = state.groups.get(key);
    if (!group) continue;
    escalateSoon(group, out);
    for (const [alertId, { ids }] of group.suppressed) {
      const alert = ids.includes(id) ? state.alerts.get(alertId) : undefined;
      if (alert) arm(group, saidAgainAt(group, alert, now, group.row.lastSentAt), 'suppression_ended', out);
    }
  }
}

/**
 * When a group says of an alert what is held back until `end`. News keeps the distance of group_interval to the last
 * message (at `sentAt`); of what the receiver knows it is the repeat, which a snooze that ends makes due.
 */
export function saidAgainAt(group: Group, alert: AlertRow, end: number, sentAt: number | null): number {
  const entry = group.row.notified[alert.id];
  const known = entry?.status === 'firing' && !hasLeft(group, alert.id) && !isEscalated(group, alert);
  if (alert.state === 'firing' && known) return Math.max(end, dueAgainAt(group, alert, end, sentAt));
  return sentAt === null ? end : Math.max(end, sentAt + group.route.groupIntervalMs);
}

/** More urgent than the group's notify log says. */
export function isEscalated(group: Group, alert: AlertRow): boolean {
  const entry = group.row.notified[alert.id];
  return (
    entry?.status === 'firing' &&
    severityRank(alert.effectiveSeverity) > severityRank(entry.severity ?? alert.severity)
  );
}
