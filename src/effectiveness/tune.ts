// Between rules and what may be tuned of them: which keys can move, and the rule that a change makes.
import type { Change, Tunable } from '../../analysis/effectiveness/index.ts';
import { ruleDocument } from '../../rules/document.ts';
import { formatDuration } from '../../rules/duration.ts';
import { emptyLabels } from '../../rules/labels.ts';
import { parseRule } from '../../rules/parse.ts';
import { isAbsent } from '../../rules/readings.ts';
import type { Rule } from '../../rules/types.ts';

const averaged: ReadonlySet<string> = new Set(['avg', 'min', 'max']);

export function tunableOf(rule: Rule): Tunable {
  const compared = comparisonOf(rule);
  return {
    stricter: compared?.stricter ?? 0,
    threshold: compared?.threshold ?? null,
    resolveThreshold: compared?.resolveThreshold ?? null,
    whole: rule.type === 'frequency',
    forMs: rule.forMs,
    keepFiringForMs: rule.keepFiringForMs,
    windowMs: windowOf(rule),
  };
}

/** Null: there is no one threshold whose stricter side is known. */
function comparisonOf(rule: Rule) {
  if (rule.type === 'composite' || rule.type === 'anomaly' || isAbsent(rule) || rule.levels !== undefined)
    return null;
  const { operator, threshold, resolveThreshold = null } = rule;
  if (operator === 'eq' || operator === 'neq') return null;
  const stricter = operator === 'gt' || operator === 'gte' ? (1 as const) : (-1 as const);
  return { stricter, threshold, resolveThreshold };
}

/** A longer window must not change the unit of the figure, as it does where it counts. */
function windowOf(rule: Rule): number | null {
  if (rule.type === 'trend') return rule.windowMs;
  if (rule.type !== 'threshold' || rule.windowMs === 0) return null;
  return averaged.has(rule.aggregate) || /^p\d/.test(rule.aggregate) ? rule.windowMs : null;
}

/** The change as keys of a rule file. */
export function patchOf(change: Change): Readonly<Record<string, string | number>> {
  const { threshold, resolveThreshold, forMs, keepFiringForMs, windowMs } = change;
  return {
    ...(threshold !== undefined && { threshold }),
    ...(resolveThreshold !== undefined && { resolve_threshold: resolveThreshold }),
    ...(windowMs !== undefined && { window: formatDuration(windowMs) }),
    ...(forMs !== undefined && { for: formatDuration(forMs) }),
    ...(keepFiringForMs !== undefined && { keep_firing_for: formatDuration(keepFiringForMs) }),
  };
}

/** The rule with the change; null where there is no such rule (a threshold on the wrong side of another). */
export function changedRule(rule: Rule, change: Change): Rule | null {
  const document = { ...ruleDocument(rule), ...patchOf(change) };
  const { tenant, group } = rule;
  const read = parseRule(document, rule.origin, { tenant, group, labels: emptyLabels });
  return 'rule' in read ? read.rule : null;
}
