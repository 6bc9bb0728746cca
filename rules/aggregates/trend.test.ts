import fc from 'fast-check';
import { linearRegression, linearRegressionLine, rSquared } from 'simple-statistics';
import { describe, expect, it } from 'vitest';
import { shownValue } from '../threshold.ts';
import type { SeriesWindow } from '../types.ts';
import { aggregateAt } from './index.ts';
import {
  figureOf,
  type Line,
  lineThrough,
  predictionMargin,
  studentQuantile,
  type TrendOptions,
  trendFigure,
  trendOptions,
} from './trend.ts';

const min = 60_000;
const t0 = 1_700_000_000_000;

type Point = readonly [t: number, v: number];

/** A ring whose oldest point lies at its end. */
function windowOf(points: readonly Point[]): SeriesWindow {
  const size = 2 ** Math.ceil(Math.log2(Math.max(2, points.length)));
  const head = size - 1;
  const times = new Float64Array(size);
  const values = new Float64Array(size);
  for (const [i, [t, v]] of points.entries()) {
    times[(head + i) & (size - 1)] = t;
    values[(head + i) & (size - 1)] = v;
  }
  return {
    ...{ times, values, base: 0, mask: size - 1, head, count: points.length, minutes: null },
    ...{ bornAt: t0 - 1e9, completeAfter: Number.NEGATIVE_INFINITY, dropped: 0, edits: 0 },
  };
}

/** A point a minute, ending at t0. */
const everyMinute = (values: readonly number[]): Point[] =>
  values.map((v, i) => [t0 - (values.length - 1 - i) * min, v]);

function lineOf(values: readonly number[]): Line {
  const line = lineThrough(windowOf(everyMinute(values)), 0, values.length - 1, t0);
  if (line === null) throw new Error('no line');
  return line;
}

const options = (over: Partial<TrendOptions> = {}): TrendOptions => ({
  ...{ measure: 'slope', perMs: min, withinMs: 0, minFit: 0, confidence: 0, side: 'above', ...over },
});

/** The figure of a window that holds all points. */
function figure(values: readonly number[], over: Partial<TrendOptions> = {}): number {
  const windowMs = values.length * min;
  return aggregateAt(trendFigure(options(over)), windowMs, windowOf(everyMinute(values)), t0);
}

describe('the line through the points of a window', () => {
  it('is that of simple-statistics, with its R²', () => {
    const gaps = fc.integer({ min: 1, max: 100_000 });
    const points = fc
      .array(fc.tuple(gaps, fc.double({ min: -1e6, max: 1e6, noNaN: true })), { minLength: 3, maxLength: 80 })
      .map((steps) => {
        let t = t0;
        return steps.map(([gap, v]): Point => {
          t += gap;
          return [t, v];
        });
      });
    fc.assert(
      fc.property(points, (all) => {
        const at = all.at(-1)![0];
        const line = lineThrough(windowOf(all), 0, all.length - 1, at)!;
        const near = all.map(([t, v]): [number, number] => [t - at, v]);
        const { m, b } = linearRegression(near);
        const spread = Math.max(...all.map(([, v]) => Math.abs(v))) + 1e-9;
        const span = at - all[0]![0];
        expect(Math.abs(line.slope - m) * span).toBeLessThan(1e-7 * spread);
        expect(Math.abs(line.level - b)).toBeLessThan(1e-7 * spread);
        const values = near.map(([, v]) => v);
        const range = Math.max(...values) - Math.min(...values);
        if (range > 1e-3 * spread)
          expect(line.fit).toBeCloseTo(rSquared(near, linearRegressionLine({ m, b })), 6);
      }),
    );
  });

  it('does not lose small changes beside a high level', () => {
    const values = Array.from({ length: 60 }, (_, i) => 1e15 + i);
    expect(lineOf(values)).toMatchObject({ fit: 1, slope: 1 / min });
    expect(lineOf(values).level).toBe(1e15 + 59);
  });

  it('takes three points to be known', () => {
    expect(figure([1, 2])).toBeNaN();
    expect(figure([1, 2, 3])).toBeCloseTo(1, 12);
    expect(aggregateAt(trendFigure(options()), min, windowOf([]), t0)).toBeNaN();
  });

  it.each([0.1, 95.3, -7e-9, 1e300, 5e-324])('of values that all are %d is level and fits', (value) => {
    for (const count of [3, 7, 60, 4_096])
      expect(lineOf(Array(count).fill(value))).toMatchObject({
        slope: 0,
        fit: 1,
        level: value,
        deviation: 0,
      });
  });

  it('holds 4,096 points', () => {
    const values = Array.from({ length: 4_096 }, (_, i) => 10 + i * 0.25);
    expect(figure(values)).toBeCloseTo(0.25, 9);
    expect(figure(values, { measure: 'crosses', withinMs: 60 * min, confidence: 0.99 })).toBeCloseTo(
      10 + (4_095 + 60) * 0.25,
      5,
    );
  });

  it.each([1e-200, 1e-150, 1e150, 1e200])('fits as well, or as badly, at %d times the values', (factor) => {
    const noise = [0, 9, 1, 8, 2, 9, 0, 10, 3, 7];
    const rise = [1, 2, 3, 4, 5, 6.5, 7, 8, 9, 10];
    for (const values of [noise, rise]) {
      const [plain, scaled] = [lineOf(values), lineOf(values.map((v) => v * factor))];
      expect(scaled.fit).toBeCloseTo(plain.fit, 9);
      expect(scaled.slope / factor / plain.slope).toBeCloseTo(1, 9);
      expect(scaled.deviation / factor / plain.deviation).toBeCloseTo(1, 9);
    }
  });

  it('is not known of values that are too far apart for a number', () => {
    expect(figure([-1.7e308, 1.7e308, 0, 5])).toBeNaN();
    expect(figure([0, 1e308, 1e308, 1.5e308])).toBeNaN();
  });
});

describe("a quantile of Student's t", () => {
  it.each([
    [1, 12.706],
    [2, 4.303],
    [5, 2.571],
    [10, 2.228],
    [30, 2.042],
    [120, 1.98],
  ])('of 97.5 %% and %i degrees of freedom is %d', (degrees, known) => {
    expect(studentQuantile(0.975, degrees)).toBeCloseTo(known, 3);
  });

  it.each([
    [0.95, 4, 2.132],
    [0.995, 9, 3.25],
    [0.9995, 1, 636.619],
    [0.975, 4_094, 1.961],
  ])('of %d and %i is %d', (p, degrees, known) => {
    expect(studentQuantile(p, degrees)).toBeCloseTo(known, 2);
  });

  it('makes the interval of a textbook', () => {
    // y = 2, 4, 5, 4, 5 at 1..5: b = 0.6, s² = 2.4 / 3; at 6 the half width is 3.182 · s · √(1 + 1/5 + 9/10).
    const line = lineOf([2, 4, 5, 4, 5]);
    expect(line.slope * min).toBeCloseTo(0.6, 12);
    expect(predictionMargin(line, min, 0.95)).toBeCloseTo(3.1824 * Math.sqrt(0.8) * Math.sqrt(2.1), 3);
  });
});

describe('the figure of a trend', () => {
  const noisy = [10, 14, 11, 16, 13, 18, 15, 20, 17, 22];

  it('is told per the span asked for, over the window, and relative to its start', () => {
    const rise = [10, 12, 14, 16, 18, 20];
    expect(figure(rise)).toBeCloseTo(2, 12);
    expect(figure(rise, { perMs: 60 * min })).toBeCloseTo(120, 10);
    // The window begins a minute before its first point.
    expect(figure(rise, { measure: 'change' })).toBeCloseTo(12, 12);
    expect(figure(rise, { measure: 'relative_change' })).toBeCloseTo(12 / 8, 12);
  });

  it('relative to nothing is beyond all numbers, or 0 where nothing changes', () => {
    expect(figure([0, 0, 0, 0], { measure: 'relative_change' })).toBe(0);
    const line = { count: 9, level: 5, slope: 1, fit: 1, deviation: 0, meanT: 0, squaresT: 1 };
    const relative = options({ measure: 'relative_change' });
    expect(figureOf(line, relative, 5)).toBe(Number.POSITIVE_INFINITY);
    expect(figureOf({ ...line, level: -5, slope: -1 }, relative, 5)).toBe(Number.NEGATIVE_INFINITY);
    // What falls from -10 to -15 falls by half, as from 10 to 5.
    expect(figureOf({ ...line, level: -15, slope: -1 }, relative, 5)).toBe(-0.5);
  });

  it('crosses where the line is, and with a confidence where all of the interval is', () => {
    const ahead = { measure: 'crosses', withinMs: 10 * min } as const;
    const line = lineOf(noisy);
    const point = line.level + line.slope * 10 * min;
    const margin = predictionMargin(line, 10 * min, 0.95);
    expect(margin).toBeGreaterThan(1);
    expect(figure(noisy, ahead)).toBeCloseTo(point, 9);
    expect(figure(noisy, { ...ahead, confidence: 0.95 })).toBeCloseTo(point - margin, 9);
    expect(figure(noisy, { ...ahead, confidence: 0.95, side: 'below' })).toBeCloseTo(point + margin, 9);
  });

  it('without a direction lies on the good side, whichever that is', () => {
    const zigzag = [0, 9, 1, 8, 2, 9, 0, 10];
    expect(lineOf(zigzag).fit).toBeLessThan(0.2);
    expect(figure(zigzag, { minFit: 0.5 })).toBe(Number.NEGATIVE_INFINITY);
    expect(figure(zigzag, { minFit: 0.5, side: 'below' })).toBe(Number.POSITIVE_INFINITY);
    const unknown = { count: 9, level: 5, slope: 1, fit: Number.NaN, deviation: 0, meanT: 0, squaresT: 1 };
    expect(figureOf(unknown, options(), min)).toBe(Number.NEGATIVE_INFINITY);
  });

  it('is never a reason to alert where its points say nothing', () => {
    const extreme = fc.constantFrom(
      0,
      1,
      -1,
      1e-320,
      1e-170,
      -1e-170,
      1e154,
      1e200,
      -1e200,
      1.7e308,
      -1.7e308,
    );
    fc.assert(
      fc.property(
        fc.array(extreme, { minLength: 3, maxLength: 12 }),
        fc.constantFrom('slope', 'change', 'relative_change', 'crosses'),
        fc.constantFrom(0, 0.95),
        (values, measure, confidence) => {
          // Time backwards is the mirror image: both cannot rise.
          const both = [values, [...values].reverse()].map((all) => {
            const over = { measure, confidence, withinMs: 0, minFit: 0.5 } as const;
            return figure(all, measure === 'crosses' ? { ...over, withinMs: min } : over);
          });
          for (const value of both) {
            if (Number.isNaN(value)) continue;
            expect(shownValue(value, 'true')).toSatisfy(Number.isFinite);
          }
          if (measure === 'slope' || measure === 'change') expect(both[0]! > 0 && both[1]! > 0).toBe(false);
        },
      ),
    );
  });

  it('stands in its word with all that it depends on', () => {
    const all = options({ measure: 'crosses', withinMs: 4, confidence: 0.9, minFit: 0.25, side: 'below' });
    expect(trendOptions(trendFigure(all))).toEqual(all);
    expect(trendOptions('p95')).toBeNull();
  });
});
