// Incidents, the alerts in them, and how far the analyses have come. All of it is written again when it changes: what is
// written twice is the same.
import type {
  AnalysisRow,
  IncidentAlertRow,
  IncidentCauseRow,
  IncidentRow,
  StatePartRow,
} from '../../pipeline/rows.ts';
import { alertNewsOf } from '../alert-news.ts';
import type { AlertNewsPage, IncidentFilter, Page, StoredAnalysis } from '../store.ts';
import type { Db } from './database.ts';
import { idBytes, idOrNameText, idText, parseId } from './id-codec.ts';
import { idOfCursor, pageOf, scanned } from './keyset-page.ts';
import { analysis, columnsOf, incident, incidentAlert } from './schema.ts';
import { withStoreErrors } from './sqlite-errors.ts';

type StoredIncident = typeof incident.$inferSelect;
type StoredIncidentAlert = typeof incidentAlert.$inferSelect;

/** Events that one read of the log looks at, of all tenants of the shard. */
const linesLooked = 2_000;
/** What happened before the first start of the analyses is read from so many events back. */
const firstLook = 20_000;

const whole = (at: number | null) => (at === null ? null : Math.floor(at));

export function incidentWrites(db: Db) {
  const put = db.raw.prepare<Omit<StoredIncident, 'cause' | 'causeAt'>>(
    `INSERT INTO incident (tenant, id, state, title, severity, opened_at, last_at, ended_at, closed_at, close_reason,
       merged_into, alerts, services, held, body, version)
     VALUES (@tenant, @id, @state, @title, @severity, @openedAt, @lastAt, @endedAt, @closedAt, @closeReason,
       @mergedInto, @alerts, @services, @held, @body, 1)
     ON CONFLICT (tenant, id) DO UPDATE SET state = excluded.state, title = excluded.title,
       severity = excluded.severity, opened_at = excluded.opened_at, last_at = excluded.last_at,
       ended_at = excluded.ended_at, closed_at = excluded.closed_at, close_reason = excluded.close_reason,
       merged_into = excluded.merged_into, alerts = excluded.alerts, services = excluded.services,
       held = excluded.held, body = excluded.body, version = incident.version + 1`,
  );
  const putAlert = db.raw.prepare<StoredIncidentAlert>(
    `INSERT INTO incident_alert (tenant, alert, incident, at, why) VALUES (@tenant, @alert, @incident, @at, @why)
     ON CONFLICT (tenant, alert) DO UPDATE SET incident = excluded.incident, at = excluded.at, why = excluded.why`,
  );
  const putCause = db.raw.prepare<[string, number, string, Buffer]>(
    'UPDATE incident SET cause = ?, cause_at = ?, version = version + 1 WHERE tenant = ? AND id = ?',
  );
  const move = db.raw.prepare<[Buffer, string, Buffer]>(
    'UPDATE incident_alert SET incident = ? WHERE tenant = ? AND incident = ?',
  );
  const read = db.raw.prepare<[number, string]>('UPDATE analysis SET cursor = ? WHERE tenant = ?');
  const save = db.raw.prepare<[string, number, number, number, number, number]>(
    `INSERT INTO analysis (tenant, cursor, saved_cursor, saved_at, generation, parts) VALUES (?, ?, ?, ?, ?, ?)
     ON CONFLICT (tenant) DO UPDATE SET cursor = excluded.cursor, saved_cursor = excluded.saved_cursor,
       saved_at = excluded.saved_at, generation = excluded.generation, parts = excluded.parts`,
  );
  const putPart = db.raw.prepare<[string, number, number, string]>(
    `INSERT INTO analysis_part (tenant, generation, part, body) VALUES (?, ?, ?, ?)
     ON CONFLICT (tenant, generation, part) DO UPDATE SET body = excluded.body`,
  );
  const forgetRest = db.raw.prepare<[string, number, number]>(
    'DELETE FROM analysis_part WHERE tenant = ? AND generation = ? AND part >= ?',
  );
  return {
    incident({ cause: _, causeAt: __, ...row }: IncidentRow): void {
      put.run({
        ...row,
        id: idBytes(row.id),
        openedAt: Math.floor(row.openedAt),
        lastAt: Math.floor(row.lastAt),
        endedAt: whole(row.endedAt),
        closedAt: whole(row.closedAt),
        mergedInto: row.mergedInto === null ? null : idBytes(row.mergedInto),
        services: JSON.stringify(row.services),
        held: row.held ? 1 : 0,
      });
    },
    alert(row: IncidentAlertRow): void {
      const { tenant, alert, incident: of, at, why } = row;
      putAlert.run({ tenant, alert: idBytes(alert), incident: idBytes(of), at: Math.floor(at), why });
    },
    cause({ tenant, id, cause, at }: IncidentCauseRow): void {
      putCause.run(cause, Math.floor(at), tenant, idBytes(id));
    },
    moved(tenant: string, from: string, into: string): void {
      move.run(idBytes(into), tenant, idBytes(from));
    },
    analysisPart({ tenant, generation, part, body }: StatePartRow): void {
      putPart.run(tenant, generation, part, body);
    },
    analysis({ tenant, cursor, at, saved }: AnalysisRow): void {
      if (saved !== null) {
        save.run(tenant, cursor, cursor, Math.floor(at), saved.generation, saved.parts);
        forgetRest.run(tenant, saved.generation, saved.parts);
      } else if (read.run(cursor, tenant).changes !== 1)
        throw new Error(`the analyses of ${tenant} have read on but were never stored`);
    },
  };
}

function incidentRow(from: StoredIncident): IncidentRow {
  return {
    ...from,
    id: idText(from.id),
    state: from.state as IncidentRow['state'],
    severity: from.severity as IncidentRow['severity'],
    closeReason: from.closeReason as IncidentRow['closeReason'],
    mergedInto: from.mergedInto === null ? null : idText(from.mergedInto),
    services: JSON.parse(from.services) as string[],
    held: from.held === 1,
  };
}

const incidentAlertRow = (from: StoredIncidentAlert): IncidentAlertRow => ({
  ...from,
  alert: idText(from.alert),
  incident: idText(from.incident),
});

// A list says what broke and not why: evidence of hundreds of incidents is megabytes.
const causeInList = `CASE WHEN i.cause IS NULL THEN NULL ELSE json_object('verdict', i.cause ->> '$.verdict', 'hypotheses',
  CASE WHEN i.cause -> '$.hypotheses[0]' IS NULL THEN json_array() ELSE json_array(
    json_set(i.cause -> '$.hypotheses[0]', '$.evidence', json_array())) END) END AS cause`;

export function incidentReads(db: Db) {
  const columns = columnsOf(incident, 'i');
  const one = db.raw.prepare<[string, Buffer], StoredIncident>(
    `SELECT ${columns} FROM incident i WHERE i.tenant = ? AND i.id = ?`,
  );
  const page = db.raw.prepare<
    { tenant: string; before: Buffer; states: string; since: number; limit: number },
    StoredIncident
  >(
    `SELECT ${columns.replace('i.cause AS cause', causeInList)} FROM incident i
     WHERE i.tenant = @tenant AND i.id < @before AND instr(@states, i.state) > 0 AND i.last_at >= @since
     ORDER BY i.id DESC LIMIT @limit+0`,
  );
  const alertColumns = columnsOf(incidentAlert, 'a');
  const alerts = db.raw.prepare<[string, Buffer, Buffer, number], StoredIncidentAlert & { id: Buffer }>(
    `SELECT ${alertColumns}, a.alert AS id FROM incident_alert a INDEXED BY incident_alert_of
     WHERE a.tenant = ? AND a.incident = ? AND a.alert < ? ORDER BY a.alert DESC LIMIT ?+0`,
  );
  const ofAlert = db.raw.prepare<[string, Buffer], StoredIncidentAlert>(
    `SELECT ${alertColumns} FROM incident_alert a WHERE a.tenant = ? AND a.alert = ?`,
  );
  const stored = db.raw.prepare<[string], typeof analysis.$inferSelect>(
    `SELECT ${columnsOf(analysis, 'a')} FROM analysis a WHERE a.tenant = ?`,
  );
  const part = db.raw
    .prepare<[string, number, number], string>(
      'SELECT body FROM analysis_part WHERE tenant = ? AND generation = ? AND part = ?',
    )
    .pluck();
  const bounds = db.raw.prepare<[string], { shard: number; nextSeq: number; oldest: number | null }>(
    `SELECT s.id AS shard, s.next_seq AS nextSeq, (SELECT min(seq) FROM event WHERE shard = s.id) AS oldest
     FROM tenant t JOIN shard s ON s.id = t.shard WHERE t.id = ?`,
  );
  const lines = db.raw.prepare<
    [number, number, number, string, number],
    { seq: number; at: number; kind: string; subjectId: Buffer | string }
  >(
    `SELECT e.seq, e.at, e.kind, e.subject_id AS subjectId FROM event e
     WHERE e.shard = ? AND e.seq > ? AND e.seq <= ? AND e.tenant = ? AND e.subject_kind = 'alert'
       AND e.kind IN ('alert.firing', 'alert.resolved', 'event.received') ORDER BY e.seq LIMIT ?+0`,
  );
  return {
    incident(tenant: string, id: string): IncidentRow | null {
      const bytes = parseId(id);
      const row =
        bytes === null ? undefined : withStoreErrors('read an incident', () => one.get(tenant, bytes));
      return row === undefined ? null : incidentRow(row);
    },
    incidents(
      tenant: string,
      { states = ['open', 'closed'], since = 0 }: IncidentFilter,
      limit: number,
      cursor: string | null,
    ): Page<IncidentRow> {
      const before = idOfCursor(cursor);
      const rows = withStoreErrors('list incidents', () =>
        page.all({ tenant, before, states: states.join(' '), since, limit: limit + 1 }),
      );
      return pageOf([scanned(rows, limit, null)], limit, incidentRow);
    },
    incidentAlerts(tenant: string, id: string, limit: number, cursor: string | null): Page<IncidentAlertRow> {
      const before = idOfCursor(cursor);
      const bytes = parseId(id);
      if (bytes === null) return { items: [], next: null };
      const rows = withStoreErrors('list alerts of an incident', () =>
        alerts.all(tenant, bytes, before, limit + 1),
      );
      return pageOf([scanned(rows, limit, null)], limit, ({ id: _, ...row }) => incidentAlertRow(row));
    },
    incidentOfAlert(tenant: string, id: string): IncidentAlertRow | null {
      const bytes = parseId(id);
      const row =
        bytes === null ? undefined : withStoreErrors('read an incident', () => ofAlert.get(tenant, bytes));
      return row === undefined ? null : incidentAlertRow(row);
    },
    analysis(tenant: string): StoredAnalysis | null {
      const row = withStoreErrors('read an analysis', () => stored.get(tenant));
      if (row === undefined) return null;
      const { cursor, savedCursor, generation, parts } = row;
      return { cursor, savedCursor, generation, parts };
    },
    analysisPart: (tenant: string, generation: number, no: number): string | null =>
      withStoreErrors('read an analysis', () => part.get(tenant, generation, no) ?? null),
    alertNews(tenant: string, after: number, limit: number): AlertNewsPage {
      return withStoreErrors('read news of alerts', () => {
        const at = bounds.get(tenant);
        if (at === undefined) return { lines: [], upTo: Math.max(0, after), more: false };
        const last = at.nextSeq - 1;
        const from = Math.max(after < 0 ? last - firstLook : after, (at.oldest ?? 1) - 1);
        const to = Math.min(last, from + linesLooked);
        const rows = lines.all(at.shard, from, to, tenant, limit);
        const upTo = rows.length === limit ? rows[limit - 1]!.seq : Math.max(from, to);
        return {
          lines: rows.map((row) => ({
            seq: row.seq,
            at: row.at,
            kind: alertNewsOf[row.kind]!,
            alert: idOrNameText(row.subjectId),
          })),
          upTo,
          more: upTo < last,
        };
      });
    },
  };
}
