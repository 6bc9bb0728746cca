import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { acrossOf, addSeries, clearTotals, emptyTotals, judgeGroup } from './across.ts';
import { parseRule } from './parse.ts';
import { isGridRule, minuteSpanOf, pointSpanOf, readsBackOf } from './readings.ts';
import { type Across, acrossWords, type Evaluation, type SeriesWindow, type ThresholdRule } from './types.ts';

const s = 1_000;
const min = 60 * s;

function read(keys: Record<string, unknown>): ThresholdRule | string[] {
  const parsed = parseRule({ name: 'R', metric: 'm', threshold: 1, ...keys }, { kind: 'api' });
  return 'problems' in parsed
    ? parsed.problems.map((p) => `${p.path}: ${p.message}`)
    : (parsed.rule as ThresholdRule);
}

function rule(keys: Record<string, unknown>): ThresholdRule {
  const parsed = read(keys);
  if (Array.isArray(parsed)) throw new Error(parsed.join('; '));
  return parsed;
}

function windowOf(points: readonly (readonly [at: number, value: number])[]): SeriesWindow {
  return {
    times: Float64Array.from([...points.map(([at]) => at), ...Array(16 - points.length).fill(Number.NaN)]),
    values: Float64Array.from([...points.map(([, v]) => v), ...Array(16 - points.length).fill(Number.NaN)]),
    ...{ base: 0, mask: 15, head: 0, count: points.length },
    ...{ bornAt: points[0]?.[0] ?? Number.POSITIVE_INFINITY, completeAfter: Number.NEGATIVE_INFINITY },
    ...{ dropped: 0, edits: 0, minutes: null },
  };
}

function judged(r: ThresholdRule, group: readonly SeriesWindow[], at: number, wasTrue = false): Evaluation {
  const totals = emptyTotals();
  for (const window of group) addSeries(r, window, at, totals);
  const out: Evaluation = { verdict: 'true', value: 123 };
  judgeGroup(r, totals, wasTrue, out);
  return out;
}

describe('a figure across series', () => {
  const group = [windowOf([[10 * s, 4]]), windowOf([[20 * s, 1]]), windowOf([[30 * s, 7]])];
  it.each([
    ['sum', 12],
    ['avg', 4],
    ['min', 1],
    ['max', 7],
    ['count', 3],
  ] as const)('is the %s of the newest values', (across, value) => {
    expect(judged(rule({ across }), group, 60 * s)).toEqual({
      verdict: value > 1 ? 'true' : 'false',
      value,
    });
  });

  it('takes samples of (t - 5m, t] for `last`, or of a longer window', () => {
    const across = { across: 'count' };
    expect(judged(rule(across), group, 20 * s).value).toBe(2);
    expect(judged(rule(across), group, 5 * min + 10 * s).value).toBe(2);
    expect(judged(rule({ ...across, window: '10m' }), group, 5 * min + 10 * s).value).toBe(3);
  });

  it('takes the window of each series at t, whatever came after t', () => {
    const r = rule({ across: 'sum', aggregate: 'avg', window: '20s' });
    const old: readonly [number, number] = [0, 0];
    const two = [
      windowOf([old, [30 * s, 2], [40 * s, 4], [41 * s, 100]]),
      windowOf([old, [35 * s, 10], [50 * s, 500]]),
    ];
    expect(judged(r, two, 40 * s).value).toBe(13);
  });

  it('leaves out series without a value, and says nothing of a group without any', () => {
    const r = rule({ across: 'avg', aggregate: 'max', window: '1m' });
    const young = windowOf([[100 * s, 900]]);
    const grown = windowOf([
      [0, 1],
      [90 * s, 3],
    ]);
    expect(judged(r, [young, grown], 110 * s).value).toBe(3);
    expect(judged(r, [young], 110 * s)).toEqual({ verdict: 'insufficient_data', value: Number.NaN });
    expect(judged(r, [], 110 * s).verdict).toBe('insufficient_data');
  });

  it('has hysteresis', () => {
    const r = rule({ across: 'sum', threshold: 10, resolve_threshold: 5 });
    const seven = [windowOf([[s, 3]]), windowOf([[s, 4]])];
    expect([judged(r, seven, 2 * s, false).verdict, judged(r, seven, 2 * s, true).verdict]).toEqual([
      'false',
      'true',
    ]);
  });

  it('does not depend on the order of the series, and agrees with a plain loop', () => {
    const values = fc.array(fc.integer({ min: -1_000_000, max: 1_000_000 }), { minLength: 1, maxLength: 30 });
    const totals = emptyTotals();
    const of = (across: Across, list: readonly number[]) => {
      clearTotals(totals);
      for (const value of list) addSeries(rule({ across }), windowOf([[s, value / 100]]), s, totals);
      return acrossOf(across, totals);
    };
    fc.assert(
      fc.property(values, fc.constantFrom(...acrossWords), (list, across) => {
        const got = of(across, list);
        expect(of(across, [...list].reverse())).toBe(got);
        const plain = {
          sum: list.reduce((a, b) => a + b, 0) / 100,
          avg: list.reduce((a, b) => a + b, 0) / 100 / list.length,
          min: Math.min(...list) / 100,
          max: Math.max(...list) / 100,
          count: list.length,
        }[across];
        expect(got).toBeCloseTo(plain, 6);
      }),
      { numRuns: 200 },
    );
  });
});

describe('the keys of a rule over several series', () => {
  it('have defaults', () => {
    expect(rule({ across: 'SUM' })).toMatchObject({
      across: 'sum',
      grid: { by: [], intervalMs: 15 * s, evalDelayMs: 2 * s },
      windowMs: 5 * min,
      noDataAfterMs: min,
    });
    expect(rule({ across: 'max', by: ['a', 'b'], interval: '1m', eval_delay: 0 }).grid).toEqual({
      by: ['a', 'b'],
      intervalMs: min,
      evalDelayMs: 0,
    });
    const absent = { name: 'R', metric: 'm', aggregate: 'absent', window: '2m', by: ['service'] };
    const parsed = parseRule(absent, { kind: 'api' });
    expect('rule' in parsed && isGridRule(parsed.rule) && (parsed.rule as ThresholdRule).across).toBe(
      undefined,
    );
    expect('rule' in parsed && parsed.rule.noDataAfterMs).toBe(2 * min);
  });

  it('leave the hash of other rules as it was, and are part of it', () => {
    expect(rule({}).grid).toBe(undefined);
    const hashes = [{}, { across: 'sum' }, { across: 'max' }, { across: 'sum', by: ['a'] }].map(
      (keys) => rule(keys).hash,
    );
    expect(new Set(hashes).size).toBe(4);
    expect(rule({ across: 'sum', interval: '15s' }).hash).toBe(hashes[1]);
  });

  it.each([
    [
      { by: ['a'] },
      'by: expected across (sum, avg, min, max or count) with it: what is made of the series of a group',
    ],
    [
      { interval: '1m' },
      'interval: interval is for rules over several series (across, by); this one is evaluated at each sample',
    ],
    [
      { eval_delay: '1s' },
      'eval_delay: eval_delay is for rules over several series (across, by); this one is evaluated at each sample',
    ],
    [{ across: 'sum', interval: '500ms' }, 'interval: expected a duration from 1s to 1h'],
    [{ across: 'sum', interval: '2h' }, 'interval: expected a duration from 1s to 1h'],
    [{ across: 'sum', eval_delay: '6m' }, 'eval_delay: expected a duration of at most 5m'],
    [{ across: 'median' }, 'across: expected one of sum, avg, min, max, count, got "median"'],
    [{ across: 'sum', by: 'host' }, 'by: expected a list of label names such as [service], got "host"'],
    [{ across: 'sum', by: ['a', 'a'] }, 'by.1: the label "a" is named twice'],
    [
      { across: 'sum', by: ['severity'] },
      'by.0: the label severity of an alert comes from its rule; group by another one',
    ],
    [
      { across: 'sum', window: '1m' },
      'window: the aggregate last takes the newest sample of at least the last 5m; for a shorter span name another aggregate (max, avg, …)',
    ],
    [
      { across: 'sum', aggregate: 'p95', window: '17h', sample_interval: '15s', eval_delay: '5m' },
      'window: p95 over 17h needs 4,100 points at one per 15s; the most is 4,096',
    ],
    [{ acros: 'sum' }, 'acros: unknown key "acros"; did you mean across?'],
    [{ across: 'sum', evaldelay: '1s' }, 'evaldelay: unknown key "evaldelay"; did you mean eval_delay?'],
  ])('are checked: %j', (keys, problem) => {
    expect(read(keys)).toEqual([problem]);
  });

  it('say how much of a series is kept: the window, the delay, and what may be ahead of it', () => {
    const r = rule({ across: 'sum', aggregate: 'avg', window: '10m', eval_delay: '10s' });
    expect([pointSpanOf(r, r.grid), minuteSpanOf(r, r.grid), readsBackOf(r)]).toEqual(
      Array(3).fill(15 * min + 10 * s),
    );
    const last = rule({ across: 'sum', window: '1h' });
    expect([pointSpanOf(last, last.grid), minuteSpanOf(last, last.grid)]).toEqual([65 * min + 2 * s, 0]);
    const single = rule({ aggregate: 'avg', window: '10m' });
    expect([pointSpanOf(single, single.grid), readsBackOf(single), pointSpanOf(rule({}), undefined)]).toEqual(
      [10 * min, 10 * min, 0],
    );
  });
});
