// What a commit costs beyond its SQL: turns of 200 rows through the store, and the same rows as plain prepared inserts
// into the same tables. Neither waits for the disk.
import { mkdirSync, mkdtempSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { rowBuilders } from '../../src/store/contract/row-builders.ts';
import { openSqliteStore } from '../../src/store/sqlite/sqlite-store.ts';
import { alertsPerTurn, fullTurn, rowsPerTurn } from '../full-turn.ts';
import { atMost } from '../report.ts';
import { interleaved, ratioOf } from '../rounds.ts';
import type { Scenario } from '../scenario.ts';
import { median } from '../statistics.ts';

const tables = ['alert', 'alert_group', 'event', 'notification', 'delivery'] as const;

const cpuMs = (since: NodeJS.CpuUsage) => {
  const { user, system } = process.cpuUsage(since);
  return (user + system) / 1_000;
};

export const store: Scenario = {
  id: 'store.prepared',
  onlyTimes: true,
  async run({ report, scratch, short }) {
    const turns = short ? 20 : 150;
    mkdirSync(scratch, { recursive: true });
    const folder = mkdtempSync(join(scratch, 'store-'));
    let round = 0;
    const filled = (): { file: string; ms: number } => {
      const file = join(folder, `store-${round++}.db`);
      const rows = rowBuilders();
      const opened = openSqliteStore({ file, durability: 'normal' });
      const { shard } = opened.ensureTenant('acme', rows.clock.at);
      const epoch = opened.takeShards('bench', rows.clock.at).find((lease) => lease.shard === shard)!.epoch;
      opened.commit([{ shard, epoch, effects: fullTurn(rows) }]);
      const work = Array.from({ length: turns }, () => fullTurn(rows));
      const began = process.cpuUsage();
      for (const effects of work) opened.commit([{ shard, epoch, effects }]);
      const ms = cpuMs(began);
      opened.close();
      return { file, ms };
    };
    const plain = (from: string): number => {
      const target = join(folder, `plain-${round++}.db`);
      openSqliteStore({ file: target, durability: 'normal' }).close();
      const source = new Database(from, { readonly: true });
      const read = tables.map((table) => source.prepare(`SELECT * FROM ${table}`).raw().all() as unknown[][]);
      source.close();
      const db = new Database(target);
      db.pragma('synchronous = NORMAL');
      const inserts = tables.map((table, i) =>
        db.prepare(`INSERT INTO ${table} VALUES (${read[i]![0]!.map(() => '?').join(', ')})`),
      );
      const turn = db.transaction((n: number) => {
        for (let k = 0; k < alertsPerTurn; k++)
          for (let i = 0; i < tables.length; i++) inserts[i]!.run(read[i]![n * alertsPerTurn + k]!);
      });
      turn(0);
      const began = process.cpuUsage();
      for (let n = 1; n <= turns; n++) turn(n);
      const ms = cpuMs(began);
      db.close();
      return ms;
    };
    const first = filled();
    const { ours, raw } = await interleaved(short ? 1 : 5, {
      ours: async () => filled().ms,
      raw: async () => plain(first.file),
    });
    const { ratio, least, most } = ratioOf(ours, raw);
    const perRow = (ms: number) => (ms * 1_000) / (turns * rowsPerTurn);
    report.row({
      id: 'store.prepared',
      value: perRow(median(ours)),
      unit: 'CPU µs per row of a commit',
      ratio,
      against: `the same rows as plain prepared SQL: ${perRow(median(raw)).toFixed(1)} µs`,
      bar: atMost(2, 'time', 'ratio'),
      spread: [least, most],
    });
  },
};
