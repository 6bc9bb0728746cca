// When events occurred and alerts began to fire, for rules that count them after a start. Rows lie in the order in which
// they were born, so the newest are read without an index of their own.
import { labelsOfText } from '../../../rules/labels.ts';
import type { Labels } from '../../../rules/types.ts';
import type { Firing, Occurrence, OccurrenceQuery } from '../store.ts';
import type { Db } from './database.ts';
import { firstIdAt } from './id-codec.ts';
import { withStoreErrors } from './sqlite-errors.ts';

type Row = readonly [born: string, rule: string | null, labelset: string, at: number];
type Values = [string, string, Buffer, number, string | null, string | null, number];

/** Who tells of an event may have a clock that is so much ahead of ours; what is timed later occurred by then. */
const aheadMs = 300_000;

const mostFirings = 200_000;

// An id begins with the time at which it was made. Hex costs half of what as many buffers would.
const columns = 'hex(substr(a.id, 1, 6)), a.rule, hex(a.labelset), a.fired_at';
// The labels are read once for each set: most come again and again.
const asked = `a.fired_at > ? AND (? IS NULL OR (
  SELECT l.json ->> '$.alertname' FROM labelset l WHERE l.tenant = a.tenant AND l.id = a.labelset
) IN (SELECT value FROM json_each(?)))`;

export function occurrenceReads(db: Db) {
  const newest = db.raw
    .prepare<Values, Row>(
      `SELECT ${columns} FROM alert a
       WHERE a.tenant = ? AND a.kind = ? AND a.id >= ? AND ${asked} ORDER BY a.id DESC LIMIT ? + 0`,
    )
    .raw();
  const openBefore = db.raw
    .prepare<Values, Row>(
      `SELECT ${columns} FROM alert a INDEXED BY alert_open
       WHERE a.tenant = ? AND a.kind = 'alert' AND a.kind = ? AND a.state <> 'resolved' AND a.id < ? AND ${asked}
       LIMIT ? + 0`,
    )
    .raw();
  const labelsOf = db.raw
    .prepare<[string, Buffer], string>('SELECT json FROM labelset WHERE tenant = ? AND id = ?')
    .pluck();
  const firings = db.raw.prepare<[string, Buffer, number], Firing>(
    `SELECT a.key AS key, a.fired_at AS at FROM alert a
     WHERE a.tenant = ? AND a.kind = 'alert' AND a.id >= ? AND a.fired_at > ? ORDER BY a.id DESC LIMIT ${mostFirings}`,
  );
  return {
    firings: (tenant: string, after: number): readonly Firing[] =>
      withStoreErrors(`firings of ${tenant}`, () => firings.all(tenant, firstIdAt(after), after)),
    occurrences: ({ tenant, kind, after, bornAt, names, limit }: OccurrenceQuery): readonly Occurrence[] =>
      withStoreErrors(`occurrences of ${tenant}`, () => {
        const list = names && JSON.stringify(names);
        const values: Values = [tenant, kind, firstIdAt(bornAt), after, list, list, limit];
        const rows = newest.all(...values);
        if (kind === 'alert' && rows.length < limit)
          rows.push(...openBefore.all(...values).slice(0, limit - rows.length));
        const known = new Map<string, Labels>();
        const found: Occurrence[] = [];
        for (const [born, rule, labelset, firedAt] of rows) {
          let labels = known.get(labelset);
          if (labels === undefined) {
            labels = labelsOfText(labelsOf.get(tenant, Buffer.from(labelset, 'hex'))!);
            known.set(labelset, labels);
          }
          const at = kind === 'event' ? Math.min(firedAt, Number.parseInt(born, 16) + aheadMs) : firedAt;
          if (at > after) found.push({ rule, labels, at });
        }
        return found;
      }),
  };
}
