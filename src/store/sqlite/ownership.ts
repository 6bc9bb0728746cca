// Who owns which shard, and which tenant lies in which. In one process the owner takes them all at its start.

import type { TenantRow } from '../rows.ts';
import { type ShardLease, shardCount } from '../store.ts';
import type { Memory } from './commit.ts';
import { remembering } from './commit.ts';
import type { Db } from './database.ts';
import { withStoreErrors } from './sqlite-errors.ts';

/** FNV-1a, 32 bits, of the UTF-8 bytes: stored with the tenant, so it only has to spread, never to stay. */
export function shardOf(name: string): number {
  let hash = 0x811c9dc5;
  for (const byte of Buffer.from(name, 'utf8')) hash = Math.imul(hash ^ byte, 0x01000193) >>> 0;
  return hash % shardCount;
}

/** Gives a tenant its row; for use inside a transaction. */
export function tenantRows(db: Db) {
  const columns = 'id, shard, name, created_at AS createdAt';
  const find = db.raw.prepare<[string], TenantRow>(`SELECT ${columns} FROM tenant WHERE id = ?`);
  const insert = db.raw.prepare<[string, number, string, number]>(
    'INSERT INTO tenant (id, shard, name, created_at) VALUES (?, ?, ?, ?)',
  );
  const all = db.raw.prepare<[], TenantRow>(
    `SELECT ${columns} FROM tenant WHERE deleted_at IS NULL ORDER BY id`,
  );
  return {
    find: (id: string) => find.get(id),
    all: () => all.all(),
    ensure(id: string, now: number): TenantRow {
      const found = find.get(id);
      if (found !== undefined) return found;
      const row = { id, shard: shardOf(id), name: id, createdAt: Math.floor(now) };
      insert.run(row.id, row.shard, row.name, row.createdAt);
      return row;
    },
  };
}

/** As far as a Retry-After is heeded (see policy/retry.ts). */
const longestRetryMs = 3_600_000;

export function ownershipGroup(db: Db, memory: Memory) {
  const rows = tenantRows(db);
  const take = db.raw.prepare<[string], ShardLease>(
    'UPDATE shard SET epoch = epoch + 1, owner = ? RETURNING id AS shard, epoch',
  );
  // A new token: what an older owner still has under way can no longer write its result. Somebody else's lease means
  // that its process died; one's own, that a commit failed.
  // Of the index by its own words: without them every delivery that there ever was is looked at.
  const voidLeases = db.raw.prepare<[number, string]>(
    `UPDATE delivery INDEXED BY delivery_open SET state = 'queued', due_at = min(due_at, ?), lease_owner = NULL, lease_until = NULL,
       lease_token = lease_token + 1,
       crashes = CASE WHEN lease_owner IS ? THEN crashes ELSE coalesce(crashes, 0) + 1 END
     WHERE state IN ('queued', 'sending') AND state = 'sending'`,
  );
  // What waits for a channel is looked at anew: it may work again.
  const lookAgain = db.raw.prepare<[number, number]>(
    `UPDATE delivery INDEXED BY delivery_parked SET due_at = ?
     WHERE state = 'queued' AND reason = 'breaker_open' AND due_at > ?`,
  );
  // No retry waits longer than a Retry-After may ask for: one that does was timed by a clock that was ahead.
  const bringBack = db.raw.prepare<[number, number]>(
    `UPDATE delivery INDEXED BY delivery_open SET due_at = ?
     WHERE state IN ('queued', 'sending') AND state = 'queued' AND due_at > ? AND reason IS NOT 'quiet_hours'`,
  );
  return {
    takeShards(owner: string, now: number): readonly ShardLease[] {
      return remembering(memory, 'take shards', () =>
        db.transaction(() => {
          voidLeases.run(Math.floor(now), owner);
          lookAgain.run(Math.floor(now), Math.floor(now));
          bringBack.run(Math.floor(now), Math.floor(now) + longestRetryMs);
          return take.all(owner).sort((a, b) => a.shard - b.shard);
        }),
      );
    },
    ensureTenant(id: string, now: number): TenantRow {
      return withStoreErrors(
        'ensure tenant',
        () => rows.find(id) ?? db.transaction(() => rows.ensure(id, now)),
      );
    },
    tenants(): readonly TenantRow[] {
      return withStoreErrors('list tenants', () => rows.all());
    },
  };
}
