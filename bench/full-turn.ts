// A full turn: the commit of as many rows as a turn of the loop may ever hold, which is what one tenant may cost another.
import type { Effect } from '../src/pipeline/effect.ts';
import { sending } from '../src/store/contract/harness.ts';
import { rowBuilders } from '../src/store/contract/row-builders.ts';
import { openSqliteStore } from '../src/store/sqlite/sqlite-store.ts';

export const alertsPerTurn = 40;
/** Rows that a turn adds: alert, group, event, notification, delivery. */
export const rowsPerTurn = alertsPerTurn * 5;

/** The effects of one turn: new alerts with one delivery each. */
export function fullTurn(rows: ReturnType<typeof rowBuilders>): Effect[] {
  return Array.from({ length: alertsPerTurn }, () => {
    rows.clock.at += 1;
    const alert = rows.alert();
    const group = rows.group();
    const notification = rows.notification({ groupId: group.id, alerts: { [alert.id]: 'firing' } });
    return [
      { put: 'alert', row: alert, insert: true },
      { put: 'event', row: rows.event({ subjectId: alert.id }) },
      { put: 'group', row: group, insert: true },
      ...sending(notification, rows.delivery(notification)),
    ] satisfies Effect[];
  }).flat();
}

/** Commits full turns, one after another, into a database of their own as durably as the program does; milliseconds of each. */
export function fullCommitsMs(file: string, count: number): number[] {
  const rows = rowBuilders();
  const store = openSqliteStore({ file, durability: 'full' });
  const { shard } = store.ensureTenant('acme', rows.clock.at);
  const epoch = store.takeShards('bench', rows.clock.at).find((lease) => lease.shard === shard)!.epoch;
  const took = Array.from({ length: count }, () => {
    const effects = fullTurn(rows);
    const began = performance.now();
    store.commit([{ shard, epoch, effects }]);
    return performance.now() - began;
  });
  store.close();
  return took;
}
