// Retention: a few rows per call, in idle turns. Events go by (keep, at); alerts, notifications and deliveries are
// walked in the order in which they came, so that they need no index by age and nothing that must stay blocks the rest.
import type { RetentionPolicy } from '../store.ts';
import type { Memory } from './commit.ts';
import { remembering } from './commit.ts';
import { mostVersions } from './config-objects.ts';
import type { Db } from './database.ts';
import { anchorKey } from './event-log.ts';
import { firstIdAt, idText } from './id-codec.ts';
import { seenEveryMs } from './label-sets.ts';

const dayMs = 86_400_000;
/** Predictions of one tenant. */
const mostPredictions = 20_000;
const tenantsCounted = 10;

interface Walked {
  readonly rowid: number;
  readonly young: number;
  readonly ended: number;
}

/** One bounded piece of work. It answers how many rows it looked at or deleted; fewer than `limit` means done. */
type Task = (policy: RetentionPolicy, now: number, limit: number) => number;

export function retentionGroup(db: Db, memory: Memory) {
  const { raw } = db;
  const deleteShort = raw.prepare<[number, number, number]>(
    `DELETE FROM event WHERE rowid IN (
       SELECT rowid FROM event INDEXED BY event_age WHERE keep = ? AND at < ? ORDER BY at LIMIT ?+0)`,
  );
  const deleteIdempotency = raw.prepare<[number, number]>(
    `DELETE FROM idempotency WHERE rowid IN (
       SELECT rowid FROM idempotency INDEXED BY idempotency_expiry WHERE expires_at <= ? ORDER BY expires_at LIMIT ?+0)`,
  );
  const setMeta = raw.prepare<[string, string]>(
    'INSERT INTO meta (key, value) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value',
  );

  const events =
    (keep: 0 | 1, keptMs: (policy: RetentionPolicy) => number): Task =>
    (policy, now, limit) =>
      deleteShort.run(keep, now - keptMs(policy), limit).changes;

  // The chain is cut only at its oldest end, tenant by tenant, and the hash of the last link removed stays as anchor.
  const oldAudit = raw
    .prepare<[number], string>(
      `SELECT DISTINCT tenant FROM (
         SELECT tenant FROM event INDEXED BY event_age WHERE keep = 2 AND at < ? ORDER BY at LIMIT 200)`,
    )
    .pluck();
  const chain = raw.prepare<[string, number], { rowid: number; at: number; hash: Buffer }>(
    `SELECT rowid, at, hash FROM event INDEXED BY event_audit WHERE tenant = ? AND keep = 2 ORDER BY seq LIMIT ?+0`,
  );
  const deleteEvent = raw.prepare<[number]>('DELETE FROM event WHERE rowid = ?');
  const audit: Task = (policy, now, limit) => {
    const before = now - policy.eventAuditMs;
    let deleted = 0;
    for (const tenant of oldAudit.all(before)) {
      let anchor: Buffer | null = null;
      for (const link of chain.all(tenant, limit - deleted)) {
        if (link.at >= before) break;
        deleteEvent.run(link.rowid);
        anchor = link.hash;
        deleted++;
      }
      if (anchor !== null) setMeta.run(anchorKey(tenant), anchor.toString('hex'));
    }
    return deleted;
  };

  /** Walks a table by rowid from where the last call stopped; at the first row that is too young it begins anew. */
  function walk(
    table: string,
    young: string,
    ended: string,
    cutoff: (policy: RetentionPolicy, now: number) => number,
  ) {
    const next = raw.prepare<
      { after: number; cutoff: number; young: number | Buffer; limit: number },
      Walked
    >(
      `SELECT rowid, ${young} AS young, ${ended} AS ended FROM ${table} WHERE rowid > @after ORDER BY rowid LIMIT @limit+0`,
    );
    const remove = raw.prepare<[number]>(`DELETE FROM ${table} WHERE rowid = ?`);
    let after = 0;
    const task =
      (onDelete: (rowid: number) => boolean, byId: boolean): Task =>
      (policy, now, limit) => {
        const before = cutoff(policy, now);
        const rows = next.all({ after, cutoff: before, young: byId ? firstIdAt(before) : before, limit });
        let looked = 0;
        for (const row of rows) {
          if (row.young === 1) break;
          looked++;
          after = row.rowid;
          if (row.ended === 1 && onDelete(row.rowid)) remove.run(row.rowid);
        }
        if (looked < limit) after = 0;
        return looked;
      };
    return task;
  }

  const deliveryState = raw.prepare<[number], { tenant: string; state: string }>(
    'SELECT tenant, state FROM delivery WHERE rowid = ?',
  );
  const deliveries = walk(
    'delivery',
    'created_at >= @young',
    'coalesce(finished_at < @cutoff, 0)',
    (policy, now) => now - policy.deliveryMs,
  )((rowid) => {
    const row = deliveryState.get(rowid)!;
    memory.counts.note(row.tenant, row.state, -1);
    return true;
  }, false);

  const deleteConfirmations = raw.prepare<[number]>(
    `DELETE FROM confirmation WHERE (tenant, notification_id) = (
       SELECT tenant, id FROM notification WHERE rowid = ?)`,
  );
  const notifications = walk(
    'notification',
    'created_at >= @young',
    `NOT EXISTS (SELECT 1 FROM delivery d INDEXED BY delivery_notification
       WHERE d.tenant = notification.tenant AND d.notification_id = notification.id)`,
    (policy, now) => now - policy.deliveryMs,
  )((rowid) => {
    deleteConfirmations.run(rowid);
    return true;
  }, false);

  // An alert that a group's notify log names is in use, however old it is.
  const inLogs = raw
    .prepare<[string], string>(
      'SELECT DISTINCT j.key FROM alert_group g, json_each(g.notified) j WHERE g.tenant = ?',
    )
    .pluck();
  const alertId = raw.prepare<[number], { tenant: string; id: Buffer }>(
    'SELECT tenant, id FROM alert WHERE rowid = ?',
  );
  let named = new Map<string, ReadonlySet<string>>();
  const walkAlerts = walk(
    'alert',
    'id >= @young',
    "state = 'resolved' AND next_at IS NULL AND coalesce(resolved_at, fired_at, 0) < @cutoff",
    (policy, now) => now - policy.alertMs,
  )((rowid) => {
    const { tenant, id } = alertId.get(rowid)!;
    let inUse = named.get(tenant);
    if (inUse === undefined) {
      inUse = new Set(inLogs.all(tenant));
      named.set(tenant, inUse);
    }
    return !inUse.has(idText(id));
  }, true);
  const alerts: Task = (policy, now, limit) => {
    const looked = walkAlerts(policy, now, limit);
    named = new Map();
    return looked;
  };

  // Label sets: once a day, by key. A set that no alert began with for longer than alerts are kept can be in use only
  // by alerts older than that which still exist; those are few, and the key's order by time finds them.
  const oldSets = raw.prepare<
    [string, string, Buffer, number],
    { tenant: string; id: Buffer; seenAt: number }
  >(
    `SELECT tenant, id, seen_at AS seenAt FROM labelset
     WHERE tenant >= ? AND (tenant, id) > (?, ?) ORDER BY tenant, id LIMIT ?+0`,
  );
  const setsOfOld = raw
    .prepare<[string, Buffer], Buffer>(
      `SELECT DISTINCT labelset FROM alert WHERE tenant = ? AND kind IN ('alert', 'event') AND id < ?`,
    )
    .pluck();
  const deleteSet = raw.prepare<[string, Buffer]>('DELETE FROM labelset WHERE tenant = ? AND id = ?');
  const noId: Buffer = Buffer.alloc(0);
  const setsFrom = { tenant: '', id: noId, sweptAt: Number.NEGATIVE_INFINITY };
  let inUse: { readonly tenant: string; readonly ids: ReadonlySet<string> } | null = null;
  // Read once per tenant and sweep: old alerts only ever become fewer, so what was read stays on the safe side.
  const isInUse = (tenant: string, id: Buffer, before: number): boolean => {
    if (inUse?.tenant !== tenant) {
      const old = setsOfOld.all(tenant, firstIdAt(before + 2 * seenEveryMs));
      inUse = { tenant, ids: new Set(old.map((set) => set.toString('latin1'))) };
    }
    return inUse.ids.has(id.toString('latin1'));
  };
  const labelSets: Task = (policy, now, limit) => {
    if (now - setsFrom.sweptAt < dayMs) return 0;
    const before = now - policy.alertMs - 2 * seenEveryMs;
    const rows = oldSets.all(setsFrom.tenant, setsFrom.tenant, setsFrom.id, limit);
    for (const { tenant, id, seenAt } of rows) {
      setsFrom.tenant = tenant;
      setsFrom.id = id;
      if (seenAt >= before || isInUse(tenant, id, before)) continue;
      deleteSet.run(tenant, id);
    }
    if (rows.length < limit) {
      Object.assign(setsFrom, { tenant: '', id: noId, sweptAt: now });
      inUse = null;
    }
    return rows.length;
  };

  const oldObjects = raw.prepare<[number, number], { tenant: string; kind: string; id: Buffer }>(
    `SELECT tenant, kind, id FROM config_object INDEXED BY config_object_deleted
     WHERE deleted_at < ? ORDER BY deleted_at LIMIT ?+0`,
  );
  const deleteObject = raw.prepare<[string, string, Buffer]>(
    'DELETE FROM config_object WHERE tenant = ? AND kind = ? AND id = ?',
  );
  const deleteVersions = raw.prepare<[string, string, Buffer]>(
    'DELETE FROM config_object_version WHERE tenant = ? AND kind = ? AND id = ?',
  );
  const objects: Task = (policy, now, limit) => {
    let deleted = 0;
    // Each has so many versions at most; few enough at a time.
    const most = Math.max(1, Math.floor(limit / mostVersions));
    const rows = oldObjects.all(now - policy.eventAuditMs, most);
    for (const { tenant, kind, id } of rows) {
      deleted += deleteVersions.run(tenant, kind, id).changes + deleteObject.run(tenant, kind, id).changes;
    }
    return rows.length < most ? deleted : Math.max(deleted, limit);
  };

  // What became of alerts that are gone is history, too.
  const deleteOf = raw.prepare<[number, number]>(
    `DELETE FROM incident_alert WHERE (tenant, alert) IN (
       SELECT tenant, alert FROM incident_alert INDEXED BY incident_alert_age WHERE at < ? ORDER BY at LIMIT ?+0)`,
  );
  const deleteIncidents = raw.prepare<[number, number]>(
    `DELETE FROM incident WHERE (tenant, id) IN (
       SELECT tenant, id FROM incident INDEXED BY incident_over
       WHERE state <> 'open' AND last_at < ? ORDER BY last_at LIMIT ?+0)`,
  );
  const incidents: Task = (policy, now, limit) => {
    const before = now - policy.alertMs;
    const deleted = deleteOf.run(before, limit).changes;
    return deleted < limit ? deleted + deleteIncidents.run(before, limit - deleted).changes : deleted;
  };

  const deleteFindings = raw.prepare<[number, number]>(
    `DELETE FROM finding WHERE (tenant, id) IN (
       SELECT tenant, id FROM finding INDEXED BY finding_age WHERE updated_at < ? ORDER BY updated_at LIMIT ?+0)`,
  );
  const findings: Task = (policy, now, limit) => deleteFindings.run(now - policy.alertMs, limit).changes;

  const deletePredictions = raw.prepare<[number, number]>(
    `DELETE FROM prediction WHERE (tenant, id) IN (
       SELECT tenant, id FROM prediction INDEXED BY prediction_age
       WHERE state <> 'open' AND made_at < ? ORDER BY made_at LIMIT ?+0)`,
  );
  const predictions: Task = (policy, now, limit) =>
    deletePredictions.run(now - policy.alertMs, limit).changes;

  // Of very many the oldest go before their time: a few tenants in each round.
  const nextTenants = raw
    .prepare<[string], string>(`SELECT id FROM tenant WHERE id > ? ORDER BY id LIMIT ${tenantsCounted}`)
    .pluck();
  const tooOld = raw
    .prepare<[string], number>(
      `SELECT made_at FROM prediction INDEXED BY prediction_count
       WHERE tenant = ? ORDER BY made_at DESC LIMIT 1 OFFSET ${mostPredictions}`,
    )
    .pluck();
  const deleteTooMany = raw.prepare<[string, number, number]>(
    `DELETE FROM prediction WHERE (tenant, id) IN (
       SELECT tenant, id FROM prediction INDEXED BY prediction_count
       WHERE tenant = ? AND made_at <= ? AND state <> 'open' ORDER BY made_at LIMIT ?+0)`,
  );
  let counted = '';
  const tooManyPredictions: Task = (_policy, _now, limit) => {
    const tenants = nextTenants.all(counted);
    for (const tenant of tenants) {
      const before = tooOld.get(tenant);
      const deleted = before === undefined ? 0 : deleteTooMany.run(tenant, before, limit).changes;
      if (deleted > 0) return deleted;
      counted = tenant;
    }
    if (tenants.length < tenantsCounted) counted = '';
    return 0;
  };

  const tasks: readonly Task[] = [
    events(0, (policy) => policy.eventShortMs),
    events(1, (policy) => policy.eventHistoryMs),
    audit,
    (_policy, now, limit) => deleteIdempotency.run(now, limit).changes,
    deliveries,
    notifications,
    alerts,
    labelSets,
    objects,
    incidents,
    findings,
    predictions,
    tooManyPredictions,
  ];

  let current = 0;
  return {
    /** Goes on with the task at which the last call stopped; a round is over when every task had nothing more to do. */
    retain(policy: RetentionPolicy, now: number, limit: number): boolean {
      const at = Math.floor(now);
      return remembering(memory, 'retention', () =>
        db.transaction(() => {
          let left = limit;
          for (; current < tasks.length; current++) {
            left -= tasks[current]!(policy, at, left);
            if (left <= 0) return true;
          }
          current = 0;
          return false;
        }),
      );
    },
  };
}
