// A store without a database: what the same program costs when nothing is durable. It keeps who may enter, and the
// deliveries that found no room in memory; those it gives out in the order of their arrival, whatever their group.
import type { DeliveryRow, NotificationRow } from '../src/pipeline/rows.ts';
import type { ApiKeyRow, TenantRow } from '../src/store/rows.ts';
import {
  type ClaimedDelivery,
  type ClaimRequest,
  type CommittedEvent,
  type ShardCommit,
  type Store,
  shardCount,
} from '../src/store/store.ts';

const none = { items: [], next: null };

/** See the head of the file. */
export function nullStore(): Store {
  const tenants = new Map<string, TenantRow>();
  const keys = new Map<string, ApiKeyRow>();
  const queued: { readonly row: DeliveryRow; readonly notification: NotificationRow }[] = [];
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
        // A delivery comes right after its notification.
        let notification: NotificationRow | null = null;
        for (const effect of effects) {
          if (effect.put === 'notification') notification = effect.row;
          if (effect.put === 'delivery' && effect.row.state === 'queued' && notification) {
            queued.push({ row: effect.row, notification });
          }
          if (effect.put === 'event') events.push({ shard, seq: seqs[shard]!++, row: effect.row });
        }
      }
      return events;
    },
    onDisk: (done) => done(null),
    sync() {},
    occurrences: () => [],
    firings: () => [],
    findings: () => ({ items: [], next: null }),
    foundSince: () => [],
    predictions: () => ({ items: [], next: null }),
    prediction: () => null,
    predictionsOf: () => [],
    predictionCounts: () => [],
    forecast: () => null,
    analysisPart: () => null,
    forecastPart: () => null,
    storm: () => null,
    seenKinds: () => [],
    cameSince: () => [],
    incident: () => null,
    incidents: () => ({ items: [], next: null }),
    incidentAlerts: () => ({ items: [], next: null }),
    incidentOfAlert: () => null,
    analysis: () => null,
    alertNews: (_tenant, after) => ({ lines: [], upTo: after, more: false }),
    heartbeats: () => [],
    dismissed: () => [],
    loadTenant: () => ({
      alerts: [],
      groups: [],
      deliveries: [],
      breakers: [],
      silences: [],
      tallies: [],
      confirmations: [],
      untold: [],
    }),
    providerCalls: () => [],
    claimDue({ now, limits, leaseMs, except }: ClaimRequest): readonly ClaimedDelivery[] {
      const most = limits.high + limits.normal + limits.low;
      const claimed: ClaimedDelivery[] = [];
      while (claimed.length < most) {
        const first = queued[0];
        if (!first || except[first.row.lane].has(`${first.row.tenant}/${first.row.channel}`)) break;
        queued.shift();
        const { row, notification } = first;
        const lease = {
          state: 'sending' as const,
          leaseToken: row.leaseToken + 1,
          leaseUntil: now + leaseMs,
        };
        claimed.push({
          delivery: { ...row, ...lease },
          alerts: notification.alerts,
          body: notification.body,
        });
      }
      return claimed;
    },
    claimBehind: () => [],
    parkDue: () => ({ leased: [], parked: 0 }),
    unpark: () => 0,
    nextDueAt: () => queued[0]?.row.dueAt ?? null,
    delivery: () => null,
    deliveriesOfProvider: () => [],
    deliveryNamed: () => null,
    deadLetters: () => [],
    deliveries: () => none,
    deliveryCounts: () => ({ queued: 0, sending: 0, sent: 0, delivered: 0, dead: 0, dropped: 0 }),
    alert: () => null,
    alerts: () => none,
    events: () => none,
    notification: () => null,
    confirmations: () => [],
    notificationsBetween: () => none,
    notificationsOf: () => [],
    configVersion: () => null,
    idempotency: () => null,
    silence: () => null,
    silences: () => ({ items: [], next: null }),
    configObjects: () => [],
    configObject: () => null,
    configObjectVersions: () => none,
    addKey: (key, digest) => void keys.set(digest, key),
    revokeKey: () => false,
    rotateKey: () => false,
    recordAudit() {},
    auditEvents: () => none,
    keyByDigest: (digest) => keys.get(digest) ?? null,
    keys: () => [...keys.values()],
    touchKey() {},
    retain: () => false,
    checkpoint() {},
    probe() {},
    meta: () => null,
    setMeta() {},
    episodes: () => [],
    episodeQuarters: () => [],
    topLabelSets: () => [],
    deliveryGroups: () => [],
    heldBack: () => [],
    storms: () => [],
    acts: () => [],
    stats: () => ({}),
    close() {},
  };
}
