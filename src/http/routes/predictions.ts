// Alerts that are said to come, and what became of such sayings.
import { z } from 'zod';
import {
  type ForecastModel,
  forecastModels,
  kindOfModel,
  type PredictionKind,
  predictionKinds,
} from '../../../analysis/forecast/index.ts';
import { ApiError } from '../../errors.ts';
import { predictionStates } from '../../pipeline/rows.ts';
import {
  predictionBody,
  toPredictionBody,
  toTrackRecordBody,
  trackRecordBody,
} from '../bodies/prediction-body.ts';
import { pageOut, pageQuery, timeInQuery, wordsIn } from '../bodies/shapes.ts';
import { answer, route } from '../route.ts';

const query = z.strictObject({
  kind: wordsIn(predictionKinds).optional().meta({ description: 'Separated by commas.' }),
  state: wordsIn(predictionStates).optional().meta({ description: 'Separated by commas.' }),
  min_confidence: z.coerce
    .number('expected a number from 0 to 1')
    .min(0, 'expected a number from 0 to 1')
    .max(1, 'expected a number from 0 to 1')
    .optional(),
  since: timeInQuery.optional().meta({ description: 'Its window ends then or later.' }),
  until: timeInQuery.optional().meta({ description: 'Its window begins then or earlier.' }),
  alert: z.uuid().optional().meta({ description: 'Was said with this alert, or came true by it.' }),
  ...pageQuery,
});

const modelsOf = (kinds: readonly PredictionKind[]): ForecastModel[] =>
  forecastModels.filter((model) => kinds.includes(kindOfModel[model]));

export const predictionsRoutes = [
  route({
    method: 'get',
    path: '/api/v1/alerts/predictions',
    requires: 'read',
    tag: 'incidents',
    summary: 'Alerts that are said to come, newest first, with what became of them and their track record.',
    query,
    answers: {
      200: {
        description: 'A page; the first one with the track record of all',
        schema: pageOut(predictionBody).extend({ track_record: trackRecordBody.optional() }),
      },
    },
    errors: ['invalid_cursor', 'unavailable'],
    handler({ c, deps, tenant, query: { limit, cursor, kind, state, min_confidence, alert, ...span } }) {
      if (deps.analyses === null) throw new ApiError('unavailable', { retryAfter: 60 });
      const filter = {
        ...(kind !== undefined && { models: modelsOf(kind) }),
        ...(state !== undefined && { states: state }),
        ...(min_confidence !== undefined && { minConfidence: min_confidence }),
        ...(span.since !== undefined && { since: span.since }),
        ...(span.until !== undefined && { until: span.until }),
        ...(alert !== undefined && { alerts: [alert] }),
      };
      const page = deps.analyses.predictions(tenant, filter, limit, cursor ?? null);
      return answer(c, 200, {
        ...{ items: page.items.map(toPredictionBody), next: page.next },
        // It counts all that is kept: once for those who go through the pages.
        ...(cursor === undefined && { track_record: toTrackRecordBody(deps.analyses.trackRecord(tenant)) }),
      });
    },
  }),
];
