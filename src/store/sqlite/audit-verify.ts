// Checks the audit trail of a database from outside: read only, beside a running process or without one. Each event must
// carry the hash of the one before and of itself; what retention took away is known by the anchor that it left.
import Database from 'better-sqlite3';
import { chainHash } from '../audit-chain.ts';
import { anchorKey } from './event-log.ts';
import { type StoredEventRow, storedEvent } from './row-codec.ts';
import { columnsOf, event } from './schema.ts';

export interface CheckedChain {
  readonly tenant: string;
  readonly events: number;
  /** Hash of the newest event; whoever keeps it elsewhere notices when the end of the chain was cut off. */
  readonly head: string | null;
  /** The first event that does not fit, null when all do. */
  readonly broken: { readonly seq: number; readonly id: string; readonly at: number } | null;
}

export interface CheckedAudit {
  readonly chains: readonly CheckedChain[];
  /** Those of the hashes asked for that no event has. */
  readonly missing: readonly string[];
}

/**
 * Checks every tenant's chain in one view of the database, and that it holds events with these hashes (heads that were
 * seen earlier). @throws when it is not a database of Tocsin.
 */
export function verifyAudit(file: string, hashes: readonly string[] = []): CheckedAudit {
  const raw = new Database(file, { readonly: true, fileMustExist: true });
  try {
    // One read transaction: retention may move an anchor at any time.
    return raw.transaction(() => {
      const tenants = raw
        .prepare<[], string>(
          `SELECT tenant FROM event WHERE keep = 2
           UNION SELECT substr(key, ${anchorKey('').length + 1}) FROM meta WHERE key LIKE '${anchorKey('').replace('_', '\\_')}%' ESCAPE '\\'
           ORDER BY 1`,
        )
        .pluck()
        .all();
      const hasHash = raw.prepare<[Buffer], unknown>('SELECT 1 FROM event WHERE keep = 2 AND hash = ?');
      return {
        chains: tenants.map((tenant) => checkedChain(raw, tenant)),
        missing: hashes.filter((hash) => hasHash.get(Buffer.from(hash, 'hex')) === undefined),
      };
    })();
  } finally {
    raw.close();
  }
}

function checkedChain(raw: Database.Database, tenant: string): CheckedChain {
  const anchor = raw
    .prepare<[string], string>('SELECT value FROM meta WHERE key = ?')
    .pluck()
    .get(anchorKey(tenant));
  const rows = raw.prepare<[string], StoredEventRow>(
    `SELECT ${columnsOf(event, 'e')} FROM event e WHERE e.tenant = ? AND e.keep = 2 ORDER BY e.seq`,
  );
  let previous: Buffer | null = anchor === undefined ? null : Buffer.from(anchor, 'hex');
  let events = 0;
  for (const row of rows.iterate(tenant)) {
    events++;
    if (!fits(row, previous)) {
      const { seq, id, at } = row;
      return { tenant, events, head: null, broken: { seq, id: id.toString('hex'), at } };
    }
    previous = row.hash ?? null;
  }
  return { tenant, events, head: previous?.toString('hex') ?? null, broken: null };
}

function fits(row: StoredEventRow, previous: Buffer | null): boolean {
  const { prevHash, hash, body, shard, seq } = row;
  if (hash === null || (prevHash?.toString('hex') ?? null) !== (previous?.toString('hex') ?? null))
    return false;
  let read: ReturnType<typeof storedEvent>;
  try {
    read = storedEvent(row);
  } catch (error) {
    // The body is not even JSON any more.
    if (error instanceof SyntaxError) return false;
    throw error;
  }
  // The text as it is stored: a space added to it is a change, too.
  return chainHash(previous, read, shard, seq, body).equals(hash);
}
