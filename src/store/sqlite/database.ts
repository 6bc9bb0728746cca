// Opens the state database: one process owns it, the journal is a WAL, and the durability that was asked for is set
// AND read back, because better-sqlite3 is compiled to synchronous=NORMAL in WAL mode, which loses acknowledged
// commits when the power goes.
import { chmodSync } from 'node:fs';
import { basename, dirname, extname, join } from 'node:path';
import Database from 'better-sqlite3';
import { type BetterSQLite3Database, drizzle } from 'drizzle-orm/better-sqlite3';
import { StoreError } from '../store.ts';
import { migrate } from './migrate.ts';
import { asStoreError } from './sqlite-errors.ts';

export type Durability = 'full' | 'normal';

/** The open database: plain SQL through `raw`, prepared drizzle statements through `orm`. */
export interface Db {
  readonly raw: Database.Database;
  readonly orm: BetterSQLite3Database;
  /** One write transaction; what is thrown inside rolls it back. */
  transaction<T>(work: () => T): T;
  close(): void;
}

const synchronousLevel: Readonly<Record<Durability, number>> = { normal: 1, full: 2 };

/** `tocsin.db` is owned by whoever holds `tocsin.lock` beside it. */
export function lockFileOf(file: string): string {
  return join(dirname(file), `${basename(file, extname(file))}.lock`);
}

/**
 * Holds an exclusive SQLite lock on a file of its own for the life of the connection. The operating system drops it
 * when the process dies, however it dies, so there is no stale lock to clean up.
 */
function takeLock(file: string): Database.Database {
  const lockFile = lockFileOf(file);
  const lock = new Database(lockFile, { timeout: 0 });
  try {
    lock.exec('BEGIN EXCLUSIVE');
    return lock;
  } catch (error) {
    lock.close();
    const failure = asStoreError(error, `lock ${lockFile}`);
    if (failure instanceof StoreError && failure.failure === 'busy')
      throw new StoreError(
        'busy',
        `${file} is in use by another process (it holds ${lockFile}); one process owns a data folder`,
        { cause: error },
      );
    throw failure;
  }
}

function setPragmas(raw: Database.Database, durability: Durability): void {
  const mode = raw.pragma('journal_mode = WAL', { simple: true });
  if (mode !== 'wal') throw new Error(`journal_mode is ${String(mode)}, not wal`);
  const level = synchronousLevel[durability];
  raw.pragma(`synchronous = ${level}`);
  const got = raw.pragma('synchronous', { simple: true });
  if (got !== level) throw new Error(`synchronous is ${String(got)}, not ${level} (${durability})`);
  raw.pragma('foreign_keys = OFF'); // rows refer to rows by construction; a check costs a seek per row
  raw.pragma('temp_store = MEMORY');
  // What is read often is in the system's cache as well.
  raw.pragma('cache_size = -8000');
  // Idle turns checkpoint, and a thread where there is one. Only a load without either reaches this: 16,384 pages of 4 KiB.
  raw.pragma('wal_autocheckpoint = 16384');
  raw.pragma(`journal_size_limit = ${64 * 1024 * 1024}`);
}

/** Up to that size a whole look at the pages at the start costs less than a tenth of a second. */
const checkedBytes = 64 * 1024 * 1024;

/** A larger one is found to be damaged when the damaged page is read. */
function check(raw: Database.Database, file: string): void {
  const figure = (name: string) => Number(raw.pragma(name, { simple: true }));
  if (figure('page_count') * figure('page_size') > checkedBytes) return;
  const found = String(raw.pragma('quick_check(1)', { simple: true }));
  if (found !== 'ok') throw new StoreError('corrupt', `open ${file}: it is damaged (${found})`);
}

/** A store that was closed in this process may have left a thread that still writes its journal back. */
const closingMs = 10_000;

/** @throws StoreError `busy` when another process owns the file; Error when it was written by a newer version. */
export function openDatabase(file: string, durability: Durability): Db {
  const lock = takeLock(file);
  let raw: Database.Database | undefined;
  try {
    raw = new Database(file, { timeout: closingMs });
    chmodSync(file, 0o600);
    setPragmas(raw, durability);
    migrate(raw);
    check(raw, file);
    raw.pragma('busy_timeout = 0');
  } catch (error) {
    raw?.close();
    lock.close();
    throw asStoreError(error, `open ${file}`);
  }
  const opened = raw;
  return databaseOf(opened, () => {
    opened.close();
    lock.close();
  });
}

/** A connection whose schema and pragmas are settled, as the groups of statements take it. */
export function databaseOf(raw: Database.Database, close: () => void): Db {
  const inTransaction = raw.transaction((work: () => unknown) => work());
  return {
    raw,
    orm: drizzle({ client: raw }),
    transaction: <T>(work: () => T) => inTransaction.immediate(work) as T,
    close,
  };
}
