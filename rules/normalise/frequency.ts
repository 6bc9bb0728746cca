// What the keys of a frequency rule mean together.
import { mostCounted } from '../frequency.ts';
import { matcher } from '../matchers.ts';
import type { Unhashed } from '../rule-hash.ts';
import type { RuleDraft } from '../schema.ts';
import { isSyntaxProblem } from '../syntax-problem.ts';
import type { FrequencyRule, Matcher } from '../types.ts';
import { commonParts, type Reading } from './common.ts';
import { comparisonParts } from './comparison.ts';
import { gridParts, ofOccurrences } from './grid.ts';

export function normaliseFrequency(reading: Reading<RuleDraft<'frequency'>>): Unhashed<FrequencyRule> {
  const { draft, given, report } = reading;
  if (!given.has('window')) report(null, 'expected a window such as 5m: the span in which occurrences count');
  else if (draft.window === 0) report('window', 'expected a window above 0');
  const comparison = comparisonParts(reading, 'gte');
  for (const [key, value] of [
    ['threshold', draft.threshold],
    ['resolve_threshold', draft.resolve_threshold],
  ] as const)
    if (value !== undefined && (value < 0 || value > mostCounted))
      report(key, `expected a count from 0 to ${mostCounted}`);
  const ofType: Matcher[] = [];
  if (draft.event_type !== undefined) {
    const one = matcher('alertname', '=', draft.event_type);
    if (!isSyntaxProblem(one)) ofType.push(one);
  }
  if (given.has('event_type') && draft.of === 'alerts')
    report('event_type', 'event_type is for events; of alerts match the alertname');
  return {
    type: 'frequency',
    ...commonParts(reading, comparison.levels?.[0]?.severity),
    noData: 'keep',
    noDataAfterMs: draft.window ?? 0,
    of: draft.of ?? 'events',
    match: [...ofType, ...(draft.match ?? [])],
    windowMs: draft.window ?? 0,
    ...(draft.distinct === undefined ? {} : { distinct: draft.distinct }),
    ...comparison,
    grid: gridParts(draft, ofOccurrences),
  };
}
