// Writes of every row but events and deliveries, which have rules of their own.
import { and, eq, sql } from 'drizzle-orm';
import type { ConfigVersionRow, IdempotencyRow } from '../../pipeline/effect.ts';
import type { AlertRow, BreakerRow, GroupRow, NotificationRow } from '../../pipeline/rows.ts';
import type { Db } from './database.ts';
import { idBytes, idTime } from './id-codec.ts';
import type { LabelSets } from './label-sets.ts';
import { placeholders, setPlaceholders, writer } from './placeholders.ts';
import {
  type AlertValues,
  alertChanges,
  alertValues,
  type GroupValues,
  groupChanges,
  groupValues,
  type NotificationValues,
  notificationValues,
} from './row-codec.ts';
import { alert, alertGroup, breaker, configVersion, idempotency, notification } from './schema.ts';

const changeableOfAlert = [
  'state',
  'effectiveSeverity',
  'priority',
  'promoted',
  'severitySince',
  'finding',
  'value',
  'annotations',
  'pendingSince',
  'firedAt',
  'keepUntil',
  'lastSampleAt',
  'endsAt',
  'resolvedAt',
  'resolveReason',
  'ackedBy',
  'ackedAt',
  'ackUntil',
  'snoozedUntil',
  'snoozedBy',
  'assignee',
  'comments',
  'nextAt',
  'version',
] as const satisfies readonly (keyof ReturnType<typeof alertChanges>)[];
const changeableOfGroup = [
  'nextAt',
  'nextReason',
  'lastSentAt',
  'lastReason',
  'notified',
  'collectSince',
  'collectUntil',
  'escalation',
] as const satisfies readonly (keyof ReturnType<typeof groupChanges>)[];

export function rowWriters(db: Db, labels: LabelSets) {
  const { orm } = db;
  const value = sql.placeholder;
  const insertAlert = writer<AlertValues>(db, 'insert alert', () =>
    orm.insert(alert).values(placeholders(alert)),
  );
  const updateAlert = writer<Partial<AlertValues>>(db, 'update alert', () =>
    orm
      .update(alert)
      .set(setPlaceholders(changeableOfAlert))
      .where(
        and(eq(alert.tenant, value('tenant')), eq(alert.kind, value('kind')), eq(alert.id, value('id'))),
      ),
  );
  const insertGroup = writer<GroupValues>(db, 'insert group', () =>
    orm.insert(alertGroup).values(placeholders(alertGroup)),
  );
  const thisGroup = and(eq(alertGroup.tenant, value('tenant')), eq(alertGroup.id, value('id')));
  const updateGroup = writer<Partial<GroupValues>>(db, 'update group', () =>
    orm.update(alertGroup).set(setPlaceholders(changeableOfGroup)).where(thisGroup),
  );
  const deleteGroup = writer<Partial<GroupValues>>(db, 'delete group', () =>
    orm.delete(alertGroup).where(thisGroup),
  );
  const insertNotification = writer<NotificationValues>(db, 'insert notification', () =>
    orm.insert(notification).values(placeholders(notification)),
  );
  const calledInstead = db.raw.prepare<[number, string, Buffer]>(
    'UPDATE notification SET emergency_at = ? WHERE tenant = ? AND id = ?',
  );
  const insertVersion = writer<ConfigVersionRow>(db, 'insert config version', () =>
    orm.insert(configVersion).values(placeholders(configVersion)).onConflictDoNothing(),
  );
  // A key whose row ran out but was not cleaned up yet may be used again; of two in one turn the first stays.
  const insertIdempotency = writer<IdempotencyRow>(db, 'insert idempotency', () =>
    orm
      .insert(idempotency)
      .values(placeholders(idempotency))
      .onConflictDoUpdate({
        target: [idempotency.tenant, idempotency.scope, idempotency.key],
        set: {
          bodyHash: sql`excluded.body_hash`,
          status: sql`excluded.status`,
          answer: sql`excluded.answer`,
          expiresAt: sql`excluded.expires_at`,
        },
        setWhere: sql`excluded.expires_at > ${idempotency.expiresAt}`,
      }),
  );

  const putBreaker = writer<BreakerRow>(db, 'put breaker', () =>
    orm
      .insert(breaker)
      .values(placeholders(breaker))
      .onConflictDoUpdate({
        target: [breaker.tenant, breaker.channel],
        set: {
          state: sql`excluded.state`,
          reason: sql`excluded.reason`,
          failures: sql`excluded.failures`,
          openedAt: sql`excluded.opened_at`,
          probeAt: sql`excluded.probe_at`,
          waitMs: sql`excluded.wait_ms`,
          changedAt: sql`excluded.changed_at`,
        },
      }),
  );

  return {
    alert(row: AlertRow, insert: boolean): void {
      const id = idBytes(row.id);
      if (insert) {
        insertAlert(alertValues(row, id, labels.intern(row.tenant, row.labels, idTime(id))));
        return;
      }
      const changed = updateAlert({ tenant: row.tenant, kind: row.kind, id, ...alertChanges(row) });
      if (changed !== 1) throw new Error(`alert ${row.id} changes but was never stored`);
    },
    group(row: GroupRow, insert: boolean): void {
      if (insert) {
        insertGroup(groupValues(row));
        return;
      }
      const changed = updateGroup({ tenant: row.tenant, id: idBytes(row.id), ...groupChanges(row) });
      if (changed !== 1) throw new Error(`group ${row.id} changes but was never stored`);
    },
    groupClosed(tenant: string, id: string): void {
      deleteGroup({ tenant, id: idBytes(id) });
    },
    emergency(tenant: string, id: string, at: number): void {
      calledInstead.run(Math.floor(at), tenant, idBytes(id));
    },

    notification(row: NotificationRow): void {
      insertNotification(notificationValues(row));
    },
    breaker(row: BreakerRow): void {
      putBreaker({
        ...row,
        openedAt: Math.floor(row.openedAt),
        probeAt: Math.floor(row.probeAt),
        changedAt: Math.floor(row.changedAt),
      });
    },
    idempotency(row: IdempotencyRow): void {
      insertIdempotency({ ...row, expiresAt: Math.floor(row.expiresAt) });
    },
    configVersion(row: ConfigVersionRow): void {
      insertVersion({ ...row, firstAt: Math.floor(row.firstAt) });
    },
  };
}
