// The step's commit: one transaction that first checks every epoch, then writes the effects in step order. Whatever is
// remembered of it (label sets, heads of chains, counts) is remembered only when it succeeded.
import type { Effect } from '../../pipeline/effect.ts';
import { type CommitSync, type CommittedEvent, type ShardCommit, type Store, StoreError } from '../store.ts';
import type { Checkpoints } from './checkpoints.ts';
import { configObjectWrites } from './config-objects.ts';
import { confirmationWrites } from './confirmations.ts';
import type { Db } from './database.ts';
import type { DeliveryCounts } from './delivery-counts.ts';
import { deliveryWrites } from './delivery-writes.ts';
import type { EventLog } from './event-log.ts';
import { findingWrites } from './findings.ts';
import { heartbeatWrites } from './heartbeats.ts';
import { incidentWrites } from './incidents.ts';
import type { JournalSync } from './journal-sync.ts';
import type { LabelSets } from './label-sets.ts';
import { predictionWrites } from './predictions.ts';
import { providerCallWrites } from './provider-calls.ts';
import { rowWriters } from './row-writes.ts';
import { silenceWrites } from './silences.ts';
import { asStoreError } from './sqlite-errors.ts';
import { stormWrites } from './storms.ts';

/** What the store remembers between commits. */
export interface Memory {
  readonly labels: LabelSets;
  readonly log: EventLog;
  readonly counts: DeliveryCounts;
}

interface Ledger {
  readonly shard: number;
  readonly owner: string | null;
  readonly firstSeq: number;
  nextSeq: number;
}

/** What a commit leaves in the journal, about: a page a row, and those that every commit touches. */
const bytesPerRow = 4_096;
const pagesPerCommit = 12;

/**
 * @param checkpoints Hears what was written; null where nobody does.
 * @param journal Brings to the disk what commits have only written; null: each commit does what the database is opened for.
 */
export function commitGroup(
  db: Db,
  memory: Memory,
  checkpoints: Checkpoints | null,
  journal: JournalSync | null,
): Pick<Store, 'commit' | 'onDisk' | 'sync'> {
  const rows = rowWriters(db, memory.labels);
  const deliveries = deliveryWrites(db, memory.counts);
  const finding = findingWrites(db);
  const predictions = predictionWrites(db);
  const heartbeats = heartbeatWrites(db);
  const objects = configObjectWrites(db);
  const calls = providerCallWrites(db);
  const confirmations = confirmationWrites(db);
  const silences = silenceWrites(db);
  const incidents = incidentWrites(db);
  const storms = stormWrites(db);
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
      case 'silence':
        silences.silence(effect.row, effect.insert);
        return;
      case 'event': {
        const seq = ledger.nextSeq++;
        memory.log.append(effect.row, ledger.shard, seq);
        committed.push({ shard: ledger.shard, seq, row: effect.row });
        return;
      }
      case 'notification.emergency':
        rows.emergency(effect.tenant, effect.id, effect.at);
        return;
      case 'notification':
        rows.notification(effect.row);
        return;
      case 'confirmation':
        confirmations.confirm(effect.row);
        return;
      case 'delivery':
        deliveries.insert(effect.row, ledger.owner);
        return;
      case 'delivery.result':
        deliveries.result(effect.result);
        return;
      case 'delivery.requeued':
        deliveries.requeued(effect.row);
        return;
      case 'delivery.receipt':
        deliveries.receipt(effect.row, effect.moved);
        return;
      case 'provider_calls':
        calls.put(effect.row);
        return;
      case 'breaker':
        rows.breaker(effect.row);
        return;
      case 'finding':
        finding(effect.row);
        return;
      case 'prediction':
        predictions.put(effect.row);
        return;
      case 'forecast.part':
        predictions.part(effect.row);
        return;
      case 'forecast':
        predictions.forecast(effect.row);
        return;
      case 'heartbeat':
        heartbeats.put(effect.row);
        return;
      case 'heartbeat.removed':
        heartbeats.remove(effect.tenant, effect.name);
        return;
      case 'incident':
        incidents.incident(effect.row);
        return;
      case 'incident.alert':
        incidents.alert(effect.row);
        return;
      case 'incident.cause':
        incidents.cause(effect.row);
        return;
      case 'incident.moved':
        incidents.moved(effect.tenant, effect.from, effect.into);
        return;
      case 'analysis':
        incidents.analysis(effect.row);
        return;
      case 'analysis.part':
        incidents.analysisPart(effect.row);
        return;
      case 'storm':
        storms.put(effect.row);
        return;
      case 'seen_kind':
        storms.see(effect.row);
        return;
      case 'seen_kind.removed':
        storms.forget(effect.tenant, effect.name);
        return;
      case 'idempotency':
        rows.idempotency(effect.row);
        return;
      case 'config_version':
        rows.configVersion(effect.row);
        return;
      case 'config_object':
        objects.put(effect.row, effect.action, effect.shown);
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
    commit(shards: readonly ShardCommit[], sync: CommitSync = 'on_disk'): readonly CommittedEvent[] {
      const work = () => remembering(memory, 'commit', () => db.transaction(() => write(shards)));
      const committed = sync === 'written' && journal !== null ? journal.writing(work) : work();
      const rows = shards.reduce((sum, { effects }) => sum + effects.length, 0);
      checkpoints?.wrote((rows + pagesPerCommit) * bytesPerRow);
      return committed;
    },
    onDisk(done: (failed: StoreError | null) => void): void {
      if (journal === null) done(null);
      else journal.onDisk(done);
    },
    sync(): void {
      journal?.now();
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
