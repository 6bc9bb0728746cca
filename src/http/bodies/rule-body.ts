// A rule as the API shows it: the words of the rule file, and beside them what is known of it. What is shown can be put
// again as it is.
import { z } from 'zod';
import { categories, priorities, severities } from '../../../rules/types.ts';
import type { RuleEntry } from '../../engine/rule-book.ts';
import { labelsOut, timeOut, timeText } from './shapes.ts';

const problemsOut = z.array(z.object({ path: z.string(), message: z.string() }));

export const ruleBody = z
  .looseObject({
    id: z.uuid().nullable().meta({ description: 'Null for a rule of a file: its name is its id.' }),
    name: z.string(),
    version: z.number().int().nullable().meta({ description: 'From 1; null for a rule of a file.' }),
    created_at: timeOut.nullable(),
    created_by: z.string().nullable(),
    updated_at: timeOut.nullable(),
    updated_by: z.string().nullable(),
    origin: z.object({
      kind: z.enum(['file', 'api']),
      file: z.string().optional(),
      line: z.number().int().optional(),
      commit: z.string().optional(),
    }),
    hash: z
      .string()
      .nullable()
      .meta({ description: 'Of what it decides by; the `rule_hash` of its alerts.' }),
    active: z.boolean().meta({ description: 'False: it cannot run, see `problems`.' }),
    problems: problemsOut.optional(),
    type: z.string().optional(),
    group: z.string().optional(),
    enabled: z.boolean().optional(),
    severity: z.enum(severities).optional().meta({ description: 'Absent where `levels` say it.' }),
    priority: z.enum(priorities).optional(),
    category: z.enum(categories).optional(),
    labels: labelsOut.optional(),
    annotations: z.record(z.string(), z.string()).optional(),
  })
  .meta({ id: 'Rule', description: 'With all other keys of its type, as in a rule file.' });

export const ruleTrialBody = z
  .object({
    dry_run: z.literal(true),
    rule: ruleBody,
    series: z.number().int().meta({ description: 'How many series that are in memory it reads.' }),
    problems: problemsOut.meta({ description: 'What does not keep it from being stored.' }),
  })
  .meta({ id: 'RuleTrial' });

export function toRuleBody({ row, rule, document, active, problems }: RuleEntry) {
  const { column: _column, ...origin } = { column: 0, ...(rule?.origin ?? { kind: 'api' as const }) };
  return {
    id: row?.id ?? null,
    ...document,
    name: row?.name ?? rule?.name ?? '',
    version: row?.version ?? null,
    created_at: row === null ? null : timeText(row.createdAt),
    created_by: row?.createdBy ?? null,
    updated_at: row === null ? null : timeText(row.updatedAt),
    updated_by: row?.updatedBy ?? null,
    origin,
    hash: rule?.hash ?? null,
    active,
    ...(problems.length > 0 && { problems }),
  };
}
