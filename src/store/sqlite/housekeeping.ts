// What keeps the database in shape and what is said about it.
import { statSync } from 'node:fs';
import { getTableName } from 'drizzle-orm';
import type { Db } from './database.ts';
import * as schema from './schema.ts';
import { withStoreErrors } from './sqlite-errors.ts';

const tables = [
  schema.tenant,
  schema.apiKey,
  schema.idempotency,
  schema.labelset,
  schema.configVersion,
  schema.alert,
  schema.alertGroup,
  schema.finding,
  schema.prediction,
  schema.forecast,
  schema.forecastPart,
  schema.heartbeat,
  schema.storm,
  schema.seenKind,
  schema.event,
  schema.notification,
  schema.confirmation,
  schema.delivery,
  schema.breaker,
  schema.providerCall,
  schema.incident,
  schema.incidentAlert,
  schema.analysis,
  schema.analysisPart,
  schema.configObject,
  schema.configObjectVersion,
].map(getTableName);

function sizeOf(file: string): number {
  return statSync(file, { throwIfNoEntry: false })?.size ?? 0;
}

export function housekeepingGroup(db: Db) {
  const { raw } = db;
  const write = raw.prepare<[string, string]>(
    'INSERT INTO meta (key, value) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value',
  );
  const read = raw.prepare<[string], string>('SELECT value FROM meta WHERE key = ?').pluck();
  const counts = tables.map(
    (table) => [table, raw.prepare<[], number>(`SELECT count(*) FROM ${table}`).pluck()] as const,
  );
  const pragma = (name: string) => Number(raw.pragma(name, { simple: true }));
  return {
    checkpoint(): void {
      withStoreErrors('checkpoint', () => raw.pragma('wal_checkpoint(PASSIVE)'));
    },
    probe(now: number): void {
      withStoreErrors('probe', () => db.transaction(() => write.run('probe', String(now))));
    },
    meta(key: string): string | null {
      return withStoreErrors('read meta', () => read.get(key) ?? null);
    },
    setMeta(key: string, value: string): void {
      withStoreErrors('remember', () => db.transaction(() => write.run(key, value)));
    },
    /** `rows.<table>`, `bytes.database`, `bytes.free`, `bytes.wal`. Counts every row: not for a hot path. */
    stats(): Readonly<Record<string, number>> {
      return withStoreErrors('figures', () => {
        const page = pragma('page_size');
        const figures: Record<string, number> = {
          'bytes.database': pragma('page_count') * page,
          'bytes.free': pragma('freelist_count') * page,
          'bytes.wal': sizeOf(`${raw.name}-wal`),
        };
        for (const [table, count] of counts) figures[`rows.${table}`] = count.get() ?? 0;
        return figures;
      });
    },
    close(): void {
      db.close();
    },
  };
}
