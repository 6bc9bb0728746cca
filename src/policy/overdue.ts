// Nobody took a notification, for an hour or for good: the emergency receiver gets it, once. The rounds of the original
// go on beside it.
import type { Notification } from '../pipeline/input.ts';
import type { RoutingConfig } from '../pipeline/routing.ts';
import type { PlanResult } from './plan-result.ts';
import type { PolicyState } from './state.ts';

export interface OverdueInput {
  readonly kind: 'overdue';
  /** As it is stored, with its message; null when it is not there any more. */
  readonly original: Pick<Notification, 'id' | 'groupId' | 'groupKey' | 'message' | 'alerts'> | null;
  /** By the store: nobody accepted a delivery of it or confirmed it, and nobody was called in its place. */
  readonly untold: boolean;
  readonly routing: RoutingConfig;
}

/** What the emergency receiver gets; null when there is nobody to call, or somebody knows meanwhile. */
export function callInstead(
  state: PolicyState,
  { original, untold, routing }: OverdueInput,
  now: number,
  out: PlanResult,
): Notification | null {
  const receiver = routing.emergency ?? null;
  if (original === null || !untold || receiver === null) return null;
  const tally = state.tallies.get(original.id);
  if (tally !== undefined && (tally.accepted > 0 || tally.confirmed.size > 0)) return null;
  const id = state.newId();
  out.effects.push({ put: 'notification.emergency', tenant: state.tenant, id: original.id, at: now });
  const message = { ...original.message, id, receiver, reason: 'undelivered' as const };
  return { ...original, id, receiver, message };
}
