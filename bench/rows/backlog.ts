// A burst of deliveries that waits in the database, as after a receiver that was down: 100,000 of them, from the first
// receipt to the last. Once each by itself, and once for a receiver that takes batches.
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { AlertMessage } from '../../channels/message.ts';
import { labelSet } from '../../rules/labels.ts';
import type { Lane } from '../../src/pipeline/rows.ts';
import { sending } from '../../src/store/contract/harness.ts';
import { rowBuilders } from '../../src/store/contract/row-builders.ts';
import { openSqliteStore } from '../../src/store/sqlite/sqlite-store.ts';
import { countRows } from '../counted.ts';
import { Ledger } from '../ledger.ts';
import { atMost } from '../report.ts';
import type { Bench, Scenario } from '../scenario.ts';
import { folderWith, startTocsinIn } from '../server.ts';
import { loadConfigText } from '../settings.ts';
import { startSink } from '../sink.ts';
import { settle } from '../stage.ts';

const perCommit = 100;
/** A slow machine is waited for: only when nothing has come for so long the rest is lost. */
const patienceMs = 30_000;

/** Open deliveries of one alert each, to the channel `sink`, in the database of the folder. */
export function fill(folder: string, deliveries: number, ledger: Ledger, lane: Lane = 'normal'): void {
  mkdirSync(join(folder, 'data'), { recursive: true });
  const rows = rowBuilders(Date.now() - 60_000);
  const store = openSqliteStore({ file: join(folder, 'data/tocsin.db'), durability: 'normal' });
  const { shard } = store.ensureTenant('default', rows.clock.at);
  const epoch = store.takeShards('bench', rows.clock.at).find((lease) => lease.shard === shard)!.epoch;
  for (let from = 0; from < deliveries; from += perCommit) {
    const effects = Array.from({ length: perCommit }, (_, i) => {
      rows.clock.at += from % 1_000 === 0 && i === 0 ? 1 : 0;
      const host = `host-${from + i}`;
      const message = messageOf(rows.newId(), rows.newId(), host, rows.clock.at);
      ledger.expect(host, 'firing', 0);
      const notification = rows.notification({
        tenant: 'default',
        id: message.id,
        kind: 'alert.notification',
        alerts: { [message.alerts[0]!.id]: 'firing' },
        body: JSON.stringify(message),
        expiresAt: rows.clock.at + 86_400_000,
      });
      const orderKey = `ops {host="${host}"} sink`;
      return sending(
        notification,
        rows.delivery(notification, {
          ...{ channel: 'sink', recipient: 'sink', lane, orderKey },
          dueAt: rows.clock.at,
        }),
      );
    }).flat();
    store.commit([{ shard, epoch, effects }]);
  }
  store.close();
}

function messageOf(id: string, alertId: string, host: string, at: number): AlertMessage {
  return {
    id,
    tenant: 'default',
    reason: 'first',
    status: 'firing',
    receiver: 'ops',
    groupKey: `ops:{}:{host="${host}"}`,
    groupLabels: labelSet({ host }),
    alerts: [
      {
        id: alertId,
        kind: 'alert',
        fingerprint: '00f0d2e1c3b4a596',
        status: 'firing',
        labels: labelSet({ alertname: 'HostIsHot', host, severity: 'warning' }),
        annotations: { summary: `${host} is at 97` },
        severity: 'warning',
        priority: 'P4',
        category: 'system',
        value: 97,
        startsAt: at,
        endsAt: null,
      },
    ],
    changed: [alertId],
    truncated: 0,
    severity: 'warning',
    priority: 'P4',
    at,
    locale: 'en',
  };
}

async function drain(bench: Bench, id: string, batch: number): Promise<void> {
  const deliveries = bench.short ? 2_000 : 100_000;
  const ledger = new Ledger();
  let first = Number.NaN;
  let last = Number.NaN;
  const sink = await startSink((arrival) => {
    if (Number.isNaN(first)) first = arrival.at;
    last = arrival.at;
    ledger.receive(arrival);
  });
  const folder = folderWith(bench, {
    'tocsin.yaml': loadConfigText(sink.port).replace('/alerts" }', `/alerts", batch: ${batch} }`),
    'rules/none.yaml': 'group: none\nrules: []\n',
  });
  fill(folder, deliveries, ledger);
  const server = await startTocsinIn(bench, 'durable', folder);
  await server.ask({ ask: 'mark' }); // taking up so much at the start is another figure
  for (let before = -1; ledger.outstanding > 0 && ledger.received !== before; ) {
    before = ledger.received;
    await ledger.drain(0, patienceMs);
  }
  await settle();
  const after = await server.usage();
  const seconds = (last - first) / 1_000;
  bench.report.row({
    id,
    value: seconds,
    unit: `s from the first receipt to the last of ${deliveries.toLocaleString('en')} waiting deliveries${batch > 1 ? `, ${batch} in a call` : ''}`,
    bar: atMost(10),
    loopP999Ms: after.loop.p999,
    also: { deliveries_per_second: ledger.received / seconds, cpu_us_per_delivery: after.cpuUs / deliveries },
  });
  countRows(bench.report, id, [ledger]);
  await server.stop();
  await sink.close();
}

export const backlog: Scenario = {
  id: 'deliveries.drain',
  run: (bench) => drain(bench, 'deliveries.drain', 1),
};

export const backlogInBatches: Scenario = {
  id: 'deliveries.drain_batch',
  run: (bench) => drain(bench, 'deliveries.drain_batch', 100),
};
