// Prepared drizzle statements: one placeholder per column, named as the property in schema.ts.
import { getTableColumns, type InferInsertModel, type Placeholder, type SQL, sql } from 'drizzle-orm';
import type { SQLiteTable } from 'drizzle-orm/sqlite-core';

type Placeholders<Table extends SQLiteTable> = {
  [Column in keyof InferInsertModel<Table>]-?: Placeholder;
};

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
