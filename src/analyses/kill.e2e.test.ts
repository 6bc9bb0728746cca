// A real process that is killed while alerts become incidents: between the commit of the alerts and what the analysis says
// of them, and between two writes of that. The next one goes on.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { compileChild } from '../testing/kills/compile.ts';
import type { KillPoint } from '../testing/kills/points.ts';
import { type Life, operatorKey, startLife } from '../testing/kills/process.ts';

let folder: string;
let configFile: string;
let child: string;
let life: Life | null = null;
beforeAll(async () => {
  child = await compileChild();
  folder = mkdtempSync(join(tmpdir(), 'tocsin-incidents-'));
  configFile = join(folder, 'tocsin.yaml');
  mkdirSync(join(folder, 'data'));
  writeFileSync(
    configFile,
    `listen: 127.0.0.1:0
data: ${join(folder, 'data')}
ballast: 64KiB
storm: false
collector: { host: false }
`,
  );
}, 60_000);
afterAll(() => {
  life?.kill();
  rmSync(folder, { recursive: true, force: true });
});

const deaths: readonly { readonly point: KillPoint; readonly hit: number }[] = [
  { point: 'analysis.commit.before', hit: 1 },
  { point: 'analysis.commit.after', hit: 1 },
  { point: 'analysis.commit.before', hit: 1 },
  { point: 'analysis.commit.before', hit: 3 },
  { point: 'analysis.commit.after', hit: 2 },
  { point: 'analysis.commit.after', hit: 4 },
];

const alert = (service: string, instance: number) => ({
  status: 'firing',
  labels: { alertname: 'HighErrorRate', service, instance: `${service}-${instance}`, severity: 'high' },
  annotations: { summary: `requests to ${service} fail` },
});

/** What is said of so many alerts is more than one write holds. */
const lone = 120;
const together = 60;

/** Many services that have nothing to do with each other, and one that all instances of fail. */
async function fire(url: string, no: number): Promise<void> {
  const alerts = [
    ...Array.from({ length: lone }, (_, n) => alert(`lone-${no}-${n}`, 0)),
    ...Array.from({ length: together }, (_, n) => alert(`shop-${no}`, n)),
  ];
  const response = await fetch(`${url}/api/v1/webhooks/alertmanager`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-api-key': operatorKey },
    body: JSON.stringify({ alerts }),
  });
  expect(response.status).toBeLessThan(300);
}

function read<T>(sql: string): T[] {
  const db = new Database(join(folder, 'data', 'tocsin.db'), { readonly: true });
  try {
    return db.prepare<[], T>(sql).all();
  } finally {
    db.close();
  }
}
const waiting = () =>
  read<{ n: number }>(
    `SELECT count(*) AS n FROM alert a LEFT JOIN incident_alert i ON i.tenant = a.tenant AND i.alert = a.id
     WHERE i.alert IS NULL`,
  )[0]!.n;

it('has every alert in exactly one incident after kill -9, and says nothing of it twice', async () => {
  for (const [n, killAt] of deaths.entries()) {
    life = startLife({ child, configFile, no: n + 1, killAt });
    const url = await life.ready;
    // What the life before left undone may be where this one dies, before anybody could send it something.
    if (url !== null && life.killedBy === null) await fire(url, n).catch(() => {});
    await life.exited;
    expect([n, life.killedBy]).toEqual([n, killAt.point]);
    if (killAt.point === 'analysis.commit.before') expect(waiting()).toBeGreaterThan(0);
  }
  life = startLife({ child, configFile, no: deaths.length + 1 });
  await fire((await life.ready)!, deaths.length);
  await expect.poll(waiting, { timeout: 20_000 }).toBe(0);
  life.end();
  expect((await life.exited).code).toBe(0);

  const [{ alerts } = { alerts: 0 }] = read<{ alerts: number }>('SELECT count(*) AS alerts FROM alert');
  expect(alerts).toBeGreaterThanOrEqual(3 * (lone + together));
  // Each incident counts those that are in it, and is there.
  expect(
    read(
      `SELECT hex(i.incident) AS incident, count(*) AS holds, r.alerts AS says, r.state AS state FROM incident_alert i
       LEFT JOIN incident r ON r.tenant = i.tenant AND r.id = i.incident
       GROUP BY i.incident HAVING holds IS NOT says OR state IS NOT 'open'`,
    ),
  ).toEqual([]);
  expect(
    read(`SELECT hex(r.id) FROM incident r WHERE NOT EXISTS
          (SELECT 1 FROM incident_alert i WHERE i.tenant = r.tenant AND i.incident = r.id)`),
  ).toEqual([]);
  const named = `SELECT lower(j.value) AS alert, e.kind AS kind, count(*) AS times FROM event e, json_each(e.body, '$.alerts') j
    WHERE e.kind IN ('incident.opened', 'incident.joined') GROUP BY j.value`;
  expect(read(`${named} HAVING times <> 1`)).toEqual([]);
  expect(read(named)).toHaveLength(alerts);
  const opened = `SELECT hex(subject_id) AS incident, count(*) AS times FROM event WHERE kind = 'incident.opened' GROUP BY subject_id`;
  expect(read(`${opened} HAVING times <> 1`)).toEqual([]);
}, 120_000);
