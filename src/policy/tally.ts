// What a notification has come to so far, over all its deliveries: kept while one of them is open. When the last ends the
// history says whether everybody who was to get it did.
import type { EventRow } from '../pipeline/rows.ts';
import type { PlanResult } from './plan-result.ts';
import type { OpenDelivery, PolicyState, Tally } from './state.ts';

/** Nothing of a notification was accepted for so long: it goes to the emergency receiver. */
export const emergencyAfterMs = 3_600_000;

export function tallyOf(state: PolicyState, { notificationId }: Pick<OpenDelivery, 'notificationId'>): Tally {
  const tally = state.tallies.get(notificationId);
  if (!tally) throw new Error(`no tally of notification ${notificationId}`);
  return tally;
}

/** A delivery of it did not get through at once: from now on the clock runs. */
export function armTally(tally: Tally, now: number, out: PlanResult): void {
  if (tally.armed || tally.last || tally.accepted > 0) return;
  tally.armed = true;
  out.overdue.push({
    notificationId: tally.notificationId,
    at: Math.max(now, tally.createdAt + emergencyAfterMs),
  });
}

/** A delivery ended. */
export function noteEnd(
  state: PolicyState,
  delivery: Pick<OpenDelivery, 'notificationId' | 'system'>,
  end: 'accepted' | 'dead' | 'dropped',
  now: number,
  out: PlanResult,
): void {
  const tally = tallyOf(state, delivery);
  tally.open -= 1;
  if (end !== 'dropped') tally[end] += 1;
  if (tally.open > 0) return;
  state.tallies.delete(tally.notificationId);
  if (tally.dead === 0) return;
  const { accepted, dead, strategy } = tally;
  const whole = accepted > 0 && !strategy.requireAll;
  const reason = accepted > 0 ? (whole ? null : 'not_all_accepted') : 'none_accepted';
  const row: EventRow = {
    id: state.newId(),
    tenant: state.tenant,
    at: now,
    subjectKind: 'notification',
    subjectId: tally.notificationId,
    kind: whole ? 'notification.partial' : 'notification.failed',
    reason,
    actor: null,
    topic: null,
    priority: null,
    correlationId: null,
    keep: 1,
    body: { accepted, dead, strategy: strategy.name, ...(delivery.system ? { system: true } : {}) },
  };
  out.effects.push({ put: 'event', row });
  if (accepted === 0 && !tally.last) out.overdue.push({ notificationId: tally.notificationId, at: now });
}
