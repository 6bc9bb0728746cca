// The step's commit: one transaction that first checks every epoch, then writes the effects in step order. Whatever is
// remembered of it (label sets, heads of chains, counts) is remembered only when it succeeded.
import { and, eq, sql } from 'drizzle-orm';
import type { Effect } from '../../pipeline/effect.ts';
import type { AlertRow, GroupRow } from '../../pipeline/rows.ts';
import { type CommittedEvent, type ShardCommit, StoreError } from '../store.ts';
import type { Db } from './database.ts';
import type { DeliveryCounts } from './delivery-counts.ts';
import { deliveryWrites } from './delivery-writes.ts';
import type { EventLog } from './event-log.ts';
import { idBytes, idTime } from './id-codec.ts';
import type { LabelSets } from './label-sets.ts';
import { placeholders, setPlaceholders } from './placeholders.ts';
import { alertChanges, alertValues, groupChanges, groupValues, notificationValues } from './row-codec.ts';
import { alert, alertGroup, configVersion, idempotency, notification } from './schema.ts';
import { asStoreError } from './sqlite-errors.ts';

/** What the store remembers between commits. */
export interface Memory {
  readonly labels: LabelSets;
  readonly log: EventLog;
  readonly counts: DeliveryCounts;
}

const changeableOfAlert = [
  'state',
  'effectiveSeverity',
  'value',
  'annotations',
  'pendingSince',
  'firedAt',
  'keepUntil',
  'lastSampleAt',
  'endsAt',
  'resolvedAt',
  'resolveReason',
  'ackedBy',
  'ackedAt',
  'ackUntil',
  'nextAt',
  'version',
] as const satisfies readonly (keyof ReturnType<typeof alertChanges>)[];
const changeableOfGroup = [
  'nextAt',
  'nextReason',
  'lastSentAt',
  'lastReason',
  'notified',
] as const satisfies readonly (keyof ReturnType<typeof groupChanges>)[];
const setByNotification = {
  step: null,
  nextAt: null,
  sendAt: null,
  confirmedBy: null,
  confirmedAt: null,
  traceparent: null,
};

interface Ledger {
  readonly shard: number;
  readonly owner: string | null;
  readonly firstSeq: number;
  nextSeq: number;
}

function rowWriters(db: Db, labels: LabelSets) {
  const { orm } = db;
  const insertAlert = orm.insert(alert).values(placeholders(alert)).prepare();
  const updateAlert = orm
    .update(alert)
    .set(setPlaceholders(changeableOfAlert))
    .where(
      and(
        eq(alert.tenant, sql.placeholder('tenant')),
        eq(alert.kind, sql.placeholder('kind')),
        eq(alert.id, sql.placeholder('id')),
      ),
    )
    .prepare();
  const insertGroup = orm.insert(alertGroup).values(placeholders(alertGroup)).prepare();
  const updateGroup = orm
    .update(alertGroup)
    .set(setPlaceholders(changeableOfGroup))
    .where(and(eq(alertGroup.tenant, sql.placeholder('tenant')), eq(alertGroup.id, sql.placeholder('id'))))
    .prepare();
  const deleteGroup = orm
    .delete(alertGroup)
    .where(and(eq(alertGroup.tenant, sql.placeholder('tenant')), eq(alertGroup.id, sql.placeholder('id'))))
    .prepare();
  const insertNotification = orm.insert(notification).values(placeholders(notification)).prepare();
  const insertVersion = orm
    .insert(configVersion)
    .values(placeholders(configVersion))
    .onConflictDoNothing()
    .prepare();
  // A key whose row ran out but was not cleaned up yet may be used again; of two in one turn the first stays.
  const insertIdempotency = orm
    .insert(idempotency)
    .values(placeholders(idempotency))
    .onConflictDoUpdate({
      target: [idempotency.tenant, idempotency.scope, idempotency.key],
      set: {
        bodyHash: sql`excluded.body_hash`,
        status: sql`excluded.status`,
        answer: sql`excluded.answer`,
        expiresAt: sql`excluded.expires_at`,
      },
      setWhere: sql`excluded.expires_at > ${idempotency.expiresAt}`,
    })
    .prepare();

  return {
    alert(row: AlertRow, insert: boolean): void {
      const id = idBytes(row.id);
      if (insert) {
        insertAlert.run(alertValues(row, id, labels.intern(row.tenant, row.labels, idTime(id))));
        return;
      }
      const { changes } = updateAlert.run({ tenant: row.tenant, kind: row.kind, id, ...alertChanges(row) });
      if (changes !== 1) throw new Error(`alert ${row.id} changes but was never stored`);
    },
    group(row: GroupRow, insert: boolean): void {
      if (insert) {
        insertGroup.run(groupValues(row));
        return;
      }
      const { changes } = updateGroup.run({ tenant: row.tenant, id: idBytes(row.id), ...groupChanges(row) });
      if (changes !== 1) throw new Error(`group ${row.id} changes but was never stored`);
    },
    groupClosed(tenant: string, id: string): void {
      deleteGroup.run({ tenant, id: idBytes(id) });
    },
    notification(row: Extract<Effect, { put: 'notification' }>['row']): void {
      insertNotification.run({ ...setByNotification, ...notificationValues(row) });
    },
    idempotency(row: Extract<Effect, { put: 'idempotency' }>['row']): void {
      insertIdempotency.run({ ...row, expiresAt: Math.floor(row.expiresAt) });
    },
    configVersion(row: Extract<Effect, { put: 'config_version' }>['row']): void {
      insertVersion.run({ ...row, firstAt: Math.floor(row.firstAt) });
    },
  };
}

export function commitGroup(db: Db, memory: Memory) {
  const rows = rowWriters(db, memory.labels);
  const deliveries = deliveryWrites(db, memory.counts);
  const readShard = db.raw.prepare<
    [number],
    { readonly epoch: number; readonly owner: string | null; readonly nextSeq: number }
  >('SELECT epoch, owner, next_seq AS nextSeq FROM shard WHERE id = ?');
  const writeSeq = db.raw.prepare<[number, number]>('UPDATE shard SET next_seq = ? WHERE id = ?');

  function apply(effect: Effect, ledger: Ledger, committed: CommittedEvent[]): void {
    switch (effect.put) {
      case 'alert':
        rows.alert(effect.row, effect.insert);
        return;
      case 'group':
        rows.group(effect.row, effect.insert);
        return;
      case 'group.closed':
        rows.groupClosed(effect.tenant, effect.id);
        return;
      case 'event': {
        const seq = ledger.nextSeq++;
        memory.log.append(effect.row, ledger.shard, seq);
        committed.push({ shard: ledger.shard, seq, row: effect.row });
        return;
      }
      case 'notification':
        rows.notification(effect.row);
        return;
      case 'delivery':
        deliveries.insert(effect.row, ledger.owner);
        return;
      case 'delivery.result':
        deliveries.result(effect.result);
        return;
      case 'idempotency':
        rows.idempotency(effect.row);
        return;
      case 'config_version':
        rows.configVersion(effect.row);
        return;
      default: {
        const never: never = effect;
        throw new Error(`unknown effect ${JSON.stringify(never)}`);
      }
    }
  }

  function write(shards: readonly ShardCommit[]): CommittedEvent[] {
    const ledgers = new Map<number, Ledger>();
    for (const { shard, epoch } of shards) {
      const now = readShard.get(shard);
      if (now?.epoch !== epoch)
        throw new StoreError(
          'fenced',
          `shard ${shard} is at epoch ${now?.epoch}, the commit was decided at ${epoch}`,
        );
      ledgers.set(shard, { shard, owner: now.owner, firstSeq: now.nextSeq, nextSeq: now.nextSeq });
    }
    const committed: CommittedEvent[] = [];
    for (const { shard, effects } of shards) {
      const ledger = ledgers.get(shard)!;
      for (const effect of effects) apply(effect, ledger, committed);
    }
    for (const { shard, firstSeq, nextSeq } of ledgers.values())
      if (nextSeq !== firstSeq) writeSeq.run(nextSeq, shard);
    return committed;
  }

  return {
    commit(shards: readonly ShardCommit[]): readonly CommittedEvent[] {
      return remembering(memory, 'commit', () => db.transaction(() => write(shards)));
    },
  };
}

/** Runs one transaction and settles what the store remembers by its outcome. */
export function remembering<T>(memory: Memory, doing: string, transaction: () => T): T {
  const kept = [memory.labels, memory.log, memory.counts];
  try {
    const result = transaction();
    for (const memo of kept) memo.committed();
    return result;
  } catch (error) {
    for (const memo of kept) memo.rolledBack();
    throw asStoreError(error, doing);
  }
}
