// What was configured through the API: an object as it is, and a row for each change. A change that does not follow the
// version before it is a bug, and fails the commit.
import { and, eq, sql } from 'drizzle-orm';
import type { ConfigAction, ConfigObjectKind, ConfigObjectRow } from '../../pipeline/effect.ts';
import type { ConfigObjectVersion } from '../rows.ts';
import type { Page } from '../store.ts';
import type { Db } from './database.ts';
import { idBytes, idText, parseId } from './id-codec.ts';
import { cursorOfSeq, seqOfCursor } from './keyset-page.ts';
import { placeholders, setPlaceholders, writer } from './placeholders.ts';
import { columnsOf, configObject, configObjectVersion } from './schema.ts';
import { withStoreErrors } from './sqlite-errors.ts';

/** Versions that are kept of one object; the audit holds the others for as long as it is kept. */
export const mostVersions = 100;

type StoredObject = typeof configObject.$inferSelect;
type StoredVersion = typeof configObjectVersion.$inferSelect;

const changeable = ['name', 'version', 'body', 'updatedAt', 'updatedBy', 'deletedAt'] as const;

export function configObjectWrites(db: Db) {
  const { orm } = db;
  const value = sql.placeholder;
  const insert = writer<StoredObject>(db, 'insert config object', () =>
    orm.insert(configObject).values(placeholders(configObject)),
  );
  const update = writer<StoredObject & { readonly before: number }>(db, 'update config object', () =>
    orm
      .update(configObject)
      .set(setPlaceholders(changeable))
      .where(
        and(
          eq(configObject.tenant, value('tenant')),
          eq(configObject.kind, value('kind')),
          eq(configObject.id, value('id')),
          eq(configObject.version, value('before')),
        ),
      ),
  );
  const addVersion = writer<StoredVersion>(db, 'add config object version', () =>
    orm.insert(configObjectVersion).values(placeholders(configObjectVersion)),
  );
  const forget = db.raw.prepare<[string, string, Buffer, number]>(
    'DELETE FROM config_object_version WHERE tenant = ? AND kind = ? AND id = ? AND version <= ?',
  );
  return {
    put(row: ConfigObjectRow, action: ConfigAction, shown = row.body): void {
      const id = idBytes(row.id);
      const stored: StoredObject = {
        ...row,
        id,
        createdAt: Math.floor(row.createdAt),
        updatedAt: Math.floor(row.updatedAt),
        deletedAt: row.deletedAt === null ? null : Math.floor(row.deletedAt),
      };
      if (row.version === 1) insert(stored);
      else if (update({ ...stored, before: row.version - 1 }) !== 1)
        throw new Error(`${row.kind} ${row.id} has no version ${row.version - 1} to follow`);
      addVersion({ ...stored, body: shown, action, at: stored.updatedAt, actor: row.updatedBy });
      if (row.version > mostVersions) forget.run(row.tenant, row.kind, id, row.version - mostVersions);
    },
  };
}

function objectRow(from: StoredObject): ConfigObjectRow {
  return { ...from, id: idText(from.id) };
}

export function configObjectReads(db: Db) {
  const columns = columnsOf(configObject, 'o');
  const live = db.raw.prepare<[string, string], StoredObject>(
    `SELECT ${columns} FROM config_object o
     WHERE o.tenant = ? AND o.kind = ? AND o.deleted_at IS NULL ORDER BY o.id`,
  );
  const one = db.raw.prepare<[string, string, Buffer], StoredObject>(
    `SELECT ${columns} FROM config_object o WHERE o.tenant = ? AND o.kind = ? AND o.id = ?`,
  );
  const versions = db.raw.prepare<[string, string, Buffer, number, number], StoredVersion>(
    `SELECT ${columnsOf(configObjectVersion, 'v')} FROM config_object_version v
     WHERE v.tenant = ? AND v.kind = ? AND v.id = ? AND v.version < ? ORDER BY v.version DESC LIMIT ?+0`,
  );
  return {
    configObjects(tenant: string, kind: ConfigObjectKind): readonly ConfigObjectRow[] {
      return withStoreErrors('read configured objects', () => live.all(tenant, kind).map(objectRow));
    },
    configObject(tenant: string, kind: ConfigObjectKind, id: string): ConfigObjectRow | null {
      const bytes = parseId(id);
      const row =
        bytes === null
          ? undefined
          : withStoreErrors('read a configured object', () => one.get(tenant, kind, bytes));
      return row === undefined ? null : objectRow(row);
    },
    configObjectVersions(
      tenant: string,
      kind: ConfigObjectKind,
      id: string,
      limit: number,
      cursor: string | null,
    ): Page<ConfigObjectVersion> {
      const before = seqOfCursor(cursor) ?? Number.MAX_SAFE_INTEGER;
      const bytes = parseId(id);
      if (bytes === null) return { items: [], next: null };
      const rows = withStoreErrors('list versions', () =>
        versions.all(tenant, kind, bytes, before, limit + 1),
      );
      const items = rows
        .slice(0, limit)
        .map(({ version, action, name, body, at, actor }) => ({ version, action, name, body, at, actor }));
      return { items, next: rows.length > limit ? cursorOfSeq(items.at(-1)!.version) : null };
    },
  };
}
