// Reads of alerts and events of the kind `event`, and of the notifications that name one.
import type { AlertRow, NotificationRow } from '../../pipeline/rows.ts';
import type { AlertFilter, Page } from '../store.ts';
import { AlertSearch } from './alert-search.ts';
import type { Db } from './database.ts';
import { firstIdAt, parseId } from './id-codec.ts';
import { idOfCursor, pageOf, scanRows } from './keyset-page.ts';
import { alertRow, notificationRow, type StoredAlert, type StoredNotification } from './row-codec.ts';
import { alert, columnsOf, notification } from './schema.ts';
import { withStoreErrors } from './sqlite-errors.ts';

const columns = `${columnsOf(alert, 'a')}, l.json AS labelsJson`;
const withLabels = 'CROSS JOIN labelset l ON l.tenant = a.tenant AND l.id = a.labelset';
/** A sample may be this much ahead of us, and so may `firedAt`. */
const futureMs = 300_000;
/** A sample is taken until it is this old: an episode may have begun so long before its row did. */
const lateMs = 3_600_000;
/** Notifications looked at per group, and after the alert's beginning, for those that name it. */
const namingScan = 2_000;

export function alertReads(db: Db) {
  const search = new AlertSearch(db);
  const one = db.raw.prepare<[string, Buffer], StoredAlert>(
    `SELECT ${columns} FROM alert a ${withLabels} WHERE a.tenant = ? AND a.kind IN ('alert', 'event') AND a.id = ?`,
  );
  const oneNotification = db.raw.prepare<[string, Buffer], StoredNotification>(
    `SELECT ${columnsOf(notification, 'n')} FROM notification n WHERE n.tenant = ? AND n.id = ?`,
  );
  const between = db.raw.prepare<[string, Buffer, Buffer, number], StoredNotification>(
    `SELECT ${columnsOf(notification, 'n')} FROM notification n
     WHERE n.tenant = ? AND n.id > ? AND n.id < ? ORDER BY n.id LIMIT ?+0`,
  );
  const groupsNaming = db.raw
    .prepare<[string, string], Buffer>(
      'SELECT id FROM alert_group WHERE tenant = ? AND instr(notified, ?) > 0',
    )
    .pluck();
  const namingAfter = db.raw.prepare<[string, Buffer, string], { id: Buffer; groupId: Buffer | null }>(
    `SELECT id, group_id AS groupId FROM (
       SELECT id, group_id, alert_ids FROM notification WHERE tenant = ? AND id >= ? ORDER BY id LIMIT ${namingScan})
     WHERE instr(alert_ids, ?) > 0`,
  );
  const namingInGroup = db.raw
    .prepare<[string, Buffer, Buffer, string], Buffer>(
      `SELECT id FROM (
         SELECT id, alert_ids FROM notification INDEXED BY notification_group
         WHERE tenant = ? AND group_id = ? AND id >= ? ORDER BY id DESC LIMIT ${namingScan})
       WHERE instr(alert_ids, ?) > 0`,
    )
    .pluck();

  function page(
    tenant: string,
    filter: AlertFilter,
    limit: number,
    cursor: string | null,
    look: number,
  ): Page<AlertRow> {
    const asked = idOfCursor(cursor);
    const youngest = filter.during === undefined ? asked : firstIdAt(filter.during.to + lateMs);
    const before = asked.compare(youngest) < 0 ? asked : youngest;
    const scans = search.scan(tenant, filter, before, limit, look);
    return pageOf(scans, limit, alertRow);
  }

  // Notifications have no index by alert: it would cost a row per alert and message. They are found through the
  // groups that speak of the alert: those whose notify log names it, and those that did soon after it began.
  function naming(tenant: string, alertId: string, limit: number): NotificationRow[] {
    const id = parseId(alertId);
    const found = id === null ? undefined : one.get(tenant, id);
    if (id === null || found === undefined) return [];
    const firedFrom = firstIdAt((found.firedAt ?? 0) - futureMs);
    const early = namingAfter.all(tenant, firedFrom.compare(id) > 0 ? firedFrom : id, alertId);
    const ids = new Map(early.map((row) => [row.id.toString('latin1'), row.id]));
    const groups = new Map<string, Buffer>();
    for (const groupId of [...groupsNaming.all(tenant, alertId), ...early.map((row) => row.groupId)])
      if (groupId !== null) groups.set(groupId.toString('latin1'), groupId);
    for (const groupId of groups.values())
      for (const found of namingInGroup.all(tenant, groupId, id, alertId))
        ids.set(found.toString('latin1'), found);
    return [...ids.values()]
      .sort((a, b) => b.compare(a))
      .slice(0, limit)
      .map((found) => notificationRow(oneNotification.get(tenant, found)!));
  }

  return {
    alert(tenant: string, id: string): AlertRow | null {
      return withStoreErrors('read alert', () => {
        const bytes = parseId(id);
        const row = bytes === null ? undefined : one.get(tenant, bytes);
        return row === undefined ? null : alertRow(row);
      });
    },
    alerts(
      tenant: string,
      filter: AlertFilter,
      limit: number,
      cursor: string | null,
      look = scanRows,
    ): Page<AlertRow> {
      return withStoreErrors('list alerts', () => page(tenant, filter, limit, cursor, look));
    },
    notification(tenant: string, id: string): NotificationRow | null {
      return withStoreErrors('read notification', () => {
        const bytes = parseId(id);
        const row = bytes === null ? undefined : oneNotification.get(tenant, bytes);
        return row === undefined ? null : notificationRow(row);
      });
    },
    notificationsBetween(
      tenant: string,
      from: number,
      to: number,
      limit: number,
      cursor: string | null,
    ): Page<NotificationRow> {
      // No id is the smallest of its millisecond: ours have a version in the middle.
      const after = cursor === null ? firstIdAt(from) : idOfCursor(cursor);
      const rows = withStoreErrors('list notifications', () =>
        between.all(tenant, after, firstIdAt(to), limit + 1),
      );
      const items = rows.slice(0, limit);
      const next = rows.length > limit ? items.at(-1)!.id.toString('base64url') : null;
      return { items: items.map(notificationRow), next };
    },
    notificationsOf(tenant: string, alertId: string, limit: number): readonly NotificationRow[] {
      return withStoreErrors('list notifications of an alert', () => naming(tenant, alertId, limit));
    },
  };
}
