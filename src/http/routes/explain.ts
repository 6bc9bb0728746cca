// Why somebody was told of an alert, or was not.
import { z } from 'zod';
import { ApiError } from '../../errors.ts';
import { explain } from '../../explain/explanation.ts';
import { factsOf } from '../../explain/facts.ts';
import { explanationPage } from '../../explain/page.ts';
import { explainBody, toExplainBody } from '../bodies/explain-body.ts';
import { readingQuery, sayFor, textAnswer, wantsText } from '../reading.ts';
import { answer, route } from '../route.ts';
import { isUuid } from '../uuid.ts';

export const explainRoutes = [
  route({
    method: 'get',
    path: '/api/v1/alerts/{id}/explain',
    requires: 'read',
    tag: 'alerts',
    summary: 'The whole way of an alert: what it is, who was told when and why, and why somebody was not.',
    query: z.strictObject(readingQuery),
    answers: { 200: { description: 'The explanation', schema: explainBody } },
    errors: ['alert_not_found'],
    async handler({ c, deps, tenant, query, param }) {
      const id = param('id');
      const facts = isUuid(id) ? await factsOf(deps.services, tenant, id) : null;
      if (facts === null) throw new ApiError('alert_not_found');
      const say = sayFor(c, query);
      const explained = explain(facts, say);
      if (wantsText(c, query)) return textAnswer(c, explanationPage(explained, say));
      return answer(c, 200, toExplainBody(explained, say));
    },
  }),
];
