// Events in: occurrences without an end.
import { z } from 'zod';
import { isForbiddenName, labelSet } from '../../../rules/labels.ts';
import { parseCategory, parsePriority, parseSeverity } from '../../../rules/severity.ts';
import { categories, priorities, severities } from '../../../rules/types.ts';
import { utf8Length } from '../../../rules/utf8.ts';
import type { IncomingEvent } from '../../services.ts';
import { collectedBody } from '../bodies/digest-body.ts';
import { timeIn } from '../bodies/shapes.ts';
import { passOn, route } from '../route.ts';

/** A word in any case and with its aliases; the error names the words that are taken. */
function word<Word extends string>(parse: (text: string) => Word | undefined, known: readonly string[]) {
  const expected = `expected one of ${known.join(', ')}`;
  return z.string(expected).transform((text, context) => {
    const found = parse(text);
    if (found !== undefined) return found;
    context.addIssue({ code: 'custom', message: expected });
    return z.NEVER;
  });
}

/** A text of at most so many bytes: what fits in letters may not fit in bytes. */
const within = (bytes: number) =>
  z
    .string()
    .max(bytes)
    .refine((text) => utf8Length(text) <= bytes, `expected at most ${bytes} bytes`);
const labelName = within(128)
  .min(1)
  .refine((name) => !isForbiddenName(name), 'not allowed as a name');
const mostLabels = 64;
const mostRecipients = 100;

export const eventIn = z
  .strictObject({
    type: z
      .string()
      .min(1)
      .max(256)
      .meta({ examples: ['deploy.failed'] }),
    severity: word(parseSeverity, [...severities, 'low (info)', 'medium (warning)'])
      .optional()
      .meta({ description: 'Without it the event is classified by the rules of `classify`.' }),
    message: z.string().min(1).max(8_192),
    impact: z.string().max(8_192).optional(),
    labels: z
      .record(labelName, within(2_048))
      .refine((labels) => Object.keys(labels).length <= mostLabels, `expected at most ${mostLabels} labels`)
      .default({}),
    recipients: z.array(z.string().min(1).max(320)).max(mostRecipients).default([]),
    dedup_key: z.string().min(1).max(255).optional(),
    category: word(parseCategory, categories).optional(),
    priority: word(parsePriority, priorities).optional(),
    occurred_at: timeIn.optional(),
  })
  .meta({ id: 'IncomingEvent' });

export const eventOut = z.object({
  id: z.uuid(),
  status: z.string(),
  severity: z.enum(severities),
  digest: collectedBody.optional().meta({ description: 'Of one that is collected: where it waits.' }),
  classified_by: z
    .string()
    .nullable()
    .meta({ description: 'What decided the severity: the name of a rule, `default`, or null: the sender.' }),
});

export const eventsRoutes = [
  route({
    method: 'post',
    path: '/api/v1/events',
    requires: 'push',
    tag: 'ingest',
    summary: 'Report an event. Answered once it is durable.',
    body: eventIn,
    idempotent: true,
    answers: { 202: { description: 'Stored', schema: eventOut } },
    errors: ['idempotency_conflict', 'overloaded'],
    async handler({ c, deps, tenant, body, actor, idempotency }) {
      const event: IncomingEvent = {
        type: body.type,
        ...(body.severity !== undefined && { severity: body.severity }),
        ...(body.category !== undefined && { category: body.category }),
        message: body.message,
        labels: labelSet(body.labels),
        recipients: body.recipients,
        ...(body.priority !== undefined && { priority: body.priority }),
        ...(body.impact !== undefined && { impact: body.impact }),
        ...(body.dedup_key !== undefined && { dedupKey: body.dedup_key }),
        ...(body.occurred_at !== undefined && { occurredAt: body.occurred_at }),
      };
      return passOn(c, await deps.services.postEvent(tenant, event, actor, idempotency));
    },
  }),
];
