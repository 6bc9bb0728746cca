import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import Database from 'better-sqlite3';
import { getTableColumns, getTableName } from 'drizzle-orm';
import { SQLiteTable } from 'drizzle-orm/sqlite-core';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { DeliveryRow } from '../../pipeline/rows.ts';
import { placeFreshDatabase } from '../../testing/fresh-database.ts';
import { memoryFolder } from '../../testing/memory-folder.ts';
import { failureOf } from '../contract/commit-contract.ts';
import { beginStory, ended, sending } from '../contract/harness.ts';
import { t0 } from '../contract/row-builders.ts';
import { storeContract } from '../contract/store-contract.ts';
import { StoreError } from '../store.ts';
import { lockFileOf, openDatabase } from './database.ts';
import { migrations } from './migrate.ts';
import * as schema from './schema.ts';
import { asStoreError, withStoreErrors } from './sqlite-errors.ts';
import { openSqliteStore } from './sqlite-store.ts';

function sqlitePlace(folder = mkdtempSync(join(tmpdir(), 'tocsin-store-'))) {
  const file = join(folder, 'tocsin.db');
  return {
    folder,
    file,
    open: () => openSqliteStore({ file, durability: 'full' }),
    discard: () => rmSync(folder, { recursive: true, force: true }),
  };
}

// Nothing of the contract asks the disk: its places begin where the first open of a new file ends.
storeContract('sqlite', () => {
  const place = sqlitePlace(memoryFolder('tocsin-store-'));
  placeFreshDatabase(place.file);
  return place;
});

describe('sqlite store', () => {
  let place: ReturnType<typeof sqlitePlace>;
  beforeEach(() => {
    place = sqlitePlace();
  });
  afterEach(() => place.discard());

  it('writes ahead and waits for the disk', () => {
    const full = openDatabase(place.file, 'full');
    expect(full.raw.pragma('journal_mode', { simple: true })).toBe('wal');
    expect(full.raw.pragma('synchronous', { simple: true })).toBe(2);
    expect(full.raw.pragma('busy_timeout', { simple: true })).toBe(0);
    full.close();
    const normal = openDatabase(place.file, 'normal');
    expect(normal.raw.pragma('synchronous', { simple: true })).toBe(1);
    normal.close();
    expect(statSync(place.file).mode & 0o777).toBe(0o600);
  });

  it('has no statement that SQLite plans anew each time it is run', () => {
    const bare = /\b(?:LIMIT|OFFSET) (?:\?|@\w+\b)(?!\s*\+)/;
    const here = fileURLToPath(new URL('.', import.meta.url));
    const found = [here, join(here, '../../ingest')].flatMap((folder) =>
      readdirSync(folder)
        .filter((name) => name.endsWith('.ts') && !name.endsWith('.test.ts'))
        .filter((name) =>
          bare.test(readFileSync(join(folder, name), 'utf8').replaceAll(/^\s*\/\/.*$/gm, '')),
        ),
    );
    expect(found).toEqual([]);
  });

  it('changes deliveries by an index: those that have ended are not looked at, however many there are', () => {
    const prepare = vi.spyOn(Database.prototype, 'prepare');
    place.open().close();
    const texts = prepare.mock.calls
      .map(([text]) => text)
      .filter((text) => text.startsWith('UPDATE delivery'));
    prepare.mockRestore();
    expect(texts.length).toBeGreaterThan(5);
    const db = new Database(place.file);
    const wading = texts.filter((text) =>
      db
        .prepare<[], { readonly detail: string }>(`EXPLAIN QUERY PLAN ${text.replaceAll('?', '1')}`)
        .all()
        .some(({ detail }) => detail === 'SCAN delivery'),
    );
    db.close();
    expect(wading).toEqual([]);
  });

  it('prepares no statement on the way of an alert: not to commit it, not to claim its delivery, not to end it', () => {
    const story = beginStory(place);
    const once = () => {
      const { rows } = story;
      const alert = rows.alert();
      const group = rows.group();
      const notification = rows.notification({ groupId: group.id, alerts: { [alert.id]: 'firing' } });
      const delivery = rows.delivery(notification);
      story.commit([
        { put: 'alert', row: alert, insert: true },
        { put: 'event', row: rows.event({ subjectId: alert.id }) },
        { put: 'group', row: group, insert: true },
        ...sending(notification, delivery),
      ]);
      story.commit([
        { put: 'alert', row: { ...alert, version: 2 }, insert: false },
        { put: 'group', row: group, insert: false },
      ]);
      const [claimed] = story.claim();
      story.commit([ended(claimed!.delivery, rows.clock.at)]);
    };
    once();
    const prepare = vi.spyOn(Database.prototype, 'prepare');
    once();
    expect(prepare).not.toHaveBeenCalled();
    new Database(':memory:').prepare('SELECT 1');
    expect(prepare).toHaveBeenCalledOnce(); // the spy does see what is prepared
    prepare.mockRestore();
    story.store.close();
  });

  it('declares in drizzle the tables and columns that the migrations make', () => {
    const db = openDatabase(place.file, 'normal');
    const names = db.raw
      .prepare<[], string>("SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'")
      .pluck()
      .all();
    const made = Object.fromEntries(
      names.map((name) => [
        name,
        db.raw
          .prepare<[string], { name: string; type: string; notnull: number }>(
            'SELECT name, type, "notnull" FROM pragma_table_info(?)',
          )
          .all(name)
          .map((column) => `${column.name} ${column.type.toLowerCase()}${column.notnull ? ' not null' : ''}`),
      ]),
    );
    const declared = Object.fromEntries(
      Object.values(schema)
        .filter((table) => table instanceof SQLiteTable)
        .map((table) => [
          getTableName(table),
          Object.values(getTableColumns(table)).map(
            (column) => `${column.name} ${column.getSQLType()}${column.notNull ? ' not null' : ''}`,
          ),
        ]),
    );
    // INTEGER PRIMARY KEY is never null, SQLite only does not say so.
    made.shard = made.shard!.map((column) => (column === 'id integer' ? 'id integer not null' : column));
    expect(declared).toEqual(made);
    db.close();
  });

  it('refuses a second owner of the same file and names the lock', () => {
    const first = place.open();
    expect(failureOf(place.open)).toBe('busy');
    expect(place.open).toThrow(/in use by another process.*tocsin\.lock/);
    first.close();
    place.open().close();
  });

  it('frees the file when its owner is killed', () => {
    const script = join(place.folder, 'owner.mjs');
    const database = fileURLToPath(import.meta.resolve('better-sqlite3'));
    writeFileSync(
      script,
      `import Database from ${JSON.stringify(database)};
       new Database(${JSON.stringify(lockFileOf(place.file))}).exec('BEGIN EXCLUSIVE');
       console.log('held'); process.kill(process.pid, 'SIGKILL');`,
    );
    const owner = spawnSync(process.execPath, [script], { encoding: 'utf8' });
    expect([owner.stdout.trim(), owner.signal]).toEqual(['held', 'SIGKILL']);
    expect(existsSync(lockFileOf(place.file))).toBe(true);
    place.open().close();
  });

  it('migrates once and refuses a database of a newer version', () => {
    const first = place.open();
    const epoch = first.meta('log_epoch');
    expect(first.meta('schema')).toBe(String(migrations().length));
    first.close();
    const second = place.open();
    expect(second.meta('log_epoch')).toBe(epoch);
    second.close();
    const raw = new Database(place.file);
    raw.exec("UPDATE meta SET value = '99' WHERE key = 'schema'");
    raw.close();
    expect(place.open).toThrow(new RegExp(`schema 99.*knows ${migrations().length}`));
    expect(place.open).toThrow(/schema 99/); // the refused one let go of its lock
  });

  it('says what went wrong in the words of the port', () => {
    writeFileSync(place.file, 'this is no database, it only pretends to be one'.repeat(100));
    expect(failureOf(place.open)).toBe('corrupt');
    const of = (code: string) => asStoreError(new Database.SqliteError('text', code), 'commit');
    const failure = (code: string) =>
      of(code) instanceof StoreError ? (of(code) as StoreError).failure : 'bug';
    expect(
      [
        'SQLITE_FULL',
        'SQLITE_BUSY_SNAPSHOT',
        'SQLITE_IOERR_FSYNC',
        'SQLITE_CORRUPT_VTAB',
        'SQLITE_NOMEM',
      ].map(failure),
    ).toEqual(['full', 'busy', 'io', 'corrupt', 'unknown']);
    expect(failure('SQLITE_CONSTRAINT_UNIQUE')).toBe('bug');
    const wrapped = new Error('drizzle', { cause: new Database.SqliteError('text', 'SQLITE_FULL') });
    expect(asStoreError(wrapped, 'commit')).toMatchObject({ failure: 'full' });
  });

  it('reports a full disk as full, keeps what was there, and goes on when there is room again', () => {
    const db = openDatabase(place.file, 'normal');
    db.raw.exec('CREATE TABLE room (x)');
    const fill = () =>
      db.transaction(() => db.raw.prepare('INSERT INTO room VALUES (zeroblob(1000000))').run());
    const pages = Number(db.raw.pragma('page_count', { simple: true }));
    db.raw.pragma(`max_page_count = ${pages + 5}`);
    expect(failureOf(() => withStoreErrors('fill', fill))).toBe('full');
    expect(db.raw.inTransaction).toBe(false);
    expect(db.raw.prepare('SELECT count(*) FROM room').pluck().get()).toBe(0);
    db.raw.pragma('max_page_count = 1000000');
    fill();
    expect(db.raw.prepare('SELECT count(*) FROM room').pluck().get()).toBe(1);
    db.close();
  });

  it('guards audit events against UPDATE and against DELETE out of turn', () => {
    const story = beginStory(place);
    const { rows } = story;
    story.commit([1, 2].map(() => ({ put: 'event' as const, row: rows.event({ keep: 2 }) })));
    story.store.close();
    const raw = new Database(place.file);
    expect(() => raw.exec("UPDATE event SET actor = 'key:eve'")).toThrow(/cannot be changed/);
    expect(() => raw.exec('DELETE FROM event WHERE seq = 2')).toThrow(/before older ones/);
    raw.exec('DELETE FROM event WHERE seq = 1');
    raw.close();
  });

  it('holds back exactly the deliveries that are not the first open one of their order', () => {
    const act = fc.record({
      order: fc.integer({ min: 1, max: 2 }),
      no: fc.integer({ min: 1, max: 4 }),
      does: fc.constantFrom('insert', 'claim', 'finish', 'retry', 'reopen' as const),
    });
    fc.assert(
      fc.property(fc.array(act, { minLength: 10, maxLength: 40 }), (acts) => {
        const here = sqlitePlace();
        const story = beginStory(here);
        const raw = new Database(here.file, { readonly: true });
        const wrong = raw.prepare<[], string>(
          `SELECT d.order_key || '#' || d.order_no FROM delivery d
           WHERE d.state IN ('queued', 'sending') AND d.held <> EXISTS (
             SELECT 1 FROM delivery e WHERE e.order_key = d.order_key AND e.order_no < d.order_no
               AND e.state IN ('queued', 'sending'))`,
        );
        const all = new Map<string, DeliveryRow>();
        const note = story.rows.notification();
        story.commit([{ put: 'notification', row: note }]);
        for (const { order, no, does } of acts) {
          const key = `${order}#${no}`;
          const known = all.get(key);
          if (does === 'claim') {
            const claimed = story
              .claim({ limits: { high: 0, normal: 1, low: 0 } })
              .map((one) => one.delivery);
            for (const row of claimed) all.set(`${row.orderKey}#${row.orderNo}`, row);
          } else if (known === undefined) {
            const row = story.rows.delivery(note, { orderKey: `${order}`, orderNo: no });
            all.set(key, row);
            story.commit([{ put: 'delivery', row }]);
          } else if (does === 'finish') story.commit([ended(known, t0)]);
          else if (does === 'reopen' || does === 'retry')
            story.commit([ended(known, t0, { state: 'queued', finishedAt: null })]);
          expect(wrong.pluck().all()).toEqual([]);
        }
        raw.close();
        story.end();
      }),
      { numRuns: 50 },
    );
  });

  it('writes five rows and changes two for a new alert with one delivery, in a known group', () => {
    const story = beginStory(place);
    const { rows } = story;
    const group = rows.group();
    story.commit([
      { put: 'alert', row: rows.alert(), insert: true }, // its label set is known from here on
      { put: 'group', row: group, insert: true },
    ]);
    const raw = new Database(place.file); // a reader and a few triggers beside the store
    raw.exec('CREATE TABLE written (what TEXT)');
    for (const table of ['alert', 'alert_group', 'event', 'notification', 'delivery', 'labelset'])
      for (const verb of ['INSERT', 'UPDATE', 'DELETE'])
        raw.exec(
          `CREATE TRIGGER ${verb}_${table} AFTER ${verb} ON ${table} BEGIN INSERT INTO written VALUES ('${verb} ${table}'); END`,
        );
    const alert = rows.alert();
    const note = rows.notification({ groupId: group.id, alerts: { [alert.id]: 'firing' } });
    const delivery = rows.delivery(note, { state: 'sending', leaseToken: 1, leaseUntil: t0 + 30_000 });
    story.commit([
      { put: 'alert', row: alert, insert: true },
      { put: 'event', row: rows.event() },
      { put: 'group', row: group, insert: false },
      ...sending(note, delivery),
    ]);
    story.commit([ended(delivery, t0), { put: 'event', row: rows.event({ kind: 'delivery.sent' }) }]);
    expect(raw.prepare<[], string>('SELECT what FROM written').pluck().all()).toEqual([
      'INSERT alert',
      'INSERT event',
      'UPDATE alert_group',
      'INSERT notification',
      'INSERT delivery',
      'UPDATE delivery',
      'INSERT event',
    ]);
    raw.close();
    story.end();
  });
});
