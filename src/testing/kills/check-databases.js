// The files themselves: whole, and nothing in them refers to what is not there.
import Database from 'better-sqlite3';

/** Each answers rows only when a crash tore something apart. */
const halves = {
  'a delivery without its notification': `
    SELECT hex(d.id) AS id FROM delivery d
    LEFT JOIN notification n ON n.tenant = d.tenant AND n.id = d.notification_id WHERE n.id IS NULL`,
  'a notification without a delivery': `
    SELECT hex(n.id) AS id FROM notification n
    LEFT JOIN delivery d ON d.tenant = n.tenant AND d.notification_id = n.id
    WHERE d.id IS NULL AND n.drop_reason IS NULL`,
  'an alert without its labels': `
    SELECT hex(a.id) AS id FROM alert a
    LEFT JOIN labelset l ON l.tenant = a.tenant AND l.id = a.labelset WHERE l.id IS NULL`,
  'an alert that fired without an event saying so': `
    SELECT hex(a.id) AS id FROM alert a WHERE a.kind = 'alert' AND a.fired_at IS NOT NULL
    AND NOT EXISTS (SELECT 1 FROM event e WHERE e.subject_id = a.id AND e.kind = 'alert.firing')`,
  'an event log that is ahead of its shard': `
    SELECT e.shard AS id FROM event e JOIN shard s ON s.id = e.shard WHERE e.seq >= s.next_seq`,
  'a group whose receiver believes in an ended alert': `
    SELECT hex(g.id) AS id FROM alert_group g, json_each(g.notified) n
    JOIN alert a ON a.tenant = g.tenant AND lower(hex(a.id)) = replace(n.key, '-', '')
    WHERE json_extract(n.value, '$.status') = 'firing' AND a.state = 'resolved'`,
};
const twice = `
  SELECT hex(subject_id) || ' ' || kind AS id FROM event
  WHERE kind IN ('alert.firing', 'alert.resolved') GROUP BY subject_id, kind HAVING count(*) > 1`;
const acknowledgements = `
  SELECT hex(subject_id) AS id, count(*) AS n FROM event WHERE kind = 'alert.acknowledged' GROUP BY subject_id`;
export function checkDatabases(ledger, { stateDb, samplesDb }) {
  for (const file of [stateDb, samplesDb]) {
    const db = new Database(file, { readonly: true });
    const found = db.pragma('integrity_check', { simple: true });
    if (found !== 'ok') ledger.violate('integrity', `${file}: ${String(found)}`);
    db.close();
  }
  const db = new Database(stateDb, { readonly: true });
  try {
    for (const [what, sql] of Object.entries(halves)) {
      const rows = db.prepare(`${sql} LIMIT 3`).all();
      for (const { id } of rows) ledger.violate('half_written', `${what}: ${id}`);
    }
    for (const { id } of db.prepare(`${twice} LIMIT 10`).all()) {
      ledger.violate('effect_twice', id);
    }
    const keyed = new Set(ledger.acknowledged.filter((one) => one.keyed).map(({ alertId }) => alertId));
    for (const { id, n } of db.prepare(acknowledgements).all()) {
      const uuid = id.toLowerCase().replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
      if (n > 1 && keyed.has(uuid)) ledger.violate('effect_twice', `${uuid} was acknowledged ${n} times`);
    }
  } finally {
    db.close();
  }
}
//# sourceMappingURL=check-databases.js.map
