// The shape of a rule and of a rule file: one definition for reading, for the API and for editors (JSON Schema).
// What concerns one key is here; what concerns several of them together is in normalise.ts.
import { z } from 'zod';
import { detectorNames } from '../analysis/detectors/detector.ts';
import { patternNames } from '../analysis/patterns/pattern.ts';
import {
  aggregate,
  annotationMap,
  anyCase,
  duration,
  expected,
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
import { timeIntervalsSchema } from './time-interval-schema.ts';
import type { Operator, RuleType } from './types.ts';
import {
  acrossWords,
  categories,
  directions,
  measures,
  namedStates,
  noDataPolicies,
  occurrenceKinds,
  operators,
  priorities,
  ruleTypes,
  severities,
} from './types.ts';

const operatorSigns: Readonly<Record<string, Operator>> = {
  '>': 'gt',
  '>=': 'gte',
  '<': 'lt',
  '<=': 'lte',
  '==': 'eq',
  '!=': 'neq',
};
const operatorWord = anyCase(operators);

const logicWords: Readonly<Record<string, 'AND' | 'OR'>> = { and: 'AND', all: 'AND', or: 'OR', any: 'OR' };
const logicWord = (text: string) => logicWords[text.trim().toLowerCase()];
const share = finiteNumber
  .refine((n) => n >= 0 && n <= 1, { error: 'expected a number from 0 to 1' })
  .meta({ minimum: 0, maximum: 1 });
const openShare = finiteNumber
  .refine((n) => n > 0 && n < 1, { error: 'expected a number between 0 and 1, e.g. 0.95' })
  .meta({ exclusiveMinimum: 0, exclusiveMaximum: 1 });

const severity = word(severities, parseSeverity, ['low', 'medium']);
const typeWord = anyCase(ruleTypes);
const operator = word(
  operators,
  (text) => operatorSigns[text.trim()] ?? operatorWord(text),
  Object.keys(operatorSigns),
);
const across = word(acrossWords, anyCase(acrossWords));
const gridInterval = duration.refine((ms) => ms >= 1_000 && ms <= 3_600_000, {
  error: 'expected a duration from 1s to 1h',
});
const evalDelay = duration.refine((ms) => ms <= 300_000, { error: 'expected a duration of at most 5m' });

const sensitivity = finiteNumber
  .refine((n) => n > 0 && n <= 1_000, {
    error: 'expected a number above 0, at most 1000: false alarms a week',
  })
  .meta({ exclusiveMinimum: 0, maximum: 1_000 });
const noLessThanZero = finiteNumber
  .refine((n) => n >= 0, { error: 'expected a number of at least 0' })
  .meta({ minimum: 0 });
/** How sure a finding of the analysis is. */
const confidence = finiteNumber
  .refine((n) => n >= 0 && n <= 1, { error: 'expected a number from 0 to 1' })
  .meta({ minimum: 0, maximum: 1 });
const pattern = word(patternNames, anyCase(patternNames));
const longestLearningMs = 90 * 86_400_000;
/** Metrics that a rule may join. */
const mostMetrics = 8;

const mostDependencies = 32;
const alertName = line(ruleLimits.nameLength, 'the name of a rule');
const dependencies = z
  .array(
    z.union(
      [
        alertName,
        z.strictObject({
          rule: alertName.describe('Name of the rule, or the alertname of alerts from outside.'),
          equal: labelNameList.optional().describe('Labels that both must have the same values of.'),
        }),
      ],
      expected('the name of a rule, or { rule: NAME, equal: [labels] }'),
    ),
    expected('a list of rules such as [ClusterDown]'),
  )
  .max(mostDependencies, { error: `expected at most ${mostDependencies} rules` });

/** The keys that rules of every type have. */
const commonShape = {
  name: line(ruleLimits.nameLength, 'a name').describe('Unique per tenant; becomes the label alertname.'),
  type: word(ruleTypes, typeWord)
    .optional()
    .describe('threshold by default; composite where there are conditions.'),
  for: duration.optional().describe('How long it must stay true before the alert fires.'),
  keep_firing_for: duration.optional().describe('How long a firing alert outlives its last true verdict.'),
  dedupe_window: duration.optional().describe("Overrides the receiver's dedupe window."),
  send_resolved: flag.optional().describe('false: nobody is told that its alerts ended.'),
  depends_on: dependencies
    .optional()
    .describe('While an alert of one of these rules fires, those of this rule are held back.'),
  severity: severity.optional().describe('warning by default.'),
  level: severity.optional().describe('Another word for severity.'),
  priority: word(priorities, parsePriority, ['critical', 'high', 'medium', 'low', 'info'])
    .optional()
    .describe('P1 to P5; follows the severity by default.'),
  category: word(categories, parseCategory).optional().describe('system by default.'),
  description: freeText.optional().describe('What the rule is for, in a sentence.'),
  labels: labelMap.optional().describe("Put on every alert, over the series' own labels."),
  annotations: annotationMap.optional().describe('Liquid templates by name.'),
  enabled: flag.optional().describe('false: the rule is read and checked, and does nothing.'),
} as const;

/** What silence means; of occurrences it means nothing of its own. */
const silenceShape = {
  no_data: word(noDataPolicies, anyCase(noDataPolicies))
    .optional()
    .describe('What a series that stopped means: ok resolves, alert fires, keep (default) changes nothing.'),
  no_data_after: duration.optional().describe('After how long without samples a series counts as stopped.'),
  sample_interval: positiveDuration
    .optional()
    .describe(
      'How often the series send, 15s by default: whether the window fits into memory is checked with it.',
    ),
} as const;

const readingShape = {
  metric: metric.optional().describe('Name of the metric that the rule reads.'),
  metric_name: metric.optional().describe('Another word for metric.'),
  match: matcherList.optional().describe('Matchers that a series must satisfy, e.g. env="prod".'),
} as const;

const comparisonShape = {
  operator: operator.optional().describe('How the figure is compared with the threshold; gt by default.'),
  threshold: finiteNumber.optional().describe('What the figure is compared with.'),
  resolve_threshold: finiteNumber
    .optional()
    .describe('Once true, the rule stays true until the value is back on the good side of this.'),
} as const;

const levelsKey = z
  .array(
    z.strictObject(
      {
        severity: severity.optional().describe('How urgent the alert is from this threshold on.'),
        level: severity.optional().describe('Another word for severity.'),
        threshold: finiteNumber.describe('From where on it is this urgent.'),
        resolve_threshold: finiteNumber
          .optional()
          .describe('Once this urgent, it stays so until the value is back on the good side of this.'),
      },
      expected('a level such as {severity: critical, threshold: 95}'),
    ),
    expected('a list of levels'),
  )
  .min(2, { error: 'expected at least two levels; for one write severity and threshold' })
  .max(severities.length, { error: `expected at most ${severities.length} levels, one for each severity` });

const levelsShape = {
  levels: levelsKey
    .optional()
    .describe(
      'Instead of severity and threshold: several of them. There is one alert, as urgent as the level.',
    ),
} as const;

const gridShape = {
  by: labelNameList
    .optional()
    .describe('Names of labels: what has equal values of these is one group, with an alert of its own.'),
  interval: gridInterval.optional().describe('How often the groups are looked at; 15s by default.'),
  eval_delay: evalDelay.optional().describe('How long samples of a time are waited for; 2s by default.'),
} as const;

/** The keys of a rule of each type, in the order in which the reference tells them. */
export const ruleShapes = {
  threshold: {
    ...commonShape,
    ...readingShape,
    aggregate: aggregate.optional().describe('What is compared; last by default.'),
    window: duration.optional().describe('Span of the aggregate, e.g. 1m.'),
    ...comparisonShape,
    ...levelsShape,
    across: across
      .optional()
      .describe(
        'Makes one figure of the aggregates of all matching series, or of those with equal `by` labels.',
      ),
    ...gridShape,
    ...silenceShape,
  },
  trend: {
    ...commonShape,
    ...readingShape,
    measure: word(measures, anyCase(measures))
      .optional()
      .describe(
        'What is taken from the line through the window: slope (default), change, relative_change, or crosses.',
      ),
    window: duration.optional().describe('Span that the line is laid through, e.g. 1h.'),
    per: positiveDuration.optional().describe('Of slope: the span that it is told for; 1m by default.'),
    within: positiveDuration
      .optional()
      .describe('Of crosses: how far ahead the line must have passed the threshold, e.g. 4h.'),
    min_fit: share.optional().describe('How well the line must fit (R², 0 to 1); 0.5 by default.'),
    confidence: openShare
      .optional()
      .describe(
        'Of crosses: the whole prediction interval of this confidence must be beyond the threshold, e.g. 0.95.',
      ),
    ...comparisonShape,
    ...levelsShape,
    ...silenceShape,
  },
  composite: {
    ...commonShape,
    conditions: z
      .array(z.unknown(), expected('a list of conditions'))
      .max(ruleLimits.conditions, { error: `expected at most ${ruleLimits.conditions} conditions` })
      .optional()
      .describe(
        'What is joined: comparisons of metrics, states of other rules, and all, any, not, at_least of these.',
      ),
    logic: word(['AND', 'OR'], (text) => logicWord(text))
      .optional()
      .describe('How the conditions are joined: AND (default) or OR.'),
    at_least: z
      .int(expected('a whole number'))
      .min(1, { error: 'expected at least 1' })
      .optional()
      .describe('Instead of logic: so many of the conditions must be true.'),
    ...gridShape,
    ...silenceShape,
  },
  frequency: {
    ...commonShape,
    of: word(occurrenceKinds, anyCase(occurrenceKinds))
      .optional()
      .describe('What is counted: events (default), or alerts that began to fire.'),
    event_type: line(ruleLimits.nameLength, 'the type of an event')
      .optional()
      .describe('Short for the matcher alertname="…".'),
    match: matcherList
      .optional()
      .describe('Matchers over the labels of the event or alert, e.g. team="web".'),
    window: duration.optional().describe('Span in which occurrences count, e.g. 5m.'),
    distinct: line(ruleLimits.labelNameBytes, 'the name of a label')
      .optional()
      .describe('Counts the values of this label instead, each once.'),
    ...comparisonShape,
    operator: operator.optional().describe('How the count is compared with the threshold; gte by default.'),
    ...levelsShape,
    ...gridShape,
    interval: gridInterval.optional().describe('How often the groups are looked at; 5s by default.'),
    eval_delay: evalDelay
      .optional()
      .describe('How long occurrences of a time are waited for; 0s by default.'),
  },
  pattern: {
    ...commonShape,
    pattern: z
      .union([pattern, z.array(pattern, expected('a list of patterns')).min(1)])
      .optional()
      .describe(`What is to be found in alerts: one or several of ${patternNames.join(', ')}.`),
    match: matcherList
      .optional()
      .describe('Matchers over the labels that all alerts of the finding share, e.g. service="checkout".'),
    min_confidence: confidence
      .optional()
      .describe('Findings that are less sure than this say nothing; 0.5 by default.'),
    window: duration
      .optional()
      .describe('So long after it was found, or more of it was, a pattern counts; 10m by default.'),
    ...gridShape,
    interval: gridInterval.optional().describe('How often findings are looked at; 5s by default.'),
    eval_delay: evalDelay.optional().describe('How long findings of a time are waited for; 0s by default.'),
  },
  anomaly: {
    ...commonShape,
    ...readingShape,
    metrics: z
      .array(metric, expected('a list of metrics such as [cpu, latency]'))
      .min(2, { error: 'expected at least two metrics; for one write metric' })
      .max(mostMetrics, { error: `expected at most ${mostMetrics} metrics` })
      .optional()
      .describe('Instead of metric: several, whose series are joined on the labels of `by`.'),
    detector: word(detectorNames, anyCase(detectorNames))
      .optional()
      .describe(
        'What learns what is usual: zscore, ewma, seasonal, isolation-forest, or ensemble (default).',
      ),
    sensitivity: sensitivity
      .optional()
      .describe('False alarms a week that are borne of each series or group; 1 by default.'),
    direction: word(directions, anyCase(directions))
      .optional()
      .describe('On which side of what is expected: up, down, or both (default).'),
    min_change: noLessThanZero
      .optional()
      .describe('Smallest distance from the expected value that counts, in the unit of the metric.'),
    learning: duration
      .refine((ms) => ms <= longestLearningMs, { error: 'expected a duration of at most 90d' })
      .optional()
      .describe(
        'So long a series is only learned from; 1d by default, and never less than the detector needs.',
      ),
    exclude: timeIntervalsSchema
      .optional()
      .describe('Times of samples that are neither learned from nor judged: planned windows.'),
    exclude_time_intervals: z
      .array(z.string().min(1, 'expected the name of a time interval').max(128))
      .min(1, 'expected at least one')
      .max(100)
      .optional()
      .describe('The same, as names of time_intervals of the configuration; in rule files.'),
    ...gridShape,
    ...silenceShape,
  },
} as const satisfies Readonly<Record<RuleType, Readonly<Record<string, z.ZodType>>>>;

/** The keys of a condition over a metric, and of one over another rule. */
export const conditionShape = {
  ...readingShape,
  aggregate: aggregate.optional().describe('What is compared; last by default.'),
  window: duration.optional().describe('Span of the aggregate, e.g. 1m.'),
  across: across
    .optional()
    .describe(
      'One figure of all series of a group; without it one series that meets the condition is enough.',
    ),
  ...comparisonShape,
} as const;
export const ruleConditionShape = {
  rule: line(ruleLimits.nameLength, 'the name of a rule').describe('Name of another rule.'),
  state: word(namedStates, anyCase(namedStates))
    .optional()
    .describe('Of its alert: firing (default), pending, or active (either).'),
} as const;

/** What `defaults` may give to the rules of a file that do not say it themselves. */
export const defaultsShape = {
  for: commonShape.for,
  keep_firing_for: commonShape.keep_firing_for,
  dedupe_window: commonShape.dedupe_window,
  severity: commonShape.severity,
  category: commonShape.category,
  no_data: silenceShape.no_data,
  no_data_after: silenceShape.no_data_after,
  annotations: commonShape.annotations,
} as const;
export type FileDefaults = Read<typeof defaultsShape>;

/** Every key of a rule file but `rules` and `defaults`. */
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

// What keys need of each other, as JSON Schema says it. Reading finds it in normalise/, with better words.
const oneOfKeys = (...keys: readonly string[]) => ({ anyOf: keys.map((key) => ({ required: [key] })) });
const needs = (key: string) => ({ required: [key] });
const where = (key: string, words: readonly string[]) => ({
  properties: { [key]: { enum: words.flatMap((one) => [one, one.toUpperCase()]) } },
  required: [key],
});
const when = (condition: object, then: object) => ({ if: condition, then });
const ofSomeMetric = oneOfKeys('metric', 'metric_name');
const someThreshold = oneOfKeys('threshold', 'levels');
const isAbsent = where('aggregate', ['absent']);
const needsNoWindow = { anyOf: [{ not: needs('aggregate') }, where('aggregate', ['last'])] };
const windowOfAggregate = when({ not: needsNoWindow }, needs('window'));

const conditionSchema: z.ZodType = z
  .union([
    z
      .strictObject(conditionShape)
      .meta({ allOf: [ofSomeMetric, windowOfAggregate, when({ not: isAbsent }, needs('threshold'))] }),
    z.strictObject(ruleConditionShape),
    z.strictObject({
      get all() {
        return z.array(conditionSchema).min(1).describe('True when all of these are.');
      },
    }),
    z.strictObject({
      get any() {
        return z.array(conditionSchema).min(1).describe('True when one of these is.');
      },
    }),
    z.strictObject({
      get not() {
        return conditionSchema;
      },
    }),
    z.strictObject({
      at_least: z.int().min(1).describe('How many of the conditions under `of` must be true.'),
      get of() {
        return z.array(conditionSchema).min(1).describe('The conditions of which so many must be true.');
      },
    }),
  ])
  .meta({ id: 'condition' });

const typed = (type: RuleType, what: string) => word([type], anyCase([type])).describe(what);

/** A rule for editors and for the description of the API; reading goes key by key, so that every problem is found. */
export const ruleSchema = z.union([
  z
    .strictObject({
      ...ruleShapes.threshold,
      type: typed(
        'threshold',
        'threshold: the newest value, or an aggregate of a window, compared with a constant.',
      ).optional(),
    })
    .meta({ allOf: [ofSomeMetric, windowOfAggregate, when({ not: isAbsent }, someThreshold)] }),
  z
    .strictObject({
      ...ruleShapes.trend,
      type: typed('trend', 'trend: where a series is going: a figure of the line through a window.'),
    })
    .meta({
      allOf: [
        ...[ofSomeMetric, needs('window'), someThreshold],
        when(where('measure', ['crosses']), needs('within')),
      ],
    }),
  z.strictObject({
    ...ruleShapes.composite,
    type: typed(
      'composite',
      'composite: conditions over several metrics and other rules, joined.',
    ).optional(),
    conditions: z
      .array(conditionSchema)
      .min(1)
      .max(ruleLimits.conditions)
      .describe(ruleShapes.composite.conditions.description ?? ''),
  }),
  z
    .strictObject({
      ...ruleShapes.frequency,
      type: typed('frequency', 'frequency: how many events or alerts there were in a window.'),
    })
    .meta({ allOf: [needs('window'), someThreshold] }),
  z
    .strictObject({
      ...ruleShapes.pattern,
      type: typed('pattern', 'pattern: what the analysis finds in alerts that fire.'),
    })
    .meta({ allOf: [needs('pattern')] }),
  z
    .strictObject({
      ...ruleShapes.anomaly,
      type: typed('anomaly', 'anomaly: values that are unusual for their series.'),
    })
    .meta({ allOf: [oneOfKeys('metric', 'metric_name', 'metrics'), when(needs('metrics'), needs('by'))] }),
]);
export const ruleFileSchema = z.strictObject({
  ...fileShape,
  defaults: z
    .strictObject(defaultsShape)
    .optional()
    .describe('For the rules here that do not say it themselves.'),
  rules: z.array(ruleSchema).max(ruleLimits.rules).describe('The rules, each with a name of its own.'),
});

type Read<Shape> = { [Key in keyof Shape]?: Shape[Key] extends z.ZodType ? z.output<Shape[Key]> : never };

/** A rule as the schema reads it, key by key; a key that is absent or wrong is missing. */
export type RuleDraft<Type extends RuleType = RuleType> = Read<(typeof ruleShapes)[Type]>;
export type CommonDraft = Read<typeof commonShape>;
export type ConditionDraft = Read<typeof conditionShape>;

/** JSON Schema (draft-7, which editors understand) of a rule file. */
export function ruleFileJsonSchema(): Record<string, unknown> {
  return {
    ...z.toJSONSchema(ruleFileSchema, { target: 'draft-7', io: 'input', unrepresentable: 'any' }),
    title: 'Tocsin rule file',
  };
}
