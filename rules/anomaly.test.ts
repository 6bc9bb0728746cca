import { describe, expect, it } from 'vitest';
import type { Observation } from '../analysis/detectors/detector.ts';
import { emptyTotals } from './across.ts';
import { anomalyFigure, beforeOf, missingOf } from './anomaly.ts';
import { addSight, judgeAnomaly } from './anomaly-together.ts';
import { emptyLabels } from './labels.ts';
import { parseRule } from './parse.ts';
import type { Sight } from './sight.ts';
import type { AnomalyRule, Evaluation } from './types.ts';

function read(keys: Readonly<Record<string, unknown>>) {
  return parseRule(
    { name: 'A', type: 'anomaly', ...keys },
    { kind: 'api' },
    { tenant: 'default', group: 'api', labels: emptyLabels },
  );
}

function rule(keys: Readonly<Record<string, unknown>> = { metric: 'm' }): AnomalyRule {
  const parsed = read(keys);
  if ('problems' in parsed) throw new Error(JSON.stringify(parsed.problems));
  return parsed.rule as AnomalyRule;
}

const day = 86_400_000;
const seen = (over: Partial<Observation> = {}): Observation => ({
  score: 0,
  tail: 0.1,
  perWeek: 100,
  expected: { low: 10, mid: 20, high: 30 },
  direction: 'none',
  learning: null,
  ...over,
});
const sight = (value: number, over: Partial<Observation> = {}): Sight => ({
  ...{ at: 2 * day, value, firstAt: 0, before: null },
  seen: seen(over),
});
const rare = { tail: 1e-4, perWeek: 0.1, direction: 'above' } as const;

describe('the keys of an anomaly rule', () => {
  it.each([
    [{}, ['expected a metric, or metrics']],
    [{ metric: 'a', metrics: ['a', 'b'], by: [] }, ['metrics is another word for metric; write one of them']],
    [
      { metrics: ['a', 'b'] },
      ['expected by: the labels on which the series of the metrics are joined ([]: on none)'],
    ],
    [{ metrics: ['a'], by: [] }, ['expected at least two metrics; for one write metric']],
    [{ metrics: ['a', 'a'], by: [] }, ['the metric "a" is named twice']],
    [
      { metric: 'a', by: ['host'] },
      ['by is for rules over several metrics; this one is evaluated at each sample'],
    ],
    [{ metric: 'a', sensitivity: 0 }, ['expected a number above 0, at most 1000: false alarms a week']],
    [{ metric: 'a', threshold: 3 }, [expect.stringContaining('threshold is a key of rules of type')]],
    [{ metric: 'a', detector: 'magic' }, [expect.stringContaining('expected one of zscore, ewma, seasonal')]],
    [{ metric: 'a', exclude: [{ weekdays: ['caturday'] }] }, [expect.stringContaining('caturday')]],
    [
      { metric: 'a', exclude_time_intervals: ['night'] },
      ['names of the configuration are known to rule files; write the intervals in exclude'],
    ],
  ])('%j: %j', (keys, messages) => {
    const parsed = read(keys);
    expect('problems' in parsed ? parsed.problems.map(({ message }) => message) : []).toEqual(messages);
  });

  it('share what is learned where the detector and the windows are the same', () => {
    const key = (keys: object) => rule({ metric: 'm', ...keys }).detection.key;
    expect(key({ sensitivity: 5, direction: 'up', learning: '7d' })).toBe(key({}));
    expect(key({ detector: 'ewma' })).not.toBe(key({}));
    expect(key({ exclude: [{ weekdays: ['monday'] }] })).not.toBe(
      key({ exclude: [{ weekdays: ['sunday'] }] }),
    );
  });
});

describe('the figure of a sample', () => {
  it('is true where the rule bears as many false alarms as it would raise', () => {
    expect(anomalyFigure(rule({ metric: 'm', sensitivity: 0.1 }), sight(40, rare))).toBe(0);
    expect(anomalyFigure(rule({ metric: 'm', sensitivity: 1 }), sight(40, rare))).toBeCloseTo(1);
    expect(anomalyFigure(rule({ metric: 'm', sensitivity: 0.09 }), sight(40, rare))).toBe(-1);
  });

  it('is nothing while it learns, by its own span or by what the detector needs', () => {
    expect(anomalyFigure(rule({ metric: 'm', learning: '3d' }), sight(40, rare))).toBeNaN();
    expect(missingOf(rule({ metric: 'm', learning: '3d' }), sight(40))).toEqual({ samples: 0, ms: day });
    const learning = { samples: 3, ms: 0 };
    expect(anomalyFigure(rule(), sight(40, { ...rare, learning }))).toBeNaN();
    expect(anomalyFigure(rule(), null)).toBeNaN();
    expect(anomalyFigure(rule(), sight(Number.POSITIVE_INFINITY, { expected: null }))).toBeNaN();
  });

  it('holds where the value is outside of what is expected, and falls at once where it is back', () => {
    const lasting = { tail: 0.05, perWeek: 80, direction: 'above' } as const;
    expect(anomalyFigure(rule(), sight(40, lasting))).toBe(-1);
    expect(anomalyFigure(rule(), sight(25))).toBe(Number.NEGATIVE_INFINITY);
    const before = { low: 10, high: 30, left: 5 };
    expect(anomalyFigure(rule(), { ...sight(25, { ...rare, direction: 'below' }), before })).toBe(
      Number.NEGATIVE_INFINITY,
    );
  });

  it('remembers what was expected before it became unusual until 32 usual samples have come', () => {
    let before = beforeOf(null, seen(rare), 88);
    expect(before).toEqual({ low: 10, high: 30, left: 32 });
    // What is expected moves after it; what was remembered does not.
    before = beforeOf(before, seen({ ...rare, expected: { low: 60, mid: 70, high: 80 } }), 90);
    expect(before).toEqual({ low: 10, high: 30, left: 32 });
    for (let n = 0; n < 31; n++) before = beforeOf(before, seen(), 20);
    expect(before).toMatchObject({ left: 1 });
    expect(beforeOf(before, seen(), 20)).toBeNull();
  });
});

describe('several metrics', () => {
  const joined = rule({ metrics: ['a', 'b'], by: [] });
  const context = { at: 0, since: 0, ruleState: () => false, occurrences: () => 0 };
  const verdictOf = (sights: readonly (readonly (Sight | null)[])[]): Evaluation => {
    const totals = sights.map((own) => {
      const into = emptyTotals();
      for (const one of own) addSight(joined, one, into);
      return into;
    });
    const out: Evaluation = { verdict: 'false', value: 0 };
    judgeAnomaly(joined, totals, context, false, out);
    return out;
  };
  const odd = { tail: 2e-3, perWeek: 2 };

  it('are unusual together though neither is alone', () => {
    expect(verdictOf([[sight(33, odd)], [sight(20)]])).toMatchObject({ verdict: 'false' });
    expect(verdictOf([[sight(33, odd)], [sight(33, odd)]])).toMatchObject({ verdict: 'true' });
  });

  it('say nothing while one of them does not', () => {
    expect(verdictOf([[sight(33, odd)], [null]])).toMatchObject({ verdict: 'insufficient_data' });
  });

  it('count the strangest of many series for as many times less', () => {
    const many = [...Array.from({ length: 20 }, () => sight(20)), sight(33, odd)];
    expect(verdictOf([many, many])).toMatchObject({ verdict: 'false' });
  });
});
