// The first pure door. Two passes, each a list of stages: on arrival (an alert or a verdict changed) and on a due group.
// `step` changes the tenant's state in place and says what to store and what to tell; it reads no clock and does no I/O.

import { dedupeUntil } from './dedupe.ts';
import { collects, queuedIn } from './digest.ts';
import { flushDigests, keepForDigest } from './digest-flush.ts';
import { dueGroup, skip } from './due.ts';
import { escalate } from './escalate.ts';
import { armForNew, armForResolved, groupsOf, joinGroups } from './group.ts';
import { excuseHeartbeats, expectHeartbeats, missHeartbeat, takeHeartbeat } from './heartbeats.ts';
import {
  type CollectedIn,
  type EventInput,
  emptyResult,
  type PipelineInput,
  type StepResult,
} from './input.ts';
import { applyLife, decideLife, endEpisode, recordEvent } from './life-cycle.ts';
import { moveOn } from './move.ts';
import { unsaidReason } from './notify.ts';
import { endAtDeadline, takeOutside } from './outside.ts';
import { promoteDue } from './promote.ts';
import { reroute, ruleDependencies } from './reroute.ts';
import { lastEvent, openAlert, respond } from './respond.ts';
import { decideRoute, type Place } from './route.ts';
import type { AlertRow } from './rows.ts';
import { changeSilences } from './silence-changes.ts';
import { alertEvent, type Group, type PipelineState } from './state.ts';
import { placesOnArrival } from './storm-arrival.ts';
import { countForStorm, lookAtStorm, noteKind } from './storm-mode.ts';
import { summaryIn } from './storm-place.ts';
import { becomeSource, countHeld, heldBackBy, release } from './suppress.ts';

/**
 * One input, one step. `now` is engine time in epoch milliseconds.
 * The caller commits `effects` in step order, runs `plan` on the notifications in the same commit, and comes back with
 * `due` for each of `groups` when its `row.nextAt` has come.
 */
export function step(state: PipelineState, input: PipelineInput, now: number): StepResult {
  const out = emptyResult();
  switch (input.kind) {
    case 'verdict': {
      const decision = decideLife(state, input);
      const news = applyLife(state, input, decision, now, out);
      if (news?.what === 'moved') moveOn(state, news.alert, now, out);
      else if (news) arrive(state, news.alert, now, out, news.places);
      break;
    }
    case 'event':
      arriveEvent(state, input, now, out);
      break;
    case 'acknowledge':
    case 'unacknowledge':
    case 'snooze':
    case 'unsnooze':
    case 'assign':
    case 'comment':
      respond(state, input, now, out);
      flushArmed(state, input.alertId, out);
      break;
    case 'resolve': {
      const alert = openAlert(state, input.alertId, out);
      if (alert) {
        const fired = endEpisode(state, alert, 'manual', now, out, input);
        const event = lastEvent(out);
        if (fired) arrive(state, fired, now, out);
        out.answer = { kind: 'alert', alert, event };
      }
      break;
    }
    case 'outside':
      takeOutside(state, input, now, out, arrive);
      break;
    case 'ends_at':
      endAtDeadline(state, input.alertId, now, out, arrive);
      break;
    case 'heartbeats':
      expectHeartbeats(state, input.heartbeats, now, out, arrive);
      break;
    case 'heartbeat':
      takeHeartbeat(state, input, now, out, arrive);
      break;
    case 'heartbeat_due':
      missHeartbeat(state, input.name, now, out, arrive);
      break;
    case 'heartbeats_excused':
      excuseHeartbeats(state, now, out);
      break;
    case 'rule_removed':
      for (const id of input.alertIds) {
        const alert = state.alerts.get(id);
        if (!alert || alert.state === 'resolved') continue;
        const fired = endEpisode(state, alert, 'rule_removed', now, out);
        if (fired) arrive(state, fired, now, out);
      }
      break;
    case 'silence.put':
    case 'silence.expire':
    case 'silence.due':
      {
        const reminder = changeSilences(state, input, now, out);
        if (reminder) arriveEvent(state, reminder, now, out);
      }
      break;
    case 'dependencies':
      ruleDependencies(state, now, out);
      break;
    case 'digest.flush':
      flushDigests(state, input, now, out);
      break;
    case 'routing':
      reroute(state, input.routing, now, out);
      lookAtStorm(state, now, out, arriveEvent);
      break;
    case 'storm.due':
      lookAtStorm(state, now, out, arriveEvent);
      break;
    case 'due': {
      const group = state.groups.get(input.groupKey);
      if (!group) break;
      if (group.row.nextAt !== null && group.row.nextAt <= now) dueGroup(state, group, now, out);
      promoteDue(state, group, now, out);
      escalate(state, group, now, out);
      break;
    }
  }
  return out;
}

/** Arrival of an alert that fired or resolved: route, group, timer. */
function arrive(
  state: PipelineState,
  alert: AlertRow,
  now: number,
  out: StepResult,
  routed?: readonly Place[],
): void {
  if (alert.state === 'firing') {
    noteKind(state, alert, now, out);
    const places = placesOnArrival(state, alert, routed ?? decideRoute(state.routing, alert), now);
    becomeSource(state, alert, now, out);
    state.flaps.started(alert.key, alert.firedAt ?? now);
    for (const group of joinGroups(state, alert, now, out, places)) armForNew(state, group, now, out);
  } else {
    for (const group of groupsOf(state, alert.id)) {
      if (group.row.notified[alert.id]?.status === 'firing') armForResolved(state, group, now, out);
      else {
        const reason = unsaidReason(state, group, alert, now);
        if (reason === 'resolved_before_notify' && keepForDigest(state, group, alert, now, out)) continue;
        // It ended unsaid and nothing can be said of this episode any more. That is recorded now: a resolved alert that
        // is in no notify log is not loaded again after a restart.
        skip(state, group, alert, reason, now, out);
      }
    }
    if (!state.memberOf.has(alert.id)) state.alerts.delete(alert.id);
    state.inhibition.remove(alert.id);
    release(state, alert.id, now, out);
  }
  flushArmed(state, alert.id, out);
  if (alert.state === 'firing') countForStorm(state, alert, now, out, arriveEvent);
}

/** Arrival of an event: held back at once where the same one was sent within the window, else route, group, timer. */
function arriveEvent(state: PipelineState, input: EventInput, now: number, out: StepResult): void {
  const alert = recordEvent(state, input);
  const places = decideRoute(state.routing, alert);
  const open = places.filter((place) => {
    const group = state.groups.get(place.groupKey) ?? summaryIn(state, place);
    const receiver = state.routing.receivers.get(place.route.receiver);
    return !(group && receiver && dedupeUntil(state, group, alert, receiver) > now);
  });
  out.effects.push({ put: 'alert', row: alert, insert: true });
  const heldBack = open.length === 0 ? 'within_dedupe_window' : null;
  const body = {
    ...{ type: input.type, recipients: input.recipients },
    groups: places.map(({ groupKey }) => groupKey),
    ...(input.classifiedBy !== null && { classifiedBy: input.classifiedBy, severity: input.severity }),
  };
  out.effects.push({
    put: 'event',
    row: alertEvent(state, alert, 'event.received', heldBack, now, body, null),
  });
  if (heldBack === null) {
    noteKind(state, alert, now, out);
    for (const group of joinGroups(state, alert, now, out, placesOnArrival(state, alert, places, now))) {
      armForNew(state, group, now, out);
      alert.nextAt = Math.min(alert.nextAt ?? Number.POSITIVE_INFINITY, group.row.nextAt ?? now);
    }
    // What nobody is to be told of now is not kept for a digest that goes out when that has ended.
    for (const group of groupsOf(state, alert.id)) {
      const held = collects(group) ? heldBackBy(state, group, alert, now) : null;
      if (held) skip(state, group, alert, held.by, now, out, held.ids);
      if (held) countHeld(state, held.by, held.ids, out);
    }
    flushArmed(state, alert.id, out);
  }
  const digest = groupsOf(state, alert.id).find((group) => collects(group));
  out.answer = { kind: 'event', alert, heldBack, ...(digest && { digest: inDigest(state, digest, now) }) };
  if (heldBack === null) countForStorm(state, alert, now, out, arriveEvent);
}

function inDigest(state: PipelineState, group: Group, now: number): CollectedIn {
  const { receiver, collectUntil } = group.row;
  return { receiver, queued: queuedIn(state, group), flushesAt: collectUntil ?? now };
}

/** Groups whose deadline moved are written once, after all stages of the pass. */
function flushArmed(state: PipelineState, alertId: string, out: StepResult): void {
  for (const group of groupsOf(state, alertId)) {
    if (out.groups.has(group)) out.effects.push({ put: 'group', row: group.row, insert: false });
  }
}
