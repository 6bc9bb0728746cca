// The storm of a tenant.
import { stormBody } from '../bodies/storm-body.ts';
import { answer, route } from '../route.ts';

export const stormRoutes = [
  route({
    method: 'get',
    path: '/api/v1/storm',
    requires: 'read',
    tag: 'alerts',
    summary: 'Whether a storm lasts, and how much came and was told in it.',
    answers: { 200: { description: 'The storm', schema: stormBody } },
    handler: ({ c, deps, tenant }) => answer(c, 200, deps.services.storm(tenant)),
  }),
];
