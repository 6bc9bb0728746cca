// An alert or event as the API shows it.
import { z } from 'zod';
import { categories, type Finding, priorities, severities } from '../../../rules/types.ts';
import type { EscalationStanding } from '../../pipeline/escalation-standing.ts';
import type { AlertRow } from '../../pipeline/rows.ts';
import { escalationBody, toEscalationBody } from './escalation-body.ts';
import { labelsOut, timeOut, timeText, timeTextOrNull } from './shapes.ts';

export const alertBody = z
  .object({
    id: z.uuid(),
    kind: z.enum(['alert', 'event']),
    state: z.enum(['pending', 'firing', 'resolved']),
    source: z.string(),
    rule: z.string().nullable(),
    labels: labelsOut,
    annotations: z.record(z.string(), z.string()),
    fingerprint: z.string(),
    severity: z.enum(severities),
    effective_severity: z.enum(severities),
    priority: z.enum(priorities),
    category: z.enum(categories),
    value: z.number().nullable(),
    finding: z
      .object({
        value: z.number(),
        at: timeOut,
        expected: z.object({ low: z.number(), mid: z.number(), high: z.number() }),
        score: z.number().meta({ description: '0 is usual, towards 1 is strange.' }),
        one_in: z.number().meta({ description: 'One in so many samples of the series is as unusual.' }),
        together: z
          .array(
            z.object({
              metric: z.string(),
              value: z.number(),
              expected: z.object({ low: z.number(), high: z.number() }),
              beside: z.boolean().meta({ description: 'It was expected there beside what the others are.' }),
            }),
          )
          .optional()
          .meta({
            description: 'Of a rule over several metrics: those that made it unusual, at most three.',
          }),
      })
      .nullable()
      .meta({ description: 'Of an alert about an unusual value: its rarest sample, and what was expected.' }),
    dedup_key: z.string().nullable(),
    pending_since: timeOut.nullable(),
    fired_at: timeOut.nullable(),
    keep_until: timeOut.nullable(),
    last_sample_at: timeOut.nullable(),
    ends_at: timeOut.nullable(),
    resolved_at: timeOut.nullable(),
    resolve_reason: z.string().nullable(),
    acknowledged: z
      .object({ by: z.string(), at: timeOut, until: timeOut.nullable() })
      .nullable()
      .meta({ description: 'Who took it. One whose `until` is past has ended.' }),
    snoozed: z
      .object({ by: z.string().nullable(), until: timeOut })
      .nullable()
      .meta({ description: 'Nothing is said of it before `until`; one that is past has ended.' }),
    assignee: z.string().nullable(),
    comments: z.number().int().meta({ description: 'How many there are.' }),
    version: z.number().int(),
  })
  .meta({ id: 'Alert' });
export type AlertBody = z.output<typeof alertBody>;

function findingBody({ value, at, low, mid, high, score, oneIn, together }: Finding): AlertBody['finding'] {
  return {
    ...{ value, at: timeText(at), expected: { low, mid, high }, score, one_in: oneIn },
    ...(together !== undefined && {
      together: together.map(({ low, high, ...rest }) => ({ ...rest, expected: { low, high } })),
    }),
  };
}

/** As it is shown to whoever reads it: with what its groups go through. */
export const shownAlertBody = alertBody
  .extend({
    escalations: z
      .array(escalationBody)
      .meta({ description: 'Where the escalations of its groups stand; one for each that has any.' }),
  })
  .meta({ id: 'ShownAlert' });
export type ShownAlertBody = z.output<typeof shownAlertBody>;

/** One alert by itself. */
export const oneAlertBody = shownAlertBody
  .extend({
    incident: z
      .object({ id: z.uuid(), title: z.string() })
      .nullable()
      .meta({ description: 'The incident that it is in; null: in none, or it was not looked at yet.' }),
  })
  .meta({ id: 'OneAlert' });

export function toShownAlertBody(row: AlertRow, escalations: readonly EscalationStanding[]): ShownAlertBody {
  return { ...toAlertBody(row), escalations: escalations.map(toEscalationBody) };
}

export function toAlertBody(row: AlertRow): AlertBody {
  return {
    id: row.id,
    kind: row.kind,
    state: row.state,
    source: row.source,
    rule: row.rule,
    labels: { ...row.labels },
    annotations: { ...row.annotations },
    fingerprint: row.fingerprint,
    severity: row.severity,
    effective_severity: row.effectiveSeverity,
    priority: row.priority,
    category: row.category,
    value: row.value,
    finding: row.finding == null ? null : findingBody(row.finding),
    dedup_key: row.dedupKey,
    pending_since: timeTextOrNull(row.pendingSince),
    fired_at: timeTextOrNull(row.firedAt),
    keep_until: timeTextOrNull(row.keepUntil),
    last_sample_at: timeTextOrNull(row.lastSampleAt),
    ends_at: timeTextOrNull(row.endsAt),
    resolved_at: timeTextOrNull(row.resolvedAt),
    resolve_reason: row.resolveReason,
    acknowledged:
      row.ackedBy === null || row.ackedAt === null
        ? null
        : { by: row.ackedBy, at: timeText(row.ackedAt), until: timeTextOrNull(row.ackUntil) },
    snoozed: row.snoozedUntil === null ? null : { by: row.snoozedBy, until: timeText(row.snoozedUntil) },
    assignee: row.assignee,
    comments: row.comments,
    version: row.version,
  };
}
