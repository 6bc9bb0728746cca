// When an alert becomes more urgent because nobody ended it. Decides nothing; what holds one back is to find its group.
import type { EscalationPolicy, Promotion } from './escalation.ts';
import { isAcknowledged } from './held-back.ts';
import { hasLeft } from './leave.ts';
import type { AlertRow } from './rows.ts';
import type { Group, PipelineState } from './state.ts';
import { findAtEnd, suppressionOf } from './suppress.ts';

export interface DuePromotion {
  readonly promotion: Promotion;
  /** Since when the alert has fired with its severity. */
  readonly since: number;
  /** Infinite while somebody holds it and it is not known for how long. */
  readonly at: number;
}

/** The next promotion of an alert that the group told of; null: there is none for its severity. */
export function promotionOf(
  state: PipelineState,
  group: Group,
  alert: AlertRow,
  { promote }: EscalationPolicy,
  now: number,
): DuePromotion | null {
  if (alert.kind !== 'alert' || alert.state !== 'firing' || hasLeft(group, alert.id)) return null;
  if (group.row.notified[alert.id]?.status !== 'firing') return null;
  const promotion = promote.find(({ from }) => from === alert.effectiveSeverity);
  if (promotion === undefined) return null;
  // What it was while it was pending is nobody's concern. A sample may be ahead of the clock.
  const since = Math.min(Math.max(alert.severitySince ?? 0, alert.firedAt ?? now), now);
  const at = since + promotion.afterMs;
  if (promotion.while === 'unresolved') return { promotion, since, at };
  return { promotion, since, at: Math.max(at, freeAt(state, group, alert, now)) };
}

/** When nothing holds the alert any more. */
function freeAt(state: PipelineState, group: Group, alert: AlertRow, now: number): number {
  if (isAcknowledged(alert, now)) return alert.ackUntil ?? Number.POSITIVE_INFINITY;
  const suppression = suppressionOf(state, group, alert, now);
  if (suppression === null || suppression.by === 'flapping') return now;
  findAtEnd(state, group, suppression);
  return suppression.until ?? Number.POSITIVE_INFINITY;
}

/** When the first of the group's alerts becomes more urgent; null where the policy has none for them. */
export function nextPromotion(
  state: PipelineState,
  group: Group,
  policy: EscalationPolicy,
  now: number,
): number | null {
  if (policy.promote.length === 0) return null;
  let first: number | null = null;
  for (const id of group.members) {
    const alert = state.alerts.get(id);
    const due = alert && promotionOf(state, group, alert, policy, now);
    if (due) first = Math.min(first ?? Number.POSITIVE_INFINITY, due.at);
  }
  return first;
}
