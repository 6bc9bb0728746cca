// The state database in one SQLite file: the port put together from its groups of methods. One process, one thread.
import { idGenerator, type NewId } from '../../ids.ts';
import type { Store } from '../store.ts';
import { alertReads } from './alert-reads.ts';
import { auditGroup } from './audit-log.ts';
import { Checkpoints } from './checkpoints.ts';
import { claimGroup } from './claim.ts';
import { commitGroup, type Memory } from './commit.ts';
import { configObjectReads } from './config-objects.ts';
import { confirmationReads } from './confirmations.ts';
import { type Db, type Durability, openDatabase } from './database.ts';
import { DeliveryCounts } from './delivery-counts.ts';
import { deliveryReads } from './delivery-reads.ts';
import { EventLog } from './event-log.ts';
import { findingReads } from './findings.ts';
import { heartbeatReads } from './heartbeats.ts';
import { housekeepingGroup } from './housekeeping.ts';
import { incidentReads } from './incidents.ts';
import { JournalSync } from './journal-sync.ts';
import { keysGroup } from './keys.ts';
import { LabelSets } from './label-sets.ts';
import { loadGroup } from './load.ts';
import { logReads } from './log-reads.ts';
import { occurrenceReads } from './occurrence-reads.ts';
import { ownershipGroup } from './ownership.ts';
import { parkingGroup } from './parking.ts';
import { predictionReads } from './predictions.ts';
import { providerCallGroup } from './provider-calls.ts';
import { retentionGroup } from './retention.ts';
import { silenceReads } from './silences.ts';
import { spanReads } from './span-reads.ts';
import { stormReads } from './storms.ts';

export interface SqliteStoreOptions {
  /** Path of the database; its folder exists. `<name>.lock` beside it says who owns it. */
  readonly file: string;
  /** `full`: what a call wrote is on the disk when it returns. `normal`: a power cut may take the last commits. */
  readonly durability: Durability;
  /** Ids of the audit events that the store writes itself; the simulation gives its own. */
  readonly newId?: NewId;
  /** The journal is written back by a thread: no commit waits for that. Otherwise the commit that fills it does it. */
  readonly writeBackInThread?: boolean;
}

/**
 * Opens the store, creating or migrating the database.
 * @throws StoreError `busy` when another process owns the file, by what went wrong otherwise; Error when the database
 * was written by a newer version.
 */
export function openSqliteStore(options: SqliteStoreOptions): Store {
  const newId = options.newId ?? idGenerator(Date.now, (into) => crypto.getRandomValues(into));
  const db = openDatabase(options.file, options.durability);
  const checkpoints = options.writeBackInThread ? new Checkpoints(db.raw, options.file) : null;
  const journal = options.durability === 'full' ? new JournalSync(db.raw, options.file) : null;
  const close = () => {
    journal?.now();
    journal?.close();
    db.close();
  };
  return storeOf({ ...db, close }, newId, checkpoints, journal);
}

/** The store on a database that is open: nothing is remembered but what it reads and writes itself. */
export function storeOf(
  db: Db,
  newId: NewId,
  checkpoints: Checkpoints | null = null,
  journal: JournalSync | null = null,
): Store {
  // What a loss of power may take back: a lease whose delivery goes out again under its id, rows that are deleted again.
  const unhurried: Db =
    journal === null ? db : { ...db, transaction: (work) => journal.writing(() => db.transaction(work)) };
  const memory: Memory = { labels: new LabelSets(db), log: new EventLog(db), counts: new DeliveryCounts(db) };
  return {
    ...ownershipGroup(db, memory),
    ...commitGroup(db, memory, checkpoints, journal),
    ...loadGroup(db),
    ...claimGroup(unhurried),
    ...parkingGroup(db),
    ...providerCallGroup(db),
    ...deliveryReads(db, memory.counts),
    ...alertReads(db),
    ...occurrenceReads(db),
    ...findingReads(db),
    ...predictionReads(db),
    ...heartbeatReads(db),
    ...stormReads(db),
    ...logReads(db),
    ...spanReads(db),
    ...configObjectReads(db),
    ...confirmationReads(db),
    ...silenceReads(db),
    ...incidentReads(db),
    ...keysGroup(db, memory, newId),
    ...auditGroup(db, memory, newId),
    ...retentionGroup(unhurried, memory),
    ...housekeepingGroup(db),
  };
}
