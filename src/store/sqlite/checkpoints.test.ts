// The journal of the state database under a load without a pause: it is written back by a thread and begins anew, so that
// no commit has to do it.
import { once } from 'node:events';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Checkpoints } from './checkpoints.ts';
import { type Db, openDatabase } from './database.ts';

const mib = 1024 * 1024;
const bytesPerCommit = 256 * 1024;

let folder: string;
let file: string;
let db: Db;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'checkpoints-'));
  file = join(folder, 'tocsin.db');
  db = openDatabase(file, 'normal');
  db.raw.exec('CREATE TABLE filler (id INTEGER PRIMARY KEY, bytes BLOB NOT NULL)');
});
afterEach(() => {
  db.close();
  rmSync(folder, { recursive: true, force: true });
});

const turn = () => new Promise<void>((resolve) => setImmediate(resolve));
const journal = () => statSync(`${file}-wal`).size;

describe('the journal under a load without a pause', () => {
  it('is written back beside the commits and begins anew, long before a commit has to', async () => {
    const checkpoints = new Checkpoints(db.raw, file);
    const put = db.raw.prepare<[Buffer]>('INSERT INTO filler (bytes) VALUES (?)');
    const bytes = Buffer.alloc(bytesPerCommit, 1);
    const few = Buffer.alloc(8_192, 1);
    let written = 0;
    let threads = 0;
    // Three times what the journal may hold at most.
    while (written < 192 * mib) {
      const idle = !checkpoints.busy;
      db.transaction(() => put.run(bytes));
      written += bytesPerCommit;
      checkpoints.wrote(bytesPerCommit);
      await turn();
      if (!idle || !checkpoints.busy) continue;
      threads += 1;
      // The writer goes on beside the thread, with the pause that an fsync is.
      while (checkpoints.busy) {
        db.transaction(() => put.run(few));
        written += few.length;
        await new Promise((resolve) => setTimeout(resolve, 2));
      }
    }

    expect(threads).toBeGreaterThan(3);
    expect(journal()).toBeLessThan(63 * mib);
    expect(db.raw.prepare('SELECT sum(length(bytes)) FROM filler').pluck().get()).toBe(written);
  });

  it('leaves nothing to write back when nobody writes meanwhile', async () => {
    const checkpoints = new Checkpoints(db.raw, file);
    db.transaction(() =>
      db.raw.prepare('INSERT INTO filler (bytes) VALUES (?)').run(Buffer.alloc(16 * mib, 1)),
    );
    checkpoints.wrote(16 * mib);
    expect(checkpoints.busy).toBe(true);
    while (checkpoints.busy) await turn();

    const [{ log, checkpointed }] = db.raw.pragma('wal_checkpoint(PASSIVE)') as [
      { log: number; checkpointed: number },
    ];
    expect(checkpointed).toBe(log);
    expect(statSync(file).size).toBeGreaterThan(16 * mib);
  });
});

describe('a store that was closed while its journal is written back', () => {
  it('is opened again when that is done', async () => {
    db.close();
    const holder = `
      const { workerData, parentPort } = require('node:worker_threads');
      const db = new (require(workerData.driver))(workerData.file);
      db.pragma('locking_mode = EXCLUSIVE');
      db.exec('BEGIN IMMEDIATE');
      parentPort.postMessage('holds');
      setTimeout(() => { db.exec('COMMIT'); db.close(); }, 200);`;
    const driver = createRequire(import.meta.url).resolve('better-sqlite3');
    const thread = new Worker(holder, { eval: true, workerData: { file, driver } });
    await once(thread, 'message');
    const gone = once(thread, 'exit');
    db = openDatabase(file, 'normal');
    expect(db.raw.pragma('busy_timeout', { simple: true })).toBe(0);
    await gone;
  });
});
