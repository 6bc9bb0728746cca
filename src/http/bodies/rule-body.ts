// A rule as the API shows it: the words of the rule file, durations written as people write them.
import { z } from 'zod';
import { percentilePattern } from '../../../rules/aggregates/percentile.ts';
import { formatDuration } from '../../../rules/duration.ts';
import { formatMatcher } from '../../../rules/matchers.ts';
import type { Rule } from '../../../rules/types.ts';
import {
  acrossWords,
  aggregates,
  categories,
  noDataPolicies,
  operators,
  priorities,
  severities,
} from '../../../rules/types.ts';
import { labelsOut } from './shapes.ts';

export const ruleBody = z
  .object({
    name: z.string(),
    group: z.string(),
    type: z.enum(['threshold']),
    description: z.string(),
    enabled: z.boolean(),
    metric: z.string(),
    match: z.array(z.string()),
    aggregate: z.union([z.enum(aggregates), z.string().regex(new RegExp(percentilePattern))]),
    window: z.string(),
    across: z.enum(acrossWords).nullable(),
    by: z.array(z.string()).nullable().meta({ description: 'Null: a rule about each series by itself.' }),
    interval: z.string().nullable(),
    eval_delay: z.string().nullable(),
    operator: z.enum(operators),
    threshold: z.number(),
    resolve_threshold: z.number().nullable(),
    for: z.string(),
    keep_firing_for: z.string(),
    no_data: z.enum(noDataPolicies),
    no_data_after: z.string(),
    dedupe_window: z.string().nullable().meta({ description: 'Null: the receiver’s.' }),
    severity: z.enum(severities),
    priority: z.enum(priorities),
    category: z.enum(categories),
    labels: labelsOut,
    annotations: z.record(z.string(), z.string()),
    hash: z.string(),
    origin: z.object({
      kind: z.enum(['file', 'api']),
      file: z.string().optional(),
      line: z.number().int().optional(),
    }),
  })
  .meta({ id: 'Rule' });

export function toRuleBody(rule: Rule): z.output<typeof ruleBody> {
  return {
    name: rule.name,
    group: rule.group,
    type: rule.type,
    description: rule.description,
    enabled: rule.enabled,
    metric: rule.metric,
    match: rule.match.map(formatMatcher),
    aggregate: rule.aggregate,
    window: formatDuration(rule.windowMs),
    across: rule.across ?? null,
    by: rule.grid ? [...rule.grid.by] : null,
    interval: rule.grid ? formatDuration(rule.grid.intervalMs) : null,
    eval_delay: rule.grid ? formatDuration(rule.grid.evalDelayMs) : null,
    operator: rule.operator,
    threshold: rule.threshold,
    resolve_threshold: rule.resolveThreshold ?? null,
    for: formatDuration(rule.forMs),
    keep_firing_for: formatDuration(rule.keepFiringForMs),
    no_data: rule.noData,
    no_data_after: formatDuration(rule.noDataAfterMs),
    dedupe_window: rule.dedupeWindowMs === undefined ? null : formatDuration(rule.dedupeWindowMs),
    severity: rule.severity,
    priority: rule.priority,
    category: rule.category,
    labels: { ...rule.labels },
    annotations: { ...rule.annotations },
    hash: rule.hash,
    origin:
      rule.origin.kind === 'file'
        ? { kind: 'file', file: rule.origin.file, line: rule.origin.line }
        : { kind: 'api' },
  };
}
