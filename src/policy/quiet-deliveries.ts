// Deliveries that wait for the end of somebody's quiet hours.
import type { Severity } from '../../rules/types.ts';
import { resultEffect } from './delivery-effects.ts';
import type { PlanResult } from './plan-result.ts';
import { quietUntil } from './quiet-hours.ts';
import { personIn } from './recipient-ways.ts';
import type { Order, PolicyState } from './state.ts';

/** Why such a delivery waits. */
export const quietReason = 'quiet_hours';

/** When the person may be told; null: at once. */
export function quietUntilOf(
  { people, ways }: PolicyState,
  recipient: string,
  severity: Severity,
  now: number,
): number | null {
  const name = ways.has(recipient) ? null : personIn(recipient);
  const person = name === null ? undefined : people?.directory.people.get(name);
  return person === undefined ? null : quietUntil(person, people!.timeZone, severity, now);
}

/** Something that may not wait comes after what waits for the end of quiet hours: that goes first, and now. */
export function endQuiet(state: PolicyState, order: Order, now: number, out: PlanResult): void {
  for (const delivery of order.open) {
    if (delivery.quiet !== true || delivery.state !== 'queued') continue;
    delivery.quiet = false;
    delivery.dueAt = now;
    out.effects.push(resultEffect(state, delivery, 'queued', null, now));
    out.wakeAt.push(now);
  }
}
