// A store that keeps nothing but who may enter: what the same program costs without a database. Deliveries that find no
// room in memory are gone, so loads against it stay below what a channel holds in memory.
import type { ApiKeyRow, TenantRow } from '../src/store/rows.ts';
import { type CommittedEvent, type ShardCommit, type Store, shardCount } from '../src/store/store.ts';

const none = { items: [], next: null };

/** See the head of the file. */
export function nullStore(): Store {
  const tenants = new Map<string, TenantRow>();
  const keys = new Map<string, ApiKeyRow>();
  const seqs = new Float64Array(shardCount);
  return {
    takeShards: () => Array.from({ length: shardCount }, (_, shard) => ({ shard, epoch: 1 })),
    ensureTenant(id, now) {
      const known = tenants.get(id);
      if (known) return known;
      const row = { id, shard: tenants.size % shardCount, name: id, createdAt: now };
      tenants.set(id, row);
      return row;
    },
    tenants: () => [...tenants.values()],
    commit(shards: readonly ShardCommit[]) {
      const events: CommittedEvent[] = [];
      for (const { shard, effects } of shards) {
        for (const effect of effects) {
          if (effect.put === 'event') events.push({ shard, seq: seqs[shard]!++, row: effect.row });
        }
      }
      return events;
    },
    loadTenant: () => ({ alerts: [], groups: [], deliveries: [] }),
    claimDue: () => [],
    nextDueAt: () => null,
    deliveries: () => none,
    deliveryCounts: () => ({ queued: 0, sending: 0, sent: 0, delivered: 0, dead: 0, dropped: 0 }),
    alert: () => null,
    alerts: () => none,
    events: () => none,
    notification: () => null,
    notificationsOf: () => [],
    configVersion: () => null,
    idempotency: () => null,
    addKey: (key, digest) => void keys.set(digest, key),
    revokeKey: () => false,
    keyByDigest: (digest) => keys.get(digest) ?? null,
    keys: () => [...keys.values()],
    touchKey() {},
    retain: () => false,
    checkpoint() {},
    probe() {},
    meta: () => null,
    stats: () => ({}),
    close() {},
  };
}
