// From the keys of a rule to the rule: what the keys mean together, and what is filled in where one is absent. A new rule
// type is a line here.
import { hashOfRule, type Unhashed } from '../rule-hash.ts';
import type { RuleDraft } from '../schema.ts';
import type { Rule, RuleType } from '../types.ts';
import { normaliseAnomaly } from './anomaly.ts';
import type { Reading } from './common.ts';
import { normaliseComposite } from './composite.ts';
import { normaliseFrequency } from './frequency.ts';
import { normalisePattern } from './pattern.ts';
import { normaliseThreshold } from './threshold.ts';
import { normaliseTrend } from './trend.ts';

const normalisers: { readonly [Type in RuleType]: (reading: Reading<RuleDraft<Type>>) => Unhashed } = {
  threshold: normaliseThreshold,
  trend: normaliseTrend,
  composite: normaliseComposite,
  frequency: normaliseFrequency,
  anomaly: normaliseAnomaly,
  pattern: normalisePattern,
};

/**
 * Checks what concerns several keys and reports it, also when other keys were wrong already. Answers the rule, which is
 * good if nothing was reported.
 */
export function normaliseRule(type: RuleType, reading: Reading<RuleDraft>): Rule {
  const rule = normalisers[type](reading);
  return { ...rule, hash: hashOfRule(rule) };
}

export type { RuleDefaults } from './common.ts';
