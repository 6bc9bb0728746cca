// A transaction that does not wait for the disk, and what is said of it afterwards.
import { mkdtempSync, rmSync, unlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type Db, openDatabase } from './database.ts';
import { JournalSync } from './journal-sync.ts';
import { openSqliteStore } from './sqlite-store.ts';

let folder: string;
let db: Db;
let journal: JournalSync;
let said: string[];
let waits: boolean;
let took: number[];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tocsin-journal-'));
  const file = join(folder, 'tocsin.db');
  db = openDatabase(file, 'full');
  db.raw.exec('CREATE TABLE filler (id INTEGER PRIMARY KEY)');
  waits = false;
  took = [];
  journal = new JournalSync(db.raw, file, {
    next: () => (waits ? 'wait' : 'beside'),
    waited: (ms) => took.push(ms),
  });
  said = [];
});
afterEach(() => {
  journal.close();
  db.close();
  rmSync(folder, { recursive: true, force: true });
});

const level = () => db.raw.pragma('synchronous', { simple: true });
const insert = () => db.transaction(() => db.raw.exec('INSERT INTO filler DEFAULT VALUES'));
const ask = (name: string) =>
  journal.onDisk((failed) => said.push(failed === null ? name : `${name} ${failed.failure}`));
const asked = (name: string) =>
  new Promise<void>((resolve) =>
    journal.onDisk((failed) => {
      said.push(failed === null ? name : `${name} ${failed.failure}`);
      resolve();
    }),
  );

describe('a store that is durable', () => {
  it('waits for the disk in what was promised, not in what is deleted', () => {
    const file = join(folder, 'other.db');
    const store = openSqliteStore({ file, durability: 'full' });
    const pragma = vi.spyOn(Database.prototype, 'pragma');
    const during = (work: () => unknown) => {
      pragma.mockClear();
      work();
      return pragma.mock.calls.map(([text]) => text).filter((text) => text.startsWith('synchronous ='));
    };
    const relaxed = ['synchronous = NORMAL', 'synchronous = FULL'];
    const policy = { eventShortMs: 1, eventHistoryMs: 1, eventAuditMs: 1, alertMs: 1, deliveryMs: 1 };
    expect(during(() => store.retain(policy, 1, 1))).toEqual(relaxed);
    expect(during(() => store.ensureTenant('acme', 1))).toEqual([]);
    expect(during(() => store.commit([]))).toEqual([]);
    expect(during(() => store.commit([], 'written'))).toEqual(relaxed);
    pragma.mockRestore();
    store.close();
  });
});

describe('the journal of a database', () => {
  it('is on the disk when nothing was written without waiting for it', () => {
    insert();
    ask('a');
    expect(said).toEqual(['a']);
  });

  it('waits for the disk in every transaction but those that are said not to', () => {
    expect(level()).toBe(2);
    journal.writing(() => {
      expect(level()).toBe(1);
      insert();
    });
    expect(level()).toBe(2);
    expect(() =>
      journal.writing(() => {
        throw new Error('planned');
      }),
    ).toThrow('planned');
    expect(level()).toBe(2);
  });

  it('comes to the disk beside the loop, and whoever waits hears of it in the order of asking', async () => {
    journal.writing(insert);
    ask('a');
    journal.writing(insert);
    ask('b');
    const last = asked('c');
    expect(said).toEqual([]);
    await last;
    expect(said).toEqual(['a', 'b', 'c']);
    ask('d');
    expect(said).toEqual(['a', 'b', 'c', 'd']);
  });

  it('is waited for where the disk is quick', async () => {
    waits = true;
    journal.writing(insert);
    ask('a');
    expect([said, took.length]).toEqual([['a'], 1]);
    // On the disk already: nothing to wait for.
    ask('b');
    expect([said, took.length]).toEqual([['a', 'b'], 1]);
    waits = false;
    journal.writing(insert);
    ask('c');
    journal.writing(insert);
    waits = true;
    ask('d');
    expect([said, took.length]).toEqual([['a', 'b', 'c', 'd'], 2]);
    expect(took.every((ms) => ms >= 0)).toBe(true);
    // The sync that was under way ends later, and has nobody to tell.
    waits = false;
    journal.writing(insert);
    await asked('e');
    expect(said).toEqual(['a', 'b', 'c', 'd', 'e']);
  });

  it('comes to the disk at once when somebody cannot wait', async () => {
    journal.writing(insert);
    ask('a');
    journal.writing(insert);
    ask('b');
    journal.now();
    expect(said).toEqual(['a', 'b']);
    // The sync that was under way ends later, and has nobody to tell.
    journal.writing(insert);
    await asked('c');
    expect(said).toEqual(['a', 'b', 'c']);
  });

  it('is never believed again after a sync that failed, also one that was waited for', () => {
    unlinkSync(join(folder, 'tocsin.db-wal'));
    waits = true;
    journal.writing(insert);
    ask('a');
    ask('b');
    expect(said).toEqual(['a io', 'b io']);
  });

  it('is never believed again after a sync that failed', async () => {
    // Nobody can open the journal of a database any more: as good as a disk that is gone.
    unlinkSync(join(folder, 'tocsin.db-wal'));
    journal.writing(insert);
    await asked('a');
    ask('b');
    journal.now();
    ask('c');
    expect(said).toEqual(['a io', 'b io', 'c io']);
  });
});
