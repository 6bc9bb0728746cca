// How an alert stands in its groups at a moment: what the receiver knows of it, everything that holds back the next word,
// and until when. Asked by people who want to know why; nothing decides by it, and it looks at no other member.
import { formatMatcher } from '../../rules/matchers.ts';
import { dedupeUntil } from './dedupe.ts';
import { type EscalationStanding, escalationIn } from './escalation-standing.ts';
import { dueAgainAt, isAcknowledged } from './held-back.ts';
import { sendsResolved } from './notify.ts';
import type { Receiver } from './routing.ts';
import type { AlertRow, Notified } from './rows.ts';
import type { Group, PipelineState, SuppressedBy } from './state.ts';
import { isEscalated, suppressionsOf } from './suppress.ts';

/** Why nothing is said of an alert in one of its groups at the moment. */
export interface Hold {
  readonly by:
    | SuppressedBy
    | 'receiver_gone'
    | 'within_dedupe_window'
    | 'acknowledged'
    | 'within_repeat_interval'
    /** The group's deadline has not come. */
    | 'waiting';
  /** Of the silences, or of the alert that is the source; of a waiting group the name of its deadline. */
  readonly ids: readonly string[];
  /** Epoch milliseconds; null: when what holds it changes. */
  readonly until: number | null;
}

export interface Standing {
  readonly groupId: string;
  readonly groupKey: string;
  readonly receiver: string;
  /** Path of the route. */
  readonly route: string;
  /** Of the route itself, in the grammar of matchers. */
  readonly matchers: readonly string[];
  /** What the receiver was told last of this episode; null: nothing. */
  readonly told: Notified | null;
  /** When the group is looked at next, epoch milliseconds, and why. */
  readonly nextAt: number | null;
  readonly nextReason: string | null;
  /** Null where nothing is to be escalated. */
  readonly escalation: EscalationStanding | null;
  /** Everything that holds, by precedence. */
  readonly holds: readonly Hold[];
}

/** One for each group that the alert is in; empty when nothing is to be said of it any more. Reads only. */
export function standingOf(state: PipelineState, alertId: string, now: number): readonly Standing[] {
  const alert = state.alerts.get(alertId);
  if (!alert) return [];
  return (state.memberOf.get(alertId) ?? []).flatMap((key) => {
    const group = state.groups.get(key);
    return group ? [standingIn(state, group, alert, now)] : [];
  });
}

function standingIn(state: PipelineState, group: Group, alert: AlertRow, now: number): Standing {
  const { id, groupKey, receiver, route, nextAt, nextReason } = group.row;
  return {
    groupId: id,
    groupKey,
    receiver,
    route,
    matchers: group.route.matchers.map(formatMatcher),
    told: group.row.notified[alert.id] ?? null,
    nextAt,
    nextReason,
    escalation: escalationIn(state, group),
    holds: holdsOf(state, group, alert, state.routing.receivers.get(receiver), now),
  };
}

function holdsOf(
  state: PipelineState,
  group: Group,
  alert: AlertRow,
  receiver: Receiver | undefined,
  now: number,
): readonly Hold[] {
  if (!receiver) return [{ by: 'receiver_gone', ids: [], until: null }];
  const entry = group.row.notified[alert.id];
  const { nextAt, nextReason } = group.row;
  const holds: Hold[] = [];
  if (alert.state !== 'resolved' || alert.kind === 'event')
    holds.push(...suppressionsOf(state, group, alert, now));
  // That a snoozed one has ended is told all the same.
  else if (sendsResolved(state, alert, receiver))
    holds.push(...suppressionsOf(state, group, alert, now).filter(({ by }) => by !== 'snoozed'));
  const waits: Hold = { by: 'waiting', ids: nextReason === null ? [] : [nextReason], until: nextAt };
  if (alert.state === 'resolved' || isEscalated(group, alert)) return holds.length > 0 ? holds : [waits];
  const dedupe = dedupeUntil(state, group, alert, receiver);
  if (dedupe > now) holds.push({ by: 'within_dedupe_window', ids: [], until: dedupe });
  if (entry?.status !== 'firing') return holds.length > 0 ? holds : [waits];
  if (isAcknowledged(alert, now)) holds.push({ by: 'acknowledged', ids: [], until: alert.ackUntil });
  const repeatAt = dueAgainAt(group, alert, now);
  if (repeatAt > now) holds.push({ by: 'within_repeat_interval', ids: [], until: repeatAt });
  return holds.length > 0 ? holds : [waits];
}
