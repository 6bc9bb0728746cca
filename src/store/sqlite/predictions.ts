// Predictions of alerts, and what the forecast that makes them knows. A prediction is written when it is made and once more
// when its outcome is known; what became of it stands.
import type {
  ForecastModel,
  OutcomeCount,
  Prediction,
  RecordName,
} from '../../../analysis/forecast/index.ts';
import type { ForecastRow, PredictionRow, PredictionState, StatePartRow } from '../../pipeline/rows.ts';
import type { Page, PredictionFilter } from '../store.ts';
import type { Db } from './database.ts';
import { idBytes, idText, parseId } from './id-codec.ts';
import { idOfCursor, pageOf, scanned, scanRows } from './keyset-page.ts';
import { columnsOf, forecast, prediction } from './schema.ts';
import { withStoreErrors } from './sqlite-errors.ts';
import { Statements, Where } from './statements.ts';

type StoredPrediction = typeof prediction.$inferSelect;

/** Predictions of one alert that are read at a time: one for each model and way in which it is matched. */
const mostOfAlert = 10;

export function predictionWrites(db: Db) {
  const put = db.raw.prepare<StoredPrediction>(
    `INSERT INTO prediction (tenant, id, model, record, key, matches, labels, made_at, stored_at, from_at, to_at,
       confidence, score, figures, alert, series, state, scored_at, outcome)
     VALUES (@tenant, @id, @model, @record, @key, @matches, @labels, @madeAt, @storedAt, @fromAt, @toAt,
       @confidence, @score, @figures, @alert, @series, @state, @scoredAt, @outcome)
     ON CONFLICT (tenant, id) DO UPDATE SET state = excluded.state, scored_at = excluded.scored_at,
       outcome = excluded.outcome WHERE prediction.state = 'open'`,
  );
  const putPart = db.raw.prepare<[string, number, number, string]>(
    `INSERT INTO forecast_part (tenant, generation, part, body) VALUES (?, ?, ?, ?)
     ON CONFLICT (tenant, generation, part) DO UPDATE SET body = excluded.body`,
  );
  const putForecast = db.raw.prepare<[string, number, number, number, number]>(
    `INSERT INTO forecast (tenant, cursor, generation, parts, saved_at) VALUES (?, ?, ?, ?, ?)
     ON CONFLICT (tenant) DO UPDATE SET cursor = excluded.cursor, generation = excluded.generation,
       parts = excluded.parts, saved_at = excluded.saved_at`,
  );
  const forgetRest = db.raw.prepare<[string, number, number]>(
    'DELETE FROM forecast_part WHERE tenant = ? AND generation = ? AND part >= ?',
  );
  return {
    put(row: PredictionRow): void {
      put.run({
        ...{ tenant: row.tenant, id: idBytes(row.id), model: row.model, record: row.record, key: row.key },
        ...{ matches: row.matches, labels: JSON.stringify(row.labels), madeAt: Math.floor(row.madeAt) },
        ...{ storedAt: Math.floor(row.storedAt), fromAt: Math.floor(row.from), toAt: Math.floor(row.to) },
        ...{ confidence: row.confidence, score: row.score, figures: JSON.stringify(row.figures) },
        ...{ alert: row.alert === null ? null : idBytes(row.alert), series: row.series, state: row.state },
        scoredAt: row.scoredAt === null ? null : Math.floor(row.scoredAt),
        outcome: row.outcome === null ? null : idBytes(row.outcome),
      });
    },
    part({ tenant, generation, part, body }: StatePartRow): void {
      putPart.run(tenant, generation, part, body);
    },
    forecast({ tenant, cursor, generation, parts, at }: ForecastRow): void {
      putForecast.run(tenant, cursor, generation, parts, Math.floor(at));
      forgetRest.run(tenant, generation, parts);
    },
  };
}

function predictionRow(from: StoredPrediction): PredictionRow {
  return {
    ...{ tenant: from.tenant, id: idText(from.id), model: from.model as ForecastModel, key: from.key },
    ...{ record: from.record as RecordName, matches: from.matches as Prediction['matches'] },
    labels: JSON.parse(from.labels) as Record<string, string>,
    ...{ madeAt: from.madeAt, storedAt: from.storedAt, from: from.fromAt, to: from.toAt },
    ...{ confidence: from.confidence, score: from.score },
    figures: JSON.parse(from.figures) as Record<string, number>,
    ...{ alert: from.alert && idText(from.alert), series: from.series },
    ...{ state: from.state as PredictionState, scoredAt: from.scoredAt },
    outcome: from.outcome && idText(from.outcome),
  };
}

/** What of a filter the indexes hold. */
function conditions({ models, states, minConfidence, since, until }: PredictionFilter): Where {
  const where = new Where().oneOf('q.model', models).oneOf('q.state', states);
  if (minConfidence !== undefined) where.and('q.confidence >= ?', minConfidence);
  if (since !== undefined) where.and('q.to_at >= ?', Math.floor(since));
  if (until !== undefined) where.and('q.from_at <= ?', Math.floor(until));
  return where;
}

/** Ids of predictions that were said with one of the alerts (a JSON array of hexadecimal ids), or came true by one. */
const ofAlerts = `WITH asked (alert) AS MATERIALIZED (SELECT unhex(value) FROM json_each(?)),
  related (id) AS MATERIALIZED (
    SELECT o.id FROM asked CROSS JOIN prediction o INDEXED BY prediction_outcome
      ON o.tenant = ? AND o.outcome = asked.alert
    UNION SELECT s.id FROM asked CROSS JOIN prediction s INDEXED BY prediction_alert
      ON s.tenant = ? AND s.alert = asked.alert)`;

export function predictionReads(db: Db) {
  const columns = columnsOf(prediction, 'p');
  const statements = new Statements(db.raw);

  /** Ids are found in an index; the wide rows are read of those alone. */
  function page(
    tenant: string,
    filter: PredictionFilter,
    limit: number,
    cursor: string | null,
  ): Page<PredictionRow> {
    const before = idOfCursor(cursor);
    const where = new Where().and('q.tenant = ? AND q.id < ?', tenant, before);
    const wanted = conditions(filter);
    const onlyOpen = filter.states?.length === 1 && filter.states[0] === 'open';
    // There are few of them among many.
    const index = onlyOpen ? 'prediction_open' : 'prediction_page';
    if (onlyOpen) where.and("q.state = 'open'");
    let from = `prediction q INDEXED BY ${index}`;
    let related = '';
    let key = 'q.id';
    const values: (string | Buffer)[] = [];
    let floor: Buffer | undefined;
    if (filter.alerts !== undefined) {
      const alerts = filter.alerts.flatMap((id) => parseId(id)?.toString('hex') ?? []);
      related = ofAlerts;
      key = 'related.id';
      values.push(JSON.stringify(alerts), tenant, tenant);
      from = `related CROSS JOIN ${from} ON q.id = related.id`;
    } else if (wanted.text !== '') {
      floor = statements.first<{ readonly id: Buffer }>(
        `SELECT q.id FROM ${from} WHERE ${where.text} ORDER BY q.id DESC LIMIT 1 OFFSET ${scanRows}`,
        where.values,
      )?.id;
      if (floor !== undefined) where.and('q.id >= ?', floor);
    }
    if (wanted.text !== '') where.and(wanted.text, ...wanted.values);
    const rows = statements.all<StoredPrediction>(
      `${related} SELECT ${columns} FROM
         (SELECT q.id FROM ${from} WHERE ${where.text} ORDER BY ${key} DESC LIMIT ?+0) f
         CROSS JOIN prediction p ON p.tenant = ? AND p.id = f.id ORDER BY p.id DESC`,
      [...values, ...where.values, limit + 1, tenant],
    );
    return pageOf([scanned(rows, limit, floor ?? null)], limit, predictionRow);
  }

  const one = db.raw.prepare<[string, Buffer], StoredPrediction>(
    `SELECT ${columns} FROM prediction p WHERE p.tenant = ? AND p.id = ?`,
  );
  const ofAlert = db.raw.prepare<[string, Buffer], StoredPrediction>(
    `SELECT ${columns} FROM prediction p INDEXED BY prediction_outcome
     WHERE p.tenant = ? AND p.outcome = ? ORDER BY p.id LIMIT ${mostOfAlert}`,
  );
  const counts = db.raw.prepare<[string], OutcomeCount>(
    `SELECT model, min(9, CAST(confidence * 10 AS INTEGER)) AS bin, state, count(*) AS count, sum(confidence) AS sum
     FROM prediction INDEXED BY prediction_record WHERE tenant = ? GROUP BY 1, 2, 3`,
  );
  const saved = db.raw.prepare<[string], typeof forecast.$inferSelect>(
    `SELECT ${columnsOf(forecast, 'f')} FROM forecast f WHERE f.tenant = ?`,
  );
  const part = db.raw
    .prepare<[string, number, number], string>(
      'SELECT body FROM forecast_part WHERE tenant = ? AND generation = ? AND part = ?',
    )
    .pluck();
  return {
    predictions: (
      tenant: string,
      filter: PredictionFilter,
      limit: number,
      cursor: string | null,
    ): Page<PredictionRow> =>
      withStoreErrors(`predictions of ${tenant}`, () => page(tenant, filter, limit, cursor)),
    prediction(tenant: string, id: string): PredictionRow | null {
      const bytes = parseId(id);
      const row =
        bytes === null
          ? undefined
          : withStoreErrors(`predictions of ${tenant}`, () => one.get(tenant, bytes));
      return row === undefined ? null : predictionRow(row);
    },
    predictionsOf(tenant: string, alert: string): readonly PredictionRow[] {
      const bytes = parseId(alert);
      if (bytes === null) return [];
      return withStoreErrors(`predictions of ${tenant}`, () => ofAlert.all(tenant, bytes)).map(predictionRow);
    },
    predictionCounts: (tenant: string): readonly OutcomeCount[] =>
      withStoreErrors(`predictions of ${tenant}`, () => counts.all(tenant)),
    forecast: (tenant: string): ForecastRow | null =>
      withStoreErrors(`the forecast of ${tenant}`, () => {
        const row = saved.get(tenant);
        if (row === undefined) return null;
        const { cursor, generation, parts, savedAt: at } = row;
        return { tenant, cursor, generation, parts, at };
      }),
    forecastPart: (tenant: string, generation: number, no: number): string | null =>
      withStoreErrors(`the forecast of ${tenant}`, () => part.get(tenant, generation, no) ?? null),
  };
}
