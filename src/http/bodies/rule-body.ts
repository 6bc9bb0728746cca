// A rule as the API shows it: the words of the rule file, and where it stands.
import { z } from 'zod';
import { ruleDocument } from '../../../rules/document.ts';
import { categories, priorities, type Rule, ruleTypes, severities } from '../../../rules/types.ts';
import { labelsOut } from './shapes.ts';

export const ruleBody = z
  .looseObject({
    name: z.string(),
    group: z.string(),
    type: z.enum(ruleTypes),
    enabled: z.boolean(),
    for: z.string(),
    keep_firing_for: z.string(),
    severity: z.enum(severities).optional().meta({ description: 'Absent where `levels` say it.' }),
    priority: z.enum(priorities),
    category: z.enum(categories),
    labels: labelsOut,
    annotations: z.record(z.string(), z.string()),
    hash: z.string(),
    origin: z.object({
      kind: z.enum(['file', 'api']),
      file: z.string().optional(),
      line: z.number().int().optional(),
      commit: z.string().optional(),
    }),
  })
  .meta({ id: 'Rule', description: 'The keys of the rule file for its type, and where the rule stands.' });

export function toRuleBody(rule: Rule): z.output<typeof ruleBody> {
  const { origin } = rule;
  return {
    ...(ruleDocument(rule) as Pick<
      z.output<typeof ruleBody>,
      | 'name'
      | 'type'
      | 'enabled'
      | 'for'
      | 'keep_firing_for'
      | 'priority'
      | 'category'
      | 'labels'
      | 'annotations'
    >),
    group: rule.group,
    hash: rule.hash,
    origin:
      origin.kind === 'file'
        ? {
            kind: 'file',
            file: origin.file,
            line: origin.line,
            ...(origin.commit === undefined ? {} : { commit: origin.commit }),
          }
        : { kind: 'api' },
  };
}
