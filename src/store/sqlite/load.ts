// Everything of a tenant that is not finished, read when somebody takes it over.
import { audienceOf } from '../../pipeline/routing.ts';
import type { AlertRow, BreakerRow, GroupRow, TallyRow } from '../../pipeline/rows.ts';
import type { TenantSnapshot } from '../store.ts';
import { openConfirmations } from './confirmations.ts';
import type { Db } from './database.ts';
import { idOfHex, idText, parseId } from './id-codec.ts';
import { LoadedDeliveries, type LoadedDelivery, loadedColumns } from './loaded-deliveries.ts';
import { openAlertsReader } from './open-alerts.ts';
import { alertRow, groupRow, type StoredAlert, type StoredGroup } from './row-codec.ts';
import { alert, alertGroup, breaker, columnsOf } from './schema.ts';
import { openSilences, silenceRow } from './silences.ts';
import { withStoreErrors } from './sqlite-errors.ts';

/** Never got through, as delivery_lost has it. */
const lost =
  "(d.state = 'dead' OR (d.state = 'dropped' AND d.reason IN ('discarded', 'superseded', 'confirmed')))";

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
  // From the oldest dead letter of an order key on, for groups that are open still: a resolved notice whose firing
  // died is dropped, one whose firing went out after all is not. Finished deliveries have no index by order key; they
  // are found through the notifications of their group. One that was sent once more and died again was lost when it was made.
  const sinceDead = db.raw
    .prepare<[string], LoadedDelivery>(
      `WITH oldest AS MATERIALIZED (
       SELECT d.tenant AS tenant, d.order_key AS order_key, n.group_id AS group_id, min(min(d.order_no, d.created_at)) AS order_no
       FROM delivery d INDEXED BY delivery_lost
       CROSS JOIN notification n ON n.tenant = d.tenant AND n.id = d.notification_id
       CROSS JOIN alert_group g ON g.tenant = n.tenant AND g.id = n.group_id
       WHERE d.tenant = ? AND ${lost}
       GROUP BY d.order_key, n.group_id)
     SELECT ${loadedColumns}
     FROM oldest o
     CROSS JOIN notification n INDEXED BY notification_group ON n.tenant = o.tenant AND n.group_id = o.group_id
     CROSS JOIN delivery d INDEXED BY delivery_notification ON d.tenant = n.tenant AND d.notification_id = n.id
     WHERE d.order_key = o.order_key AND d.order_no >= o.order_no
       AND d.state IN ('sent', 'delivered', 'dead', 'dropped')`,
    )
    .raw();

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

  // A group that handed over its log is gone, or one whose end still waits behind other messages; what died of its messages
  // stands under the order key of its audience.
  const lostOfGroups = db.raw.prepare<[string], { orderKey: string; groupId: Buffer; orderNo: number }>(
    `SELECT d.order_key AS orderKey, n.group_id AS groupId, min(min(d.order_no, d.created_at)) AS orderNo
     FROM delivery d INDEXED BY delivery_lost
     CROSS JOIN notification n ON n.tenant = d.tenant AND n.id = d.notification_id
     WHERE d.tenant = ? AND ${lost} AND n.group_id IS NOT NULL
     GROUP BY d.order_key, n.group_id`,
  );
  const finishedSince = db.raw
    .prepare<[string, Buffer, string, number], LoadedDelivery>(
      `SELECT ${loadedColumns}
     FROM notification n INDEXED BY notification_group
     CROSS JOIN delivery d INDEXED BY delivery_notification ON d.tenant = n.tenant AND d.notification_id = n.id
     WHERE n.tenant = ? AND n.group_id = ? AND d.order_key = ? AND d.order_no >= ?
       AND d.state IN ('sent', 'delivered', 'dead', 'dropped')`,
    )
    .raw();

  /**
   * Finished deliveries since the oldest lost one of each group, for audiences that another open group has, and
   * for orders in which something waits still.
   */
  function inherited(
    tenant: string,
    open: readonly GroupRow[],
    speakers: ReadonlyMap<string, readonly Buffer[]>,
  ): LoadedDelivery[] {
    const heirs = new Map<string, Buffer[]>();
    for (const { receiver, labels, id } of open) {
      const audience = audienceOf(receiver, labels);
      heirs.set(audience, [...(heirs.get(audience) ?? []), parseId(id)!]);
    }
    // A group is read once for an order key, however many groups left it their dead letters.
    const since = new Map<string, { group: Buffer; orderKey: string; orderNo: number }>();
    for (const { orderKey, groupId, orderNo } of lostOfGroups.all(tenant)) {
      const groups = heirs.get(orderKey.slice(0, orderKey.lastIndexOf(' '))) ?? [];
      const speaking = speakers.get(orderKey) ?? [];
      if (groups.length === 0 && speaking.length === 0) continue;
      // Of an open group that speaks there alone everything is found above.
      const isOwn = (group: Buffer) => group.equals(groupId);
      if (groups.some(isOwn) && groups.every(isOwn) && speaking.every(isOwn)) continue;
      for (const group of [groupId, ...groups, ...speaking]) {
        const key = `${group.toString('latin1')}${orderKey}`;
        const known = since.get(key);
        if (known === undefined) since.set(key, { group, orderKey, orderNo });
        else known.orderNo = Math.min(known.orderNo, orderNo);
      }
    }
    return [...since.values()].flatMap(({ group, orderKey, orderNo }) =>
      finishedSince.all(tenant, group, orderKey, orderNo),
    );
  }

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
    for (const row of sinceDead.all(tenant)) deliveries.add(row);
    const speaking = new Map<string, readonly Buffer[]>();
    for (const [orderKey, ids] of speakers)
      speaking.set(
        orderKey,
        [...ids].map((id) => Buffer.from(id, 'hex')),
      );
    for (const row of inherited(tenant, groupRows, speaking)) deliveries.add(row);
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
