// Heartbeats in: one call at the end of a job. What has to come is said in the configuration.
import { z } from 'zod';
import { ApiError } from '../../errors.ts';
import { heartbeatBody } from '../bodies/heartbeat-body.ts';
import { answer, type Call, passOn, route } from '../route.ts';

const beatQuery = z.strictObject({ status: z.enum(['ok', 'fail']).default('ok') });

const beat = {
  path: '/api/v1/heartbeats/{name}',
  requires: 'push',
  tag: 'ingest',
  summary: 'Say that a job is done (`status=fail`: that it failed). Answered once it is durable.',
  query: beatQuery,
  answers: { 200: { description: 'Stored', schema: heartbeatBody } },
  errors: ['heartbeat_not_found', 'unavailable'],
  async handler({ c, deps, tenant, query, param }: Call<undefined, z.output<typeof beatQuery>>) {
    try {
      return passOn(c, await deps.services.heartbeat(tenant, param('name'), query.status === 'fail'));
    } catch (error) {
      if (error instanceof ApiError && error.code === 'overloaded')
        throw new ApiError('unavailable', { retryAfter: 1, cause: error });
      throw error;
    }
  },
} as const;

export const heartbeatsRoutes = [
  route({ ...beat, method: 'post' }),
  route({ ...beat, method: 'get' }),
  route({
    method: 'get',
    path: '/api/v1/heartbeats',
    requires: 'read',
    tag: 'alerts',
    summary:
      'The heartbeats that are expected, by name: when each came last, and by when the next one has to come.',
    answers: { 200: { description: 'Heartbeats', schema: z.object({ items: z.array(heartbeatBody) }) } },
    handler: ({ c, deps, tenant }) => answer(c, 200, { items: deps.services.heartbeats(tenant) }),
  }),
];
