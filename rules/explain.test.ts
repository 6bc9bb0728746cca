import { describe, expect, it } from 'vitest';
import { emptyTotals } from './across.ts';
import { explainAcross, explainComposite, explainFrequency, explainSeries } from './explain.ts';
import { parseRule } from './parse.ts';
import type { Rule, SeriesWindow } from './types.ts';

function rule<Type extends Rule['type']>(type: Type, keys: object): Extract<Rule, { type: Type }> {
  const read = parseRule({ name: 'R', type, ...keys }, { kind: 'api' });
  if ('problems' in read) throw new Error(JSON.stringify(read.problems));
  return read.rule as Extract<Rule, { type: Type }>;
}

/** Samples a minute apart from the epoch on. */
function window(values: readonly number[], given: Partial<SeriesWindow> = {}): SeriesWindow {
  const size = 64;
  const times = new Float64Array(size);
  const all = new Float64Array(size);
  values.forEach((value, i) => {
    times[i] = i * 60_000;
    all[i] = value;
  });
  return {
    ...{ times, values: all, base: 0, mask: size - 1, head: 0, count: values.length, bornAt: 0 },
    ...{ completeAfter: Number.NEGATIVE_INFINITY, dropped: 0, edits: 0, minutes: null },
    ...given,
  };
}

const above = { metric: 'cpu', operator: 'gt', threshold: 80 };
const avg = rule('threshold', { ...above, aggregate: 'avg', window: '2m', resolve_threshold: 70 });

describe('why a verdict is what it is', () => {
  it.each([
    ['the figure', [0, 90, 76.4], false, 'avg over 2m = 83.2, gt 80: true', 'true'],
    ['the good side', [0, 20, 30], false, 'avg over 2m = 25, gt 80: false', 'false'],
    [
      'hysteresis',
      [0, 75, 75],
      true,
      'avg over 2m = 75, gt 70 (resolve_threshold: it was true): true',
      'true',
    ],
    ['no sample', [], false, 'avg over 2m: no sample', 'insufficient_data'],
  ])('%s', (_what, values, wasTrue, why, verdict) => {
    expect(explainSeries(avg, window(values), 120_000, wasTrue)).toMatchObject({ why, verdict });
  });

  it('a window beyond the first sample, or beyond what is kept', () => {
    expect(explainSeries(avg, window([90, 90]), 60_000, false).why).toBe(
      'avg over 2m: the window reaches back to 1969-12-31T23:59:00.000Z, before the first sample at 1970-01-01T00:00:00.000Z',
    );
    const cut = window([90, 90, 90, 90], { completeAfter: 90_000 });
    expect(explainSeries(avg, cut, 180_000, false).why).toContain('into samples that are not kept any more');
  });

  it('silence', () => {
    const absent = rule('threshold', { metric: 'cpu', aggregate: 'absent', window: '2m' });
    const said = (now: number) => explainSeries(absent, window([1]), now, false);
    expect(said(180_000)).toMatchObject({
      verdict: 'true',
      why: 'absent over 2m: the last sample is of 1970-01-01T00:00:00.000Z, 3m ago: true',
    });
    expect(said(60_000).verdict).toBe('false');
  });

  it('a figure over several series', () => {
    const sum = rule('threshold', { ...above, across: 'sum' });
    const context = { at: 60_000, since: 0, ruleState: () => false, occurrences: () => 0 };
    const totals = { ...emptyTotals(), count: 3, sum: 120 };
    expect(explainAcross(sum, [totals], context, false)).toMatchObject({
      verdict: 'true',
      why: 'sum of last over 5m over 3 series = 120, gt 80: true',
    });
    expect(explainAcross(sum, [emptyTotals()], context, false).verdict).toBe('insufficient_data');
  });

  const context = (given: object) => ({
    ...{ at: 600_000, since: 0, ruleState: () => false, occurrences: () => 0 },
    ...given,
  });

  it('conditions, each by itself', () => {
    const both = rule('composite', {
      conditions: [above, { metric: 'errors', operator: 'gt', threshold: 5 }],
      logic: 'AND',
    });
    const [hit, miss] = [
      { ...emptyTotals(), count: 1, hits: 1 },
      { ...emptyTotals(), count: 1 },
    ];
    const said = (totals: (typeof hit)[]) => explainComposite(both, totals, context({}), false);
    expect(said([hit!, miss!])).toMatchObject({
      verdict: 'false',
      why: expect.stringMatching(/^all of \(cpu .* gt 80: true; errors .* gt 5: false\): false$/),
    });
    expect(said([hit!, emptyTotals()])).toMatchObject({
      verdict: 'insufficient_data',
      why: expect.stringContaining('gt 5: unknown'),
    });
    expect(said([hit!, hit!]).verdict).toBe('true');
  });

  it('how many there were', () => {
    const many = rule('frequency', { window: '5m', threshold: 10 });
    const said = (count: number) => explainFrequency(many, [], context({ occurrences: () => count }), false);
    expect(said(12)).toEqual({ verdict: 'true', value: 12, why: 'count over 5m = 12, gte 10: true' });
    expect(said(3).verdict).toBe('false');
  });
});
