// Why somebody was told of an alert, or was not.
import { z } from 'zod';
import { parseMatcher } from '../../../rules/matchers.ts';
import { isSyntaxProblem } from '../../../rules/syntax-problem.ts';
import { ApiError } from '../../errors.ts';
import { explain } from '../../explain/explanation.ts';
import { factsOf } from '../../explain/facts.ts';
import { type Asked, inquire } from '../../explain/inquiry.ts';
import { explanationPage, inquiryPage } from '../../explain/page.ts';
import { explainBody, toExplainBody } from '../bodies/explain-body.ts';
import { inquiryBody, toInquiryBody } from '../bodies/inquiry-body.ts';
import { timeInQuery } from '../bodies/shapes.ts';
import { readingQuery, sayFor, textAnswer, wantsText } from '../reading.ts';
import { answer, route } from '../route.ts';
import { isUuid } from '../uuid.ts';

const minute = 60_000;
const asMatcher = z.string().transform((text, context) => {
  const read = parseMatcher(text);
  if (!isSyntaxProblem(read)) return read;
  context.addIssue({ code: 'custom', message: read.problem });
  return z.NEVER;
});

const inquiryQuery = z
  .strictObject({
    matcher: asMatcher.optional().meta({ description: 'One matcher, e.g. `host="a"`.' }),
    'match[]': z.array(asMatcher).max(20).default([]).meta({ description: 'The same, may be repeated.' }),
    at: timeInQuery.optional().meta({ description: 'The time that is asked about; now without it.' }),
    from: timeInQuery.optional().meta({ description: '15 minutes before `at`, unless given.' }),
    to: timeInQuery.optional().meta({ description: '15 minutes after `at`, unless given.' }),
    limit: z.coerce
      .number('expected a whole number from 1 to 20')
      .int()
      .min(1)
      .max(20)
      .default(10)
      .meta({ description: 'Alerts and events at most.' }),
    ...readingQuery,
  })
  .refine((query) => query.matcher !== undefined || query['match[]'].length > 0, {
    message: 'expected a matcher such as host="a"',
    path: ['matcher'],
  });

/** What is asked about; a span that goes backwards or is longer than a week is refused. */
function askedOf(query: z.output<typeof inquiryQuery>, now: number): Asked {
  const at = query.at ?? (query.from !== undefined && query.to !== undefined ? query.from : now);
  const from = query.from ?? at - 15 * minute;
  const to = query.to ?? Math.max(at, from) + 15 * minute;
  const problem = (path: string, message: string) =>
    new ApiError('invalid_query', { details: { problems: [{ path, message }] } });
  if (from > to) throw problem('from', 'expected a time not after `to`');
  if (at < from || at > to) throw problem('at', 'expected a time between `from` and `to`');
  if (to - from > 7 * 24 * 60 * minute) throw problem('to', 'expected a span of at most a week');
  const matchers = [...(query.matcher ? [query.matcher] : []), ...query['match[]']];
  return { matchers, at, from, to, limit: query.limit };
}

export const explainRoutes = [
  route({
    method: 'get',
    path: '/api/v1/explain',
    requires: 'read',
    tag: 'alerts',
    summary: 'Why was nobody told about these labels at that time? Also where there was no alert.',
    query: inquiryQuery,
    answers: { 200: { description: 'What was there, and what was not', schema: inquiryBody } },
    errors: ['query_timeout', 'query_too_large', 'overloaded', 'unavailable'],
    async handler({ c, deps, tenant, query }) {
      const asked = askedOf(query, deps.services.now());
      const say = sayFor(c, query);
      const inquiry = await inquire(deps.services, tenant, asked, say, c.req.raw.signal);
      if (wantsText(c, query)) return textAnswer(c, inquiryPage(inquiry, say));
      return answer(c, 200, toInquiryBody(inquiry, say));
    },
  }),
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
