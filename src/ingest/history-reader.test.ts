import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { labelSet } from '../../rules/labels.ts';
import { ManualClock } from '../testing/manual-clock.ts';
import type { History } from './history.ts';
import { type HistoryReader, openHistoryReader } from './history-reader.ts';
import { openSqliteHistory } from './history-sqlite.ts';

const hourMs = 3_600_000;
const t0 = 472_222 * hourMs;
const query = { tenant: 'acme', metric: 'cpu', from: t0, to: t0 + 10 * hourMs, limit: 10 };

describe('reads of the history', () => {
  let folder: string;
  let history: History;
  let reader: HistoryReader;
  let clock: ManualClock;
  /** Samples of host `h<id>` at minutes after t0. */
  const append = (
    id: number,
    samples: readonly (readonly [minute: number, value: number])[],
    tenant = 'acme',
  ) =>
    history.append(
      [{ shard: 1, id, tenant, metric: 'cpu', labels: labelSet({ host: `h${id % 100}` }), bornAt: t0 }],
      [
        {
          shard: 1,
          series: new Uint32Array(samples.length).fill(id),
          times: Float64Array.from(samples, ([minute]) => t0 + minute * 60_000),
          values: Float64Array.from(samples, ([, value]) => value),
        },
      ],
    );
  const points = (series: { times: Float64Array; values: Float64Array } | undefined) =>
    [...(series?.times ?? [])].map((at, i) => [(at - t0) / 60_000, series!.values[i]]);
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'tocsin-reads-'));
    const file = join(folder, 'samples.db');
    history = openSqliteHistory({ file });
    clock = new ManualClock(t0);
    reader = openHistoryReader({ file, clock });
  });
  afterEach(() => {
    reader.close();
    history.close();
    rmSync(folder, { recursive: true, force: true });
  });

  it('give the samples of a span out of chunks and flushes, the later of equal times', async () => {
    append(1, [
      [0, 1],
      [1, 2],
      [90, 3],
    ]);
    history.fold(Number.MAX_SAFE_INTEGER);
    append(1, [
      [1, 20],
      [2, 4],
      [120, 5],
    ]);
    const all = await reader.readRange(query);
    expect(points(all.series[0])).toEqual([
      [0, 1],
      [1, 20],
      [2, 4],
      [90, 3],
      [120, 5],
    ]);
    const part = await reader.readRange({ ...query, from: t0 + 60_000, to: t0 + 90 * 60_000 });
    expect(points(part.series[0])).toEqual([
      [1, 20],
      [2, 4],
      [90, 3],
    ]);
  });

  it('take a series that came back under a new id as one', async () => {
    append(1, [[0, 1]]);
    append(101, [[1, 2]]);
    const { series } = await reader.readRange(query);
    expect(series.map(points)).toEqual([
      [
        [0, 1],
        [1, 2],
      ],
    ]);
    expect((await reader.listSeries({ tenant: 'acme', after: null, limit: 10 })).items).toHaveLength(1);
  });

  it('make buckets with minimum, maximum, average and count', async () => {
    append(1, [
      [0, 4],
      [1, 8],
      [2, 6],
      [9, 1],
    ]);
    const { series } = await reader.readRange({ ...query, step: 3 * 60_000 });
    expect(points(series[0])).toEqual([
      [0, 6],
      [9, 1],
    ]);
    expect(series[0]!.buckets).toEqual({
      min: Float64Array.of(4, 1),
      max: Float64Array.of(8, 1),
      count: Uint32Array.of(3, 1),
    });
  });

  it('see nothing of another tenant, and only series that match', async () => {
    append(1, [[0, 1]]);
    append(2, [[0, 2]]);
    append(3, [[0, 3]], 'other');
    const hosts = async (more: object) =>
      (await reader.readRange({ ...query, ...more })).series.map(({ labels }) => labels.host);
    expect(await hosts({})).toEqual(['h1', 'h2']);
    expect(await hosts({ matchers: ['host=~"h[23]"'] })).toEqual(['h2']);
    expect(await hosts({ tenant: 'other' })).toEqual(['h3']);
    expect(await reader.readRange({ ...query, limit: 1 })).toMatchObject({ more: true });
  });

  it('list series page by page', async () => {
    for (const id of [3, 1, 2]) append(id, [[0, id]]);
    const first = await reader.listSeries({ tenant: 'acme', after: null, limit: 2 });
    expect(first.items.map(({ labels }) => labels)).toEqual(['{"host":"h1"}', '{"host":"h2"}']);
    const second = await reader.listSeries({ tenant: 'acme', after: first.next, limit: 2 });
    expect([second.items.length, second.next]).toEqual([1, null]);
  });

  it('end after two seconds, and the next question has a thread again', async () => {
    append(1, [[0, 1]]);
    await reader.readRange(query); // the thread is there
    const slow = reader.readRange(query);
    const behind = reader.readRange(query);
    // At once: no turn passes in which the thread could answer after all.
    expect(clock.step(t0 + 2_000)).toBe(true);
    await expect(slow).rejects.toMatchObject({ code: 'query_timeout' });
    expect((await behind).series).toHaveLength(1);
  });

  it('end when who asked went away, waiting or under way', async () => {
    append(1, [[0, 1]]);
    const [first, second] = [new AbortController(), new AbortController()];
    const running = reader.readRange(query, first.signal);
    const waiting = reader.readRange(query, second.signal);
    second.abort(new Error('second went away'));
    first.abort(new Error('first went away'));
    await expect(waiting).rejects.toThrow('second went away');
    await expect(running).rejects.toThrow('first went away');
    expect((await reader.readRange(query)).series).toHaveLength(1);
  });

  it('refuse more than a few that wait', async () => {
    const all = Array.from({ length: 18 }, () => reader.readRange(query));
    await expect(all[17]!).rejects.toMatchObject({ code: 'overloaded' });
    expect(await Promise.all(all.slice(0, 17))).toHaveLength(17);
  });

  it('refuse what is asked after the end', async () => {
    const open = reader.readRange(query);
    reader.close();
    await expect(open).rejects.toMatchObject({ code: 'unavailable' });
    await expect(reader.readRange(query)).rejects.toMatchObject({ code: 'unavailable' });
  });
});
