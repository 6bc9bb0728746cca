// Reads of alerts and events of the kind `event`, and of the notifications that name one.
import type { AlertRow, NotificationRow } from '../../pipeline/rows.ts';
import type { AlertFilter, Page } from '../store.ts';
import type { Db } from './database.ts';
import { firstIdAt, parseId } from './id-codec.ts';
import { afterAllIds, idOfCursor, pageOf, type Scan, scanned, scanRows } from './keyset-page.ts';
import { alertRow, notificationRow, type StoredAlert, type StoredNotification } from './row-codec.ts';
import { alert, columnsOf, notification } from './schema.ts';
import { withStoreErrors } from './sqlite-errors.ts';
import { Statements, Where } from './statements.ts';

const columns = `${columnsOf(alert, 'a')}, l.json AS labelsJson`;
const withLabels = 'CROSS JOIN labelset l ON l.tenant = a.tenant AND l.id = a.labelset';
const kinds = ['alert', 'event'] as const;
/** A sample may be this much ahead of us, and so may `firedAt`. */
const futureMs = 300_000;
/** A sample is taken until it is this old: an episode may have begun so long before its row did. */
const lateMs = 3_600_000;
/** Newest alerts looked at before the index of open ones is. */
const openScanRows = 2_000;
/** Notifications looked at per group, and after the alert's beginning, for those that name it. */
const namingScan = 2_000;

export function alertReads(db: Db) {
  const statements = new Statements(db.raw);
  const one = db.raw.prepare<[string, Buffer], StoredAlert>(
    `SELECT ${columns} FROM alert a ${withLabels} WHERE a.tenant = ? AND a.kind IN ('alert', 'event') AND a.id = ?`,
  );
  const oneNotification = db.raw.prepare<[string, Buffer], StoredNotification>(
    `SELECT ${columnsOf(notification, 'n')} FROM notification n WHERE n.tenant = ? AND n.id = ?`,
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

  /**
   * Open alerts: mostly among the newest, so those are looked at first; else by their own index, which has to be
   * sorted whole (60,000 open alerts: 40 ms).
   */
  function scanOpen(tenant: string, where: Where, before: Buffer, limit: number): Scan<StoredAlert> {
    const newest = scanKind(tenant, 'alert', where, before, limit, openScanRows);
    if (newest.horizon === null || newest.rows.length > limit) return newest;
    const rows = statements.all<StoredAlert>(
      `SELECT ${columns} FROM alert a ${withLabels}
       WHERE a.rowid IN (
         SELECT a.rowid FROM alert a INDEXED BY alert_open
         WHERE a.tenant = ? AND a.kind = 'alert' AND a.state <> 'resolved' AND a.id < ? AND ${where.text}
         ORDER BY a.id DESC LIMIT ?+0)
       ORDER BY a.id DESC`,
      [tenant, before, ...where.values, limit + 1],
    );
    return scanned(rows, limit, null);
  }

  function scanKind(
    tenant: string,
    kind: string,
    where: Where,
    before: Buffer,
    limit: number,
    rowsToLookAt = scanRows,
  ): Scan<StoredAlert> {
    const filtered = where.text !== '';
    const floor = filtered
      ? statements.first<{ readonly id: Buffer }>(
          `SELECT id FROM alert WHERE tenant = ? AND kind = ? AND id < ? ORDER BY id DESC LIMIT 1 OFFSET ?+0`,
          [tenant, kind, before, rowsToLookAt],
        )?.id
      : undefined;
    const full = new Where().and('a.tenant = ? AND a.kind = ? AND a.id < ?', tenant, kind, before);
    if (floor !== undefined) full.and('a.id >= ?', floor);
    if (filtered) full.and(where.text, ...where.values);
    const rows = statements.all<StoredAlert>(
      `SELECT ${columns} FROM alert a ${withLabels} WHERE ${full.text} ORDER BY a.id DESC LIMIT ?+0`,
      [...full.values, limit + 1],
    );
    return scanned(rows, limit, floor ?? null);
  }

  function page(tenant: string, filter: AlertFilter, limit: number, cursor: string | null): Page<AlertRow> {
    const where = new Where().oneOf('a.state', filter.states);
    const { during } = filter;
    const youngest = during === undefined ? afterAllIds : firstIdAt(during.to + lateMs);
    const asked = idOfCursor(cursor);
    const before = asked.compare(youngest) < 0 ? asked : youngest;
    if (during !== undefined)
      where.and(
        '(a.resolved_at IS NULL OR a.resolved_at >= ?) AND coalesce(a.pending_since, a.fired_at) <= ?',
        during.from,
        during.to,
      );
    if (filter.rule !== undefined) where.and('a.rule = ?', filter.rule);
    if (filter.severity !== undefined) where.and('a.effective_severity = ?', filter.severity);
    if (filter.firedOnly === true) where.and('a.fired_at IS NOT NULL');
    const onlyOpen = filter.states?.length && !filter.states.includes('resolved');
    const scans =
      onlyOpen && filter.kind !== 'event'
        ? [scanOpen(tenant, where, before, limit)]
        : kinds
            .filter((kind) => filter.kind === undefined || filter.kind === kind)
            .map((kind) => scanKind(tenant, kind, where, before, limit));
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
    alerts(tenant: string, filter: AlertFilter, limit: number, cursor: string | null): Page<AlertRow> {
      return withStoreErrors('list alerts', () => page(tenant, filter, limit, cursor));
    },
    notification(tenant: string, id: string): NotificationRow | null {
      return withStoreErrors('read notification', () => {
        const bytes = parseId(id);
        const row = bytes === null ? undefined : oneNotification.get(tenant, bytes);
        return row === undefined ? null : notificationRow(row);
      });
    },
    notificationsOf(tenant: string, alertId: string, limit: number): readonly NotificationRow[] {
      return withStoreErrors('list notifications of an alert', () => naming(tenant, alertId, limit));
    },
  };
}
