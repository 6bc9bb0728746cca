// What a storm of messages that are not urgent costs an urgent one: a hundred thousand low ones wait for the channel, and
// the time from the push of a critical alert to its receipt is taken beside that of a channel with nothing to do.
import { AlertLoad } from '../alert-load.ts';
import { countRows } from '../counted.ts';
import { Ledger } from '../ledger.ts';
import { atMost } from '../report.ts';
import type { Bench, Scenario } from '../scenario.ts';
import { folderWith, startTocsinIn } from '../server.ts';
import { alertRules, loadConfigText } from '../settings.ts';
import { startSink } from '../sink.ts';
import { patienceMs, settle } from '../stage.ts';
import { quantile } from '../statistics.ts';
import { Wire } from '../wire.ts';
import { fill } from './backlog.ts';

const perSecond = 20;
const mostMs = 1_000;
const mostTimes = 3;

/** Urgent alerts to a channel for which `waiting` low messages wait. */
async function urgent(bench: Bench, waiting: number, ms: number) {
  const ledger = new Ledger();
  const backlog = new Ledger();
  const sink = await startSink((arrival) =>
    (arrival.host.startsWith('urgent') ? ledger : backlog).receive(arrival),
  );
  const folder = folderWith(bench, {
    'tocsin.yaml': loadConfigText(sink.port),
    'rules/bench.yaml': alertRules().replace('severity: warning', 'severity: critical'),
  });
  if (waiting > 0) fill(folder, waiting, backlog, 'low');
  const server = await startTocsinIn(bench, 'durable', folder);
  const wire = new Wire(server.port, 16);
  const load = new AlertLoad({ wire, ledger, hosts: 1_000, prefix: 'urgent', lag: 2 });
  await load.warmUp(patienceMs, false);
  ledger.takeLatencies();
  await server.ask({ ask: 'mark' }); // taking up so much at the start is another figure
  const from = backlog.outstanding;
  await load.paced(perSecond, ms);
  const left = backlog.outstanding;
  await ledger.drain(0, patienceMs);
  const latencies = ledger.takeLatencies();
  bench.say(`lanes: ${from} low ones waited at the beginning, ${left} at the end`);
  await settle();
  const usage = await server.usage();
  wire.close();
  await server.stop();
  await sink.close();
  return { ledger, latencies, from, left, loop: usage.loop.p999 };
}

export const lanes: Scenario = {
  id: 'deliveries.lanes',
  async run(bench) {
    const waiting = bench.short ? 3_000 : 100_000;
    const ms = bench.short ? 500 : 5_000;
    const idle = await urgent(bench, 0, ms);
    const beside = await urgent(bench, waiting, ms);
    const alone = quantile(idle.latencies, 0.99);
    const p99 = quantile(beside.latencies, 0.99);
    bench.report.row({
      id: 'deliveries.lanes',
      value: p99,
      unit: `ms p99 from the push of a critical alert to its first attempt while ${waiting.toLocaleString('en')} low messages wait for the channel`,
      ratio: p99 / alone,
      against: `the same with nothing waiting: p99 ${alone.toFixed(1)} ms`,
      bar: atMost(Math.min(mostMs, mostTimes * alone)),
      loopP999Ms: beside.loop,
      also: {
        idle_p50_ms: quantile(idle.latencies, 0.5),
        p50_ms: quantile(beside.latencies, 0.5),
        low_waiting_at_the_end: beside.left,
      },
    });
    countRows(bench.report, 'deliveries.lanes', [idle.ledger, beside.ledger]);
  },
};
