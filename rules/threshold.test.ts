import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseRule } from './parse.ts';
import { evaluateThreshold } from './threshold.ts';
import type { Evaluation, SeriesWindow, ThresholdRule } from './types.ts';

function rule(keys: Record<string, unknown>): ThresholdRule {
  const read = parseRule({ name: 'R', metric: 'm', ...keys }, { kind: 'api' });
  if ('problems' in read) throw new Error(JSON.stringify(read.problems));
  return read.rule as ThresholdRule;
}

type Point = readonly [at: number, value: number];

/** A ring of `size` points (a power of two) in the middle of a larger array, filled as ingest fills it. */
function windowOf(points: readonly Point[], size = 16, base = 32): SeriesWindow {
  const times = new Float64Array(base + size + 8).fill(Number.NaN);
  const values = new Float64Array(base + size + 8).fill(Number.NaN);
  const mask = size - 1;
  for (const [i, [at, value]] of points.entries()) {
    times[base + (i & mask)] = at;
    values[base + (i & mask)] = value;
  }
  const lost = Math.max(0, points.length - size);
  return {
    ...{ times, values, base, mask, head: lost & mask, count: points.length - lost },
    bornAt: points[0]?.[0] ?? Number.POSITIVE_INFINITY,
    completeAfter: lost === 0 ? Number.NEGATIVE_INFINITY : points[lost - 1]![0],
    ...{ dropped: lost, edits: 0, minutes: null },
  };
}

function evaluate(r: ThresholdRule, points: readonly Point[], at: number, wasTrue = false): Evaluation {
  const out: Evaluation = { verdict: 'true', value: 123 };
  evaluateThreshold(r, windowOf(points), at, wasTrue, out);
  return { ...out };
}

describe('evaluateThreshold', () => {
  it('compares the newest value', () => {
    const r = rule({ threshold: 80 });
    expect(
      evaluate(
        r,
        [
          [1, 90],
          [2, 80],
        ],
        2,
      ),
    ).toEqual({ verdict: 'false', value: 80 });
    expect(
      evaluate(
        r,
        [
          [1, 90],
          [2, 80.1],
        ],
        2,
      ),
    ).toEqual({ verdict: 'true', value: 80.1 });
    expect(
      evaluate(
        r,
        [
          [1, 90],
          [2, 80],
        ],
        1,
      ),
    ).toEqual({ verdict: 'true', value: 90 });
    expect(evaluate(r, [], 1)).toEqual({ verdict: 'insufficient_data', value: Number.NaN });
  });

  it.each([
    ['gt', [false, false, true]],
    ['gte', [false, true, true]],
    ['lt', [true, false, false]],
    ['lte', [true, true, false]],
    ['eq', [false, true, false]],
    ['neq', [true, false, true]],
  ])('%s', (operator, expected) => {
    const r = rule({ operator, threshold: 5 });
    expect([4, 5, 6].map((value) => evaluate(r, [[1, value]], 1).verdict === 'true')).toEqual(expected);
  });

  it('aggregates the points of (at - window, at]', () => {
    const points: Point[] = [
      [0, 100],
      [1_000, 1],
      [2_000, 2],
      [3_000, 6],
    ];
    const value = (aggregate: string) =>
      evaluate(rule({ aggregate, window: '3s', threshold: 0 }), points, 3_000).value;
    expect(['avg', 'min', 'max', 'sum', 'count'].map(value)).toEqual([3, 1, 6, 9, 3]);
  });

  it('has no verdict while the series is younger than the window', () => {
    const r = rule({ aggregate: 'max', window: '3s', threshold: 0 });
    expect(
      evaluate(
        r,
        [
          [1_000, 5],
          [3_999, 5],
        ],
        3_999,
      ).verdict,
    ).toBe('insufficient_data');
    expect(
      evaluate(
        r,
        [
          [1_000, 5],
          [4_000, 5],
        ],
        4_000,
      ).verdict,
    ).toBe('true');
  });

  it('has no verdict when points of the window were overwritten', () => {
    const r = rule({ aggregate: 'count', window: '20s', operator: 'gte', threshold: 16 });
    const points = Array.from({ length: 40 }, (_, i): Point => [i * 1_000, 1]);
    expect(evaluate(r, points, 39_000).verdict).toBe('insufficient_data');
    expect(
      evaluate(rule({ aggregate: 'count', window: '16s', operator: 'gte', threshold: 16 }), points, 39_000),
    ).toEqual({
      verdict: 'true',
      value: 16,
    });
  });

  it('stays true until the value is back on the good side of the resolve threshold', () => {
    const above = rule({ threshold: 80, resolve_threshold: 70 });
    const verdict = (r: ThresholdRule, value: number, wasTrue: boolean) =>
      evaluate(r, [[1, value]], 1, wasTrue).verdict;
    expect([75, 71, 70].map((value) => verdict(above, value, true))).toEqual(['true', 'true', 'false']);
    expect([75, 80, 81].map((value) => verdict(above, value, false))).toEqual(['false', 'false', 'true']);
    const below = rule({ operator: '<', threshold: 10, resolve_threshold: 20 });
    expect([15, 20].map((value) => verdict(below, value, true))).toEqual(['true', 'false']);
    expect([15, 9].map((value) => verdict(below, value, false))).toEqual(['false', 'true']);
  });

  it('knows at every sample that it is not absent', () => {
    expect(evaluate(rule({ aggregate: 'absent', window: '1m' }), [[1, 5]], 1)).toEqual({
      verdict: 'false',
      value: Number.NaN,
    });
  });

  it('has no verdict when there is nothing to compare', () => {
    const r = rule({ aggregate: 'sum', window: '1s', threshold: 0 });
    expect(
      evaluate(
        r,
        [
          [0, 1],
          [1_500, Infinity],
          [2_000, -Infinity],
        ],
        2_000,
      ),
    ).toEqual({ verdict: 'insufficient_data', value: Number.NaN });
    expect(evaluate(r, [[0, 1]], 5_000).verdict).toBe('insufficient_data');
    expect(
      evaluate(rule({ aggregate: 'count', window: '1s', operator: '<', threshold: 1 }), [[0, 1]], 5_000),
    ).toEqual({ verdict: 'true', value: 0 });
  });

  it('is what a plain list says, wherever the ring begins', () => {
    const gaps = fc.array(fc.tuple(fc.integer({ min: 1, max: 9 }), fc.integer({ min: -50, max: 50 })), {
      minLength: 1,
      maxLength: 40,
    });
    const kinds = fc.constantFrom('last', 'avg', 'min', 'max', 'sum', 'count');
    fc.assert(
      fc.property(
        gaps,
        kinds,
        fc.integer({ min: 1, max: 60 }),
        fc.nat(5),
        (steps, aggregate, windowMs, back) => {
          let t = 0;
          const points = steps.map(([gap, value]): Point => {
            t += gap;
            return [t, value];
          });
          const at = points.at(-1 - Math.min(back, points.length - 1, 15))![0];
          const r = rule({
            aggregate,
            ...(aggregate === 'last' ? {} : { window: `${windowMs}ms` }),
            threshold: 0,
          });
          const { value, verdict } = evaluate(r, points, at);
          const kept = points.slice(-16);
          const inside = points.filter(([time]) => time <= at && time > at - windowMs).map(([, v]) => v);
          const covered =
            points[0]![0] <= at - windowMs && inside.length <= kept.filter(([time]) => time <= at).length;
          const plain: Record<string, number> = {
            last: points.filter(([time]) => time <= at).at(-1)![1],
            sum: inside.reduce((a, b) => a + b, 0),
            avg: inside.reduce((a, b) => a + b, 0) / inside.length,
            min: Math.min(...inside),
            max: Math.max(...inside),
            count: inside.length,
          };
          if (aggregate !== 'last' && !covered) expect(verdict).toBe('insufficient_data');
          else expect([value, verdict]).toEqual([plain[aggregate], plain[aggregate]! > 0 ? 'true' : 'false']);
        },
      ),
      { numRuns: 1_000 },
    );
  });
});
