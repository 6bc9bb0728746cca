import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { labelSet } from '../../rules/labels.ts';
import type { History, HistoryBlock, HistorySeries } from './history.ts';
import { openSqliteHistory } from './history-sqlite.ts';
import { decodeChunk, decodeFlush, encodeChunk, encodeFlush, mergeSamples } from './sample-blob.ts';

const hourMs = 3_600_000;
const t0 = 472_222 * hourMs; // a full hour
const forever = Number.MAX_SAFE_INTEGER;

type Sample = readonly [series: number, time: number, value: number];

function block(shard: number, samples: readonly Sample[]): HistoryBlock {
  return {
    shard,
    series: Uint32Array.from(samples, ([series]) => series),
    times: Float64Array.from(samples, ([, time]) => time),
    values: Float64Array.from(samples, ([, , value]) => value),
  };
}

function series(shard: number, id: number): HistorySeries {
  return {
    shard,
    id,
    tenant: 'acme',
    metric: 'cpu',
    labels: labelSet({ host: `h${id}`, '1': 'x' }),
    bornAt: t0,
  };
}

/** What a refill would know: of equal (series, time) the one visited last. */
function known(history: History, from = 0, to = forever): Map<string, number> {
  const samples = new Map<string, number>();
  history.range(from, to, ({ shard, series, times, values }) => {
    for (let i = 0; i < times.length; i++) samples.set(`${shard}/${series[i]}@${times[i]! - t0}`, values[i]!);
  });
  return samples;
}

describe('sample history in SQLite', () => {
  let folder: string;
  let history: History;
  const file = () => join(folder, 'samples.db');
  const open = () => openSqliteHistory({ file: file() });
  const count = (table: string) => {
    const raw = new Database(file(), { readonly: true });
    const n = raw.prepare<[], number>(`SELECT count(*) FROM ${table}`).pluck().get();
    raw.close();
    return n;
  };
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'tocsin-history-'));
    history = open();
  });
  afterEach(() => {
    history.close();
    rmSync(folder, { recursive: true, force: true });
  });

  it('knows series and samples again after it was opened again', () => {
    history.append([series(1, 1), series(2, 1)], [block(1, [[1, t0, 1.5]]), block(2, [[1, t0 + 1, -0.25]])]);
    history.append(
      [series(1, 1)],
      [block(1, [[1, t0 + 2, 2.5]]), block(1, []), block(1, [[1, t0 + 3, 3.5]])],
    );
    history.close();
    history = open();
    expect(history.series()).toEqual([series(1, 1), series(2, 1)]);
    history.append([], [block(1, [[1, t0 + 4, 4.5]])]);
    expect([...known(history)]).toEqual([
      ['1/1@0', 1.5],
      ['2/1@1', -0.25],
      ['1/1@2', 2.5],
      ['1/1@3', 3.5],
      ['1/1@4', 4.5],
    ]);
  });

  it('visits only the span that was asked for, both ends included', () => {
    history.append(
      [],
      [
        block(1, [
          [1, t0, 0],
          [1, t0 + 10, 1],
          [1, t0 + 20, 2],
          [1, t0 + 30, 3],
        ]),
      ],
    );
    expect([...known(history, t0 + 10, t0 + 20).values()]).toEqual([1, 2]);
    history.fold(forever);
    expect([...known(history, t0 + 10, t0 + 20).values()]).toEqual([1, 2]);
    expect(known(history, t0 + 31, forever).size).toBe(0);
  });

  it('writes nothing of a flush that fails', () => {
    const broken = { ...series(1, 2), bornAt: null as unknown as number };
    expect(() => history.append([series(1, 1), broken], [block(1, [[1, t0, 1]])])).toThrow();
    expect([history.series(), known(history).size]).toEqual([[], 0]);
    history.append([series(1, 1)], [block(1, [[1, t0, 1]])]);
    expect(known(history).size).toBe(1);
  });

  it('folds flushes into a chunk per series and hour, and the later of equal times wins', () => {
    history.append(
      [],
      [
        block(1, [
          [1, t0, 1],
          [2, t0, 2],
        ]),
      ],
    );
    history.append(
      [],
      [
        block(1, [
          [1, t0 + hourMs, 3],
          [1, t0, 10],
        ]),
        block(2, [[1, t0, 5]]),
      ],
    );
    const before = known(history);
    expect(history.fold(forever)).toBe(false);
    expect([count('flush'), count('chunk')]).toEqual([0, 4]);
    expect(known(history)).toEqual(before);
    history.append(
      [],
      [
        block(1, [
          [1, t0 - 1, -1],
          [2, t0, 20],
        ]),
      ],
    ); // late, and a correction of what is folded
    const after = known(history);
    history.fold(forever);
    expect(count('chunk')).toBe(5);
    expect(known(history)).toEqual(after);
    expect(after.get('1/2@0')).toBe(20);
  });

  it('folds from the oldest on and stops at the first flush that is not wholly before', () => {
    history.append([], [block(1, [[1, t0, 1]]), block(1, [[1, t0 + 50, 2]]), block(1, [[1, t0 + 1, 3]])]);
    expect(history.fold(t0 + 50)).toBe(false);
    expect(count('flush')).toBe(2);
    expect(history.fold(t0 + 51)).toBe(false);
    expect(count('flush')).toBe(0);
  });

  it('folds a bounded number of flushes per call', () => {
    for (let n = 0; n < 70; n++) history.append([], [block(1, [[1, t0 + n, n]])]);
    expect(history.fold(forever)).toBe(true);
    expect(count('flush')).toBe(6);
    expect(history.fold(forever)).toBe(false);
    expect(known(history).size).toBe(70);
  });

  it('loses and invents nothing, however flushes and folds alternate', () => {
    const sample = fc.tuple(fc.integer({ min: 1, max: 3 }), fc.integer({ min: 0, max: 40 }), fc.double());
    const action = fc.oneof(fc.array(sample, { maxLength: 8 }), fc.constant('fold' as const));
    fc.assert(
      fc.property(fc.array(action, { maxLength: 12 }), (actions) => {
        history.forget(forever, 0);
        while (known(history).size > 0) history.forget(forever, 0);
        const oracle = new Map<string, number>();
        for (const each of actions) {
          if (each === 'fold') {
            history.fold(forever);
            continue;
          }
          const samples = each.map(([id, step, value]): Sample => [id, t0 + step * (hourMs / 8), value]);
          history.append([], [block(7, samples)]);
          for (const [id, time, value] of samples) oracle.set(`7/${id}@${time - t0}`, value);
        }
        const sorted = (map: Map<string, number>) => [...map].sort(([a], [b]) => (a < b ? -1 : 1));
        expect(sorted(known(history))).toEqual(sorted(oracle));
      }),
      { numRuns: 40 },
    );
  });

  it('forgets by age, whole hours at a time', () => {
    history.append(
      [],
      [
        block(1, [
          [1, t0, 1],
          [1, t0 + hourMs, 2],
        ]),
      ],
    );
    history.fold(forever);
    history.append([], [block(1, [[1, t0 + 2 * hourMs, 3]])]);
    expect(history.forget(t0, forever)).toBe(false);
    while (history.forget(t0 + hourMs, forever));
    expect([...known(history).values()]).toEqual([2, 3]);
    while (history.forget(t0 + 3 * hourMs, forever));
    expect(known(history).size).toBe(0);
  });

  it('forgets the oldest when there are too many bytes, a bounded number per call', () => {
    const hours = 400;
    for (let hour = 0; hour < hours; hour++)
      history.append(
        [],
        [
          block(
            1,
            Array.from({ length: 200 }, (_, n): Sample => [1, t0 + hour * hourMs + n, n]),
          ),
        ],
      );
    while (history.fold(forever));
    expect(history.forget(0, forever)).toBe(false);
    expect(history.forget(0, 400_000)).toBe(true);
    expect(count('chunk')).toBe(hours - 16);
    while (history.forget(0, 400_000));
    const left = [...known(history).keys()].map((key) => Number(key.split('@')[1]));
    expect(left.length).toBeGreaterThan(hours * 200 * 0.1);
    expect(Math.max(...left)).toBe((hours - 1) * hourMs + 199);
  });

  it('is in WAL mode and keeps its file to its owner', () => {
    const raw = new Database(file(), { readonly: true });
    expect(raw.pragma('journal_mode', { simple: true })).toBe('wal');
    raw.close();
  });

  it('refuses a file of a newer version', () => {
    history.close();
    const raw = new Database(file());
    raw.pragma('user_version = 9');
    raw.close();
    expect(open).toThrow(/newer version/);
    const back = new Database(file());
    back.pragma('user_version = 3');
    back.close();
    history = open();
  });

  it('takes over a file from before detectors had states', () => {
    history.append([series(1, 1)], []);
    history.close();
    const raw = new Database(file());
    raw.exec(
      'DROP TABLE detector_state; DROP TABLE detector_mark; DROP TABLE joint_row; PRAGMA user_version = 1',
    );
    raw.close();
    history = open();
    expect(history.series()).toHaveLength(1);
    expect([...history.states!.states()]).toEqual([]);
    expect(history.states!.completeAt()).toBeNull();
  });

  it('takes over a file from before the rows of several series were kept, with its states', () => {
    const key = { shard: 1, series: 1, key: 'joint' };
    const state = {
      ...key,
      firstAt: t0,
      standsAt: t0,
      sight: null,
      before: null,
      bytes: Buffer.from([1, 2]),
    };
    history.states!.write([state], [], [], t0);
    history.close();
    const raw = new Database(file());
    raw.exec('DROP TABLE joint_row; PRAGMA user_version = 2');
    raw.close();
    history = open();
    const row = { at: t0 + 1, distances: [0.1, -64, 5e-324] };
    history.states!.write([], [], [{ ...key, ...row }], t0 + 1);
    expect([...history.states!.states()]).toEqual([{ ...state, rows: [row] }]);
    history.states!.write([state], [], [], t0 + 2);
    expect([...history.states!.states()]).toEqual([{ ...state, rows: [] }]);
    history.states!.write([], [], [{ ...key, ...row }], t0 + 3);
    history.states!.write([], [key], [], t0 + 3);
    history.states!.write([state], [], [], t0 + 3);
    expect([...history.states!.states()]).toEqual([{ ...state, rows: [] }]);
  });
});

describe('sample blobs', () => {
  it('give back every value bit by bit, wherever the bytes lie', () => {
    const values = Float64Array.of(0, -0, Number.NaN, Number.POSITIVE_INFINITY, 5e-324, 1 / 3);
    const times = values.map((_, n) => t0 + n / 4);
    const ids = Uint32Array.from(values, (_, n) => 2 ** 32 - 1 - n);
    const blob = encodeFlush({ times, values, series: ids });
    const shifted = Buffer.concat([Buffer.alloc(3), blob]).subarray(3);
    expect(decodeFlush(shifted)).toEqual({ times, values, series: ids });
    expect(decodeChunk(encodeChunk({ times, values }))).toEqual({ times, values });
  });

  it('refuse what is cut short or of another version', () => {
    const blob = encodeChunk(mergeSamples([1], [2]));
    expect(() => decodeChunk(blob.subarray(0, 12))).toThrow(/holds 1 samples/);
    expect(() => decodeChunk(Buffer.alloc(2))).toThrow(/unknown version/);
    blob[0] = 2;
    expect(() => decodeChunk(blob)).toThrow(/unknown version 2/);
  });

  it('merge in time order, and the later of equal times stays', () => {
    const merged = mergeSamples([3, 1, 3, 2, 1], [30, 10, 31, 20, 11]);
    expect([[...merged.times], [...merged.values]]).toEqual([
      [1, 2, 3],
      [11, 20, 31],
    ]);
  });
});
