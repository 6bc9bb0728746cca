// Reads of the event log, of what a rule or route said, and of answers given before.
import { and, eq, gt, sql } from 'drizzle-orm';
import type { ConfigVersionRow, IdempotencyRow } from '../../pipeline/effect.ts';
import type { EventRow } from '../../pipeline/rows.ts';
import type { StoredEvent } from '../rows.ts';
import type { Page } from '../store.ts';
import type { Db } from './database.ts';
import { idOrNameValue } from './id-codec.ts';
import { cursorOfSeq, scanRows, seqOfCursor } from './keyset-page.ts';
import { type StoredEventRow, storedEvent } from './row-codec.ts';
import { columnsOf, configVersion, event, idempotency } from './schema.ts';
import { withStoreErrors } from './sqlite-errors.ts';

export type EventSubject = { kind: EventRow['subjectKind']; id: string; only?: string };

export function logReads(db: Db) {
  const columns = columnsOf(event, 'e');
  const ofSubject = db.raw.prepare<[string, string, Buffer | string, number, number], StoredEventRow>(
    `SELECT ${columns} FROM event e INDEXED BY event_subject
     WHERE e.tenant = ? AND e.subject_kind = ? AND e.subject_id = ? AND e.seq < ? ORDER BY e.seq DESC LIMIT ?+0`,
  );
  const ofKind = db.raw.prepare<[string, string, Buffer | string, number, string, number], StoredEventRow>(
    `SELECT ${columns} FROM event e INDEXED BY event_subject
     WHERE e.tenant = ? AND e.subject_kind = ? AND e.subject_id = ? AND e.seq < ? AND e.kind = ?
     ORDER BY e.seq DESC LIMIT ?+0`,
  );
  // All of a tenant's events lie in its shard, between those of the few tenants beside it.
  const ofTenant = db.raw.prepare<[number, number, number, string, number], StoredEventRow>(
    `SELECT ${columns} FROM event e
     WHERE e.shard = ? AND e.seq < ? AND e.seq >= ? AND e.tenant = ? ORDER BY e.seq DESC LIMIT ?+0`,
  );
  const bounds = db.raw.prepare<[string], { shard: number; nextSeq: number; oldest: number | null }>(
    `SELECT s.id AS shard, s.next_seq AS nextSeq, (SELECT min(seq) FROM event WHERE shard = s.id) AS oldest
     FROM tenant t JOIN shard s ON s.id = t.shard WHERE t.id = ?`,
  );
  const version = db.orm
    .select()
    .from(configVersion)
    .where(
      and(
        eq(configVersion.tenant, sql.placeholder('tenant')),
        eq(configVersion.kind, sql.placeholder('kind')),
        eq(configVersion.name, sql.placeholder('name')),
        eq(configVersion.hash, sql.placeholder('hash')),
      ),
    )
    .prepare();
  const answer = db.orm
    .select()
    .from(idempotency)
    .where(
      and(
        eq(idempotency.tenant, sql.placeholder('tenant')),
        eq(idempotency.scope, sql.placeholder('scope')),
        eq(idempotency.key, sql.placeholder('key')),
        gt(idempotency.expiresAt, sql.placeholder('now')),
      ),
    )
    .prepare();

  function page(rows: StoredEventRow[], limit: number, floor: number | null): Page<StoredEvent> {
    const items = rows.slice(0, limit);
    const next = rows.length > limit ? items[items.length - 1]!.seq : floor;
    return { items: items.map(storedEvent), next: next === null ? null : cursorOfSeq(next) };
  }

  function events(tenant: string, subject: EventSubject | null, limit: number, cursor: string | null) {
    const before = seqOfCursor(cursor);
    if (subject !== null) {
      const id = idOrNameValue(subject.id);
      const from = before ?? Number.MAX_SAFE_INTEGER;
      const rows =
        subject.only === undefined
          ? ofSubject.all(tenant, subject.kind, id, from, limit + 1)
          : ofKind.all(tenant, subject.kind, id, from, subject.only, limit + 1);
      return page(rows, limit, null);
    }
    const at = bounds.get(tenant);
    if (at === undefined || at.oldest === null) return { items: [], next: null };
    const from = Math.min(before ?? at.nextSeq, at.nextSeq);
    const floor = from - scanRows;
    return page(
      ofTenant.all(at.shard, from, floor, tenant, limit + 1),
      limit,
      floor > at.oldest ? floor : null,
    );
  }

  return {
    events(
      tenant: string,
      subject: EventSubject | null,
      limit: number,
      cursor: string | null,
    ): Page<StoredEvent> {
      return withStoreErrors('list events', () => events(tenant, subject, limit, cursor));
    },
    configVersion(
      tenant: string,
      kind: 'rule' | 'route',
      name: string,
      hash: string,
    ): ConfigVersionRow | null {
      return withStoreErrors('read a version', () => version.get({ tenant, kind, name, hash }) ?? null);
    },
    idempotency(tenant: string, scope: string, key: string, now: number): IdempotencyRow | null {
      return withStoreErrors('read an answer', () => answer.get({ tenant, scope, key, now }) ?? null);
    },
  };
}
