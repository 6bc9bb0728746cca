// Another level of its rule made a firing alert more or less urgent, so its routes may be others: it leaves the groups
// that do not take it any more and joins those that do. Where the same people hear of it on the same way (receiver and
// group labels), what they were told is handed over. Elsewhere a group that said that it fires takes that back.
import { collects } from './digest.ts';
import { skip } from './due.ts';
import { emitNotification } from './emit.ts';
import { handOverEscalation, handOverTold, tellEnds } from './escalate.ts';
import {
  arm,
  armForNew,
  armForResolved,
  escalateSoon,
  groupsOf,
  joinGroups,
  leaveGroup,
  logNotified,
  takeOver,
} from './group.ts';
import { tellsAgainAt } from './held-back.ts';
import type { StepResult } from './input.ts';
import { comeBack, hasLeft, oweEnd, word } from './leave.ts';
import { sendsResolved, viewGroup } from './notify.ts';
import { hears } from './reroute.ts';
import type { AlertRow } from './rows.ts';
import type { Group, PipelineState } from './state.ts';
import { becomeSource, heldBackBy, isEscalated, release } from './suppress.ts';

/** Routes a firing alert again. More urgent than it was said to be: its groups tell it; less urgent is no news. */
export function moveOn(state: PipelineState, alert: AlertRow, now: number, out: StepResult): void {
  const before = groupsOf(state, alert.id);
  release(state, alert.id, now, out);
  becomeSource(state, alert, now, out);
  const after = joinGroups(state, alert, now, out);
  const touched = new Set(after);
  let waitsUntil = Number.POSITIVE_INFINITY;
  for (const group of before) {
    if (after.includes(group)) continue;
    touched.add(group);
    out.groups.add(group);
    const entry = group.row.notified[alert.id];
    if (entry?.status !== 'firing') {
      waitsUntil = Math.min(waitsUntil, group.row.nextAt ?? Number.POSITIVE_INFINITY);
      skip(state, group, alert, 'routed_elsewhere', now, out);
    } else {
      const heirs = after.filter((other) => hears(other, group));
      for (const heir of heirs) {
        if (heir.row.notified[alert.id]?.status === 'firing' && !hasLeft(heir, alert.id)) continue;
        takeOver(heir, alert, word(entry));
        // Also where its deadline stays: after a restart it is to know what was said.
        out.groups.add(heir);
      }
      // The word that was said here still opens its dedupe window.
      if (heirs.length > 0) {
        logNotified(group, [{ alert, status: 'resolved' }], entry.at);
        leaveGroup(state, group, alert.id);
        if (group.members.size > 0) handOverTold(group, heirs[0]!, alert.id, now, out);
      } else takeBack(state, group, alert, now, out);
    }
    if (group.members.size > 0) continue;
    const heir = after.find((other) => hears(other, group));
    if (heir) handOverEscalation(state, group, heir, now, out);
    arm(group, now, 'close', out);
  }
  for (const group of after) {
    if (comeBack(group, alert.id)) out.groups.add(group);
    // What it is now may become more urgent in its turn.
    group.promotesAt = Math.min(group.promotesAt ?? Number.POSITIVE_INFINITY, now);
    escalateSoon(group, out);
    const entry = group.row.notified[alert.id];
    if (entry?.status !== 'firing' || isEscalated(group, alert))
      armForNew(state, group, now, out, waitsUntil);
    else arm(group, Math.max(now, tellsAgainAt(group, alert, now)), 'repeat_interval', out);
  }
  for (const group of touched)
    if (out.groups.has(group)) out.effects.push({ put: 'group', row: group.row, insert: false });
}

/**
 * The people of a group hear no more of the alert, as far as they are concerned it has ended. They are told, now or when
 * what holds it back is over.
 */
function takeBack(state: PipelineState, group: Group, alert: AlertRow, now: number, out: StepResult): void {
  const receiver = state.routing.receivers.get(group.row.receiver);
  const saidAt = group.row.notified[alert.id]?.at ?? now;
  const asked = receiver !== undefined && sendsResolved(state, alert, receiver);
  const ended: AlertRow = { ...alert, state: 'resolved', resolvedAt: now };
  // A digest says nothing before its time.
  if (asked && (collects(group) || heldBackBy(state, group, ended, now))) {
    oweEnd(state, group, alert, now);
    armForResolved(state, group, now, out);
    return;
  }
  logNotified(group, [{ alert, status: 'resolved' }], asked ? now : saidAt);
  leaveGroup(state, group, alert.id);
  if (!asked) return;
  const { told } = viewGroup(state, group, receiver, now);
  const reason = told.length > 0 ? 'some_resolved' : 'resolved';
  out.notifications.push(emitNotification(state, group, reason, { changed: [ended], standing: told }, now));
  tellEnds(state, group, [ended], told.length > 0, now, out);
  logNotified(
    group,
    told.map((standing) => ({ alert: standing, status: 'firing' as const })),
    now,
  );
  group.row.lastSentAt = now;
}
