import { expect, it } from 'vitest';
import { type Classification, type ClassifyRule, classify, plainClassification } from './classify.ts';
import { labelSet } from './labels.ts';
import { parseMatcher } from './matchers.ts';
import { compilePattern, compileSearch, type Pattern } from './pattern.ts';
import { isSyntaxProblem } from './syntax-problem.ts';
import type { Matcher } from './types.ts';

const whole = (source: string) => compilePattern(source) as Pattern;
const somewhere = (source: string) => compileSearch(source) as Pattern;
const rule = (name: string, over: Partial<ClassifyRule>): ClassifyRule => ({
  ...{ name, type: null, match: [], text: null, severity: 'high', category: null },
  ...over,
});
const by: Classification = {
  rules: [
    rule('outage', {
      type: whole('deploy\\..*'),
      text: somewhere('(?i)down|timeout'),
      severity: 'emergency',
    }),
    rule('deploys', { type: whole('deploy\\..*'), category: 'quality' }),
    rule('prod', { match: [parseMatcher('env=~"prod|live"') as Matcher], severity: 'critical' }),
  ],
  default: { severity: 'info', category: 'business' },
};
const said = (type: string, text = '', labels: Record<string, string> = {}) =>
  classify(by, { type, text, labels: labelSet(labels) });

it('is decided by the first rule of which everything holds', () => {
  expect(said('deploy.failed', 'api is DOWN')).toEqual({
    severity: 'emergency',
    category: null,
    by: 'outage',
  });
  expect(said('deploy.failed', 'api is slow')).toEqual({
    severity: 'high',
    category: 'quality',
    by: 'deploys',
  });
  expect(said('login', 'timeout', { env: 'live' })).toEqual({
    severity: 'critical',
    category: null,
    by: 'prod',
  });
  expect(said('predeploy.x', 'down', { env: 'test' })).toEqual({
    ...{ severity: 'info', category: 'business', by: 'default' },
  });
});

it('is a warning where nothing is configured', () => {
  const anything = { type: 'x', text: '', labels: labelSet({}) };
  expect(classify(plainClassification, anything)).toEqual({
    severity: 'warning',
    category: null,
    by: 'default',
  });
});

it('looks at the beginning of a long text only', () => {
  expect(said('deploy.x', `${' '.repeat(2_044)}down`).by).toBe('outage');
  expect(said('deploy.x', `${' '.repeat(2_045)}down`).by).toBe('deploys');
});

it('searches with any expression, small or large, and says what is wrong with one', () => {
  const large = somewhere(`(?i)(${Array.from({ length: 30 }, (_, i) => `word${i}`).join('|')})`);
  expect([large('no WORD29 here'), large('no words here')]).toEqual([true, false]);
  for (const wrong of ['a)(b', '(', 'a'.repeat(1_025), '(a{100}){100}'])
    expect(isSyntaxProblem(compileSearch(wrong) as never)).toBe(true);
});
