// The states of detectors in the samples' database: what is written here stands at samples that were written before.
import type Database from 'better-sqlite3';
import type { Before, Sight } from '../../rules/sight.ts';
import { withStoreErrors } from '../store/sqlite/sqlite-errors.ts';
import type { JointRow, StateKey, StoredState, StoredStates } from './stored-states.ts';

export const jointRowsDdl = `
  -- what a state of several series was shown since it was written; distances: doubles, the lowest byte first
  CREATE TABLE joint_row (
    shard     INTEGER NOT NULL,
    series    INTEGER NOT NULL,
    key       TEXT NOT NULL,
    at        REAL NOT NULL,
    distances BLOB NOT NULL,
    PRIMARY KEY (shard, series, key, at)
  ) STRICT, WITHOUT ROWID;`;

export const statesDdl = `
  CREATE TABLE detector_state (
    shard     INTEGER NOT NULL,
    series    INTEGER NOT NULL,
    key       TEXT NOT NULL,
    first_at  REAL NOT NULL,
    stands_at REAL NOT NULL,
    seen      TEXT NOT NULL,
    bytes     BLOB NOT NULL,
    PRIMARY KEY (shard, series, key)
  ) STRICT;
  -- one row: every sample that came before this is in the states
  CREATE TABLE detector_mark (
    id          INTEGER PRIMARY KEY CHECK (id = 1),
    complete_at REAL NOT NULL
  ) STRICT;
  ${jointRowsDdl}`;

interface StateRow {
  readonly shard: number;
  readonly series: number;
  readonly key: string;
  readonly firstAt: number;
  readonly standsAt: number;
  readonly seen: string;
  readonly bytes: Buffer;
}

/** `wrote` hears how many bytes went into the journal. */
export function sqliteStates(raw: Database.Database, wrote: (bytes: number) => void): StoredStates {
  const all = raw.prepare<[], StateRow>(
    `SELECT shard, series, key, first_at AS firstAt, stands_at AS standsAt, seen, bytes
     FROM detector_state ORDER BY stands_at DESC, shard, series, key`,
  );
  const mark = raw.prepare<[], number>('SELECT complete_at FROM detector_mark WHERE id = 1').pluck();
  const put = raw.prepare<[number, number, string, number, number, string, Uint8Array]>(
    `INSERT INTO detector_state (shard, series, key, first_at, stands_at, seen, bytes) VALUES (?, ?, ?, ?, ?, ?, ?)
     ON CONFLICT (shard, series, key) DO UPDATE SET first_at = excluded.first_at, stands_at = excluded.stands_at,
       seen = excluded.seen, bytes = excluded.bytes`,
  );
  const remove = raw.prepare<[number, number, string]>(
    'DELETE FROM detector_state WHERE shard = ? AND series = ? AND key = ?',
  );
  const putMark = raw.prepare<[number]>(
    `INSERT INTO detector_mark (id, complete_at) VALUES (1, ?)
     ON CONFLICT (id) DO UPDATE SET complete_at = excluded.complete_at`,
  );
  const rowsOf = raw.prepare<[number, number, string], { at: number; distances: Buffer }>(
    'SELECT at, distances FROM joint_row WHERE shard = ? AND series = ? AND key = ? ORDER BY at',
  );
  const putRow = raw.prepare<[number, number, string, number, Uint8Array]>(
    'INSERT OR REPLACE INTO joint_row (shard, series, key, at, distances) VALUES (?, ?, ?, ?, ?)',
  );
  const removeRows = raw.prepare<[number, number, string]>(
    'DELETE FROM joint_row WHERE shard = ? AND series = ? AND key = ?',
  );
  const write = raw.transaction(
    (
      states: readonly StoredState[],
      gone: readonly StateKey[],
      rows: readonly (StateKey & JointRow)[],
      completeAt: number,
    ) => {
      for (const { shard, series, key } of gone) {
        remove.run(shard, series, key);
        removeRows.run(shard, series, key);
      }
      for (const { shard, series, key, firstAt, standsAt, sight, before, bytes } of states) {
        put.run(shard, series, key, firstAt, standsAt, seenText({ sight, before }), bytes);
        removeRows.run(shard, series, key);
      }
      for (const { shard, series, key, at, distances } of rows)
        putRow.run(shard, series, key, at, bytesOf(distances));
      putMark.run(completeAt);
    },
  );
  return {
    *states() {
      for (const { seen, ...row } of withStoreErrors('read detector states', () => all.all())) {
        const since = withStoreErrors('read detector states', () =>
          rowsOf.all(row.shard, row.series, row.key),
        );
        const rows = since.map(({ at, distances }) => ({ at, distances: numbersOf(distances) }));
        yield { ...row, ...seenOf(seen), rows };
      }
    },
    completeAt: () => withStoreErrors('read detector states', () => mark.get() ?? null),
    write(states, gone, rows, completeAt) {
      withStoreErrors('write detector states', () => write.immediate(states, gone, rows, completeAt));
      wrote(states.reduce((sum, { bytes }) => sum + bytes.byteLength, 0));
    },
  };
}

function bytesOf(numbers: readonly number[]): Uint8Array {
  const bytes = Buffer.alloc(8 * numbers.length);
  numbers.forEach((number, i) => {
    bytes.writeDoubleLE(number, 8 * i);
  });
  return bytes;
}

const numbersOf = (bytes: Buffer): number[] =>
  Array.from({ length: Math.floor(bytes.byteLength / 8) }, (_, i) => bytes.readDoubleLE(8 * i));

/** What was seen last, and before that. */
type Seen = { readonly sight: Sight | null; readonly before: Before | null };

/** JSON has no infinities. */
function seenText({ sight, before }: Seen): string {
  const value = sight === null || Number.isFinite(sight.value) ? sight?.value : String(sight.value);
  return JSON.stringify({ before, sight: sight === null ? null : { ...sight, value } });
}

function seenOf(text: string): Seen {
  const { sight, before } = JSON.parse(text) as Seen;
  return { before, sight: sight === null ? null : { ...sight, value: Number(sight.value) } };
}
