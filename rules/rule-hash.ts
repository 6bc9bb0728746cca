// The content hash of a rule: equal for rules that decide and say the same, wherever they stand.
import { hash64 } from './fingerprint.ts';
import { canonicalLabels } from './labels.ts';
import { formatMatcher } from './matchers.ts';
import type { Rule } from './types.ts';

/** The rule as JSON with keys in a fixed order, without its origin and hash: what is kept of a version of it. */
export function ruleBody(rule: Omit<Rule, 'hash'>): string {
  const { name, type, group, description, category, severity, priority, enabled } = rule;
  const { metric, aggregate, windowMs, operator, threshold, resolveThreshold } = rule;
  const { across, grid } = rule;
  const { forMs, keepFiringForMs, noData, noDataAfterMs, dedupeWindowMs } = rule;
  return JSON.stringify({
    ...{ name, type, group, description, category, severity, priority, enabled },
    ...{
      metric,
      match: rule.match.map(formatMatcher),
      aggregate,
      windowMs,
      operator,
      threshold,
      resolveThreshold,
      across,
      grid,
    },
    ...{ forMs, keepFiringForMs, noData, noDataAfterMs, dedupeWindowMs },
    labels: JSON.parse(canonicalLabels(rule.labels)) as unknown,
    annotations: JSON.parse(canonicalLabels(rule.annotations)) as unknown,
  });
}

/** 16 hexadecimal digits over `ruleBody`. */
export function hashOfRule(rule: Omit<Rule, 'hash'>): string {
  return hash64(ruleBody(rule));
}
