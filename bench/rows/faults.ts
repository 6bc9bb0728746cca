// What a provider that hangs costs a healthy one: every alert goes to both channels of its receiver, and the second one's
// provider accepts every connection and never answers. Beside it the same load with the healthy channel alone.
import { startFaultProxy } from '../../src/testing/fault-proxy.ts';
import { AlertLoad } from '../alert-load.ts';
import { countRows } from '../counted.ts';
import { Ledger } from '../ledger.ts';
import { atMost } from '../report.ts';
import { interleaved } from '../rounds.ts';
import type { Bench, Scenario } from '../scenario.ts';
import { startTocsin } from '../server.ts';
import { alertRules, loadConfigText } from '../settings.ts';
import { startSink } from '../sink.ts';
import { patienceMs, settle } from '../stage.ts';
import { median, quantile } from '../statistics.ts';
import { Wire } from '../wire.ts';

const perSecond = 100;
/** As many as all rounds heat, so that no host comes twice: its second message would wait for the first. */
const hosts = 4_000;
const lag = 200;
/** What the growth may be at least, however fast a healthy channel is alone. */
const leastMs = 2;
const leastShare = 0.1;

/** A server that tells a healthy sink, and where `hungPort` is given also a provider there. */
async function open(bench: Bench, hungPort: number | null) {
  const ledger = new Ledger();
  const sink = await startSink((arrival) => ledger.receive(arrival));
  const healthy = loadConfigText(sink.port);
  const both = healthy
    .replace('channels: { sink:', `channels: { hung: ${webhookTo(hungPort)}, sink:`)
    .replace('channels: [sink]', 'channels: [hung, sink]');
  const config = hungPort === null ? healthy : both;
  const server = await startTocsin(bench, 'durable', config, { 'bench.yaml': alertRules() });
  const wire = new Wire(server.port, 16);
  const load = new AlertLoad({ wire, ledger, hosts, prefix: 'host', lag: bench.short ? 50 : lag });
  await load.warmUp(patienceMs, false);
  return {
    ledger,
    async round(ms: number) {
      await server.ask({ ask: 'mark' });
      const before = await server.usage();
      await load.paced(perSecond, ms);
      await ledger.drain(0, patienceMs);
      await settle();
      const after = await server.usage();
      const latencies = ledger.takeLatencies();
      ledger.giveUp();
      return {
        p50: quantile(latencies, 0.5),
        p99: quantile(latencies, 0.99),
        cpuUs: (after.cpuUs - before.cpuUs) / Math.max(1, latencies.length),
        loop: after.loop.p999,
      };
    },
    async skipped() {
      return (await server.rows()).skipped;
    },
    async close() {
      wire.close();
      await server.stop();
      await sink.close();
    },
  };
}

const webhookTo = (port: number | null) => `{ type: webhook, url: "http://127.0.0.1:${port}/alerts" }`;

export const hungProvider: Scenario = {
  id: 'faults.hung_provider',
  async run(bench) {
    // Nobody stands behind it: a black hole asks nobody.
    const hung = await startFaultProxy({ port: 1 }, 'black_hole');
    const alone = await open(bench, null);
    const beside = await open(bench, hung.port);
    const ms = bench.short ? 500 : 4_000;
    // Long enough for the first attempts to come to their deadline of 15 s and for the pause that follows.
    const rounds = await interleaved(bench.short ? 1 : 5, {
      alone: () => alone.round(ms),
      beside: () => beside.round(ms),
    });
    const { connections, open: held } = hung;
    bench.say(`hung: ${connections} connections, ${held} open at the end`);
    const growths = rounds.beside.map(({ p99 }, i) => p99 - rounds.alone[i]!.p99);
    const p99Alone = median(rounds.alone.map(({ p99 }) => p99));
    bench.report.row({
      id: 'faults.hung_provider',
      value: median(growths),
      unit: 'ms that the p99 from push to receipt of a healthy channel grows by beside one whose provider hangs, at 100 alerts/s to both',
      ratio: median(rounds.beside.map(({ p99 }, i) => p99 / rounds.alone[i]!.p99)),
      against: `the healthy channel alone: p99 ${p99Alone.toFixed(1)} ms`,
      bar: atMost(Math.max(leastMs, leastShare * p99Alone)),
      spread: [Math.min(...growths), Math.max(...growths)],
      loopP999Ms: Math.max(...rounds.beside.map(({ loop }) => loop)),
      also: {
        alone_p50_ms: median(rounds.alone.map(({ p50 }) => p50)),
        beside_p50_ms: median(rounds.beside.map(({ p50 }) => p50)),
        beside_p99_ms: median(rounds.beside.map(({ p99 }) => p99)),
        alone_cpu_us_per_alert: median(rounds.alone.map(({ cpuUs }) => cpuUs)),
        beside_cpu_us_per_alert: median(rounds.beside.map(({ cpuUs }) => cpuUs)),
        hung_connections: connections,
      },
    });
    const skipped = (await alone.skipped()) + (await beside.skipped());
    countRows(bench.report, 'faults.hung_provider', [alone.ledger, beside.ledger], skipped);
    // First: a server waits for the attempts that are under way.
    await hung.close();
    await Promise.all([alone.close(), beside.close()]);
  },
};
