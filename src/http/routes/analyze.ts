// Alerts analysed afresh, of a span or as one incident. Nothing is stored.
import { z } from 'zod';
import { patternNames } from '../../../analysis/patterns/pattern.ts';
import { severities } from '../../../rules/types.ts';
import { analyzeLimits, type FoundInAlerts } from '../../analyses/cause-messages.ts';
import { ApiError } from '../../errors.ts';
import type { PredictionRow } from '../../pipeline/rows.ts';
import type { PredictionFilter } from '../../store/store.ts';
import { hypothesisBody, toHypothesesBody } from '../bodies/cause-body.ts';
import { predictionBody, toPredictionBody } from '../bodies/prediction-body.ts';
import { labelsOut, timeIn, timeOut, timeText } from '../bodies/shapes.ts';
import { answer, route } from '../route.ts';

const { alerts: mostAlerts, spanMs, incidents: mostIncidents, causes: mostCauses } = analyzeLimits;
const mostPredictions = 500;

const analyzeIn = z.strictObject({
  from: timeIn.optional().meta({ description: `At most ${spanMs / 3_600_000} hours before \`to\`.` }),
  to: timeIn.optional().meta({ description: 'Now, unless given.' }),
  alerts: z.array(z.uuid()).min(1, 'expected at least one alert').max(mostAlerts).optional().meta({
    description: 'Instead of a span: ids of alerts, which are looked at as one incident.',
  }),
});

const count = z.number().int();
const analyzeOut = z.object({
  from: timeOut,
  to: timeOut,
  alerts: count,
  patterns: z.array(
    z.object({
      pattern: z.enum(patternNames),
      alerts: z.array(z.uuid()).meta({ description: 'Of very many the first and the latest.' }),
      from: timeOut,
      to: timeOut,
      confidence: z.number(),
      figures: z.record(z.string(), z.number()),
      scope: labelsOut.meta({ description: 'Labels that all its alerts share.' }),
    }),
  ),
  more_patterns: count.meta({ description: 'How many are not shown.' }),
  incidents: z
    .array(
      z.object({
        title: z.string(),
        severity: z.enum(severities),
        opened_at: timeOut,
        last_at: timeOut,
        alerts: count,
        alert_ids: z.array(z.uuid()).meta({ description: 'Oldest first; of very many the first hundred.' }),
        services: z.array(z.string()),
        cause: z
          .object({ verdict: z.enum(['found', 'unknown']), hypotheses: z.array(hypothesisBody) })
          .nullable()
          .meta({
            description: `Null: no alert names a service, or it is not among the first ${mostCauses}.`,
          }),
      }),
    )
    .meta({ description: `At most ${mostIncidents}, those with the most alerts first.` }),
  more_incidents: count.meta({ description: 'How many are not shown.' }),
  predictions: z.array(predictionBody).meta({
    description: `As they were stored: whose window meets the span, or that were said with one of the alerts or came true by one. The newest ${mostPredictions}.`,
  }),
});

function toBody(found: FoundInAlerts, predictions: readonly PredictionRow[]): z.output<typeof analyzeOut> {
  return {
    ...{ from: timeText(found.from), to: timeText(found.to), alerts: found.alerts },
    patterns: found.patterns.map(({ pattern, alerts, from, to, confidence, figures, scope }) => ({
      ...{ pattern, alerts: [...alerts], from: timeText(from), to: timeText(to), confidence },
      ...{ figures: { ...figures }, scope: { ...scope } },
    })),
    more_patterns: found.morePatterns,
    incidents: found.incidents.map(({ cause, ...one }) => ({
      ...{ title: one.title, severity: one.severity, services: [...one.services] },
      ...{ opened_at: timeText(one.openedAt), last_at: timeText(one.lastAt) },
      ...{ alerts: one.count, alert_ids: [...one.alerts] },
      cause: cause === null ? null : { verdict: cause.verdict, hypotheses: toHypothesesBody(cause) },
    })),
    more_incidents: found.moreIncidents,
    predictions: predictions.map(toPredictionBody),
  };
}

function problem(path: string, message: string): ApiError {
  return new ApiError('invalid_body', { details: { problems: [{ path, message }] } });
}

export const analyzeRoutes = [
  route({
    method: 'post',
    path: '/api/v1/alerts/analyze',
    requires: 'read',
    tag: 'incidents',
    summary:
      'Patterns, incidents, root causes and predictions of stored alerts of a span, or of given alerts as one incident.',
    body: analyzeIn,
    answers: { 200: { description: 'What was found', schema: analyzeOut } },
    errors: [
      'invalid_body',
      'alert_not_found',
      'query_timeout',
      'query_too_large',
      'overloaded',
      'unavailable',
    ],
    async handler({ c, deps, tenant, body }) {
      if (deps.analyses === null) throw new ApiError('unavailable', { retryAfter: 60 });
      const { signal } = c.req.raw;
      const { analyses } = deps;
      const said = (filter: PredictionFilter) =>
        analyses.predictions(tenant, filter, mostPredictions, null).items;
      if (body.alerts !== undefined) {
        if (body.from !== undefined) throw problem('from', 'expected a span or `alerts`, not both');
        if (body.to !== undefined) throw problem('to', 'expected a span or `alerts`, not both');
        const found = await analyses.analyze(tenant, { alerts: body.alerts }, signal);
        return answer(c, 200, toBody(found, said({ alerts: body.alerts })));
      }
      const { from } = body;
      if (from === undefined) throw problem('from', 'expected a time, or `alerts`');
      const to = body.to ?? deps.services.now();
      if (from >= to) throw problem('from', 'expected a time before `to`');
      if (to - from > spanMs)
        throw problem('from', `expected a time at most ${spanMs / 3_600_000} hours before \`to\``);
      const found = await analyses.analyze(tenant, { from, to }, signal);
      return answer(c, 200, toBody(found, said({ since: from, until: to })));
    },
  }),
];
