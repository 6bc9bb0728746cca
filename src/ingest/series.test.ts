import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { aggregateAt, type WindowAggregate } from '../../rules/aggregates/index.ts';
import { labelSet } from '../../rules/labels.ts';
import { appended, emptyWindow, SeriesTable } from './series.ts';

const limits = { seriesPerTenant: 1_000 };
const none = labelSet({});

function pointsOf(table: SeriesTable, id: number): [number, number][] {
  const window = emptyWindow();
  table.view(id, window);
  return Array.from({ length: window.count }, (_, i) => {
    const at = window.base + ((window.head + i) & window.mask);
    return [window.times[at]!, window.values[at]!];
  });
}

function completeAfter(table: SeriesTable, id: number): number {
  const window = emptyWindow();
  table.view(id, window);
  return window.completeAfter;
}

describe('identity', () => {
  it('is tenant, metric and labels, whatever the order of the labels', () => {
    const table = new SeriesTable({ limits });
    const id = table.intern('t', 'm', labelSet({ a: '1', b: '2' }));
    expect(table.intern('t', 'm', labelSet({ b: '2', a: '1' }))).toBe(id);
    const others = [
      table.intern('u', 'm', labelSet({ a: '1', b: '2' })),
      table.intern('t', 'n', labelSet({ a: '1', b: '2' })),
      table.intern('t', 'm', labelSet({ a: '1' })),
    ];
    expect(new Set([id, ...others]).size).toBe(4);
    expect(table.find('t', 'm', labelSet({ a: '1' }))).toBe(others[2]);
    expect(table.find('u', 'm', labelSet({ a: '1' }))).toBe(-1);
    expect([table.tenantOf(id), table.metricOf(id), { ...table.labelsOf(id) }]).toEqual([
      't',
      'm',
      { a: '1', b: '2' },
    ]);
  });

  it('tells of each birth once, before the first sample', () => {
    const born: [number, number][] = [];
    const table: SeriesTable = new SeriesTable({
      limits,
      onBirth: (id) => born.push([id, table.newestAt(id)]),
    });
    const a = table.intern('t', 'a', none);
    table.append(a, 5, 1);
    table.intern('t', 'a', none);
    const b = table.restore('t', 'b', none, 3);
    expect(born).toEqual([
      [a, Number.NEGATIVE_INFINITY],
      [b, Number.NEGATIVE_INFINITY],
    ]);
  });

  it('takes no more series of a tenant than the cap, those of others unharmed', () => {
    const table = new SeriesTable({ limits: { seriesPerTenant: 2 } });
    expect([0, 1, 2, 0].map((i) => table.intern('t', `m${i}`, none))).toEqual([0, 1, -1, 0]);
    expect(table.restore('t', 'm2', none, 0)).toBe(-1);
    expect(table.intern('u', 'm2', none)).toBe(2);
    table.drop(0);
    expect(table.intern('t', 'm2', none)).toBe(0);
  });

  it('lists series by tenant and by metric, also after some were dropped', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(1), fc.nat(2), fc.nat(4), fc.boolean())), (steps) => {
        const table = new SeriesTable({ limits });
        const model = new Map<string, { id: number; tenant: string; metric: string }>();
        for (const [t, m, l, add] of steps) {
          const [tenant, metric, labels] = [`t${t}`, `m${m}`, labelSet({ l: String(l) })];
          const key = `${t} ${m} ${l}`;
          const known = model.get(key);
          if (add) {
            const id = table.intern(tenant, metric, labels);
            if (known !== undefined) expect(id).toBe(known.id);
            model.set(key, { id, tenant, metric });
          } else if (known !== undefined) {
            table.drop(known.id);
            model.delete(key);
          }
        }
        const all = [...model.values()];
        const sorted = (ids: Iterable<number>) => [...ids].sort((a, b) => a - b);
        expect(new Set(all.map(({ id }) => id)).size).toBe(all.length);
        expect(table.counts().series).toBe(all.length);
        for (const tenant of ['t0', 't1']) {
          const own = all.filter((series) => series.tenant === tenant);
          expect(sorted(table.seriesOf(tenant))).toEqual(sorted(own.map(({ id }) => id)));
          for (const metric of ['m0', 'm1', 'm2']) {
            const ids = own.filter((series) => series.metric === metric).map(({ id }) => id);
            expect(sorted(table.byMetric(tenant, metric))).toEqual(sorted(ids));
          }
        }
      }),
    );
  });

  it('gives a dropped id to a new series without anything of the old one', () => {
    const table = new SeriesTable({ limits });
    const old = table.intern('t', 'old', none);
    table.need(old, 1e9);
    for (let i = 0; i < 100; i++) table.append(old, i, i);
    table.drop(old);
    expect(() => table.metricOf(old)).toThrow('no series');
    const id = table.intern('t', 'new', none);
    expect(id).toBe(old);
    expect([pointsOf(table, id), table.bornAt(id), table.newestAt(id), table.newestValue(id)]).toEqual([
      [],
      Number.POSITIVE_INFINITY,
      Number.NEGATIVE_INFINITY,
      Number.NaN,
    ]);
    for (let i = 0; i < 100; i++) table.append(id, i, i);
    expect(pointsOf(table, id)).toHaveLength(64);
    expect(table.counts()).toMatchObject({ series: 1, points: 64 });
  });
});

describe('append', () => {
  it('says what the sample did', () => {
    const table = new SeriesTable({ limits });
    const id = table.intern('t', 'm', none);
    expect(table.append(id, 10, 1)).toBe(appended.fresh);
    expect(table.append(id, 10, 1)).toBe(appended.unchanged);
    expect(table.append(id, 10, 2)).toBe(appended.replaced);
    expect(table.append(id, 20, 3)).toBe(appended.fresh);
    expect(table.append(id, 15, 4)).toBe(appended.late);
    expect(table.append(id, 10, 5)).toBe(appended.late);
    expect(table.append(id, 5, 6)).toBe(appended.late);
    expect(pointsOf(table, id)).toEqual([
      [5, 6],
      [10, 5],
      [15, 4],
      [20, 3],
    ]);
    expect([table.bornAt(id), table.newestAt(id), table.newestValue(id)]).toEqual([5, 20, 3]);
  });

  it('drops a sample older than everything in a full ring, and counts it as late', () => {
    const table = new SeriesTable({ limits });
    const id = table.intern('t', 'm', none);
    for (let i = 100; i < 164; i++) table.append(id, i, i);
    expect(completeAfter(table, id)).toBe(Number.NEGATIVE_INFINITY);
    expect(table.append(id, 50, 1)).toBe(appended.late);
    expect(pointsOf(table, id)[0]).toEqual([100, 100]);
    expect(completeAfter(table, id)).toBe(50);
    expect(table.bornAt(id)).toBe(50);
  });

  it('keeps what a rule reads, up to 4,096 points, and says from when on it is complete', () => {
    const table = new SeriesTable({ limits });
    const id = table.intern('t', 'm', none);
    table.need(id, 300);
    for (let i = 0; i < 1_000; i++) table.append(id, i, i);
    const times = pointsOf(table, id).map(([at]) => at);
    expect(times).toHaveLength(512); // the first size that holds (699, 999]
    expect(completeAfter(table, id)).toBe(times[0]! - 1);
    table.need(id, 1e9);
    for (let i = 1_000; i < 10_000; i++) table.append(id, i, i);
    expect(pointsOf(table, id)).toHaveLength(4_096);
    expect(completeAfter(table, id)).toBe(9_999 - 4_096);
  });

  it('holds what a naive table of sorted points holds', () => {
    const sample = fc.tuple(fc.nat(2), fc.integer({ min: 0, max: 400 }), fc.nat(2));
    // Bursts in order among scattered samples, so that rings fill up, wrap and grow.
    const burst = fc
      .tuple(fc.nat(2), fc.integer({ min: 0, max: 400 }), fc.integer({ min: 1, max: 90 }))
      .map(([series, from, length]) =>
        Array.from({ length }, (_, i): [number, number, number] => [series, from + i, i % 3]),
      );
    const samples = fc
      .array(
        fc.oneof(
          burst,
          sample.map((one) => [one]),
        ),
        { maxLength: 40 },
      )
      .map((parts) => parts.flat());
    fc.assert(
      fc.property(samples, fc.tuple(fc.nat(500), fc.nat(500), fc.constant(0)), (all, needs) => {
        const table = new SeriesTable({ limits });
        const ids = needs.map((need, i) => {
          const id = table.intern('t', `m${i}`, none);
          table.need(id, need);
          return id;
        });
        const model = needs.map(() => new Map<number, number>());
        for (const [series, at, value] of all) {
          const known = model[series]!;
          const newest = Math.max(...known.keys());
          const expected =
            known.size === 0 || at > newest
              ? appended.fresh
              : at < newest
                ? appended.late
                : known.get(at) === value
                  ? appended.unchanged
                  : appended.replaced;
          expect(table.append(ids[series]!, at, value)).toBe(expected);
          known.set(at, value);
        }
        let total = 0;
        ids.forEach((id, i) => {
          const sorted = [...model[i]!].sort(([a], [b]) => a - b);
          const points = pointsOf(table, id);
          total += points.length;
          // The newest points of the model, none missing between them.
          expect(points).toEqual(sorted.slice(sorted.length - points.length));
          expect(points.length).toBeGreaterThanOrEqual(Math.min(64, sorted.length));
          const newest = sorted.at(-1)?.[0] ?? 0;
          const needed = sorted.filter(([at]) => at > newest - needs[i]!);
          expect(points.length).toBeGreaterThanOrEqual(Math.min(4_096, needed.length));
          // Complete after the newest point that is not there, and not one later.
          const missing = sorted.at(-points.length - 1)?.[0] ?? Number.NEGATIVE_INFINITY;
          expect(completeAfter(table, id)).toBe(
            points.length === sorted.length ? Number.NEGATIVE_INFINITY : missing,
          );
          expect(table.bornAt(id)).toBe(sorted[0]?.[0] ?? Number.POSITIVE_INFINITY);
          expect(table.newestAt(id)).toBe(sorted.at(-1)?.[0] ?? Number.NEGATIVE_INFINITY);
        });
        expect(table.counts().points).toBe(total);
      }),
      { numRuns: 300 },
    );
  });

  it('takes about 1 kB a series of 60 points, and next to nothing when empty', () => {
    const table = new SeriesTable({ limits: { seriesPerTenant: 100_000 } });
    expect(table.counts().bytes).toBe(0);
    for (let s = 0; s < 20_000; s++) {
      const id = table.intern('t', 'm', labelSet({ s: String(s) }));
      for (let i = 0; i < 60; i++) table.append(id, i, i);
    }
    const { series, points, bytes } = table.counts();
    expect([series, points]).toEqual([20_000, 1_200_000]);
    expect(bytes / series).toBeLessThan(1_100);
  });
});

describe('windows that hold more points than a ring', () => {
  const minute = 60_000;
  const at = (table: SeriesTable, id: number, aggregate: WindowAggregate, windowMs: number) => {
    const window = emptyWindow();
    table.view(id, window);
    return aggregateAt(aggregate, windowMs, window, table.newestAt(id));
  };
  /** A sample each second, its value the second. */
  const fill = (table: SeriesTable, id: number, from: number, to: number) => {
    for (let i = from; i < to; i++) table.append(id, i * 1_000, i);
  };

  it('are read by the minute, from the sample on that began the ring', () => {
    const table = new SeriesTable({ limits });
    const id = table.intern('t', 'm', none);
    table.need(id, 120 * minute, 120 * minute);
    fill(table, id, 0, 7_199);
    expect(at(table, id, 'avg', 120 * minute)).toBe(Number.NaN);
    fill(table, id, 7_199, 14_400);
    // (7,199 s, 14,399 s]: its first whole minute begins at 7,200 s.
    expect(at(table, id, 'count', 120 * minute)).toBe(7_200);
    expect(at(table, id, 'avg', 120 * minute)).toBe((7_200 + 14_399) / 2);
    expect(at(table, id, 'increase', 120 * minute)).toBe(7_200);
    expect(at(table, id, 'rate', 120 * minute)).toBe(1);
    expect(at(table, id, 'delta', 120 * minute)).toBe(7_199);
    expect(at(table, id, 'min', 120 * minute)).toBe(7_200);
    expect(at(table, id, 'stddev', 120 * minute)).toBeCloseTo(Math.sqrt((7_200 ** 2 - 1) / 12), 6);
    // Percentiles need the points, and shorter windows have them.
    expect(at(table, id, 'p95', 120 * minute)).toBe(Number.NaN);
    expect(at(table, id, 'p50', 60 * minute)).toBe(12_599);
  });

  it('take late samples while the ring holds their minute, and replaced ones', () => {
    const table = new SeriesTable({ limits });
    const id = table.intern('t', 'm', none);
    table.need(id, 120 * minute, 120 * minute);
    fill(table, id, 0, 14_400);
    const sum = at(table, id, 'sum', 120 * minute);
    table.append(id, 14_000_500, 1_000);
    table.append(id, 14_000_000, 0);
    table.append(id, 14_399_000, 0);
    expect(at(table, id, 'sum', 120 * minute)).toBe(sum + 1_000 - 14_000 - 14_399);
    // Nobody can tell any more whether this one is new.
    table.append(id, 8_000_500, 1_000);
    expect(at(table, id, 'sum', 120 * minute)).toBe(sum + 1_000 - 14_000 - 14_399);
  });

  it('say the same after a refill', () => {
    const before = new SeriesTable({ limits });
    const id = before.intern('t', 'm', none);
    before.need(id, 120 * minute, 120 * minute);
    const samples: [number, number][] = [];
    for (let i = 0; i < 20_000; i++) samples.push([i * 1_000 + (i % 7) * 130, (i * 7_919) % 1_000]);
    // Every hundredth comes five seconds late.
    for (let i = 0; i + 6 < samples.length; i += 100) samples.splice(i + 5, 0, samples.splice(i, 1)[0]!);
    for (const [time, value] of samples) before.append(id, time, value);
    const after = new SeriesTable({ limits });
    const fromMs = before.newestAt(id) - 190 * minute;
    const again = after.intern('t', 'm', none);
    after.drop(again);
    expect(after.restore('t', 'm', none, before.bornAt(id), fromMs - 1)).toBe(again);
    after.need(again, 120 * minute, 120 * minute);
    for (const [time, value] of samples) if (time >= fromMs) after.append(again, time, value);
    for (const aggregate of ['avg', 'sum', 'count', 'stddev', 'min', 'max', 'increase', 'rate'] as const)
      for (const windowMs of [5 * minute, 60 * minute, 120 * minute])
        expect(at(after, again, aggregate, windowMs)).toBe(at(before, id, aggregate, windowMs));
  });

  it('cost nothing while no rule needs them, and go with the need and with the series', () => {
    const table = new SeriesTable({ limits });
    const [plain, long] = [table.intern('t', 'a', none), table.intern('t', 'b', none)];
    table.need(plain, 24 * 60 * minute);
    table.need(long, 24 * 60 * minute, 24 * 60 * minute);
    fill(table, plain, 0, 5_000);
    const { bytes } = table.counts();
    fill(table, long, 0, 5_000);
    const ring = 4_096 * 16;
    const minutes = table.counts().bytes - bytes;
    expect(minutes).toBeGreaterThan(1_440 * 88);
    expect(minutes).toBeLessThan(1_460 * 88 + 4 * ring);
    table.need(long, minute);
    expect(table.counts().bytes).toBeLessThan(bytes + 4 * ring);
    expect(at(table, long, 'avg', 120 * minute)).toBe(Number.NaN);
  });
});
