// Thresholds, and levels of several: what is compared with what, and whether that makes sense.
import { severityRank } from '../severity.ts';
import type { Comparison, Level, Operator, Severity } from '../types.ts';
import type { Reading } from './common.ts';

interface ComparisonDraft {
  readonly operator?: Operator | undefined;
  readonly threshold?: number | undefined;
  readonly resolve_threshold?: number | undefined;
  readonly levels?:
    | readonly {
        readonly severity?: Severity | undefined;
        readonly level?: Severity | undefined;
        readonly threshold: number;
        readonly resolve_threshold?: number | undefined;
      }[]
    | undefined;
}

type Compared = Pick<Reading<ComparisonDraft>, 'draft' | 'given' | 'report' | 'reportAt'>;

/** The comparison of a rule, that of its mildest level where it has several. */
export function comparisonParts(
  reading: Compared,
  usualOperator: Operator = 'gt',
): Comparison & { readonly levels?: readonly Level[] } {
  const { draft, given, report } = reading;
  const operator = draft.operator ?? usualOperator;
  const wrongOperator = given.has('operator') && draft.operator === undefined;
  if (given.has('levels')) {
    for (const key of ['severity', 'level', 'threshold', 'resolve_threshold'])
      if (given.has(key)) report(key, `the levels say it: with levels the rule itself has no ${key}`);
    const levels = levelsOf(reading, wrongOperator ? null : operator);
    const [mildest] = levels;
    if (mildest === undefined) return { operator, threshold: 0 };
    const { threshold, resolveThreshold } = mildest;
    return { operator, threshold, ...(resolveThreshold === undefined ? {} : { resolveThreshold }), levels };
  }
  if (!given.has('threshold')) report(null, 'expected a threshold');
  const { threshold, resolve_threshold: resolve } = draft;
  if (threshold !== undefined && resolve !== undefined && !wrongOperator) {
    const problem = wrongSide(operator, threshold, resolve);
    if (problem !== null) report('resolve_threshold', problem);
  }
  return {
    operator,
    threshold: threshold ?? 0,
    ...(resolve === undefined ? {} : { resolveThreshold: resolve }),
  };
}

/** Why a value cannot come back to this resolve threshold; null: it can. */
export function wrongSide(operator: Operator, threshold: number, resolve: number): string | null {
  switch (operator) {
    case 'gt':
    case 'gte':
      if (resolve <= threshold) return null;
      return `expected at most the threshold (${threshold}), because the operator is ${operator}`;
    case 'lt':
    case 'lte':
      if (resolve >= threshold) return null;
      return `expected at least the threshold (${threshold}), because the operator is ${operator}`;
    case 'eq':
    case 'neq':
      return `the operator ${operator} has no side to come back to and takes no resolve_threshold`;
  }
}

/** In rising urgency. With a wrong operator (null) their order cannot be judged. */
function levelsOf({ draft, report, reportAt }: Compared, operator: Operator | null): readonly Level[] {
  const levels: (Level & { readonly index: number })[] = [];
  for (const [index, one] of (draft.levels ?? []).entries()) {
    const { threshold, resolve_threshold: resolve } = one;
    const severity = one.severity ?? one.level;
    if (severity === undefined) reportAt(['levels', index], 'expected a severity');
    if (one.severity !== undefined && one.level !== undefined)
      reportAt(['levels', index, 'level'], 'level is another word for severity; write one of them');
    if (resolve !== undefined && operator !== null) {
      const problem = wrongSide(operator, threshold, resolve);
      if (problem !== null) reportAt(['levels', index, 'resolve_threshold'], problem);
    }
    if (severity === undefined) continue;
    if (levels.some((other) => other.severity === severity))
      reportAt(['levels', index], `there is a level ${severity} already`);
    levels.push({
      severity,
      threshold,
      ...(resolve === undefined ? {} : { resolveThreshold: resolve }),
      index,
    });
  }
  levels.sort((a, b) => severityRank(a.severity) - severityRank(b.severity));
  if (operator === 'eq' || operator === 'neq')
    report('levels', `the operator ${operator} knows no more and no less: levels need gt, gte, lt or lte`);
  else if (operator !== null) {
    const rising = operator === 'gt' || operator === 'gte';
    for (const [i, level] of levels.entries()) {
      const milder = levels[i - 1];
      if (milder === undefined) continue;
      if (rising ? level.threshold > milder.threshold : level.threshold < milder.threshold) continue;
      const than = `${rising ? 'above' : 'below'} that of ${milder.severity} (${milder.threshold})`;
      reportAt(
        ['levels', level.index, 'threshold'],
        `expected a threshold ${than}, because ${level.severity} is more urgent and the operator is ${operator}`,
      );
    }
  }
  return levels.map(({ index: _, ...level }) => level);
}
