// When events occurred and alerts began to fire, for rules that count them after a start. Rows lie in the order in which
// they were born, so the newest are read without an index of their own.
import { labelsOfText } from '../../../rules/labels.ts';
import type { Labels } from '../../../rules/types.ts';
import type { Occurrence, OccurrenceQuery } from '../store.ts';
import type { Db } from './database.ts';
import { firstIdAt, idTime } from './id-codec.ts';
import { withStoreErrors } from './sqlite-errors.ts';

type Row = readonly [id: Buffer, rule: string | null, labelset: number, labels: string, at: number];
type Values = [string, string, Buffer, number, string | null, string | null, number];

/** Who tells of an event may have a clock that is so much ahead of ours; what is timed later occurred by then. */
const aheadMs = 300_000;

const columns = 'a.id, a.rule, a.labelset, l.json, a.fired_at';
const asked = `a.fired_at > ? AND (? IS NULL OR l.json ->> '$.alertname' IN (SELECT value FROM json_each(?)))`;

export function occurrenceReads(db: Db) {
  const newest = db.raw
    .prepare<Values, Row>(
      `SELECT ${columns} FROM alert a
       CROSS JOIN labelset l ON l.tenant = a.tenant AND l.id = a.labelset
       WHERE a.tenant = ? AND a.kind = ? AND a.id >= ? AND ${asked} ORDER BY a.id DESC LIMIT ? + 0`,
    )
    .raw();
  const openBefore = db.raw
    .prepare<Values, Row>(
      `SELECT ${columns} FROM alert a INDEXED BY alert_open
       CROSS JOIN labelset l ON l.tenant = a.tenant AND l.id = a.labelset
       WHERE a.tenant = ? AND a.kind = 'alert' AND a.kind = ? AND a.state <> 'resolved' AND a.id < ? AND ${asked}
       LIMIT ? + 0`,
    )
    .raw();
  return {
    occurrences: ({ tenant, kind, after, bornAt, names, limit }: OccurrenceQuery): readonly Occurrence[] =>
      withStoreErrors(`occurrences of ${tenant}`, () => {
        const list = names && JSON.stringify(names);
        const values: Values = [tenant, kind, firstIdAt(bornAt), after, list, list, limit];
        const rows = newest.all(...values);
        if (kind === 'alert' && rows.length < limit)
          rows.push(...openBefore.all(...values).slice(0, limit - rows.length));
        // Most labels come again and again.
        const known = new Map<number, Labels>();
        const found: Occurrence[] = [];
        for (const [id, rule, labelset, text, firedAt] of rows) {
          let labels = known.get(labelset);
          if (labels === undefined) {
            labels = labelsOfText(text);
            known.set(labelset, labels);
          }
          const at = kind === 'event' ? Math.min(firedAt, idTime(id) + aheadMs) : firedAt;
          if (at > after) found.push({ rule, labels, at });
        }
        return found;
      }),
  };
}
