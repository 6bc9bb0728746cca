// What people and keys did: of a tenant, or of the installation.
import { z } from 'zod';
import { ApiError } from '../../errors.ts';
import { auditEventBody, toAuditEventBody } from '../bodies/event-body.ts';
import { pageOut, pageQuery } from '../bodies/shapes.ts';
import { answer, route } from '../route.ts';

const listQuery = z.strictObject({
  of: z.enum(['tenant', 'installation']).default('tenant').meta({
    description: '`installation`: keys for all tenants, failed authentications; for keys of all tenants.',
  }),
  ...pageQuery,
});

export const auditRoutes = [
  route({
    method: 'get',
    path: '/api/v1/audit',
    requires: 'administer',
    tag: 'keys',
    summary: 'The audit trail, newest first.',
    query: listQuery,
    answers: { 200: { description: 'A page', schema: pageOut(auditEventBody) } },
    errors: ['invalid_cursor'],
    handler({ c, deps, key, tenant, query }) {
      const ofInstallation = query.of === 'installation';
      if (ofInstallation && key!.tenant !== '*') {
        throw new ApiError('forbidden', { message: 'This key belongs to one tenant.' });
      }
      const of = ofInstallation ? null : tenant;
      const page = deps.services.store.auditEvents(of, query.limit, query.cursor ?? null);
      return answer(c, 200, { items: page.items.map(toAuditEventBody), next: page.next });
    },
  }),
];
