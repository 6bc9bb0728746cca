// Whether the program lives and serves. Anonymous, so it says neither versions nor details.
import { z } from 'zod';
import { ApiError } from '../../errors.ts';
import { answer, directRoute, route } from '../route.ts';

const healthBody = z.object({
  status: z.enum(['ok', 'degraded', 'failed']),
  ready: z.boolean(),
  checks: z.record(z.string(), z.enum(['ok', 'failed'])),
  mock: z.string().optional().meta({ description: 'Every channel accepts and sends nothing.' }),
});
const stateBody = z.object({ status: z.string() });

export const healthRoutes = [
  route({
    method: 'get',
    path: '/health',
    requires: 'anonymous',
    tag: 'health',
    summary: 'How the program is, check by check; 503 when it failed.',
    answers: {
      200: { description: 'Serving', schema: healthBody },
      503: { description: 'Failed', schema: healthBody },
    },
    handler({ c, deps }) {
      const health = deps.services.health();
      const checks = Object.fromEntries(
        Object.entries(health.checks).map(([name, check]) => [name, check.ok ? 'ok' : 'failed']),
      );
      const status = health.status === 'failed' ? 503 : 200;
      return answer(c, status, {
        ...{ status: health.status, ready: health.ready, checks },
        ...(health.mock && { mock: 'mock: nothing leaves this process' }),
      });
    },
  }),
  // What asks these two asks often, and from many places at once.
  directRoute({
    method: 'get',
    path: '/health/live',
    requires: 'anonymous',
    tag: 'health',
    summary: 'The process answers.',
    answers: { 200: { description: 'Alive', schema: stateBody } },
    handler: async () => ({ status: 200, body: { status: 'alive' } }),
  }),
  directRoute({
    method: 'get',
    path: '/health/ready',
    requires: 'anonymous',
    tag: 'health',
    summary: 'The program takes work.',
    answers: { 200: { description: 'Ready', schema: stateBody } },
    errors: ['starting'],
    async handler({ deps }) {
      if (!deps.services.health().ready) throw new ApiError('starting');
      return { status: 200, body: { status: 'ready' } };
    },
  }),
];
