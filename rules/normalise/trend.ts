// What the keys of a trend rule mean together.
import { sideOf, trendFigure } from '../aggregates/trend.ts';
import type { Unhashed } from '../rule-hash.ts';
import type { RuleDraft } from '../schema.ts';
import type { TrendRule } from '../types.ts';
import { commonParts, oneOf, type Reading, silenceParts } from './common.ts';
import { comparisonParts } from './comparison.ts';
import { checkMemory } from './threshold.ts';

const usualPerMs = 60_000;
const usualMinFit = 0.5;

export function normaliseTrend(reading: Reading<RuleDraft<'trend'>>): Unhashed<TrendRule> {
  const { draft, given, report } = reading;
  oneOf(reading, 'metric', 'metric_name');
  if (!given.has('metric') && !given.has('metric_name')) report(null, 'expected a metric');
  const measure = draft.measure ?? 'slope';
  const known = !given.has('measure') || draft.measure !== undefined;
  if (!given.has('window'))
    report(null, 'expected a window such as 1h: the span that the line is laid through');
  else if (draft.window === 0) report('window', 'expected a window above 0');
  if (known) {
    if (measure === 'crosses' && !given.has('within'))
      report(null, 'expected within (such as 4h), because the measure is crosses');
    for (const [key, owner] of [
      ['within', 'crosses'],
      ['confidence', 'crosses'],
      ['per', 'slope'],
    ] as const)
      if (given.has(key) && measure !== owner)
        report(key, `${key} is for the measure ${owner}; this one is ${measure}`);
  }
  if (draft.operator === 'eq' || draft.operator === 'neq')
    report('operator', 'a trend is compared by gt, gte, lt or lte');
  const comparison = comparisonParts(reading);
  const options = {
    measure,
    perMs: measure === 'slope' ? (draft.per ?? usualPerMs) : 0,
    withinMs: measure === 'crosses' ? (draft.within ?? 0) : 0,
    minFit: draft.min_fit ?? usualMinFit,
    confidence: measure === 'crosses' ? (draft.confidence ?? 0) : 0,
  };
  const aggregate = trendFigure({ ...options, side: sideOf(comparison.operator) });
  checkMemory(aggregate, reading, 0);
  const windowMs = draft.window ?? 0;
  return {
    type: 'trend',
    ...commonParts(reading, comparison.levels?.[0]?.severity),
    ...silenceParts(reading, windowMs),
    metric: draft.metric ?? draft.metric_name ?? '',
    match: draft.match ?? [],
    aggregate,
    windowMs,
    ...options,
    ...comparison,
  };
}
