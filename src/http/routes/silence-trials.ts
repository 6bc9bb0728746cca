// Silences before they are made: what matchers would hold back now, and what they would have held back. Nothing is stored.
import { z } from 'zod';
import { formatDuration } from '../../../rules/duration.ts';
import { severities } from '../../../rules/types.ts';
import { ApiError } from '../../errors.ts';
import { labelsOut, timeIn, timeOut, timeText } from '../bodies/shapes.ts';
import { matchersIn } from '../bodies/silence-body.ts';
import { answer, route } from '../route.ts';

const limit = z.number().int().min(1).max(500).default(50).meta({ description: 'Of what is named.' });
const count = z.number().int();

const previewOut = z.object({
  firing: count,
  pending: count,
  suppressed: count.meta({ description: 'Of those that fire, what is held back already.' }),
  receivers: z.array(z.object({ receiver: z.string(), groups: count, alerts: count })),
  alerts: z.array(
    z.object({
      id: z.string(),
      rule: z.string().nullable(),
      state: z.enum(['pending', 'firing']),
      severity: z.enum(severities),
      labels: labelsOut,
      suppressed: z.string().nullable(),
    }),
  ),
  groups: z.object({
    total: count,
    silent: count.meta({ description: 'Have something to say next, and would not.' }),
    shorter: count.meta({ description: 'Would still speak, of less.' }),
    items: z.array(
      z.object({
        group_key: z.string(),
        receiver: z.string(),
        labels: labelsOut,
        taken: count,
        members: count,
        next: z.object({ at: timeOut, reason: z.string() }).nullable(),
        left: z.string().nullable().meta({ description: 'Why it would speak all the same.' }),
      }),
    ),
  }),
});

const tryIn = z.strictObject({
  matchers: matchersIn,
  from: timeIn,
  to: timeIn.optional().meta({ description: 'Now, unless given.' }),
  limit,
});
const longestMs = 31 * 86_400_000;
const tryOut = z.object({
  from: timeOut,
  to: timeOut,
  messages: count.meta({ description: 'All of the period.' }),
  held: z.object({ messages: count, whole: count, in_part: count, alerts: count }),
  items: z.array(
    z.object({
      id: z.string(),
      at: timeOut,
      receiver: z.string().nullable(),
      reason: z.string(),
      whole: z.boolean(),
      taken: count,
      alerts: count,
    }),
  ),
});

function problem(path: string, message: string): ApiError {
  return new ApiError('invalid_body', { details: { problems: [{ path, message }] } });
}

export const silenceTrialsRoutes = [
  route({
    method: 'post',
    path: '/api/v1/silences/preview',
    requires: 'read',
    tag: 'silences',
    summary: 'What these matchers would hold back now: alerts, and groups that would be silent.',
    body: z.strictObject({ matchers: matchersIn, limit }),
    answers: { 200: { description: 'What they take', schema: previewOut } },
    async handler({ c, deps, tenant, body }) {
      const got = await deps.services.silences.preview(tenant, body.matchers, body.limit);
      return answer(c, 200, {
        firing: got.firing,
        pending: got.pending,
        suppressed: got.suppressed,
        receivers: [...got.receivers].map(([receiver, counts]) => ({ receiver, ...counts })),
        alerts: got.alerts,
        groups: {
          total: got.groups,
          silent: got.silent,
          shorter: got.shorter,
          items: got.shown.map(({ groupKey, next, ...group }) => ({
            group_key: groupKey,
            ...group,
            next: next === null ? null : { at: timeText(next.at), reason: next.reason },
          })),
        },
      });
    },
  }),
  route({
    method: 'post',
    path: '/api/v1/silences/try',
    requires: 'read',
    tag: 'silences',
    summary: 'What these matchers would have held back of the messages of a past period.',
    body: tryIn,
    answers: { 200: { description: 'The messages', schema: tryOut } },
    errors: ['overloaded', 'query_too_large'],
    async handler({ c, deps, tenant, body }) {
      const { matchers, from } = body;
      const to = body.to ?? deps.services.now();
      if (from >= to) throw problem('from', 'expected a time before `to`');
      if (to - from > longestMs)
        throw problem('from', `expected a period of at most ${formatDuration(longestMs)}`);
      const query = { tenant, matchers, from, to, limit: body.limit };
      const got = await deps.services.silences.try(query, c.req.raw.signal);
      const { whole, inPart, alerts } = got;
      return answer(c, 200, {
        from: timeText(from),
        to: timeText(to),
        messages: got.messages,
        held: { messages: whole + inPart, whole, in_part: inPart, alerts },
        items: got.held.map((one) => ({ ...one, at: timeText(one.at) })),
      });
    },
  }),
];
