// The audit trail: what people and keys did, chained by hashes (audit-chain.ts). Events about the installation belong to a
// tenant of their own.
import type { NewId } from '../../ids.ts';
import type { EventRow } from '../../pipeline/rows.ts';
import type { StoredEvent } from '../rows.ts';
import type { AuditNote, Page } from '../store.ts';
import { type Memory, remembering } from './commit.ts';
import type { Db } from './database.ts';
import { cursorOfSeq, seqOfCursor } from './keyset-page.ts';
import { tenantRows } from './ownership.ts';
import { type StoredEventRow, storedEvent } from './row-codec.ts';
import { columnsOf, event } from './schema.ts';
import { withStoreErrors } from './sqlite-errors.ts';

const systemTenant = '_system';

/** Appends one note; for use inside a transaction. */
export function auditAppender(db: Db, memory: Memory, newId: NewId): (note: AuditNote, now: number) => void {
  const tenants = tenantRows(db);
  const takeSeq = db.raw
    .prepare<[number], number>('UPDATE shard SET next_seq = next_seq + 1 WHERE id = ? RETURNING next_seq - 1')
    .pluck();
  return (note, now) => {
    const tenant = tenants.ensure(note.tenant === '*' ? systemTenant : note.tenant, now);
    const seq = takeSeq.get(tenant.shard);
    if (seq === undefined) throw new Error(`shard ${tenant.shard} is missing`);
    const row: EventRow = {
      ...note,
      id: newId(),
      tenant: tenant.id,
      at: now,
      reason: null,
      topic: null,
      priority: null,
      correlationId: null,
      keep: 2,
    };
    memory.log.append(row, tenant.shard, seq);
  };
}

export function auditGroup(db: Db, memory: Memory, newId: NewId) {
  const append = auditAppender(db, memory, newId);
  const newest = db.raw.prepare<[string, number, number], StoredEventRow>(
    `SELECT ${columnsOf(event, 'e')} FROM event e INDEXED BY event_audit
     WHERE e.tenant = ? AND e.keep = 2 AND e.seq < ? ORDER BY e.seq DESC LIMIT ?+0`,
  );
  return {
    recordAudit(notes: readonly AuditNote[], now: number): void {
      remembering(memory, 'record audit', () =>
        db.transaction(() => {
          for (const note of notes) append(note, now);
        }),
      );
    },
    auditEvents(tenant: string | null, limit: number, cursor: string | null): Page<StoredEvent> {
      const before = seqOfCursor(cursor) ?? Number.MAX_SAFE_INTEGER;
      const rows = withStoreErrors('list audit', () => newest.all(tenant ?? systemTenant, before, limit + 1));
      const items = rows.slice(0, limit).map(storedEvent);
      return { items, next: rows.length > limit ? cursorOfSeq(items.at(-1)!.seq) : null };
    },
  };
}
