// drizzle writes the SQL of hot statements, better-sqlite3 runs it: one placeholder per column, named as the property
// in schema.ts. drizzle's own prepared statement looks at the type of every parameter on every run, which for the
// hundred values of a new alert with its delivery is a sixth of the commit.

import type { InferInsertModel } from 'drizzle-orm';
import { getTableColumns, is, Param, Placeholder, type SQL, sql } from 'drizzle-orm';
import type { SQLiteTable } from 'drizzle-orm/sqlite-core';
import type { Db } from './database.ts';

type Placeholders<Table extends SQLiteTable> = {
  [Column in keyof InferInsertModel<Table>]-?: Placeholder;
};
type Value = string | number | Buffer | null;

/** Values of an insert in which every column is a placeholder. */
export function placeholders<Table extends SQLiteTable>(table: Table): Placeholders<Table> {
  return Object.fromEntries(
    Object.keys(getTableColumns(table)).map((name) => [name, sql.placeholder(name)]),
  ) as Placeholders<Table>;
}

/** The `set` of an update in which every named column is a placeholder. */
export function setPlaceholders<Name extends string>(names: readonly Name[]): Record<Name, SQL> {
  return Object.fromEntries(names.map((name) => [name, sql`${sql.placeholder(name)}`])) as Record<Name, SQL>;
}

function nameOf(param: unknown): string {
  const placeholder = is(param, Param) ? param.value : param;
  if (is(placeholder, Placeholder)) return String(placeholder.name);
  throw new Error('a hot statement takes placeholders only');
}

/** By name: what drizzle wrote of a statement, the same for every database that is opened. */
const written = new Map<string, { readonly text: string; readonly names: readonly string[] }>();

/**
 * Prepares a drizzle insert, update or delete whose parameters are all placeholders. The result takes driver values
 * (what row-codec.ts makes) by name and answers how many rows changed; a missing value is stored as NULL.
 * `name` is this statement's alone.
 */
export function writer<Values extends object>(
  db: Db,
  name: string,
  query: () => { toSQL(): { sql: string; params: unknown[] } },
): (values: Values) => number {
  let known = written.get(name);
  if (known === undefined) {
    const { sql: text, params } = query().toSQL();
    known = { text, names: params.map(nameOf) };
    written.set(name, known);
  }
  const { text } = known;
  const names = known.names as readonly (keyof Values)[];
  const statement = db.raw.prepare<Value[]>(text);
  return (values) => statement.run(...names.map((name) => (values[name] ?? null) as Value)).changes;
}
