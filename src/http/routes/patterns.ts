// Patterns that were found in alerts.
import { z } from 'zod';
import { patternNames } from '../../../analysis/patterns/pattern.ts';
import { ApiError } from '../../errors.ts';
import { findingBody, toFindingBody } from '../bodies/finding-body.ts';
import { pageOut, pageQuery, timeInQuery } from '../bodies/shapes.ts';
import { answer, route } from '../route.ts';

const query = z.strictObject({
  pattern: z.enum(patternNames).optional(),
  since: timeInQuery.optional().meta({ description: 'Was recognised, or more of it was, then or later.' }),
  until: timeInQuery.optional().meta({ description: 'Began then or earlier.' }),
  alert: z.uuid().optional().meta({ description: 'Names this alert.' }),
  ...pageQuery,
});

export const patternsRoutes = [
  route({
    method: 'get',
    path: '/api/v1/alerts/patterns',
    requires: 'read',
    tag: 'incidents',
    summary: 'Patterns that were found in alerts, newest first.',
    query,
    answers: { 200: { description: 'A page', schema: pageOut(findingBody) } },
    errors: ['invalid_cursor', 'unavailable'],
    handler({ c, deps, tenant, query: { limit, cursor, pattern, since, until, alert } }) {
      if (deps.analyses === null) throw new ApiError('unavailable', { retryAfter: 60 });
      const filter = {
        ...(pattern !== undefined && { pattern }),
        ...(since !== undefined && { since }),
        ...(until !== undefined && { until }),
        ...(alert !== undefined && { alert }),
      };
      const page = deps.analyses.findings(tenant, filter, limit, cursor ?? null);
      return answer(c, 200, { items: page.items.map(toFindingBody), next: page.next });
    },
  }),
];
