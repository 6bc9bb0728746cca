import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { MinuteTotals, SeriesWindow } from '../types.ts';
import { counterLookbackMs, MinuteRing, minuteMs } from './minutes.ts';

type Point = readonly [at: number, value: number];

const totals = (): MinuteTotals => ({
  ...{ count: 0, sum: 0, squares: 0, min: 0, max: 0, first: 0, last: 0, firstAt: 0, lastAt: 0, increase: 0 },
});

function windowOf(points: readonly Point[]): SeriesWindow {
  const size = 2 ** Math.ceil(Math.log2(Math.max(2, points.length)));
  const times = new Float64Array(size);
  const values = new Float64Array(size);
  points.forEach(([at, value], i) => {
    times[i] = at;
    values[i] = value;
  });
  return {
    ...{ times, values, base: 0, mask: size - 1, head: 0, count: points.length },
    ...{ bornAt: 0, completeAfter: Number.NEGATIVE_INFINITY, dropped: 0, edits: 0, minutes: null },
  };
}

/** What the samples of the minutes first..last give, with the last one at most five minutes before them. */
function plain(points: readonly Point[], first: number, last: number, before: number | null) {
  const start = first * minuteMs;
  const inside = points.filter(([at]) => at >= start && at < (last + 1) * minuteMs);
  if (inside.length === 0) return null;
  const reached = points.filter(([at]) => before !== null && at >= before && at < start).slice(-1);
  const run = [...reached, ...inside];
  const values = inside.map(([, value]) => value);
  const sum = values.reduce((a, b) => a + b, 0);
  const mean = sum / values.length;
  return {
    count: values.length,
    sum,
    squares: values.reduce((a, b) => a + (b - mean) ** 2, 0),
    min: Math.min(...values),
    max: Math.max(...values),
    first: run[0]![1],
    last: values.at(-1)!,
    firstAt: run[0]![0],
    lastAt: inside.at(-1)![0],
    increase: run.slice(1).reduce((a, [, v], i) => a + (v >= run[i]![1] ? v - run[i]![1] : v), 0),
  };
}

describe('minutes', () => {
  it('hold what their samples give, also those that came late', () => {
    const steps = fc.array(
      fc.tuple(
        fc.oneof(fc.integer({ min: 1, max: 40_000 }), fc.integer({ min: 1, max: 900_000 })),
        fc.integer({ min: -50, max: 50 }),
        fc.boolean(),
      ),
      { minLength: 1, maxLength: 60 },
    );
    fc.assert(
      fc.property(steps, fc.nat(30), fc.nat(30), fc.boolean(), (drawn, from, length, looksBack) => {
        let t = 1_700_000_000_000;
        const points = drawn.map(([by, value]): Point => {
          t += by;
          return [t, value];
        });
        const spanMs = 60 * minuteMs;
        let ring = new MinuteRing(spanMs, Number.NEGATIVE_INFINITY);
        // First those that are in time, then the late ones among them, one by one as the ring gets them.
        const there = points.filter((_, i) => !drawn[i]![2] || i === points.length - 1);
        for (const [at, value] of there) ring.add(at, value);
        for (const point of points) {
          if (there.includes(point)) continue;
          there.push(point);
          there.sort((a, b) => a[0] - b[0]);
          ring.rebuild(point[0], windowOf(there));
        }
        if (length % 2 === 1) ring = ring.resized(spanMs * 2).resized(spanMs);
        const last = Math.floor(t / minuteMs) - from;
        const first = last - length;
        const before = looksBack ? first * minuteMs - counterLookbackMs : null;
        const into = totals();
        const any = ring.read(first, last, before, into);
        const expected = plain(points, first, last, before);
        expect(any).toBe(expected !== null);
        if (expected === null) return;
        const { squares, ...others } = into;
        const { squares: expectedSquares, ...expectedOthers } = expected;
        expect(others).toEqual(expectedOthers);
        expect(squares).toBeCloseTo(expectedSquares, 6);
      }),
      { numRuns: 1_000 },
    );
  });

  it('forget the oldest, and say from when on they are complete', () => {
    const ring = new MinuteRing(10 * minuteMs, 30_000);
    expect(ring.completeAfter).toBe(30_000);
    ring.add(60_000, 1);
    expect(ring.completeAfter).toBe(30_000);
    ring.add(60 * minuteMs, 2);
    expect(ring.completeAfter).toBe((60 - ring.capacity + 1) * minuteMs - 1);
    expect(ring.capacity).toBeGreaterThanOrEqual(11 + 5);
    const into = totals();
    expect(ring.read(60 - ring.capacity + 1, 60, null, into)).toBe(true);
    expect(into.count).toBe(1);
  });
});
