// Writes of deliveries. The invariant kept here: `held` is 0 exactly for the open delivery with the smallest
// `order_no` of its (tenant, order key), so the claim never wades through deliveries that wait for their turn.
import type { DeliveryResultRow, ReceiptRow, RequeuedRow } from '../../pipeline/effect.ts';
import type { DeliveryRow } from '../../pipeline/rows.ts';
import type { Db } from './database.ts';
import { type DeliveryCounts, isOpen } from './delivery-counts.ts';
import { idBytes } from './id-codec.ts';
import { placeholders, writer } from './placeholders.ts';
import { type DeliveryValues, deliveryValues } from './row-codec.ts';
import { delivery } from './schema.ts';

interface Before {
  readonly rowid: number;
  readonly state: string;
  readonly orderKey: string;
  readonly orderNo: number;
  readonly leaseToken: number;
}

export function deliveryWrites(db: Db, counts: DeliveryCounts) {
  const insertRow = writer<DeliveryValues>(db, 'insert delivery', () =>
    db.orm.insert(delivery).values(placeholders(delivery)),
  );
  const hasEarlier = db.raw
    .prepare<[string, string, number]>(
      `SELECT 1 FROM delivery INDEXED BY delivery_open
       WHERE tenant = ? AND order_key = ? AND state IN ('queued', 'sending') AND order_no < ? LIMIT 1`,
    )
    .pluck();
  const before = db.raw.prepare<[string, Buffer], Before>(
    `SELECT rowid, state, order_key AS orderKey, order_no AS orderNo, lease_token AS leaseToken
     FROM delivery WHERE tenant = ? AND id = ?`,
  );
  const writeResult = db.raw.prepare(
    `UPDATE delivery SET state = ?, due_at = ?, reason = ?, attempts = ?, shorter = ?, maybe = ?, provider_id = ?, last_error = ?,
       finished_at = ?, held = ?, channel = coalesce(?, channel), provider = coalesce(?, provider),
       lease_owner = NULL, lease_until = NULL
     WHERE rowid = ?`,
  );
  const writeRequeued = db.raw.prepare(
    `UPDATE delivery SET state = 'queued', due_at = ?, expires_at = ?, order_no = ?, reason = ?, held = ?,
       attempts = 0, crashes = NULL, shorter = NULL, receipts = NULL, answer = NULL, finished_at = NULL
     WHERE rowid = ?`,
  );
  const writeLost = db.raw.prepare(
    `UPDATE delivery SET state = 'queued', due_at = ?, order_no = ?, reason = ?, held = ?, channel = ?, provider = ?,
       provider_id = NULL, receipts = 2, answer = NULL, maybe = 1, attempts = 0, crashes = NULL, shorter = NULL, finished_at = NULL
     WHERE rowid = ?`,
  );
  const writeMoved = db.raw.prepare(
    `UPDATE delivery SET state = ?, reason = ?, last_error = ?, finished_at = ?
     WHERE rowid = ? AND provider_id IS ? AND state NOT IN ('queued', 'sending')`,
  );
  const writeReceipts = db.raw.prepare(
    `UPDATE delivery SET receipts = ?, answer = ?, provider_id = ?
     WHERE rowid = ? AND (provider_id IS NULL OR provider_id = ? OR state IN ('queued', 'sending'))`,
  );
  // Those behind a delivery that came in late, or was opened again, wait for it.
  const holdLater = db.raw.prepare<[string, string, number]>(
    `UPDATE delivery INDEXED BY delivery_open SET held = 1
     WHERE tenant = ? AND order_key = ? AND state IN ('queued', 'sending') AND order_no > ? AND held = 0`,
  );
  const releaseNext = db.raw.prepare<[string, string]>(
    `UPDATE delivery SET held = 0 WHERE held = 1 AND rowid = (
       SELECT rowid FROM delivery INDEXED BY delivery_open
       WHERE tenant = ? AND order_key = ? AND state IN ('queued', 'sending') ORDER BY order_no LIMIT 1)`,
  );

  return {
    /** `owner` leases rows that are inserted as being sent already. */
    insert(row: DeliveryRow, owner: string | null): void {
      const open = isOpen(row.state);
      const held = open && hasEarlier.get(row.tenant, row.orderKey, row.orderNo) !== undefined;
      insertRow(deliveryValues(row, held, owner));
      if (open && !held) holdLater.run(row.tenant, row.orderKey, row.orderNo);
      counts.note(row.tenant, row.state, 1);
    },

    /** Ignored when the delivery is gone or was leased anew since. */
    result(result: DeliveryResultRow): void {
      const was = before.get(result.tenant, idBytes(result.id));
      if (was === undefined || was.leaseToken !== result.leaseToken) return;
      const open = isOpen(result.state);
      const held = open && hasEarlier.get(result.tenant, was.orderKey, was.orderNo) !== undefined;
      writeResult.run(
        result.state,
        Math.floor(result.dueAt),
        result.reason,
        result.attempts,
        result.shorter ? 1 : null,
        result.maybe ? 1 : null,
        result.providerId,
        result.lastError,
        result.finishedAt === null ? null : Math.floor(result.finishedAt),
        held ? 1 : 0,
        result.moved?.channel ?? null,
        result.moved?.provider ?? null,
        was.rowid,
      );
      if (isOpen(was.state) && !open) releaseNext.run(result.tenant, was.orderKey);
      else if (!isOpen(was.state) && open && !held) holdLater.run(result.tenant, was.orderKey, was.orderNo);
      counts.note(result.tenant, was.state, -1);
      counts.note(result.tenant, result.state, 1);
    },

    /** Ignored when the delivery is gone, was leased anew since, or has another id at its provider. */
    receipt(row: ReceiptRow, moved: boolean): void {
      const was = before.get(row.tenant, idBytes(row.id));
      if (was === undefined || was.leaseToken !== row.leaseToken) return;
      const { receipts, answer, providerId } = row;
      writeReceipts.run(receipts, answer, providerId, was.rowid, providerId);
      if (!moved) return;
      const finishedAt = row.finishedAt === null ? null : Math.floor(row.finishedAt);
      const { changes } = writeMoved.run(
        row.state,
        row.reason,
        row.lastError,
        finishedAt,
        was.rowid,
        row.providerId,
      );
      if (changes === 0) return;
      counts.note(row.tenant, was.state, -1);
      counts.note(row.tenant, row.state, 1);
    },

    /** Ignored unless the delivery is dead, or sent where it was lost. */
    requeued(row: RequeuedRow): void {
      const was = before.get(row.tenant, idBytes(row.id));
      const { lost } = row;
      if (was?.state !== (lost ? 'sent' : 'dead')) return;
      const held = hasEarlier.get(row.tenant, was.orderKey, row.orderNo) !== undefined;
      const [dueAt, expiresAt] = [Math.floor(row.dueAt), Math.floor(row.expiresAt)];
      const place = [row.orderNo, row.reason, held ? 1 : 0];
      if (lost) writeLost.run(dueAt, ...place, lost.channel, lost.provider, was.rowid);
      else writeRequeued.run(dueAt, expiresAt, ...place, was.rowid);
      if (!held) holdLater.run(row.tenant, was.orderKey, row.orderNo);
      counts.note(row.tenant, was.state, -1);
      counts.note(row.tenant, 'queued', 1);
    },
  };
}
