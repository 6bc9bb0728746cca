// A message that is not true any more is not sent again: neither by a person nor by another channel.
import { groupsOf } from '../pipeline/group.ts';
import { hasLeft } from '../pipeline/leave.ts';
import { isCollected } from '../pipeline/reroute.ts';
import { audienceOf } from '../pipeline/routing.ts';
import type { DeadLetter, StillTrue } from '../policy/dead-letters.ts';
import { isOfAudience } from '../policy/plan.ts';
import type { Store } from '../store/store.ts';
import type { Tenant } from './tenant.ts';

type Parts = Pick<Store, 'alert' | 'notification'>;

/** Whether what a message says of an alert is still so for those whom it is for. */
export function stillTrueOf(tenant: Tenant, store: Parts): StillTrue {
  const { name, pipeline } = tenant;
  return (letter, alertId, status) => {
    if (status === 'event') return true;
    const alert = pipeline.alerts.get(alertId) ?? store.alert(name, alertId);
    if (status !== 'resolved') return alert?.state === 'firing' && isTheirs(tenant, letter, alertId, store);
    // Its end is old news once the same thing fires anew, or goes on, unless that is others' alone.
    const open = alert === null ? undefined : pipeline.openByKey.get(alert.key);
    return open?.state !== 'firing' || isOthersAlone(tenant, letter, open.id, store);
  };
}

/**
 * Whether the people of a message that says that an alert fires are still told of it: a group says so that is to tell them
 * the end. Where the alert went to others, by its severity or another routing, the end for them was told or dropped
 * already, and nothing would take the message back.
 */
function isTheirs(
  { name, pipeline }: Tenant,
  { orderKey, notificationId }: DeadLetter,
  alertId: string,
  store: Parts,
): boolean {
  const saying = groupsOf(pipeline, alertId).filter(
    (group) => group.row.notified[alertId]?.status === 'firing' && !hasLeft(group, alertId),
  );
  if (saying.some(({ row }) => isOfAudience(orderKey, audienceOf(row.receiver, row.labels)))) return true;
  const said = store.notification(name, notificationId);
  // Whoever is called where nobody took it is told no ends.
  if (said?.reason === 'undelivered') return true;
  // Between a digest, or a storm's summary, and a group of the same receiver the way may be another.
  const collected = said?.reason === 'digest' || said?.reason === 'storm';
  return saying.some((group) => group.row.receiver === said?.receiver && (collected || isCollected(group)));
}

/**
 * Whether nobody tells the people of a message that the alert fires: they have it as firing for ever where its end was lost
 * and is not sent again. Groups of their receiver tell its end themselves. What another receiver says on a channel of theirs
 * comes to the same people; whom its targets and its steps stand for is not looked up, those count as theirs.
 */
function isOthersAlone(
  { name, pipeline, policy }: Tenant,
  { recipient, notificationId }: DeadLetter,
  alertId: string,
  store: Parts,
): boolean {
  const receiver = store.notification(name, notificationId)?.receiver ?? null;
  if (receiver === null) return false;
  const chainOf = (to: string) => policy.ways.get(to)?.chain ?? [to];
  const own = chainOf(recipient);
  return groupsOf(pipeline, alertId).every(({ row }) => {
    if (row.receiver === receiver || (row.escalation?.told.length ?? 0) > 0) return false;
    const other = pipeline.routing.receivers.get(row.receiver);
    if (other === undefined || other.to !== undefined) return false;
    return !other.channels.flatMap(chainOf).some((channel) => own.includes(channel));
  });
}
