// A database as the first open leaves it. The migrations are half of what opening a new one costs, and tests open new ones
// by the thousand: one of a process goes through them, the others begin as its copy, each with an epoch of its own.
import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import Database from 'better-sqlite3';
import { openSqliteStore } from '../store/sqlite/sqlite-store.ts';
import { memoryFolder } from './memory-folder.ts';

interface Template {
  readonly bytes: Buffer;
  /** Where the epoch of the log stands, hexadecimal. */
  readonly epochAt: number;
}

const epochBytes = 8;
let template: Template | null = null;

function makeTemplate(): Template {
  const folder = memoryFolder('tocsin-fresh-');
  try {
    const file = join(folder, 'tocsin.db');
    openSqliteStore({ file, durability: 'normal' }).close();
    const raw = new Database(file, { readonly: true });
    const epoch = raw.prepare("SELECT value FROM meta WHERE key = 'log_epoch'").pluck().get() as string;
    raw.close();
    const bytes = readFileSync(file);
    const epochAt = bytes.indexOf(epoch, 0, 'latin1');
    if (epoch.length !== 2 * epochBytes || epochAt < 0 || bytes.includes(epoch, epochAt + 1, 'latin1'))
      throw new Error(`expected the log's epoch once in a new database: ${epoch}`);
    return { bytes, epochAt };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Writes it where a store is about to be opened; what is there already stays as it is. */
export function placeFreshDatabase(file: string): void {
  if (existsSync(file)) return;
  template ??= makeTemplate();
  const bytes = Buffer.from(template.bytes);
  bytes.write(randomBytes(epochBytes).toString('hex'), template.epochAt, 'latin1');
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  writeFileSync(file, bytes, { mode: 0o600 });
}
