// Rules, read only: those of files are the operator's.
import { z } from 'zod';
import { ApiError } from '../../errors.ts';
import { ruleBody, toRuleBody } from '../bodies/rule-body.ts';
import { answer, route } from '../route.ts';

export const rulesRoutes = [
  route({
    method: 'get',
    path: '/api/v1/alerts/rules',
    requires: 'read',
    tag: 'rules',
    summary: 'All rules of the tenant.',
    answers: { 200: { description: 'Rules', schema: z.object({ items: z.array(ruleBody) }) } },
    handler: ({ c, deps, tenant }) => answer(c, 200, { items: deps.services.rules(tenant).map(toRuleBody) }),
  }),
  route({
    method: 'get',
    path: '/api/v1/alerts/rules/{name}',
    requires: 'read',
    tag: 'rules',
    summary: 'One rule by its name.',
    answers: { 200: { description: 'The rule', schema: ruleBody } },
    errors: ['rule_not_found'],
    handler({ c, deps, tenant, param }) {
      const rule = deps.services.rules(tenant).find((one) => one.name === param('name'));
      if (rule === undefined) throw new ApiError('rule_not_found');
      return answer(c, 200, toRuleBody(rule));
    },
  }),
];
