import { copyFileSync, existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { History, HistoryBlock } from './history.ts';
import { openSqliteHistory } from './history-sqlite.ts';

const hourMs = 3_600_000;
const t0 = 472_222 * hourMs;
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

/** What a refill would know: of equal (series, time) the one visited last. */
function known(history: History): Map<string, number> {
  const samples = new Map<string, number>();
  history.range(0, forever, ({ shard, series, times, values }) => {
    for (let i = 0; i < times.length; i++) samples.set(`${shard}/${series[i]}@${times[i]! - t0}`, values[i]!);
  });
  return new Map([...samples].sort(([a], [b]) => (a < b ? -1 : 1)));
}

const nextTurn = () => new Promise<void>((resolve) => setImmediate(resolve));

describe('folding in a thread', () => {
  let folder: string;
  let history: History;
  const file = () => join(folder, 'samples.db');
  const flushes = () => {
    const raw = new Database(file(), { readonly: true });
    const n = raw.prepare<[], number>('SELECT count(*) FROM flush').pluck().get();
    raw.close();
    return n;
  };
  /** What a kill at this moment leaves on the disk, opened by the next process. */
  const afterKill = (): History => {
    const copy = join(folder, 'copy.db');
    for (const end of ['', '-wal', '-shm']) {
      rmSync(`${copy}${end}`, { force: true });
      if (end !== '-shm' && existsSync(`${file()}${end}`)) copyFileSync(`${file()}${end}`, `${copy}${end}`);
    }
    return openSqliteHistory({ file: copy });
  };
  /** Corrections of the same time in different flushes, late samples, two shards, several hours. */
  const fill = (flushesWanted: number) => {
    for (let n = 0; n < flushesWanted; n++) {
      const samples = Array.from({ length: 300 }, (_, i): Sample => {
        const late = (n + i) % 7 === 0 ? hourMs / 2 : 0;
        return [1 + (i % 150), t0 + Math.floor((n * hourMs) / 8) - late + (i < 150 ? 0 : 1), n + i / 1_000];
      });
      history.append([], [block(1, samples), block(2, samples.slice(0, 40))]);
    }
  };
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'tocsin-fold-'));
    history = openSqliteHistory({ file: file(), foldInThread: true });
  });
  afterEach(() => {
    history.close();
    rmSync(folder, { recursive: true, force: true });
  });

  it('leaves every sample as it was, whenever the process is killed, and the next process folds to the same', async () => {
    fill(24);
    const before = known(history);
    const watcher = new Database(file(), { readonly: true });
    // Changes with every commit of the connection that writes: turns in which the thread only reads are passed over.
    const version = () => Number(watcher.pragma('data_version', { simple: true }));
    let last = version();
    let written = 0;
    while (history.fold(forever)) {
      if (version() !== last) {
        last = version();
        written++;
        const next = afterKill();
        expect(known(next)).toEqual(before);
        while (next.fold(forever));
        expect(known(next)).toEqual(before);
        next.close();
      }
      await nextTurn();
    }
    watcher.close();
    // Chunks in several pieces, and flushes in at least two.
    expect([written > 4, flushes()]).toEqual([true, 0]);
    expect(known(history)).toEqual(before);
  });

  it('never makes a flush fail, and what is flushed meanwhile is neither folded nor lost', async () => {
    fill(24);
    const oracle = known(history);
    let n = 0;
    while (history.fold(t0 + 24 * hourMs)) {
      const at = t0 + 48 * hourMs + n;
      history.append([], [block(1, [[1, at, n]])]);
      oracle.set(`1/1@${at - t0}`, n++);
      await nextTurn();
    }
    expect(flushes()).toBe(n);
    expect(known(history)).toEqual(new Map([...oracle].sort(([a], [b]) => (a < b ? -1 : 1))));
  });

  it('deletes no flush that took the rowid of one it folded', async () => {
    fill(2);
    // Started; nothing handed over yet.
    expect(history.fold(forever)).toBe(true);
    while (history.forget(forever, forever));
    expect(flushes()).toBe(0);
    history.append([], [block(1, [[9, t0, 9]])]);
    while (history.fold(t0)) await nextTurn();
    expect(known(history).get('1/9@0')).toBe(9);
  });

  it('tells the failure of its thread, and begins again with the next call', async () => {
    fill(2);
    const before = known(history);
    const raw = new Database(file());
    const blob = raw.prepare<[], Buffer>('SELECT blob FROM flush ORDER BY rowid LIMIT 1').pluck().get()!;
    raw.prepare('UPDATE flush SET blob = ? WHERE rowid = 1').run(Buffer.alloc(5));
    const fold = async () => {
      while (history.fold(forever)) await nextTurn();
    };
    await expect(fold()).rejects.toThrow(/fold samples/);
    raw.prepare('UPDATE flush SET blob = ? WHERE rowid = 1').run(blob);
    raw.close();
    await fold();
    expect([flushes(), known(history)]).toEqual([0, before]);
  });

  it('can be closed in the middle', async () => {
    fill(8);
    const before = known(history);
    for (let n = 0; n < 3; n++) {
      history.fold(forever);
      await nextTurn();
    }
    history.close();
    history = openSqliteHistory({ file: file(), foldInThread: true });
    expect(known(history)).toEqual(before);
  });
});
