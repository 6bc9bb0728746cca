// An alert that is said to come, and what such sayings were worth, as the API shows them.
import { z } from 'zod';
import {
  forecastModels,
  kindOfModel,
  type ModelRecord,
  predictionKinds,
} from '../../../analysis/forecast/index.ts';
import type { Foretold } from '../../analyses/forecast-tally.ts';
import { type PredictionRow, predictionStates } from '../../pipeline/rows.ts';
import { labelsOut, timeOut, timeText, timeTextOrNull } from './shapes.ts';

const count = z.number().int();
const share = z.number().nullable();

export const predictionBody = z
  .object({
    id: z.uuid(),
    kind: z.enum(predictionKinds),
    model: z.enum(forecastModels),
    key: z
      .string()
      .meta({ description: 'Of the alert that is to come; where it `matches` labels, a name for those.' }),
    matches: z.enum(['key', 'labels']).meta({
      description:
        '`key`: the alert with this key comes. `labels`: one with these labels, whatever else it has.',
    }),
    labels: labelsOut,
    from: timeOut.meta({ description: 'It is to begin to fire between `from` and `to`.' }),
    to: timeOut,
    confidence: z
      .number()
      .meta({ description: '0 to 1: the share of predictions like this one that came true.' }),
    figures: z.record(z.string(), z.number()).meta({
      description: 'What it rests on; units are in the names.',
    }),
    alert: z.uuid().nullable().meta({ description: 'The alert with which it was said.' }),
    series: z.string().nullable().meta({ description: 'What fills up: rule, metric and labels.' }),
    made_at: timeOut,
    stored_at: timeOut,
    state: z.enum(predictionStates).meta({
      description:
        '`withdrawn`: its alert had come, or its time was over, before it was stored. It counts neither way.',
    }),
    scored_at: timeOut.nullable(),
    outcome: z.uuid().nullable().meta({ description: 'The alert that came.' }),
  })
  .meta({ id: 'Prediction' });

export function toPredictionBody(row: PredictionRow): z.output<typeof predictionBody> {
  return {
    ...{ id: row.id, kind: kindOfModel[row.model], model: row.model, key: row.key, matches: row.matches },
    ...{ labels: { ...row.labels }, from: timeText(row.from), to: timeText(row.to) },
    ...{ confidence: row.confidence, figures: { ...row.figures }, alert: row.alert, series: row.series },
    ...{ made_at: timeText(row.madeAt), stored_at: timeText(row.storedAt), state: row.state },
    ...{ scored_at: timeTextOrNull(row.scoredAt), outcome: row.outcome },
  };
}

/** Of the alerts that came since a time, how many were foretold. */
const coverageBody = z.object({
  since: timeOut,
  alerts: count,
  foretold: count,
  foretold_surely: count.meta({ description: 'With a confidence of .8 or more.' }),
  by_model: z.record(z.string(), count),
});

export const trackRecordBody = z
  .object({
    models: z.array(
      z.object({
        model: z.enum(forecastModels),
        kind: z.enum(predictionKinds),
        made: count,
        open: count,
        came_true: count,
        missed: count,
        withdrawn: count,
        precision: share.meta({
          description: 'Of those that came true or were missed. Null: there is none.',
        }),
        precision_low: share.meta({ description: 'Wilson interval, 95 %.' }),
        precision_high: share,
        sure: z
          .object({ decided: count, came_true: count, precision: share })
          .meta({ description: 'Those with a confidence of .8 or more.' }),
        calibration_error: share.meta({
          description: 'Mean distance of the confidence from the share that came true, in ten bins.',
        }),
      }),
    ),
    coverage: coverageBody.nullable().meta({ description: 'Null: not known yet after a start.' }),
    left_out: z
      .object({
        keys: count.meta({ description: 'Alerts whose past was forgotten.' }),
        leaders: count.meta({ description: 'Alerts of which was forgotten what follows them.' }),
        series: count,
        predictions: count.meta({ description: 'Not followed: too many were open.' }),
        unsaid: count.meta({ description: 'Decided before they could be stored.' }),
        unwatched: count.meta({ description: 'Series that are not looked at now.' }),
      })
      .nullable()
      .meta({ description: 'Because there was too much. Null: not known yet after a start.' }),
  })
  .meta({ description: 'Of what is kept of the tenant.' });

export interface TrackRecord {
  readonly models: readonly ModelRecord[];
  readonly foretold: Foretold | null;
}

function coverageOf({ tally }: Foretold): z.output<typeof coverageBody> {
  return {
    ...{ since: timeText(tally.since), alerts: tally.alerts, foretold: tally.foretold },
    ...{ foretold_surely: tally.foretoldSurely, by_model: { ...tally.byModel } },
  };
}

export function toTrackRecordBody({ models, foretold }: TrackRecord): z.output<typeof trackRecordBody> {
  return {
    models: models.map(({ cameTrue, precisionLow, precisionHigh, calibrationError, sure, ...of }) => ({
      ...of,
      came_true: cameTrue,
      ...{ precision_low: precisionLow, precision_high: precisionHigh },
      sure: { decided: sure.decided, came_true: sure.cameTrue, precision: sure.precision },
      calibration_error: calibrationError,
    })),
    coverage: foretold && coverageOf(foretold),
    left_out: foretold && {
      ...foretold.left,
      unsaid: foretold.tally.unsaid,
      unwatched: foretold.tally.unwatched,
    },
  };
}
