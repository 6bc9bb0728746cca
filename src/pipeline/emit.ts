// The last stage: a decision to notify becomes a Notification, with the message as channels get it.
import type { AlertMessage, MessageAlert, NotifyReason } from '../../channels/message.ts';
import { againstText } from '../../rules/condition-text.ts';
import { priorities, type Rule, severities } from '../../rules/types.ts';
import { collects } from './digest.ts';
import { digestSummary } from './digest-summary.ts';
import { groupsOfAudience } from './group.ts';
import type { Notification } from './input.ts';
import type { GroupView } from './notify.ts';
import type { AlertRow, Saying } from './rows.ts';
import type { Group, PipelineState } from './state.ts';
import { isStorm } from './storm-place.ts';
import { stormSummary } from './storm-summary.ts';

// A message names at most this many alerts (about 500 x 600 B = 300 KB of JSON); the rest is counted in `truncated`
// and stays readable through the notification's alert ids.
const maxAlertsInMessage = 500;

function messageAlert(alert: AlertRow, rule: Rule | undefined, flaps: boolean): MessageAlert {
  return {
    id: alert.id,
    kind: alert.kind,
    fingerprint: alert.fingerprint,
    status: alert.kind === 'alert' && alert.state === 'resolved' ? 'resolved' : 'firing',
    labels: alert.labels,
    annotations: alert.annotations,
    severity: alert.effectiveSeverity,
    priority: alert.priority,
    category: alert.category,
    value: alert.value,
    ...(alert.finding != null && { finding: alert.finding }),
    ...(rule && { condition: againstText(rule, alert.effectiveSeverity) }),
    ...(rule && rule.forMs > 0 && { forMs: rule.forMs }),
    startsAt: alert.firedAt ?? alert.pendingSince ?? 0,
    endsAt: alert.kind === 'alert' ? alert.resolvedAt : null,
    ...(flaps && { flapping: true as const }),
  };
}

function sayingOf(state: PipelineState, alert: AlertRow, group: Group): Saying {
  if (alert.kind === 'event') return 'event';
  // It began and ended since the last digest: an occurrence, of which nobody has to hear the end.
  if (alert.state === 'resolved' && collects(group) && group.row.notified[alert.id] === undefined)
    return 'event';
  if (alert.state === 'resolved') return 'resolved';
  if (group.row.notified[alert.id]?.status === 'firing') return 'standing';
  return isToldBeside(state, alert, group) ? 'standing' : 'firing';
}

/** Several routes may lead to the same people on the same way: what one group has said there is no news of another. */
function isToldBeside(state: PipelineState, alert: AlertRow, group: Group): boolean {
  return groupsOfAudience(state, group, alert.id).some(
    (other) => other !== group && other.row.notified[alert.id]?.status === 'firing',
  );
}

/** Everything that is said in this message: changed ones first. */
export function spoken(view: GroupView): {
  readonly changed: AlertRow[];
  readonly standing: AlertRow[];
  readonly flapping: AlertRow[];
} {
  return {
    changed: [
      ...view.fresh,
      ...view.refired,
      ...view.flapping,
      ...view.escalated,
      ...view.held.map(({ alert }) => alert),
      ...view.events,
      ...view.passed,
      ...view.resolved,
    ],
    standing: view.told,
    flapping: view.flapping,
  };
}

export function emitNotification(
  state: PipelineState,
  group: Group,
  reason: NotifyReason,
  said: {
    readonly changed: readonly AlertRow[];
    readonly standing: readonly AlertRow[];
    readonly flapping?: readonly AlertRow[];
  },
  now: number,
): Notification {
  const { flapping = [] } = said;
  const all = [...said.changed, ...said.standing];
  if (all.length === 0) throw new Error(`group ${group.row.groupKey} has nothing to say`);
  const alerts: Record<string, Saying> = {};
  const endsAgain: string[] = [];
  let severity = 0;
  let priority = priorities.length - 1;
  let firing = false;
  for (const alert of all) {
    const status = sayingOf(state, alert, group);
    alerts[alert.id] = status;
    firing ||= status !== 'resolved';
    if (status === 'resolved' && isToldBeside(state, alert, group)) endsAgain.push(alert.id);
    severity = Math.max(severity, severities.indexOf(alert.effectiveSeverity));
    priority = Math.min(priority, priorities.indexOf(alert.priority));
  }
  const id = state.newId();
  const message: AlertMessage = {
    id,
    tenant: state.tenant,
    reason,
    status: firing ? 'firing' : 'resolved',
    receiver: group.row.receiver,
    groupKey: group.row.groupKey,
    groupLabels: group.row.labels,
    alerts: all
      .slice(0, maxAlertsInMessage)
      .map((alert) => messageAlert(alert, state.rules.get(alert.rule ?? ''), flapping.includes(alert))),
    changed: said.changed.slice(0, maxAlertsInMessage).map((alert) => alert.id),
    truncated: Math.max(0, all.length - maxAlertsInMessage),
    severity: severities[severity]!,
    priority: priorities[priority]!,
    at: now,
    locale: 'en',
    ...(reason === 'digest' && { digest: digestSummary(group, said, now) }),
    // An escalation of what a storm holds is about all of it, too.
    ...((reason === 'storm' || (reason === 'escalation_step' && isStorm(group))) && {
      digest: stormSummary(state, group, said, now),
    }),
  };
  return {
    id,
    groupId: group.row.id,
    groupKey: group.row.groupKey,
    receiver: group.row.receiver,
    message,
    alerts,
    ...(endsAgain.length > 0 && { endsAgain }),
    ...(group.route?.strategy != null && { strategy: group.route.strategy }),
  };
}
