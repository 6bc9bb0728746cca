// Numbered migrations, applied in order, each in a transaction of its own together with its number in meta(schema).
// A released file is never edited; a database of a newer version is refused, not guessed at.
import { randomBytes } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import type Database from 'better-sqlite3';

const folder = new URL('./migrations/', import.meta.url);

interface Migration {
  readonly number: number;
  readonly name: string;
}

/** The migrations that this version brings, in order. @throws when their numbers have a gap. */
export function migrations(): readonly Migration[] {
  const found = readdirSync(folder)
    .filter((name) => /^\d{4}_[a-z0-9_]+\.sql$/.test(name))
    .sort()
    .map((name) => ({ number: Number(name.slice(0, 4)), name }));
  for (const [index, migration] of found.entries())
    if (migration.number !== index + 1)
      throw new Error(`migration ${index + 1} is missing in ${folder.pathname}`);
  if (found.length === 0) throw new Error(`no migrations in ${folder.pathname}`);
  return found;
}

/** The number of the last migration that the database has; 0 when it is empty. */
export function schemaVersion(raw: Database.Database): number {
  const table = raw.prepare("SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = 'meta'").get();
  if (table === undefined) return 0;
  const value = raw.prepare("SELECT value FROM meta WHERE key = 'schema'").pluck().get();
  return value === undefined ? 0 : Number(value);
}

export function migrate(raw: Database.Database): void {
  const known = migrations();
  const at = schemaVersion(raw);
  if (at > known.length)
    throw new Error(
      `the database has schema ${at}, this version of Tocsin knows ${known.length}: start the newer version, or restore a backup`,
    );
  const apply = raw.transaction((migration: Migration) => {
    raw.exec(readFileSync(new URL(migration.name, folder), 'utf8'));
    const set = raw.prepare(
      'INSERT INTO meta (key, value) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value',
    );
    set.run('schema', String(migration.number));
    // Stands in every realtime cursor: a restored database gets a new one, so that old cursors are known as such.
    if (migration.number === 1) set.run('log_epoch', randomBytes(8).toString('hex'));
  });
  for (const migration of known.slice(at)) apply.immediate(migration);
}
