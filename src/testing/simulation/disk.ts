// What outlives the simulated processes: the two databases. In memory their connections stay while process after process
// is built upon them, with statements that are prepared already; in files each process opens its own, as a real one does.
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import type { NewId } from '../../ids.ts';
import type { History } from '../../ingest/history.ts';
import { createHistoryTables, historyOf, openSqliteHistory } from '../../ingest/history-sqlite.ts';
import { databaseOf } from '../../store/sqlite/database.ts';
import { migrate } from '../../store/sqlite/migrate.ts';
import { openSqliteStore, storeOf } from '../../store/sqlite/sqlite-store.ts';
import type { Store } from '../../store/store.ts';
import { memoryFolder } from '../memory-folder.ts';

/** Half an hour of flushes in one call: a call for each minute writes the same chunks thirty times. */
const foldAtOnce = { flushes: 2_048, samples: 100_000, sliceSamples: 1_000_000 };

export interface Disk {
  openStore(newId: NewId): Store;
  openHistory(): History;
  /** The process is gone: what it had open is not open any more. */
  letGo(): void;
  remove(): void;
}

export function diskOfFiles(): Disk {
  const data = memoryFolder('tocsin-sim-');
  const opened: { close(): void }[] = [];
  const keep = <T extends { close(): void }>(part: T): T => {
    opened.push(part);
    return part;
  };
  return {
    openStore: (newId) =>
      keep(openSqliteStore({ file: join(data, 'tocsin.db'), durability: 'normal', newId })),
    openHistory: () => keep(openSqliteHistory({ file: join(data, 'samples.db') })),
    letGo() {
      for (const part of opened.splice(0).reverse()) part.close();
    },
    remove: () => rmSync(data, { recursive: true, force: true }),
  };
}

export function diskOfMemory(): Disk {
  const state = new Database(':memory:');
  migrate(state);
  const samples = new Database(':memory:');
  createHistoryTables(samples);
  const stateStatements = new KeptStatements(state);
  const sampleStatements = new KeptStatements(samples);
  const stays = () => {};
  return {
    openStore: (newId) => stateStatements.during(() => storeOf(databaseOf(state, stays), newId)),
    openHistory: () => sampleStatements.during(() => historyOf(samples, foldAtOnce)),
    letGo() {
      // A file would roll it back with its process, and hide that a call came back in the middle of one.
      if (state.inTransaction || samples.inTransaction) throw new Error('a transaction was left open');
    },
    remove() {
      state.close();
      samples.close();
    },
  };
}

/** A process prepares its statements in the same order as the one before: it gets those. */
class KeptStatements {
  readonly #prepare: Database.Database['prepare'];
  readonly #kept: { readonly text: string; readonly statement: unknown }[] = [];
  #at: number | null = null;

  constructor(raw: Database.Database) {
    this.#prepare = raw.prepare.bind(raw);
    const prepare = (text: string) => this.#get(text);
    raw.prepare = prepare as unknown as Database.Database['prepare'];
  }

  /** Statements that `open` prepares are kept for the next time; those that are prepared later, on demand, are not. */
  during<T>(open: () => T): T {
    this.#at = 0;
    try {
      return open();
    } finally {
      this.#at = null;
    }
  }

  #get(text: string): unknown {
    if (this.#at === null) return this.#prepare(text);
    const no = this.#at++;
    const known = this.#kept[no];
    if (known?.text === text) return known.statement;
    if (known !== undefined) throw new Error(`statement ${no} is another than before: ${text}`);
    const statement = this.#prepare(text);
    this.#kept.push({ text, statement });
    return statement;
  }
}
