// What a group's escalation did, as far as it was about one alert: from when the alert fired until it was over, and how
// the escalation ended then.
import type { AlertRow, NotificationRow } from '../pipeline/rows.ts';
import type { StoredEvent } from '../store/rows.ts';
import type { Store } from '../store/store.ts';

/** An alert goes to a few receivers; each read is of one group's newest events. */
const mostGroups = 20;
const mostEvents = 100;

/**
 * The events of the groups that are about this alert, oldest first.
 * @param said The notifications that name the alert: a step that told of others is left out. The first may be earlier than
 *   the alert's own time, which is that of its sample.
 */
export function groupEventsOf(
  store: Pick<Store, 'events'>,
  tenant: string,
  alert: Pick<AlertRow, 'firedAt' | 'resolvedAt'>,
  groupIds: Iterable<string>,
  said: readonly Pick<NotificationRow, 'id' | 'createdAt'>[],
): readonly StoredEvent[] {
  const { firedAt, resolvedAt } = alert;
  if (firedAt === null) return [];
  const from = Math.min(firedAt, ...said.map(({ createdAt }) => createdAt));
  const ids = new Set(said.map(({ id }) => id));
  return [...new Set(groupIds)].slice(0, mostGroups).flatMap((id) => {
    const { items } = store.events(tenant, { kind: 'group', id }, mostEvents, null);
    const events = [...items].reverse().filter(({ at }) => at >= from);
    const during = events.filter(({ at }) => resolvedAt === null || at <= resolvedAt);
    const end = events.find(({ at, kind }) => !during.some((one) => one.at === at) && kind === ended);
    const all = during.length > 0 && during.at(-1)?.kind !== ended && end ? [...during, end] : during;
    return all.filter(({ kind, body }) => kind !== 'escalation.step' || ids.has(String(body.notificationId)));
  });
}

const ended = 'escalation.ended';
