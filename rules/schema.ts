// The shape of a rule and of a rule file: one definition for reading, for the API and for editors (JSON Schema).
// What concerns one key is here; what concerns several of them together is in normalise.ts.
import { z } from 'zod';
import {
  aggregate,
  annotationMap,
  anyCase,
  duration,
  finiteNumber,
  flag,
  freeText,
  labelMap,
  labelNameList,
  line,
  matcherList,
  metric,
  positiveDuration,
  ruleLimits,
  word,
} from './schema-fields.ts';
import { parseCategory, parsePriority, parseSeverity } from './severity.ts';
import type { Operator } from './types.ts';
import { acrossWords, categories, noDataPolicies, operators, priorities, severities } from './types.ts';

const operatorSigns: Readonly<Record<string, Operator>> = {
  '>': 'gt',
  '>=': 'gte',
  '<': 'lt',
  '<=': 'lte',
  '==': 'eq',
  '!=': 'neq',
};
const operatorWord = anyCase(operators);

const severity = word(severities, parseSeverity, ['low', 'medium']);
const ruleTypes = ['threshold'] as const;

/** Every key of a rule. `metric_name` is another word for `metric`, `level` for `severity`. */
export const ruleShape = {
  name: line(ruleLimits.nameLength, 'a name').describe('Unique per tenant; becomes the label alertname.'),
  type: word(ruleTypes, anyCase(ruleTypes)).optional(),
  metric: metric.optional().describe('Name of the metric that the rule reads.'),
  metric_name: metric.optional().describe('Another word for metric.'),
  match: matcherList.optional().describe('Matchers that a series must satisfy, e.g. env="prod".'),
  aggregate: aggregate.optional().describe('What is compared; last by default.'),
  window: duration.optional().describe('Span of the aggregate, e.g. 1m.'),
  across: word(acrossWords, anyCase(acrossWords))
    .optional()
    .describe(
      'Makes one figure of the aggregates of all matching series, or of those with equal `by` labels.',
    ),
  by: labelNameList
    .optional()
    .describe('Names of labels: series with equal values of these are one group, with an alert of its own.'),
  interval: duration
    .refine((ms) => ms >= 1_000 && ms <= 3_600_000, { error: 'expected a duration from 1s to 1h' })
    .optional()
    .describe('With across or by: how often the groups are looked at; 15s by default.'),
  eval_delay: duration
    .refine((ms) => ms <= 300_000, { error: 'expected a duration of at most 5m' })
    .optional()
    .describe('With across or by: how long samples of a time are waited for; 2s by default.'),
  sample_interval: positiveDuration
    .optional()
    .describe(
      'How often the series send, 15s by default: whether the window fits into memory is checked with it.',
    ),
  operator: word(
    operators,
    (text) => operatorSigns[text.trim()] ?? operatorWord(text),
    Object.keys(operatorSigns),
  )
    .optional()
    .describe('How the aggregate is compared with the threshold; gt by default.'),
  threshold: finiteNumber.optional(),
  resolve_threshold: finiteNumber
    .optional()
    .describe('Once true, the rule stays true until the value is back on the good side of this.'),
  for: duration.optional().describe('How long it must stay true before the alert fires.'),
  keep_firing_for: duration.optional().describe('How long a firing alert outlives its last true verdict.'),
  no_data: word(noDataPolicies, anyCase(noDataPolicies))
    .optional()
    .describe('What a series that stopped means: ok resolves, alert fires, keep (default) changes nothing.'),
  no_data_after: duration.optional().describe('After how long without samples a series counts as stopped.'),
  dedupe_window: duration.optional().describe("Overrides the receiver's dedupe window."),
  severity: severity.optional().describe('warning by default.'),
  level: severity.optional().describe('Another word for severity.'),
  priority: word(priorities, parsePriority, ['critical', 'high', 'medium', 'low', 'info'])
    .optional()
    .describe('P1 to P5; follows the severity by default.'),
  category: word(categories, parseCategory).optional().describe('system by default.'),
  description: freeText.optional(),
  labels: labelMap.optional().describe("Put on every alert, over the series' own labels."),
  annotations: annotationMap.optional().describe('Liquid templates by name.'),
  enabled: flag.optional(),
} as const;

/** Every key of a rule file. */
export const fileShape = {
  // The same names that the HTTP API takes for a tenant.
  tenant: line(64, 'the name of a tenant')
    .regex(/^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$/, 'expected a name of 1 to 64 letters, digits, "_", "-", "."')
    .optional()
    .describe('Whose rules these are; default without it.'),
  group: line(ruleLimits.nameLength, 'a name').optional().describe('Name of the group; the file by default.'),
  labels: labelMap.optional().describe('Put on every alert of every rule here; a rule overrides them.'),
  sample_interval: positiveDuration
    .optional()
    .describe('How often the series send that the rules here read; 15s by default.'),
} as const;

export const ruleSchema = z.strictObject(ruleShape);
export const ruleFileSchema = z.strictObject({
  ...fileShape,
  rules: z.array(ruleSchema).max(ruleLimits.rules),
});

/** A rule as the schema reads it, key by key; a key that is absent or wrong is missing. */
export type RuleDraft = { [Key in keyof typeof ruleShape]?: z.output<(typeof ruleShape)[Key]> };

/** JSON Schema (draft-7, which editors understand) of a rule file. */
export function ruleFileJsonSchema(): Record<string, unknown> {
  return {
    ...z.toJSONSchema(ruleFileSchema, { target: 'draft-7', io: 'input', unrepresentable: 'any' }),
    title: 'Tocsin rule file',
  };
}
