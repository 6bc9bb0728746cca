import { describe, expect, it } from 'vitest';
import { type PatternFinding, patternNames } from '../../analysis/patterns/pattern.ts';
import { f1Of, noScore, scoreOne, scorePatterns } from './patterns.ts';

const truth = [
  { pattern: 'burst' as const, alerts: ['a', 'b', 'c', 'd'], from: 0, to: 9_000, completeAt: 10_000 },
  { pattern: 'burst' as const, alerts: ['e', 'f'], from: 0, to: 9_000, completeAt: 20_000 },
];
const finding = (key: string, alerts: readonly string[], foundAt: number): PatternFinding => ({
  pattern: 'burst',
  key,
  alerts,
  from: 0,
  to: foundAt,
  foundAt,
  confidence: 0.9,
  figures: { alerts: alerts.length },
  scope: {},
});
const scored = (all: readonly PatternFinding[]) => {
  const score = noScore();
  scoreOne(score, truth, 'burst', all);
  return score;
};

describe('the judge of patterns', () => {
  it('takes what was said last of a finding, and the time at which it was said first', () => {
    const score = scored([finding('one', ['a', 'b'], 12_000), finding('one', ['a', 'b', 'c', 'd'], 40_000)]);
    expect(score).toMatchObject({ right: 1, wrong: 0, missed: 1, delaysMs: [2_000] });
  });

  it('lets each true pattern be found once, and half of what is named must be common', () => {
    expect(
      scored([finding('one', ['a', 'b', 'c'], 1), finding('two', ['a', 'b', 'c', 'd'], 1)]),
    ).toMatchObject({
      right: 1,
      wrong: 1,
      missed: 1,
    });
    expect(scored([finding('one', ['a', 'b', 'c', 'x', 'y', 'z'], 1)])).toMatchObject({ right: 0, wrong: 1 });
  });

  it('finds seven patterns in worlds that others were tuned on', () => {
    const scores = scorePatterns([1, 2, 3, 4, 5, 6, 7, 8], 0.2);
    const macro = patternNames.reduce((sum, name) => sum + f1Of(scores[name]), 0) / patternNames.length;
    expect(macro).toBeGreaterThan(0.85);
  });
});
