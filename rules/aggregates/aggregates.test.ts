import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { SeriesWindow } from '../types.ts';
import { aggregateAt, mostPoints, reachOf, tooLong, type WindowAggregate } from './index.ts';
import { parsePercentile, percentilePattern } from './percentile.ts';

type Point = readonly [at: number, value: number];

/** A ring without a lost point, in the middle of a larger array and turned by a third. */
function windowOf(points: readonly Point[], over: Partial<SeriesWindow> = {}): SeriesWindow {
  const size = 2 ** Math.ceil(Math.log2(Math.max(2, points.length)));
  const head = Math.floor(size / 3);
  const times = new Float64Array(size + 16).fill(Number.NaN);
  const values = new Float64Array(size + 16).fill(Number.NaN);
  points.forEach(([at, value], i) => {
    times[8 + ((head + i) & (size - 1))] = at;
    values[8 + ((head + i) & (size - 1))] = value;
  });
  return {
    ...{ times, values, base: 8, mask: size - 1, head, count: points.length },
    ...{ bornAt: points[0]?.[0] ?? Number.POSITIVE_INFINITY, completeAfter: Number.NEGATIVE_INFINITY },
    ...{ dropped: 0, edits: 0, minutes: null },
    ...over,
  };
}

/** Over (0, newest]: the first point, at 0, only covers the window. */
function of(aggregate: WindowAggregate, values: readonly number[], everyMs = 1_000): number {
  const points = values.map((value, i): Point => [(i + 1) * everyMs, value]);
  const at = points.at(-1)![0];
  const window = windowOf(points, { bornAt: 0 });
  return aggregateAt(aggregate, at, window, at);
}

const s = 1_000;
const minute = 60 * s;

describe('avg', () => {
  it('of equal values is that value, whatever rounding would make of it', () => {
    expect(of('avg', [0.1, 0.1, 0.1])).toBe(0.1);
  });

  it('and sum do not lose small values beside large ones', () => {
    expect(of('sum', [1e16, 1, 1, -1e16])).toBe(2);
    expect(of('avg', [1e16, 1, 1, -1e16])).toBe(0.5);
  });
});

describe('stddev', () => {
  it('is that of the population', () => {
    expect(of('stddev', [2, 4, 4, 4, 5, 5, 7, 9])).toBe(2);
    expect(of('stddev', [7])).toBe(0);
    expect(of('stddev', [0.1, 0.1, 0.1])).toBe(0);
  });

  it('does not drown in a large mean', () => {
    expect(of('stddev', [1e12 + 1, 1e12 - 1, 1e12 + 1, 1e12 - 1])).toBe(1);
  });
});

describe('percentiles', () => {
  it('are the value at the nearest rank, one that was measured', () => {
    const ten = [10, 1, 9, 2, 8, 3, 7, 4, 6, 5];
    expect((['p1', 'p10', 'p50', 'p90', 'p95', 'p99.9'] as const).map((p) => of(p, ten))).toEqual([
      1, 1, 5, 9, 10, 10,
    ]);
    const thousand = Array.from({ length: 1_000 }, (_, i) => 1_000 - i);
    expect((['p50', 'p95', 'p99', 'p99.9'] as const).map((p) => of(p, thousand))).toEqual([
      500, 950, 990, 999,
    ]);
    expect(of('p50', [3])).toBe(3);
  });

  it('have names from p1 to p99.9', () => {
    const good = ['p1', 'p50', 'P95', 'p95.0', 'p99.9', 'p1.5', 'p05'];
    expect(good.map(parsePercentile)).toEqual(['p1', 'p50', 'p95', 'p95', 'p99.9', 'p1.5', 'p5']);
    const bad = ['p0', 'p0.9', 'p100', 'p99.99', 'p', '95', 'p9.', 'p-1', 'p0.0', 'p00'];
    expect(bad.map(parsePercentile)).toEqual(bad.map(() => undefined));
    const pattern = new RegExp(percentilePattern);
    expect([...good, ...bad].map((name) => pattern.test(name))).toEqual([
      ...good.map(() => true),
      ...bad.map(() => false),
    ]);
  });
});

describe('counters', () => {
  const points: Point[] = [
    [0, 100],
    [10 * s, 110],
    [20 * s, 130],
    [30 * s, 5],
    [40 * s, 25],
  ];
  const over = (aggregate: WindowAggregate, windowMs: number, at = 40 * s) =>
    aggregateAt(aggregate, windowMs, windowOf(points, { bornAt: -minute }), at);

  it('rise from the last sample before the window, and by the value after a reset', () => {
    expect(over('increase', 20 * s)).toBe(5 + 20);
    expect(over('increase', 40 * s)).toBe(10 + 20 + 5 + 20);
    expect(over('rate', 40 * s)).toBe(55 / 40);
    expect(over('rate', 25 * s)).toBe(45 / 30);
  });

  it('say nothing of one sample, and do not look back further than five minutes', () => {
    expect(over('increase', 40 * s, 0)).toBe(Number.NaN);
    const late: Point[] = [[0, 1], ...[6, 7].map((m): Point => [m * minute, 10 * m])];
    const at = 7 * minute;
    expect(aggregateAt('increase', minute, windowOf(late), at)).toBe(10);
    expect(aggregateAt('increase', 90 * s, windowOf(late), at)).toBe(10);
    // 6 min - 1 ms after the first: within five minutes before the window.
    expect(aggregateAt('increase', 2 * minute, windowOf(late), at)).toBe(69);
  });

  it('say nothing when the sample before the window may have been lost', () => {
    const window = windowOf(points, { bornAt: -10 * minute, completeAfter: -10 * s });
    expect(aggregateAt('increase', 41 * s, window, 40 * s)).toBe(Number.NaN);
    expect(aggregateAt('increase', 30 * s, window, 40 * s)).toBe(45);
    expect(aggregateAt('delta', 41 * s, window, 40 * s)).toBe(-75);
  });

  it('delta of a gauge is last - first in the window', () => {
    expect(over('delta', 40 * s)).toBe(25 - 110);
    expect(over('delta', 5 * s)).toBe(Number.NaN);
  });
});

describe('every aggregate', () => {
  it('is what a plain list gives, within 1e-9', () => {
    const gap = fc.integer({ min: 1, max: 20 });
    const value = fc.oneof(
      fc.integer({ min: -20, max: 20 }),
      fc.double({ min: -1e6, max: 1e6, noNaN: true }),
    );
    const steps = fc.array(fc.tuple(gap, value), { minLength: 1, maxLength: 200 });
    fc.assert(
      fc.property(
        steps,
        fc.integer({ min: 1, max: 600 }),
        fc.integer({ min: 10, max: 999 }),
        (drawn, windowMs, perMille) => {
          let t = 0;
          const points = drawn.map(([by, v]): Point => {
            t += by;
            return [t, v];
          });
          const window = windowOf(points, { bornAt: Number.NEGATIVE_INFINITY });
          const first = points.findIndex(([at]) => at > t - windowMs);
          const inside = points.slice(first).map(([, v]) => v);
          const back = points.slice(Math.max(0, first - 1));
          const n = inside.length;
          const mean = inside.reduce((a, b) => a + b, 0) / n;
          const rises = back.slice(1).map(([, v], i) => (v >= back[i]![1] ? v - back[i]![1] : v));
          const increase = back.length < 2 ? Number.NaN : rises.reduce((a, b) => a + b, 0);
          const sorted = [...inside].sort((a, b) => a - b);
          const plain: Record<string, number> = {
            ...{ sum: mean * n, avg: mean, count: n, min: sorted[0]!, max: sorted.at(-1)! },
            stddev: Math.sqrt(inside.reduce((a, b) => a + (b - mean) ** 2, 0) / n),
            increase,
            rate: increase / ((t - back[0]![0]) / 1_000),
            delta: n < 2 ? Number.NaN : inside.at(-1)! - inside[0]!,
            [`p${perMille / 10}`]: sorted[Math.ceil((perMille * n) / 1_000) - 1]!,
          };
          const scale = Math.max(1, ...back.map(([, v]) => Math.abs(v))) * 200;
          for (const [name, expected] of Object.entries(plain)) {
            const got = aggregateAt(name as WindowAggregate, windowMs, window, t);
            if (Number.isNaN(expected)) expect(got).toBeNaN();
            else {
              const perSecond = name === 'rate' ? 1_000 : 1;
              expect(Math.abs(got - expected)).toBeLessThanOrEqual(1e-9 * scale * perSecond);
            }
          }
        },
      ),
      { numRuns: 1_000 },
    );
  });
});

describe('the memory that a window needs', () => {
  it('is refused with the figure when it is more than there can be', () => {
    expect(tooLong('p95', 24 * 60 * minute, 15 * s)).toBe(
      'p95 over 1d needs 5,760 points at one per 15s; the most is 4,096',
    );
    expect(tooLong('p95', 24 * 60 * minute, minute)).toBeNull();
    expect(tooLong('p50', mostPoints * s, s)).toBeNull();
    expect(tooLong('avg', 24 * 60 * minute, s)).toBeNull();
    expect(tooLong('avg', 30 * 24 * 60 * minute, s)).toBe(
      'avg over 30d needs 43,200 minutes; the most is 10,080',
    );
    expect(tooLong('absent', 400 * 24 * 60 * minute, s)).toBeNull();
  });

  it('reaches back to the sample before the window of a counter', () => {
    expect(['last', 'absent', 'avg', 'rate'].map((a) => reachOf(a as WindowAggregate, minute))).toEqual([
      0,
      0,
      minute,
      6 * minute,
    ]);
  });
});
