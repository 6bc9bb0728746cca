// Digests: what waits in them and until when, and one that goes out before its time.
import { z } from 'zod';
import { digestBody } from '../bodies/digest-body.ts';
import { answer, passOn, route } from '../route.ts';

export const digestsRoutes = [
  route({
    method: 'get',
    path: '/api/v1/digests',
    requires: 'read',
    tag: 'alerts',
    summary: 'Digests in which something waits, the next to go out first.',
    answers: { 200: { description: 'Digests', schema: z.object({ items: z.array(digestBody) }) } },
    handler: ({ c, deps, tenant }) => answer(c, 200, { items: deps.services.digests(tenant) }),
  }),
  route({
    method: 'post',
    path: '/api/v1/digests/{receiver}/flush',
    requires: 'respond',
    tag: 'alerts',
    summary: 'Send what waits for a receiver now. Answered once it is durable.',
    idempotent: true,
    answers: {
      200: {
        description: 'It is on its way',
        schema: z.object({
          receiver: z.string(),
          told: z.number().int().meta({ description: 'Alerts and events in it.' }),
          notifications: z.array(z.string()),
        }),
      },
    },
    errors: ['digest_not_found', 'idempotency_conflict', 'overloaded'],
    handler: async ({ c, deps, tenant, actor, idempotency, param }) =>
      passOn(c, await deps.services.flushDigest(tenant, param('receiver'), actor, idempotency)),
  }),
];
