// 100,000 notifications in a minute, the whole way: events over HTTP, each stored, delivered by a webhook of its own (and
// once with a hundred in a call), and its end stored. As fast as the program takes them. `--minutes` makes it as many more or
// fewer.
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { countRows } from '../counted.ts';
import { Ledger } from '../ledger.ts';
import { atLeast, exactly } from '../report.ts';
import type { Bench, Scenario } from '../scenario.ts';
import { folderWith, startTocsinIn } from '../server.ts';
import { loadConfigText, operatorKey } from '../settings.ts';
import { startSink } from '../sink.ts';
import { settle } from '../stage.ts';
import { quantile } from '../statistics.ts';
import { post, Wire } from '../wire.ts';

const inAMinute = 100_000;
const wantedPerSecond = inAMinute / 60;
const connections = 64;
/** A slow machine is waited for: only when nothing has come for so long the rest is lost. */
const patienceMs = 30_000;
/** Notifications between push and receipt, as many as a channel keeps in memory at most: what is beyond waits in the database. */
const window = 900;

const headers = { 'x-api-key': operatorKey, 'content-type': 'application/json' };
const hosts = 1_000;

function eventOf(n: number): Buffer {
  const host = `host-${String(n % hosts).padStart(4, '0')}`;
  return post(
    '/api/v1/events',
    headers,
    `{"type":"bench.event","severity":"warning","message":"event ${n} of ${host}","labels":{"host":"${host}"},"dedup_key":"n${n}"}`,
  );
}

/** Deliveries that the store says were sent. */
function sentIn(folder: string): number {
  const file = new Database(join(folder, 'data/tocsin.db'), { readonly: true });
  const row = file.prepare("SELECT count(*) AS n FROM delivery WHERE state = 'sent'").get() as { n: number };
  file.close();
  return row.n;
}

async function pass(bench: Bench, id: string, total: number, batch: number): Promise<void> {
  const warmUp = bench.short ? 100 : 500;
  const ledger = new Ledger();
  const receivedAt = { last: 0 };
  const sink = await startSink((arrival) => {
    receivedAt.last = arrival.at;
    ledger.receive(arrival);
  });
  const folder = folderWith(bench, {
    'tocsin.yaml': loadConfigText(sink.port).replace('/alerts" }', `/alerts", batch: ${batch} }`),
    'rules/none.yaml': 'group: none\nrules: []\n',
  });
  const server = await startTocsinIn(bench, 'durable', folder);
  const wire = new Wire(server.port, connections);
  let acceptedAt = 0;
  const answers: number[] = [];
  const push = async (n: number): Promise<void> => {
    const at = performance.now();
    ledger.expect(`host-${String(n % hosts).padStart(4, '0')}`, 'firing', at);
    const { status, body } = await wire.send(eventOf(n));
    if (status !== 202) throw new Error(`an event was answered ${status}: ${body}`);
    acceptedAt = performance.now();
    answers.push(acceptedAt - at);
  };
  let next = 0;
  const run = async (count: number): Promise<number> => {
    await wire.ready();
    const until = next + count;
    const began = performance.now();
    const sender = async () => {
      while (next < until) {
        if (ledger.outstanding >= window) {
          await ledger.drain(window - connections, patienceMs);
          if (ledger.outstanding >= window) throw new Error(`${ledger.outstanding} events do not arrive`);
        }
        if (next < until) await push(next++);
      }
    };
    await Promise.all(Array.from({ length: connections }, sender));
    await ledger.drain(0, patienceMs);
    return began;
  };

  await run(warmUp);
  ledger.takeLatencies();
  answers.length = 0;
  await server.ask({ ask: 'mark' });
  const before = await server.usage();
  const began = await run(total);
  await settle();
  const after = await server.usage();
  const latencies = ledger.takeLatencies();
  const perSecond = total / ((receivedAt.last - began) / 1_000);
  bench.report.row({
    id,
    value: perSecond,
    unit: `notifications/s from HTTP to receipt, ${total.toLocaleString('en')} of them${batch > 1 ? `, ${batch} in a call` : ''}`,
    ratio: perSecond / wantedPerSecond,
    against: `100,000 in a minute: ${Math.round(wantedPerSecond).toLocaleString('en')}/s`,
    bar: atLeast(1, 'time', 'ratio'),
    loopP999Ms: after.loop.p999,
    also: {
      accepted_per_second: total / ((acceptedAt - began) / 1_000),
      answer_p99_ms: quantile(answers, 0.99),
      first_attempt_p50_ms: quantile(latencies, 0.5),
      first_attempt_p99_ms: quantile(latencies, 0.99),
      cpu_us_per_notification: (after.cpuUs - before.cpuUs) / total,
      calls: sink.requests(),
    },
  });
  countRows(bench.report, id, [ledger]);
  wire.close();
  await server.stop();
  await sink.close();
  bench.report.row({
    id: `${id}.sent`,
    value: sentIn(folder),
    unit: 'deliveries that the store says were sent',
    bar: exactly(warmUp + total),
  });
}

export const notifications: Scenario = {
  id: 'notifications.minute',
  async run(bench) {
    const total = bench.short ? 1_000 : Math.round(inAMinute * (bench.minutes ?? 1));
    await pass(bench, 'notifications.minute', total, 1);
    await pass(bench, 'notifications.minute_batch', total, 100);
  },
};
