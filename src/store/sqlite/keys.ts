// API keys: only digests are stored. Adding and revoking are audit events in the same transaction.
import { and, desc, eq, isNull, lte, or, sql } from 'drizzle-orm';
import type { NewId } from '../../ids.ts';
import type { EventRow } from '../../pipeline/rows.ts';
import type { ApiKeyRow, Role } from '../rows.ts';
import { type Memory, remembering } from './commit.ts';
import type { Db } from './database.ts';
import { idBytes, idText, parseId } from './id-codec.ts';
import { tenantRows } from './ownership.ts';
import { placeholders } from './placeholders.ts';
import { apiKey } from './schema.ts';
import { withStoreErrors } from './sqlite-errors.ts';

/** Events about the installation belong to this tenant. */
const systemTenant = '_system';
const touchEveryMs = 60_000;

function keyRow(from: typeof apiKey.$inferSelect): ApiKeyRow {
  return {
    id: idText(from.id),
    tenant: from.tenant,
    name: from.name,
    role: from.role as Role,
    scopes: JSON.parse(from.scopes) as string[],
    createdAt: from.createdAt,
    expiresAt: from.expiresAt,
    revokedAt: from.revokedAt,
    lastUsedAt: from.lastUsedAt,
  };
}

function digestBytes(digest: string): Buffer | null {
  return /^[0-9a-f]{64}$/.test(digest) ? Buffer.from(digest, 'hex') : null;
}

export function keysGroup(db: Db, memory: Memory, newId: NewId) {
  const { orm } = db;
  const tenants = tenantRows(db);
  const insert = orm.insert(apiKey).values(placeholders(apiKey)).prepare();
  const byId = orm
    .select()
    .from(apiKey)
    .where(eq(apiKey.id, sql.placeholder('id')))
    .prepare();
  const byDigest = orm
    .select()
    .from(apiKey)
    .where(eq(apiKey.digest, sql.placeholder('digest')))
    .prepare();
  const ofTenant = orm
    .select()
    .from(apiKey)
    .where(eq(apiKey.tenant, sql.placeholder('tenant')))
    .orderBy(desc(apiKey.id))
    .prepare();
  const all = orm.select().from(apiKey).orderBy(desc(apiKey.id)).prepare();
  const revoke = orm
    .update(apiKey)
    .set({ revokedAt: sql`${sql.placeholder('now')}` })
    .where(and(eq(apiKey.id, sql.placeholder('id')), isNull(apiKey.revokedAt)))
    .prepare();
  // A key in steady use is written once a minute, not once a request.
  const touch = orm
    .update(apiKey)
    .set({ lastUsedAt: sql`${sql.placeholder('now')}` })
    .where(
      and(
        eq(apiKey.id, sql.placeholder('id')),
        or(isNull(apiKey.lastUsedAt), lte(apiKey.lastUsedAt, sql.placeholder('stale'))),
      ),
    )
    .prepare();
  const takeSeq = db.raw
    .prepare<[number], number>('UPDATE shard SET next_seq = next_seq + 1 WHERE id = ? RETURNING next_seq - 1')
    .pluck();

  function audit(key: ApiKeyRow, kind: string, actor: string | null, now: number): void {
    const tenant = tenants.ensure(key.tenant === '*' ? systemTenant : key.tenant, now);
    const seq = takeSeq.get(tenant.shard);
    if (seq === undefined) throw new Error(`shard ${tenant.shard} is missing`);
    const row: EventRow = {
      id: newId(),
      tenant: tenant.id,
      at: now,
      subjectKind: 'key',
      subjectId: key.id,
      kind,
      reason: null,
      actor,
      topic: null,
      priority: null,
      correlationId: null,
      keep: 2,
      body: {
        name: key.name,
        tenant: key.tenant,
        role: key.role,
        scopes: key.scopes,
        expiresAt: key.expiresAt,
      },
    };
    memory.log.append(row, tenant.shard, seq);
  }

  return {
    addKey(key: ApiKeyRow, digest: string, actor: string | null, now: number): void {
      const bytes = digestBytes(digest);
      if (bytes === null) throw new Error('a key is stored by its SHA-256 in hex');
      remembering(memory, 'add key', () =>
        db.transaction(() => {
          insert.run({ ...key, id: idBytes(key.id), digest: bytes, scopes: JSON.stringify(key.scopes) });
          audit(key, 'key.added', actor, now);
        }),
      );
    },
    revokeKey(id: string, actor: string, now: number): boolean {
      const bytes = parseId(id);
      if (bytes === null) return false;
      return remembering(memory, 'revoke key', () =>
        db.transaction(() => {
          if (revoke.run({ id: bytes, now }).changes === 0) return false;
          audit(keyRow(byId.get({ id: bytes })!), 'key.revoked', actor, now);
          return true;
        }),
      );
    },
    keyByDigest(digest: string): ApiKeyRow | null {
      const bytes = digestBytes(digest);
      const row =
        bytes === null ? undefined : withStoreErrors('read key', () => byDigest.get({ digest: bytes }));
      return row === undefined ? null : keyRow(row);
    },
    keys(tenant: string | null): readonly ApiKeyRow[] {
      return withStoreErrors('list keys', () =>
        (tenant === null ? all.all() : ofTenant.all({ tenant })).map(keyRow),
      );
    },
    touchKey(id: string, now: number): void {
      const bytes = parseId(id);
      if (bytes !== null)
        withStoreErrors('touch key', () => touch.run({ id: bytes, now, stale: now - touchEveryMs }));
    },
  };
}
