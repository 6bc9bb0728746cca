// What the keys of a pattern rule mean together.
import { patternNames } from '../../analysis/patterns/pattern.ts';
import type { Unhashed } from '../rule-hash.ts';
import type { RuleDraft } from '../schema.ts';
import type { PatternRule } from '../types.ts';
import { commonParts, type Reading } from './common.ts';
import { gridParts, ofOccurrences } from './grid.ts';

const usualWindowMs = 600_000;
const usualConfidence = 0.5;

export function normalisePattern(reading: Reading<RuleDraft<'pattern'>>): Unhashed<PatternRule> {
  const { draft, given, report } = reading;
  if (!given.has('pattern')) report(null, `expected a pattern: one of ${patternNames.join(', ')}`);
  if (draft.window === 0) report('window', 'expected a window above 0');
  const asked = new Set([draft.pattern ?? []].flat());
  const windowMs = draft.window ?? usualWindowMs;
  return {
    type: 'pattern',
    ...commonParts(reading, undefined),
    noData: 'keep',
    noDataAfterMs: windowMs,
    of: 'findings',
    patterns: patternNames.filter((name) => asked.has(name)),
    match: draft.match ?? [],
    minConfidence: draft.min_confidence ?? usualConfidence,
    windowMs,
    operator: 'gte',
    threshold: 1,
    grid: gridParts(draft, ofOccurrences),
  };
}
