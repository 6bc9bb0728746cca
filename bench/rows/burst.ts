// A burst of alerts at once, each a message of its own, from the first push to the last receipt: evaluated, stored,
// delivered. Most of the messages find no room in memory and wait in the database. What drains of it is judged by itself
// in backlog.ts; this is printed.
import { AlertLoad } from '../alert-load.ts';
import { countRows } from '../counted.ts';
import { Ledger } from '../ledger.ts';
import type { Scenario } from '../scenario.ts';
import { startTocsin } from '../server.ts';
import { alertRules, loadConfigText } from '../settings.ts';
import { startSink } from '../sink.ts';
import { settle } from '../stage.ts';
import { Wire } from '../wire.ts';

/** A slow machine is waited for: only when nothing has come for so long the rest is lost. */
const patienceMs = 60_000;

async function drained(ledger: Ledger): Promise<void> {
  for (let before = -1; ledger.outstanding > 0 && ledger.received !== before; ) {
    before = ledger.received;
    await ledger.drain(0, patienceMs);
  }
}

export const burst: Scenario = {
  id: 'alerts.burst',
  async run(bench) {
    const deliveries = bench.short ? 2_000 : 20_000;
    const ledger = new Ledger();
    const sink = await startSink((arrival) => ledger.receive(arrival));
    const server = await startTocsin(bench, 'durable', loadConfigText(sink.port), {
      'bench.yaml': alertRules(),
    });
    const wire = new Wire(server.port, 8);
    // Compiled, and known to its sink. The first of the burst's own hosts: others would be too many series for a tenant.
    const before = new AlertLoad({ wire, ledger, hosts: bench.short ? 100 : 500, prefix: 'burst', lag: 0 });
    await before.warmUp(patienceMs);
    const load = new AlertLoad({ wire, ledger, hosts: deliveries, prefix: 'burst' });
    await server.ask({ ask: 'mark' });
    const { cpuUs } = await server.usage();
    const began = performance.now();
    await load.heat(1_000);
    const acceptedMs = performance.now() - began;
    await drained(ledger);
    const drainedMs = performance.now() - began;
    await settle();
    const after = await server.usage();
    bench.report.row({
      id: 'alerts.burst',
      value: drainedMs / 1000,
      unit: `s from the first push to the last receipt of ${deliveries.toLocaleString('en')} alerts`,
      loopP999Ms: after.loop.p999,
      also: {
        accepted_s: acceptedMs / 1000,
        deliveries_per_second: ledger.received / (drainedMs / 1000),
        cpu_us_per_delivery: (after.cpuUs - cpuUs) / deliveries,
        loop_max_ms: after.loop.max,
      },
    });
    countRows(bench.report, 'alerts.burst', [ledger]);
    wire.close();
    await server.stop();
    await sink.close();
  },
};
