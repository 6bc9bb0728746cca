// Everything of a tenant that is not finished, read when somebody takes it over.
import type { AlertRow, BreakerRow, TallyRow } from '../../pipeline/rows.ts';
import type { TenantSnapshot } from '../store.ts';
import { openConfirmations } from './confirmations.ts';
import type { Db } from './database.ts';
import { idOfHex, idText, parseId } from './id-codec.ts';
import { LoadedDeliveries, type LoadedDelivery, loadedColumns } from './loaded-deliveries.ts';
import { lostWordsReader } from './lost-words.ts';
import { openAlertsReader } from './open-alerts.ts';
import { alertRow, groupRow, type StoredAlert, type StoredGroup } from './row-codec.ts';
import { alert, alertGroup, breaker, columnsOf } from './schema.ts';
import { openSilences, silenceRow } from './silences.ts';
import { withStoreErrors } from './sqlite-errors.ts';

type StoredTally = readonly [
  notificationId: string,
  createdAt: number,
  severity: string,
  priority: string,
  strategy: string | null,
  source: string,
  emergencyAt: number | null,
  accepted: number,
  dead: number,
];
const tallyRow = (row: StoredTally): TallyRow => ({
  notificationId: idOfHex(row[0]),
  createdAt: row[1],
  severity: row[2] as TallyRow['severity'],
  priority: row[3] as TallyRow['priority'],
  strategy: row[4],
  source: row[5] as TallyRow['source'],
  emergencyAt: row[6],
  accepted: row[7],
  dead: row[8],
});

/** `hex` of a group's id; empty where there is none. */
type OpenDelivery = readonly [...LoadedDelivery, groupId: string];

/** For a statement that asks for the same value several times. */
const times = (value: string, count: number) => Array.from({ length: count }, () => value);

const alertColumns = `${columnsOf(alert, 'a')}, l.json AS labelsJson`;
const withLabels = 'CROSS JOIN labelset l ON l.tenant = a.tenant AND l.id = a.labelset';

export function loadGroup(db: Db) {
  const openAlerts = openAlertsReader(db);
  const silences = openSilences(db);
  const confirmations = openConfirmations(db);
  const sinceLost = lostWordsReader(db);
  const waiting = db.raw.prepare<[string], StoredAlert>(
    `SELECT ${alertColumns} FROM alert a INDEXED BY alert_waiting ${withLabels}
     WHERE a.tenant = ? AND a.next_at IS NOT NULL ORDER BY a.id`,
  );
  const oneAlert = db.raw.prepare<[string, Buffer], StoredAlert>(
    `SELECT ${alertColumns} FROM alert a ${withLabels}
     WHERE a.tenant = ? AND a.kind IN ('alert', 'event') AND a.id = ?`,
  );
  const groups = db.raw.prepare<[string], StoredGroup>(
    `SELECT ${columnsOf(alertGroup, 'g')} FROM alert_group g WHERE g.tenant = ? ORDER BY g.id`,
  );
  const openDeliveries = db.raw
    .prepare<[string], OpenDelivery>(
      `SELECT ${loadedColumns}, hex(n.group_id)
       FROM delivery d INDEXED BY delivery_open
       CROSS JOIN notification n ON n.tenant = d.tenant AND n.id = d.notification_id
       WHERE d.tenant = ? AND d.state IN ('queued', 'sending')`,
    )
    .raw();
  const breakers = db.raw.prepare<[string], BreakerRow>(
    `SELECT ${columnsOf(breaker, 'b')} FROM breaker b WHERE b.tenant = ? ORDER BY b.channel`,
  );
  // How far the notifications of open deliveries have come, over all their deliveries.
  const tallies = db.raw
    .prepare<string[], StoredTally>(
      `WITH open AS MATERIALIZED (
       SELECT DISTINCT notification_id FROM delivery INDEXED BY delivery_open
       WHERE tenant = ? AND state IN ('queued', 'sending'))
     SELECT hex(n.id), n.created_at, n.severity, n.priority, n.strategy, n.source, n.emergency_at,
       sum(d.state IN ('sent', 'delivered')), sum(d.state = 'dead')
     FROM open o
     CROSS JOIN notification n ON n.tenant = ? AND n.id = o.notification_id
     CROSS JOIN delivery d INDEXED BY delivery_notification ON d.tenant = ? AND d.notification_id = o.notification_id
     GROUP BY n.id ORDER BY n.id`,
    )
    .raw();
  // Nobody took them and nobody was called: the process may have died in between.
  const untold = db.raw.prepare<string[], { id: Buffer; endedAt: number }>(
    `WITH lost AS MATERIALIZED (
       SELECT notification_id, max(finished_at) AS ended_at FROM delivery INDEXED BY delivery_dead
       WHERE tenant = ? AND state = 'dead' GROUP BY notification_id ORDER BY ended_at DESC LIMIT 1000)
     SELECT n.id AS id, o.ended_at AS endedAt FROM lost o
     CROSS JOIN notification n ON n.tenant = ? AND n.id = o.notification_id
     WHERE n.emergency_at IS NULL AND n.confirmed_at IS NULL AND n.source <> 'system'
       AND NOT EXISTS (
         SELECT 1 FROM delivery d INDEXED BY delivery_notification
         WHERE d.tenant = ? AND d.notification_id = n.id AND d.state NOT IN ('dead', 'dropped'))
     ORDER BY n.id`,
  );

  function snapshot(tenant: string): TenantSnapshot {
    const groupRows = groups.all(tenant).map(groupRow);
    const alerts = new Map<string, AlertRow>();
    for (const open of openAlerts(tenant)) alerts.set(open.id, open);
    for (const row of waiting.all(tenant)) {
      const decoded = alertRow(row);
      alerts.set(decoded.id, decoded);
    }
    for (const group of groupRows)
      for (const id of Object.keys(group.notified)) {
        const bytes = alerts.has(id) ? null : parseId(id);
        const row = bytes === null ? undefined : oneAlert.get(tenant, bytes);
        if (row !== undefined) alerts.set(id, alertRow(row));
      }
    const deliveries = new LoadedDeliveries(tenant);
    const spokenOf = new Set(alerts.keys());
    // Groups of which something waits, by the order that it waits in.
    const speakers = new Map<string, Set<string>>();
    for (const row of openDeliveries.iterate(tenant)) {
      const orderKey = deliveries.add(row);
      const groupId = row[13];
      if (groupId === '') continue;
      const known = speakers.get(orderKey);
      if (known) known.add(groupId);
      else speakers.set(orderKey, new Set([groupId]));
    }
    for (const { alerts: said } of deliveries.all) for (const id of Object.keys(said)) spokenOf.add(id);
    const speaking = { groups: groupRows, waiting: speakers, spokenOf };
    for (const row of sinceLost(tenant, speaking)) deliveries.add(row);
    const byId = (a: { readonly id: string }, b: { readonly id: string }) =>
      a.id < b.id ? -1 : a.id > b.id ? 1 : 0;
    return {
      alerts: [...alerts.values()].sort(byId),
      groups: groupRows,
      deliveries: deliveries.all.sort(byId),
      tallies: tallies.all(...times(tenant, 3)).map(tallyRow),
      untold: untold
        .all(...times(tenant, 3))
        .map(({ id, endedAt }) => ({ notificationId: idText(id), endedAt })),
      confirmations: confirmations(tenant),
      breakers: breakers.all(tenant),
      silences: silences.all(tenant).map(silenceRow),
    };
  }

  return {
    loadTenant: (tenant: string) => withStoreErrors(`load tenant ${tenant}`, () => snapshot(tenant)),
  };
}
