// The states of detectors in the samples' database: what is written here stands at samples that were written before.
import type Database from 'better-sqlite3';
import type { Sight } from '../../rules/anomaly.ts';
import { withStoreErrors } from '../store/sqlite/sqlite-errors.ts';
import type { StateKey, StoredState, StoredStates } from './stored-states.ts';

export const statesDdl = `
  CREATE TABLE detector_state (
    shard     INTEGER NOT NULL,
    series    INTEGER NOT NULL,
    key       TEXT NOT NULL,
    first_at  REAL NOT NULL,
    stands_at REAL NOT NULL,
    sight     TEXT,
    bytes     BLOB NOT NULL,
    PRIMARY KEY (shard, series, key)
  ) STRICT;
  -- one row: every sample that came before this is in the states
  CREATE TABLE detector_mark (
    id          INTEGER PRIMARY KEY CHECK (id = 1),
    complete_at REAL NOT NULL
  ) STRICT;`;

interface StateRow {
  readonly shard: number;
  readonly series: number;
  readonly key: string;
  readonly firstAt: number;
  readonly standsAt: number;
  readonly sight: string | null;
  readonly bytes: Buffer;
}

/** `wrote` hears how many bytes went into the journal. */
export function sqliteStates(raw: Database.Database, wrote: (bytes: number) => void): StoredStates {
  const all = raw.prepare<[], StateRow>(
    `SELECT shard, series, key, first_at AS firstAt, stands_at AS standsAt, sight, bytes
     FROM detector_state ORDER BY stands_at DESC, shard, series, key`,
  );
  const mark = raw.prepare<[], number>('SELECT complete_at FROM detector_mark WHERE id = 1').pluck();
  const put = raw.prepare<[number, number, string, number, number, string | null, Uint8Array]>(
    `INSERT INTO detector_state (shard, series, key, first_at, stands_at, sight, bytes) VALUES (?, ?, ?, ?, ?, ?, ?)
     ON CONFLICT (shard, series, key) DO UPDATE SET first_at = excluded.first_at, stands_at = excluded.stands_at,
       sight = excluded.sight, bytes = excluded.bytes`,
  );
  const remove = raw.prepare<[number, number, string]>(
    'DELETE FROM detector_state WHERE shard = ? AND series = ? AND key = ?',
  );
  const putMark = raw.prepare<[number]>(
    `INSERT INTO detector_mark (id, complete_at) VALUES (1, ?)
     ON CONFLICT (id) DO UPDATE SET complete_at = excluded.complete_at`,
  );
  const write = raw.transaction(
    (states: readonly StoredState[], gone: readonly StateKey[], completeAt: number) => {
      for (const { shard, series, key } of gone) remove.run(shard, series, key);
      for (const { shard, series, key, firstAt, standsAt, sight, bytes } of states)
        put.run(shard, series, key, firstAt, standsAt, sight === null ? null : sightText(sight), bytes);
      putMark.run(completeAt);
    },
  );
  return {
    *states() {
      for (const { sight, ...row } of withStoreErrors('read detector states', () => all.all()))
        yield { ...row, sight: sight === null ? null : sightOf(sight) };
    },
    completeAt: () => withStoreErrors('read detector states', () => mark.get() ?? null),
    write(states, gone, completeAt) {
      withStoreErrors('write detector states', () => write.immediate(states, gone, completeAt));
      wrote(states.reduce((sum, { bytes }) => sum + bytes.byteLength, 0));
    },
  };
}

/** JSON has no infinities. */
function sightText({ value, ...sight }: Sight): string {
  return JSON.stringify({ ...sight, value: Number.isFinite(value) ? value : String(value) });
}

function sightOf(text: string): Sight {
  const sight = JSON.parse(text) as Sight;
  return { ...sight, value: Number(sight.value) };
}
