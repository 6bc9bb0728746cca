// When events occurred and alerts began to fire, for rules that count them after a start. Rows lie in the order in which
// they were born, so the newest are read without an index of their own.
import { labelsOfText } from '../../../rules/labels.ts';
import type { Occurrence, OccurrenceQuery } from '../store.ts';
import type { Db } from './database.ts';
import { firstIdAt } from './id-codec.ts';
import { withStoreErrors } from './sqlite-errors.ts';

type Row = readonly [rule: string | null, labels: string, at: number];

export function occurrenceReads(db: Db) {
  const rows = db.raw
    .prepare<[string, string, Buffer, number, number], Row>(
      `SELECT a.rule, l.json, a.fired_at FROM alert a
       CROSS JOIN labelset l ON l.tenant = a.tenant AND l.id = a.labelset
       WHERE a.tenant = ? AND a.kind = ? AND a.id >= ? AND a.fired_at > ? ORDER BY a.id DESC LIMIT ? + 0`,
    )
    .raw();
  return {
    occurrences: ({ tenant, kind, after, bornAt, limit }: OccurrenceQuery): readonly Occurrence[] =>
      withStoreErrors(`occurrences of ${tenant}`, () =>
        rows
          .all(tenant, kind, firstIdAt(bornAt), after, limit)
          .map(([rule, text, at]) => ({ rule, labels: labelsOfText(text), at })),
      ),
  };
}
