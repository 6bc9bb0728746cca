// Stage on a due group: is there something to say, and why. Reads only. After Alertmanager's notify/dedup_stage.go
// (needsUpdate), with the dedupe window, acknowledgement and events added.
import type { NotifyReason } from '../../channels/message.ts';
import { dedupeUntil, dedupeWindowOf } from './dedupe.ts';
import { collects, nextDigestAt } from './digest.ts';
import { isFull } from './digest-full.ts';
import { dueAgainAt, isAcknowledged, nextEndOf } from './held-back.ts';
import { seenFrom } from './leave.ts';
import type { Receiver } from './routing.ts';
import type { AlertRow } from './rows.ts';
import type { Group, PipelineState, SuppressedBy } from './state.ts';
import { type HeldBack, heldBackBy, isEscalated, saidAgainAt, suppressionOf } from './suppress.ts';

export type SkipReason =
  | 'within_dedupe_window'
  | 'resolved_before_notify'
  | 'send_resolved_off'
  | 'receiver_gone'
  /** Another level of its rule made it another group's, before anything was said of it here. */
  | 'routed_elsewhere'
  | SuppressedBy;

/** The members of a group, sorted by what there is to say of them. */
export interface GroupView {
  /** Firing, and the receiver knows. */
  readonly told: AlertRow[];
  /** Firing, and the receiver knows of a less urgent one. */
  readonly escalated: AlertRow[];
  /** Firing, never said. */
  readonly fresh: AlertRow[];
  /** Firing anew after the dedupe window of its last notification. */
  readonly refired: AlertRow[];
  /** Firing once more, so often that this is told instead, once. */
  readonly flapping: AlertRow[];
  /** Firing anew within that window: delayed to its end. */
  readonly held: { readonly alert: AlertRow; readonly until: number }[];
  /** Resolved (or another group's now), and the receiver believes it fires. */
  readonly resolved: AlertRow[];
  /** The same, but nobody wants to hear of it. */
  readonly unasked: AlertRow[];
  /** Resolved, but the same key fires again in this group: its news is the next episode's. */
  readonly superseded: AlertRow[];
  /** The same, and that was told while the end of this one was held back: nothing is to be said here. */
  readonly displaced: AlertRow[];
  /** Began to fire and ended without a word; only a digest tells of that. */
  readonly passed: AlertRow[];
  readonly events: AlertRow[];
  /** Firing, or resolved with the receiver believing that it fires: nothing is said of it for now. */
  readonly suppressed: HeldBack[];
  /** Ended or repeated without ever being said. */
  readonly skipped: {
    readonly alert: AlertRow;
    readonly reason: SkipReason;
    /** Of what suppressed it. */
    readonly ids?: readonly string[];
  }[];
}

export type NotifyDecision =
  | {
      readonly notify: true;
      readonly reason: NotifyReason;
      /** When something that is held back now may be said; null when only a new input can change that. */
      readonly until: number | null;
      readonly view: GroupView;
    }
  | {
      readonly notify: false;
      readonly reason:
        | 'within_repeat_interval'
        | 'acknowledged'
        | SuppressedBy
        | 'within_dedupe_window'
        | 'nothing_to_say'
        | 'receiver_gone'
        /** A digest has something to say when its time has come. */
        | 'collecting';
      /** When there may be something to say; null when only a new input can change that. */
      readonly until: number | null;
      readonly view: GroupView;
    };

/** Whether people are told that the alert ended: both its rule and the receiver say so unless told otherwise. */
export function sendsResolved(
  state: PipelineState,
  alert: AlertRow,
  receiver: Receiver | undefined,
): boolean {
  const rule = alert.rule === null ? undefined : state.rules.get(alert.rule);
  return receiver?.sendResolved === true && rule?.sendResolved !== false;
}

export function viewGroup(state: PipelineState, group: Group, receiver: Receiver, now: number): GroupView {
  const view: GroupView = {
    told: [],
    escalated: [],
    fresh: [],
    refired: [],
    flapping: [],
    held: [],
    resolved: [],
    unasked: [],
    superseded: [],
    displaced: [],
    passed: [],
    events: [],
    suppressed: [],
    skipped: [],
  };
  const digest = collects(group) !== null;
  let eventKeys: Map<string, number> | null = null;
  for (const id of group.members) {
    const known = state.alerts.get(id);
    if (!known) throw new Error(`group ${group.row.groupKey} has a member that is not loaded: ${id}`);
    const alert = seenFrom(group, known);
    const said = group.row.notified[id]?.status;
    const open =
      alert.state === 'firing' ||
      alert.kind === 'event' ||
      (digest && said === undefined) ||
      (said === 'firing' && sendsResolved(state, alert, receiver));
    const suppression = open ? heldBackBy(state, group, alert, now) : null;
    if (alert.kind === 'event') {
      if (suppression) view.skipped.push({ alert, reason: suppression.by, ids: suppression.ids });
      else {
        // Of the same one a digest counts what another message would have told: each that lies its window apart.
        const at = digest ? (alert.firedAt ?? now) : now;
        const last = eventKeys?.get(alert.key);
        const again = last !== undefined && (!digest || at < last + dedupeWindowOf(state, alert, receiver));
        if (again || dedupeUntil(state, group, alert, receiver) > at) {
          view.skipped.push({ alert, reason: 'within_dedupe_window' });
          continue;
        }
        eventKeys ??= new Map();
        eventKeys.set(alert.key, at);
        view.events.push(alert);
      }
    } else if (suppression && digest && alert.state === 'resolved' && said === undefined) {
      view.skipped.push({ alert, reason: suppression.by, ids: suppression.ids });
    } else if (suppression) {
      view.suppressed.push({ alert, suppression });
    } else if (alert.state === 'firing') {
      if (said === 'firing') (isEscalated(group, alert) ? view.escalated : view.told).push(alert);
      else {
        const until = dedupeUntil(state, group, alert, receiver);
        if (until > now) view.held.push({ alert, until });
        else if (state.flaps.until(alert.key, now, false) !== null) view.flapping.push(alert);
        else if (group.lastOfKey.has(alert.key)) view.refired.push(alert);
        else view.fresh.push(alert);
      }
    } else if (group.row.notified[id]?.displaced) {
      view.displaced.push(alert);
    } else if (said === 'firing') {
      const successor = state.openByKey.get(alert.key);
      const again = successor?.state === 'firing' && successor.id !== id && group.members.has(successor.id);
      if (again) view.superseded.push(alert);
      else if (sendsResolved(state, alert, receiver)) view.resolved.push(alert);
      else view.unasked.push(alert);
    } else if (digest && said === undefined) {
      view.passed.push(alert);
    } else {
      view.skipped.push({
        alert,
        reason: unsaidReason(state, group, alert, now),
      });
    }
  }
  return view;
}

/** Why an alert ended before anything was said of it. */
export function unsaidReason(state: PipelineState, group: Group, alert: AlertRow, now: number): SkipReason {
  const suppression = group.suppressed.get(alert.id) ?? suppressionOf(state, group, alert, now);
  if (suppression) return suppression.by;
  return group.held.has(alert.id) ? 'within_dedupe_window' : 'resolved_before_notify';
}

/** Whether this group says something now, with a named reason either way. */
export function decideNotify(
  state: PipelineState,
  group: Group,
  receiver: Receiver | undefined,
  now: number,
): NotifyDecision {
  const decision = decideNow(state, group, receiver, now);
  const plan = collects(group);
  if (plan === null || !decision.notify) return decision;
  const until = group.row.collectUntil ?? nextDigestAt(state, group, plan, now, true);
  if (until > now) return { notify: false, reason: 'collecting', until, view: decision.view };
  // What made it full may be held back by now, by what came since the last look: then it waits for its time.
  const held = new Set(decision.view.suppressed.map(({ alert }) => alert.id));
  if (group.row.nextReason === 'digest_full' && !isFull(state, group, plan.max, now, held)) {
    const next = nextDigestAt(state, group, plan, now);
    return { notify: false, reason: 'collecting', until: next, view: decision.view };
  }
  return { ...decision, reason: plan.storm ? 'storm' : 'digest' };
}

/** The same without regard to a digest's time. */
function decideNow(
  state: PipelineState,
  group: Group,
  receiver: Receiver | undefined,
  now: number,
): NotifyDecision {
  if (!receiver) {
    const view = viewGroup(
      state,
      group,
      { name: group.row.receiver, channels: [], sendResolved: false, dedupeWindowMs: 0 },
      now,
    );
    return { notify: false, reason: 'receiver_gone', until: null, view };
  }
  const view = viewGroup(state, group, receiver, now);
  const { told, escalated, fresh, refired, held, resolved, events } = view;
  const say = (reason: NotifyReason): NotifyDecision => ({
    notify: true,
    reason,
    until: finite(suppressedUntil(group, view.suppressed, now, now)),
    view,
  });
  if (fresh.length > 0) {
    const spoken =
      told.length > 0 ||
      escalated.length > 0 ||
      view.superseded.length > 0 ||
      resolved.length > 0 ||
      view.unasked.length > 0;
    return say(spoken ? 'new_alerts' : 'first');
  }
  if (refired.length > 0) return say('refired');
  // Also of an acknowledged one: that it got worse is no repeat.
  if (escalated.length > 0) return say('escalated');
  if (view.flapping.length > 0) return say('flapping');
  if (resolved.length > 0) return say(told.length === 0 && held.length === 0 ? 'resolved' : 'some_resolved');
  if (events.length > 0 || view.passed.length > 0) return say('event');

  const heldUntil = Math.min(
    held.reduce((min, { until }) => Math.min(min, until), Number.POSITIVE_INFINITY),
    suppressedUntil(group, view.suppressed, group.row.lastSentAt, now),
  );
  if (told.length > 0) {
    const open = told.filter((alert) => !isAcknowledged(alert, now));
    const until = told.reduce((min, alert) => Math.min(min, nextEndOf(alert, now)), heldUntil);
    if (open.length === 0) return notYet('acknowledged', until, view);
    const repeatAt = open.reduce((min, alert) => Math.min(min, dueAgainAt(group, alert, now)), until);
    if (repeatAt <= now) return say('repeat');
    return notYet('within_repeat_interval', repeatAt, view);
  }
  if (held.length > 0) return notYet('within_dedupe_window', heldUntil, view);
  const first = view.suppressed[0];
  return notYet(first ? first.suppression.by : 'nothing_to_say', heldUntil, view);
}

/**
 * When the first of what is held back may be said, by the time that is known now. News keeps the distance of
 * group_interval to the last message; of what the receiver knows only the repeat is held back.
 */
function suppressedUntil(
  group: Group,
  suppressed: readonly HeldBack[],
  sentAt: number | null,
  now: number,
): number {
  let first = Number.POSITIVE_INFINITY;
  for (const { alert, suppression } of suppressed) {
    first = Math.min(first, nextEndOf(alert, now));
    if (suppression.until === null) continue;
    first = Math.min(first, saidAgainAt(group, alert, suppression.until, sentAt));
  }
  return first;
}

function notYet(
  reason: Exclude<NotifyDecision, { notify: true }>['reason'],
  until: number,
  view: GroupView,
): NotifyDecision {
  return { notify: false, reason, until: finite(until), view };
}

const finite = (at: number) => (Number.isFinite(at) ? at : null);
