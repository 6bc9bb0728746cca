// Who confirmed which notification.
import type { ConfirmationRow } from '../../pipeline/rows.ts';
import type { Db } from './database.ts';
import { idBytes, idText, parseId } from './id-codec.ts';
import { withStoreErrors } from './sqlite-errors.ts';

interface Stored {
  readonly tenant: string;
  readonly notificationId: Buffer;
  readonly recipient: string;
  readonly at: number;
  readonly actor: string;
  readonly name: string | null;
  readonly via: string;
  readonly note: string | null;
}

const columns =
  'c.tenant, c.notification_id AS notificationId, c.recipient, c.at, c.actor, c.name, c.via, c.note';

function confirmationRow({ notificationId, recipient, via, ...rest }: Stored): ConfirmationRow {
  return {
    ...rest,
    notificationId: idText(notificationId),
    recipient: recipient === '' ? null : recipient,
    via: via as ConfirmationRow['via'],
  };
}

export function confirmationReads(db: Db) {
  const ofOne = db.raw.prepare<[string, Buffer], Stored>(
    `SELECT ${columns} FROM confirmation c WHERE c.tenant = ? AND c.notification_id = ? ORDER BY c.at, c.recipient`,
  );
  return {
    confirmations(tenant: string, notificationId: string): readonly ConfirmationRow[] {
      const id = parseId(notificationId);
      if (id === null) return [];
      return withStoreErrors('confirmations of a notification', () =>
        ofOne.all(tenant, id).map(confirmationRow),
      );
    },
  };
}

/** Of notifications with a delivery that is queued or sending. */
export function openConfirmations(db: Db): (tenant: string) => readonly ConfirmationRow[] {
  const read = db.raw.prepare<[string, string], Stored>(
    `WITH open AS MATERIALIZED (
       SELECT DISTINCT notification_id FROM delivery INDEXED BY delivery_open
       WHERE tenant = ? AND state IN ('queued', 'sending'))
     SELECT ${columns} FROM open o
     CROSS JOIN confirmation c ON c.tenant = ? AND c.notification_id = o.notification_id
     ORDER BY c.notification_id, c.at, c.recipient`,
  );
  return (tenant) => read.all(tenant, tenant).map(confirmationRow);
}

export function confirmationWrites(db: Db) {
  const insert = db.raw.prepare(
    `INSERT INTO confirmation (tenant, notification_id, recipient, at, actor, name, via, note)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (tenant, notification_id, recipient) DO NOTHING`,
  );
  const first = db.raw.prepare(
    `UPDATE notification SET confirmed_by = ?, confirmed_at = ?
     WHERE tenant = ? AND id = ? AND confirmed_at IS NULL`,
  );
  return {
    /** The first one of a recipient stays. */
    confirm({ tenant, notificationId, recipient, at, actor, name, via, note }: ConfirmationRow): void {
      const id = idBytes(notificationId);
      const when = Math.floor(at);
      insert.run(tenant, id, recipient ?? '', when, actor, name, via, note);
      first.run(name ?? actor, when, tenant, id);
    },
  };
}
