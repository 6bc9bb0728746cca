// API keys: only digests are stored. Adding, rotating and revoking are audit events in the same transaction.
import { and, desc, eq, isNull, lte, or, sql } from 'drizzle-orm';
import type { NewId } from '../../ids.ts';
import type { ApiKeyRow, Role } from '../rows.ts';
import type { Rotation } from '../store.ts';
import { auditAppender } from './audit-log.ts';
import { type Memory, remembering } from './commit.ts';
import type { Db } from './database.ts';
import { idBytes, idText, parseId } from './id-codec.ts';
import { placeholders } from './placeholders.ts';
import { apiKey } from './schema.ts';
import { withStoreErrors } from './sqlite-errors.ts';

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
  // Only ever sooner: an overlap gives no key a longer life.
  const endAt = orm
    .update(apiKey)
    .set({
      expiresAt: sql`min(coalesce(${apiKey.expiresAt}, ${sql.placeholder('until')}), ${sql.placeholder('until')})`,
    })
    .where(eq(apiKey.id, sql.placeholder('id')))
    .prepare();
  const append = auditAppender(db, memory, newId);

  function audit(
    key: ApiKeyRow,
    kind: string,
    actor: string | null,
    now: number,
    more: Readonly<Record<string, unknown>> = {},
  ): void {
    const { name, tenant, role, scopes, expiresAt } = key;
    append(
      {
        tenant,
        subjectKind: 'key',
        subjectId: key.id,
        kind,
        actor,
        body: { name, tenant, role, scopes, expiresAt, ...more },
      },
      now,
    );
  }
  const add = (key: ApiKeyRow, digest: string) => {
    const bytes = digestBytes(digest);
    if (bytes === null) throw new Error('a key is stored by its SHA-256 in hex');
    insert.run({ ...key, id: idBytes(key.id), digest: bytes, scopes: JSON.stringify(key.scopes) });
  };

  return {
    addKey(key: ApiKeyRow, digest: string, actor: string | null, now: number): void {
      remembering(memory, 'add key', () =>
        db.transaction(() => {
          add(key, digest);
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
    rotateKey(id: string, { successor, digest, oldUntil }: Rotation, actor: string, now: number): boolean {
      const bytes = parseId(id);
      if (bytes === null) return false;
      return remembering(memory, 'rotate key', () =>
        db.transaction(() => {
          const old = byId.get({ id: bytes });
          if (old === undefined || old.revokedAt !== null) return false;
          if (old.expiresAt !== null && old.expiresAt <= now) return false;
          if (oldUntil <= now) revoke.run({ id: bytes, now });
          else endAt.run({ id: bytes, until: oldUntil });
          add(successor, digest);
          audit(keyRow(byId.get({ id: bytes })!), 'key.rotated', actor, now, { successor: successor.id });
          audit(successor, 'key.added', actor, now, { predecessor: id });
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
