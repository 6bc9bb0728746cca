// Who is on call, when, and who takes over.
import { z } from 'zod';
import { apiOverrideSchema, overrideLimits } from '../../config/api-override.ts';
import { tagOf } from '../../engine/object-change.ts';
import { ApiError } from '../../errors.ts';
import { shifts } from '../../policy/on-call/rota.ts';
import { type Schedule, scheduleLimits } from '../../policy/on-call/schedule.ts';
import { rotaBody, toRotaBody, toWatchBody, watchBody } from '../bodies/on-call-body.ts';
import {
  overrideBody,
  overrideTrialBody,
  toOverrideBody,
  toOverrideTrialBody,
} from '../bodies/override-body.ts';
import { pageOut, pageQuery, timeInQuery, timeOut, timeText } from '../bodies/shapes.ts';
import { toVersionBody, versionBody } from '../bodies/version-body.ts';
import { seenIn } from '../if-match.ts';
import { changeQuery, tagged } from '../object-change.ts';
import { answer, type Call, passOn, route } from '../route.ts';

const dayMs = 86_400_000;
const usualSpanMs = 28 * dayMs;

function existing({ deps, tenant, param }: Call<unknown, unknown>): Schedule {
  const found = deps.services.onCall.schedules(tenant).get(param('name'));
  if (found === undefined) throw new ApiError('schedule_not_found');
  return found;
}

function override({ deps, tenant, param }: Call<unknown, unknown>) {
  const id = param('id');
  const found = deps.services.onCall.overrides(tenant).find(({ made }) => made.row.id === id);
  if (found === undefined) throw new ApiError('override_not_found');
  return found;
}

function spanOf(query: { from?: number | undefined; to?: number | undefined }, now: number) {
  const from = query.from ?? now;
  const to = query.to ?? from + usualSpanMs;
  const problem =
    to <= from
      ? 'expected a time after `from`'
      : to - from > scheduleLimits.horizonMs
        ? 'expected a time at most 400 days after `from`'
        : null;
  if (problem === null) return { from, to };
  throw new ApiError('invalid_query', { details: { problems: [{ path: 'to', message: problem }] } });
}

export const onCallRoutes = [
  route({
    method: 'get',
    path: '/api/v1/on-call',
    requires: 'read',
    tag: 'on-call',
    summary: 'Who is on call by each schedule, until when, and who is next.',
    query: z.strictObject({ at: timeInQuery.optional().meta({ description: 'Now, unless given.' }) }),
    answers: {
      200: { description: 'By name', schema: z.object({ at: timeOut, items: z.array(watchBody) }) },
    },
    handler({ c, deps, tenant, query }) {
      const at = Math.floor(query.at ?? deps.services.now());
      const schedules = [...deps.services.onCall.schedules(tenant).values()];
      schedules.sort((a, b) => (a.name < b.name ? -1 : 1));
      return answer(c, 200, {
        at: timeText(at),
        items: schedules.map((schedule) => toWatchBody(schedule, at)),
      });
    },
  }),
  route({
    method: 'get',
    path: '/api/v1/on-call/schedules/{name}',
    requires: 'read',
    tag: 'on-call',
    summary: 'The shifts of a schedule.',
    query: z.strictObject({
      from: timeInQuery.optional().meta({ description: 'Now, unless given.' }),
      to: timeInQuery
        .optional()
        .meta({ description: '28 days after `from`, unless given; at most 400 days after it.' }),
    }),
    answers: { 200: { description: 'In their order, cut to the span', schema: rotaBody } },
    errors: ['schedule_not_found'],
    handler(call) {
      const { c, deps, query } = call;
      const schedule = existing(call);
      const { from, to } = spanOf(query, Math.floor(deps.services.now()));
      return answer(c, 200, toRotaBody(schedule, shifts(schedule, from, to)));
    },
  }),
  route({
    method: 'get',
    path: '/api/v1/on-call/overrides',
    requires: 'read',
    tag: 'on-call',
    summary: 'Overrides that were made here, the newest first; those of files are in the files.',
    query: z.strictObject({ ...pageQuery, schedule: z.string().max(128).optional() }),
    answers: { 200: { description: 'A page', schema: pageOut(overrideBody) } },
    errors: ['invalid_cursor'],
    handler({ c, deps, tenant, query }) {
      const { cursor, limit, schedule } = query;
      const from = cursor === undefined ? 0 : Number(/^after-(\d{1,6})$/.exec(cursor)?.[1] ?? Number.NaN);
      if (Number.isNaN(from)) throw new ApiError('invalid_cursor');
      const found = deps.services.onCall
        .overrides(tenant)
        .filter(({ made }) => schedule === undefined || made.input?.schedule === schedule)
        .reverse();
      return answer(c, 200, {
        items: found.slice(from, from + limit).map(({ made, problems }) => toOverrideBody(made, problems)),
        next: found.length > from + limit ? `after-${from + limit}` : null,
      });
    },
  }),
  route({
    method: 'post',
    path: '/api/v1/on-call/overrides',
    requires: 'respond',
    tag: 'on-call',
    summary: 'Somebody takes over for a while, also of a schedule of a file. Answered once it is durable.',
    body: z.record(z.string(), z.unknown(), 'expected an override (an object)'),
    query: changeQuery,
    describedBody: apiOverrideSchema,
    bodyBytes: overrideLimits.documentBytes,
    idempotent: true,
    answers: {
      201: { description: 'Stored, and in force', schema: overrideBody },
      200: { description: 'With `dry_run`: what it would change', schema: overrideTrialBody },
    },
    errors: ['too_many_overrides', 'idempotency_conflict'],
    async handler({ c, deps, tenant, actor, body, idempotency, query }) {
      const order = { do: 'create', document: body } as const;
      if (query.dry_run) {
        const { answer: would, trial } = deps.services.onCall.tryOverride(tenant, order, actor);
        if (trial === null) return passOn(c, would);
        const shown = would.body as ReturnType<typeof toOverrideBody>;
        return answer(c, 200, toOverrideTrialBody(shown, trial));
      }
      const result = await deps.services.onCall.changeOverride(tenant, order, actor, idempotency);
      if (result.status === 201)
        c.header('location', `/api/v1/on-call/overrides/${(result.body as { id: string }).id}`);
      return tagged(c, result);
    },
  }),
  route({
    method: 'get',
    path: '/api/v1/on-call/overrides/{id}',
    requires: 'read',
    tag: 'on-call',
    summary: 'One override.',
    answers: { 200: { description: 'The override', schema: overrideBody } },
    errors: ['override_not_found'],
    handler(call) {
      const { made, problems } = override(call);
      call.c.header('etag', tagOf(made.row));
      return answer(call.c, 200, toOverrideBody(made, problems));
    },
  }),
  route({
    method: 'delete',
    path: '/api/v1/on-call/overrides/{id}',
    requires: 'respond',
    tag: 'on-call',
    summary: 'Take an override back; whoever would have been on call without it is.',
    conditional: true,
    answers: { 204: { description: 'Deleted' } },
    errors: ['override_not_found', 'precondition_failed'],
    async handler({ c, deps, tenant, actor, param }) {
      const order = { do: 'delete', id: param('id'), seen: seenIn(c) } as const;
      const result = await deps.services.onCall.changeOverride(tenant, order, actor, null);
      return result.status === 204 ? c.body(null, 204) : passOn(c, result);
    },
  }),
  route({
    method: 'get',
    path: '/api/v1/on-call/overrides/{id}/versions',
    requires: 'read',
    tag: 'on-call',
    summary: 'What an override was, newest first; also once it is deleted.',
    query: z.strictObject(pageQuery),
    answers: { 200: { description: 'A page', schema: pageOut(versionBody) } },
    errors: ['override_not_found', 'invalid_cursor'],
    handler({ c, deps, tenant, query, param }) {
      const { store } = deps.services;
      const id = param('id');
      if (store.configObject(tenant, 'override', id) === null) throw new ApiError('override_not_found');
      const found = store.configObjectVersions(tenant, 'override', id, query.limit, query.cursor ?? null);
      return answer(c, 200, { items: found.items.map(toVersionBody), next: found.next });
    },
  }),
];
