// One message in place of many that wait behind a limit of their channel: everybody reads once what there is to say.
import { type Labels, type Priority, priorities, type Severity, severities } from '../rules/types.ts';
import type { AlertMessage, MessageAlert } from './message.ts';

/** Alerts in the message, at most; what is beyond is counted. */
const mostAlerts = 500;
const longestReceivers = 200;

/**
 * Pure. Of an alert that several speak of, the newest message counts; what is most urgent comes first, of that what
 * fires. It has the id of the first.
 * @param messages Of one tenant, for one channel, in one language; at least one.
 */
export function mergedMessage(messages: readonly AlertMessage[]): AlertMessage {
  const [first] = messages;
  if (first === undefined) throw new Error('there is no message to merge');
  if (messages.length === 1) return first;
  const inOrder = [...messages].sort((a, b) => a.at - b.at);
  const newest = new Map<string, MessageAlert>();
  for (const { alerts } of inOrder) for (const alert of alerts) newest.set(alert.id, alert);
  const all = [...newest.values()].sort(byUrgency);
  const alerts = all.slice(0, mostAlerts);
  const kept = new Set(alerts.map(({ id }) => id));
  const changed = new Set(messages.flatMap((message) => message.changed));
  const urgent = messages.reduce((most, each) =>
    rankOf(each.severity) > rankOf(most.severity) ? each : most,
  );
  const leftOut = messages.reduce((sum, { truncated }) => sum + truncated, 0);
  const { digest: _, analysis: __, ...rest } = first;
  const sameGroup = messages.every(({ groupKey }) => groupKey === first.groupKey);
  return {
    ...rest,
    reason: 'digest',
    status: firesStill(messages, all, leftOut) ? 'firing' : 'resolved',
    receiver: [...new Set(messages.map(({ receiver }) => receiver))].join(', ').slice(0, longestReceivers),
    groupKey: sameGroup ? first.groupKey : `digest/${first.id}`,
    groupLabels: commonTo(messages.map(({ groupLabels }) => groupLabels)),
    alerts,
    changed: [...changed].filter((id) => kept.has(id)),
    truncated: leftOut + all.length - alerts.length,
    severity: urgent.severity,
    priority: mostPressing(messages),
    at: inOrder.at(-1)!.at,
  };
}

/** Nobody knows how the alerts are that were left out: what said that something fires is believed. */
function firesStill(
  messages: readonly AlertMessage[],
  alerts: readonly MessageAlert[],
  leftOut: number,
): boolean {
  const firing = ({ status }: { readonly status: string }) => status === 'firing';
  return alerts.some(firing) || (leftOut > 0 && messages.some(firing));
}

function byUrgency(a: MessageAlert, b: MessageAlert): number {
  return (
    rankOf(b.severity) - rankOf(a.severity) ||
    Number(b.status === 'firing') - Number(a.status === 'firing') ||
    a.startsAt - b.startsAt
  );
}

function rankOf(severity: Severity): number {
  return severities.indexOf(severity);
}

function mostPressing(messages: readonly AlertMessage[]): Priority {
  return priorities.find((priority) => messages.some((each) => each.priority === priority))!;
}

function commonTo(sets: readonly Labels[]): Labels {
  const [first, ...others] = sets as [Labels, ...Labels[]];
  const common = Object.entries(first).filter(([name, value]) => others.every((set) => set[name] === value));
  return Object.freeze(Object.fromEntries(common));
}
