// Patterns that were found in alerts. What is written twice is the same.
import type { PatternName } from '../../../analysis/patterns/pattern.ts';
import { labelSet } from '../../../rules/labels.ts';
import type { FindingRow } from '../../pipeline/rows.ts';
import { occurrenceOf } from '../found.ts';
import type { FindingFilter, Occurrence, OccurrenceQuery, Page } from '../store.ts';
import type { Db } from './database.ts';
import { idBytes, idText } from './id-codec.ts';
import { idOfCursor, pageOf, scanned } from './keyset-page.ts';
import { columnsOf, finding } from './schema.ts';
import { withStoreErrors } from './sqlite-errors.ts';

type StoredFinding = typeof finding.$inferSelect;

export function findingWrites(db: Db) {
  const put = db.raw.prepare<StoredFinding>(
    `INSERT INTO finding (tenant, id, pattern, key, from_at, to_at, found_at, updated_at, confidence, scope, alerts, figures)
     VALUES (@tenant, @id, @pattern, @key, @fromAt, @toAt, @foundAt, @updatedAt, @confidence, @scope, @alerts, @figures)
     ON CONFLICT (tenant, id) DO UPDATE SET from_at = excluded.from_at, to_at = excluded.to_at,
       updated_at = excluded.updated_at, confidence = excluded.confidence, scope = excluded.scope,
       alerts = excluded.alerts, figures = excluded.figures`,
  );
  return (row: FindingRow): void => {
    put.run({
      ...{ tenant: row.tenant, id: idBytes(row.id), pattern: row.pattern, key: row.key },
      ...{ fromAt: Math.floor(row.from), toAt: Math.floor(row.to) },
      ...{ foundAt: Math.floor(row.foundAt), updatedAt: Math.floor(row.updatedAt) },
      ...{ confidence: row.confidence, scope: JSON.stringify(row.scope) },
      ...{ alerts: JSON.stringify(row.alerts), figures: JSON.stringify(row.figures) },
    });
  };
}

function findingRow(from: StoredFinding): FindingRow {
  return {
    ...{ tenant: from.tenant, id: idText(from.id), pattern: from.pattern as PatternName, key: from.key },
    ...{ from: from.fromAt, to: from.toAt, foundAt: from.foundAt, updatedAt: from.updatedAt },
    confidence: from.confidence,
    scope: labelSet(JSON.parse(from.scope) as Record<string, string>),
    alerts: JSON.parse(from.alerts) as string[],
    figures: JSON.parse(from.figures) as Record<string, number>,
  };
}

export function findingReads(db: Db) {
  const columns = columnsOf(finding, 'f');
  const page = db.raw.prepare<
    {
      tenant: string;
      before: Buffer;
      pattern: string;
      since: number;
      until: number;
      alert: string;
      limit: number;
    },
    StoredFinding
  >(
    `SELECT ${columns} FROM finding f
     WHERE f.tenant = @tenant AND f.id < @before AND (@pattern = '' OR f.pattern = @pattern)
       AND f.updated_at >= @since AND f.from_at <= @until AND (@alert = '' OR instr(f.alerts, @alert) > 0)
     ORDER BY f.id DESC LIMIT @limit+0`,
  );
  const newest = db.raw.prepare<[string, number, number], StoredFinding>(
    `SELECT ${columns} FROM finding f INDEXED BY finding_of WHERE f.tenant = ? AND f.updated_at > ?
     ORDER BY f.updated_at DESC LIMIT ?+0`,
  );
  return {
    findings: (
      tenant: string,
      filter: FindingFilter,
      limit: number,
      cursor: string | null,
    ): Page<FindingRow> =>
      withStoreErrors(`findings of ${tenant}`, () => {
        const rows = page.all({
          ...{ tenant, before: idOfCursor(cursor), pattern: filter.pattern ?? '', alert: filter.alert ?? '' },
          since: Math.floor(filter.since ?? 0),
          until: Math.floor(filter.until ?? Number.MAX_SAFE_INTEGER),
          limit: limit + 1,
        });
        return pageOf([scanned(rows, limit, null)], limit, findingRow);
      }),
    /** As occurrences, for rules that are about them. */
    foundSince: ({ tenant, after, limit }: Pick<OccurrenceQuery, 'tenant' | 'after' | 'limit'>) =>
      withStoreErrors(`findings of ${tenant}`, () =>
        newest
          .all(tenant, Math.floor(after), limit)
          .map((stored): Occurrence => occurrenceOf(findingRow(stored))),
      ),
  };
}
