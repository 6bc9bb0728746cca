// Whether people can be reached, tried: begun here or by schedule, and what came of it.
import { z } from 'zod';
import { targetProblems } from '../../config/people-names.ts';
import { targetsSchema } from '../../config/people-schema.ts';
import { confirmWithin } from '../../config/reach-test.ts';
import { name } from '../../config/scalars.ts';
import { ApiError } from '../../errors.ts';
import { pageQuery, timeOut, timeText, timeTextOrNull } from '../bodies/shapes.ts';
import { answer, passOn, route } from '../route.ts';

const path = '/api/v1/alerts/recipients/reach-tests';
const usualConfirmMs = 30 * 60_000;

const reachTestBody = z
  .object({
    id: z.uuid(),
    started_at: timeOut,
    started_by: z.string(),
    confirm_by: timeOut,
    to: z.array(z.string()),
    report_to: z.string().nullable(),
    ended: z.boolean().meta({ description: 'Its time is over, and what was missed is reported.' }),
    reached: z.number().int(),
    results: z.array(
      z.object({
        person: z.string(),
        channel: z.string().nullable(),
        notification_id: z.uuid().nullable(),
        sent_at: timeOut.nullable(),
        delivered_at: timeOut.nullable(),
        confirmed_at: timeOut.nullable(),
        reason: z
          .string()
          .nullable()
          .meta({ description: 'Why the person was not reached there; null: she was.' }),
      }),
    ),
  })
  .meta({ id: 'ReachTest' });

export const reachTestsRoutes = [
  route({
    method: 'get',
    path,
    requires: 'read',
    tag: 'recipients',
    summary: 'The newest tests of who can be reached, with what came of each message.',
    query: z.strictObject({ limit: pageQuery.limit }),
    answers: { 200: { description: 'Newest first', schema: z.object({ items: z.array(reachTestBody) }) } },
    errors: [],
    handler({ c, deps, tenant, query }) {
      const items = deps.services.reachTests
        .list(tenant, Math.min(query.limit, 20))
        .map(({ run, ended, results }) => ({
          ...{ id: run.id, started_at: timeText(run.startedAt), started_by: run.startedBy },
          ...{ confirm_by: timeText(run.confirmBy), to: [...run.to], report_to: run.reportTo, ended },
          reached: results.filter(({ why }) => why === null).length,
          results: results.map((one) => ({
            ...{ person: one.person, channel: one.channel, notification_id: one.notificationId },
            ...{ sent_at: timeTextOrNull(one.sentAt), delivered_at: timeTextOrNull(one.deliveredAt) },
            ...{ confirmed_at: timeTextOrNull(one.confirmedAt), reason: one.why },
          })),
        }));
      return answer(c, 200, { items });
    },
  }),
  route({
    method: 'post',
    path,
    requires: 'edit',
    tag: 'recipients',
    summary: 'Send everybody of these targets a test on each of her channels, to be confirmed by its link.',
    body: z.strictObject({
      to: targetsSchema,
      confirm_within: confirmWithin.optional(),
      report_to: name.optional(),
    }),
    idempotent: true,
    answers: { 202: { description: 'Begun and durable', schema: z.object({ id: z.uuid() }) } },
    errors: ['nobody_to_reach', 'idempotency_conflict'],
    async handler({ c, deps, tenant, actor, body, idempotency }) {
      const { reachTests } = deps.services;
      const problems = targetProblems(body.to, reachTests.names(tenant));
      const receivers = [...deps.services.routing(tenant).receivers.keys()];
      if (body.report_to !== undefined && !receivers.includes(body.report_to))
        problems.push({
          path: 'report_to',
          message: `there is no such receiver; expected one of ${receivers.slice(0, 50).join(', ')}`,
        });
      if (problems.length > 0) throw new ApiError('invalid_body', { details: { problems } });
      const { to, confirm_within: ms = usualConfirmMs, report_to: reportTo = null } = body;
      const order = { do: 'begin' as const, to, confirmWithinMs: ms, reportTo, actor: actor.name };
      return passOn(c, await reachTests.begin(tenant, order, idempotency));
    },
  }),
];
