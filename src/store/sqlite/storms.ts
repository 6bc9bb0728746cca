// Storms: a row for each tenant, and one for each kind of alert that was seen. How much came lately is read from the log.
import type { SeenKindRow, StormRow } from '../../pipeline/rows.ts';
import type { Db } from './database.ts';
import { idBytes, idText } from './id-codec.ts';
import { columnsOf, seenKind, storm } from './schema.ts';
import { withStoreErrors } from './sqlite-errors.ts';

/** Lines of the log that are looked at for what came lately: a shard writes no more in a minute than fit in. */
const mostLines = 200_000;
const mostKinds = 10_000;

type StoredStorm = typeof storm.$inferSelect;
type StoredKind = typeof seenKind.$inferSelect;
type Line = readonly [at: number, tenant: string, kind: string, reason: string | null];

export function stormReads(db: Db) {
  const one = db.raw.prepare<[string], StoredStorm>(
    `SELECT ${columnsOf(storm, 's')} FROM storm s WHERE s.tenant = ?`,
  );
  const kinds = db.raw.prepare<[string, number], StoredKind>(
    `SELECT ${columnsOf(seenKind, 'k')} FROM seen_kind k WHERE k.tenant = ? ORDER BY k.seen_at DESC LIMIT ? + 0`,
  );
  const newest = db.raw
    .prepare<[string, number], Line>(
      `SELECT e.at, e.tenant, e.kind, e.reason FROM event e
       WHERE e.shard = (SELECT t.shard FROM tenant t WHERE t.id = ?) ORDER BY e.seq DESC LIMIT ? + 0`,
    )
    .raw();
  return {
    storm: (tenant: string): StormRow | null =>
      withStoreErrors(`storm of ${tenant}`, () => {
        const row = one.get(tenant);
        if (row === undefined) return null;
        const counted = JSON.parse(row.kinds) as [string, number][];
        return { ...row, id: idText(row.id), kinds: new Map(counted) };
      }),
    seenKinds: (tenant: string): readonly SeenKindRow[] =>
      withStoreErrors(`kinds of ${tenant}`, () =>
        kinds
          .all(tenant, mostKinds)
          .map((row) => ({ ...row, first: idText(row.first) }))
          .reverse(),
      ),
    cameSince: (tenant: string, after: number): readonly number[] =>
      withStoreErrors(`what came of ${tenant}`, () => {
        const found: number[] = [];
        for (const [at, of, kind, reason] of newest.iterate(tenant, mostLines)) {
          if (at <= after) break;
          if (of !== tenant) continue;
          if (kind === 'alert.firing' || (kind === 'event.received' && reason === null)) found.push(at);
        }
        return found.reverse();
      }),
  };
}

export function stormWrites(db: Db) {
  const put = db.raw.prepare<[string, Buffer, ...(number | null)[], string]>(
    `INSERT INTO storm (tenant, id, started_at, hot_at, ended_at, count, summed, alone, summaries, kinds)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
     ON CONFLICT (tenant) DO UPDATE SET id = excluded.id, started_at = excluded.started_at, hot_at = excluded.hot_at,
       ended_at = excluded.ended_at, count = excluded.count, summed = excluded.summed, alone = excluded.alone,
       summaries = excluded.summaries, kinds = excluded.kinds`,
  );
  const see = db.raw.prepare<[string, string, number, Buffer]>(
    `INSERT INTO seen_kind (tenant, name, seen_at, first) VALUES (?, ?, ?, ?)
     ON CONFLICT (tenant, name) DO UPDATE SET seen_at = excluded.seen_at, first = excluded.first`,
  );
  const forget = db.raw.prepare<[string, string]>('DELETE FROM seen_kind WHERE tenant = ? AND name = ?');
  return {
    put({ tenant, id, startedAt, hotAt, endedAt, count, summed, alone, summaries, kinds }: StormRow): void {
      const times = [startedAt, hotAt, endedAt].map((at) => (at === null ? null : Math.floor(at)));
      put.run(tenant, idBytes(id), ...times, count, summed, alone, summaries, JSON.stringify([...kinds]));
    },
    see({ tenant, name, seenAt, first }: SeenKindRow): void {
      see.run(tenant, name, Math.floor(seenAt), idBytes(first));
    },
    forget(tenant: string, name: string): void {
      forget.run(tenant, name);
    },
  };
}
