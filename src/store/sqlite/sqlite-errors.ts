// What SQLite reports, in the words of the port. A violated constraint is a bug of ours and stays what it is.
import Database from 'better-sqlite3';
import { StoreError, type StoreFailure } from '../store.ts';

const failures: readonly (readonly [prefix: string, failure: StoreFailure])[] = [
  ['SQLITE_FULL', 'full'],
  // The index of the journal could not grow. Nothing of the transaction is to be seen, and the next one overwrites it.
  ['SQLITE_IOERR_SHMSIZE', 'full'],
  ['SQLITE_BUSY', 'busy'],
  ['SQLITE_LOCKED', 'busy'],
  ['SQLITE_IOERR', 'io'],
  ['SQLITE_CANTOPEN', 'io'],
  ['SQLITE_READONLY', 'io'],
  ['SQLITE_PERM', 'io'],
  ['SQLITE_CORRUPT', 'corrupt'],
  ['SQLITE_NOTADB', 'corrupt'],
];

function isBug(code: string): boolean {
  return /^SQLITE_(CONSTRAINT|MISMATCH|RANGE|MISUSE|ERROR)/.test(code);
}

/** The StoreError of an error that SQLite reported (also where drizzle wrapped it); anything else is given back. */
export function asStoreError(error: unknown, doing: string): unknown {
  for (let cause = error, depth = 0; cause instanceof Error && depth < 4; cause = cause.cause, depth++) {
    if (cause instanceof StoreError) return cause;
    if (!(cause instanceof Database.SqliteError)) continue;
    const { code } = cause;
    if (isBug(code)) return new Error(`${doing}: ${code} ${cause.message}`, { cause });
    const failure = failures.find(([prefix]) => code.startsWith(prefix))?.[1] ?? 'unknown';
    return new StoreError(failure, `${doing}: ${code} ${cause.message}`, { cause });
  }
  return error;
}

/** Runs `work` and throws what it throws as StoreError where SQLite is the reason. */
export function withStoreErrors<T>(doing: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw asStoreError(error, doing);
  }
}
