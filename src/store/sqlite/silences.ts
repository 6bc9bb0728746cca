// Silences: a row each, written whole with every change.
import type Database from 'better-sqlite3';
import { and, eq, sql } from 'drizzle-orm';
import type { SilenceRow } from '../../pipeline/rows.ts';
import type { Page, SilenceFilter } from '../store.ts';
import type { Db } from './database.ts';
import { idBytes, idText, parseId } from './id-codec.ts';
import { idOfCursor, pageOf, scanned } from './keyset-page.ts';
import { placeholders, setPlaceholders, writer } from './placeholders.ts';
import { columnsOf, silence } from './schema.ts';
import { withStoreErrors } from './sqlite-errors.ts';

type StoredSilence = typeof silence.$inferSelect;

const changeable = [
  'matchers',
  'startsAt',
  'endsAt',
  'recurs',
  'comment',
  'updatedBy',
  'updatedAt',
  'remindedAt',
  'held',
  'version',
  'closed',
] as const;

export function silenceWrites(db: Db) {
  const { orm } = db;
  const value = sql.placeholder;
  const insert = writer<StoredSilence>(db, 'insert silence', () =>
    orm.insert(silence).values(placeholders(silence)),
  );
  const update = writer<StoredSilence>(db, 'update silence', () =>
    orm
      .update(silence)
      .set(setPlaceholders(changeable))
      .where(and(eq(silence.tenant, value('tenant')), eq(silence.id, value('id')))),
  );
  return {
    silence(row: SilenceRow, isNew: boolean): void {
      const stored: StoredSilence = {
        ...row,
        id: idBytes(row.id),
        matchers: JSON.stringify(row.matchers),
        recurs: row.recurs === null ? null : JSON.stringify(row.recurs),
        startsAt: Math.floor(row.startsAt),
        endsAt: Math.floor(row.endsAt),
        createdAt: Math.floor(row.createdAt),
        updatedAt: Math.floor(row.updatedAt),
        remindedAt: row.remindedAt === null ? null : Math.floor(row.remindedAt),
        closed: row.closed ? 1 : 0,
      };
      if (isNew) insert(stored);
      else if (update(stored) !== 1) throw new Error(`silence ${row.id} changes but was never stored`);
    },
  };
}

export function silenceRow(from: StoredSilence): SilenceRow {
  return {
    ...from,
    id: idText(from.id),
    matchers: JSON.parse(from.matchers) as SilenceRow['matchers'],
    recurs: from.recurs === null ? null : (JSON.parse(from.recurs) as SilenceRow['recurs']),
    closed: from.closed === 1,
  };
}

const columns = columnsOf(silence, 's');

export function openSilences(db: Db): Database.Statement<[string], StoredSilence> {
  return db.raw.prepare<[string], StoredSilence>(
    `SELECT ${columns} FROM silence s INDEXED BY silence_open WHERE s.tenant = ? AND s.closed = 0 ORDER BY s.id`,
  );
}

export function silenceReads(db: Db) {
  const one = db.raw.prepare<[string, Buffer], StoredSilence>(
    `SELECT ${columns} FROM silence s WHERE s.tenant = ? AND s.id = ?`,
  );
  const page = db.raw.prepare<
    { tenant: string; before: Buffer; closed: number | null; limit: number },
    StoredSilence
  >(
    `SELECT ${columns} FROM silence s
     WHERE s.tenant = @tenant AND s.id < @before AND (@closed IS NULL OR s.closed = @closed)
     ORDER BY s.id DESC LIMIT @limit+0`,
  );
  return {
    silence(tenant: string, id: string): SilenceRow | null {
      const bytes = parseId(id);
      const row =
        bytes === null ? undefined : withStoreErrors('read a silence', () => one.get(tenant, bytes));
      return row === undefined ? null : silenceRow(row);
    },
    silences(
      tenant: string,
      { over }: SilenceFilter,
      limit: number,
      cursor: string | null,
    ): Page<SilenceRow> {
      const before = idOfCursor(cursor);
      const closed = over === undefined ? null : over ? 1 : 0;
      const rows = withStoreErrors('list silences', () =>
        page.all({ tenant, before, closed, limit: limit + 1 }),
      );
      return pageOf([scanned(rows, limit, null)], limit, silenceRow);
    },
  };
}
