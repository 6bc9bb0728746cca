// What nobody ends in time becomes more urgent, as the group's escalation says: warning for 10 minutes is high, high for
// 30 minutes is critical. It goes the way of a rule's levels: routed again, and told as escalated.
import { policyOf } from './escalate.ts';
import { groupsOf } from './group.ts';
import type { StepResult } from './input.ts';
import { raise } from './life-cycle.ts';
import { moveOn } from './move.ts';
import { nextPromotion, promotionOf } from './promotion-times.ts';
import type { Group, PipelineState } from './state.ts';

/** Raises the alerts of the group whose time has come. */
export function promoteDue(state: PipelineState, group: Group, now: number, out: StepResult): void {
  if (group.promotesAt == null || (group.promotesAt > now && !group.changed)) return;
  const policy = policyOf(state, group);
  if (policy !== null) {
    for (const id of [...group.members]) {
      const alert = state.alerts.get(id);
      const due = alert && promotionOf(state, group, alert, policy, now);
      if (!alert || !due || due.at > now) continue;
      const { promotion, since } = due;
      const body = { escalation: policy.name, after: promotion.afterMs, since, while: promotion.while };
      // From when it was due, so that a late one delays no other; but nobody had it before it was told here.
      const from = Math.max(due.at, Math.min(group.row.notified[id]?.at ?? now, now));
      raise(state, alert, promotion.to, from, { ...body, groupKey: group.row.groupKey }, now, out);
      moveOn(state, alert, now, out);
      for (const other of groupsOf(state, id)) {
        other.promotesAt = Math.min(other.promotesAt ?? Number.POSITIVE_INFINITY, now);
        out.groups.add(other);
      }
    }
  }
  group.promotesAt = policy === null ? null : nextPromotion(state, group, policy, now);
  out.groups.add(group);
}
