// Heartbeats that are expected, and episodes from outside that a person ended.
import type { DismissedRow, HeartbeatRow } from '../../pipeline/rows.ts';
import type { Db } from './database.ts';
import { withStoreErrors } from './sqlite-errors.ts';

interface StoredHeartbeat {
  readonly tenant: string;
  readonly name: string;
  readonly since: number;
  readonly lastAt: number | null;
  readonly failed: number;
}

/** Of more than these the oldest may come back when their sender tells of them again. */
const mostDismissed = 100_000;

export function heartbeatReads(db: Db) {
  const heartbeats = db.raw.prepare<[string], StoredHeartbeat>(
    'SELECT tenant, name, since, last_at AS lastAt, failed FROM heartbeat WHERE tenant = ? ORDER BY name',
  );
  const dismissed = db.raw.prepare<[string, number], DismissedRow>(
    `SELECT a.key AS key, a.pending_since AS startsAt FROM alert a INDEXED BY alert_dismissed
     WHERE a.tenant = ? AND a.kind = 'alert' AND a.source <> 'rule' AND a.resolve_reason = 'manual'
       AND a.pending_since IS NOT NULL
     ORDER BY a.id DESC LIMIT ? + 0`,
  );
  return {
    heartbeats: (tenant: string): readonly HeartbeatRow[] =>
      withStoreErrors(`heartbeats of ${tenant}`, () =>
        heartbeats.all(tenant).map((row) => ({ ...row, failed: row.failed === 1 })),
      ),
    dismissed: (tenant: string): readonly DismissedRow[] =>
      withStoreErrors(`dismissed alerts of ${tenant}`, () => {
        // Of each key the newest.
        const newest = new Map<string, DismissedRow>();
        for (const row of dismissed.all(tenant, mostDismissed))
          if (!newest.has(row.key)) newest.set(row.key, row);
        return [...newest.values()];
      }),
  };
}

export function heartbeatWrites(db: Db) {
  const put = db.raw.prepare<[string, string, number, number | null, number]>(
    `INSERT INTO heartbeat (tenant, name, since, last_at, failed) VALUES (?, ?, ?, ?, ?)
     ON CONFLICT (tenant, name) DO UPDATE SET last_at = excluded.last_at, failed = excluded.failed`,
  );
  const remove = db.raw.prepare<[string, string]>('DELETE FROM heartbeat WHERE tenant = ? AND name = ?');
  return {
    put({ tenant, name, since, lastAt, failed }: HeartbeatRow): void {
      put.run(tenant, name, Math.floor(since), lastAt === null ? null : Math.floor(lastAt), Number(failed));
    },
    remove(tenant: string, name: string): void {
      remove.run(tenant, name);
    },
  };
}
