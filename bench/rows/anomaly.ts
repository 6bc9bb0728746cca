// What detectors cost: 10,000 series with rules about unusual values, each with a sample every ten seconds, pushed to the
// program as it runs.
import { introduce, seriesCount } from '../push-round.ts';
import { atMost, exactly } from '../report.ts';
import { jsonRequest } from '../sample-bodies.ts';
import type { Bench, Scenario } from '../scenario.ts';
import { startTocsin } from '../server.ts';
import { loadConfigText, metricCount, metricName, operatorKey } from '../settings.ts';
import { Wire } from '../wire.ts';

const operator = { 'x-api-key': operatorKey };
const stepMs = 10_000;
/** A tenth of the series each second. */
const batch = seriesCount / 10;

/** One rule for each metric, so that every series has one. */
function anomalyRules(): string {
  const lines = Array.from(
    { length: metricCount },
    (_, n) => `  - { name: A${n}, type: anomaly, metric: ${metricName(n)}, detector: ensemble }`,
  );
  return `group: unusual\nrules:\n${lines.join('\n')}\n`;
}

export const anomalyLoad: Scenario = {
  id: 'anomaly.load',
  async run(bench: Bench) {
    const server = await startTocsin(bench, 'durable', loadConfigText(9), { 'anomaly.yaml': anomalyRules() });
    await introduce(server.port, jsonRequest, Date.now() - stepMs);
    const wire = new Wire(server.port, 1);
    await wire.ready();
    const requests = Array.from({ length: 10 }, (_, n) => jsonRequest(n * batch, batch));
    const seconds = async (count: number): Promise<void> => {
      const began = performance.now();
      for (let n = 0; n < count; n++) {
        const { status } = await wire.send(requests[n % 10]!.at(Date.now()));
        if (status !== 202) throw new Error(`a push was answered ${status}`);
        const pause = began + (n + 1) * 1_000 - performance.now();
        await new Promise((resolve) => setTimeout(resolve, Math.max(0, pause)));
      }
    };
    // Every new state is written once, half a megabyte a second: most of that is over before it is measured.
    await seconds(bench.short ? 1 : 25);
    await server.ask({ ask: 'mark' });
    const before = await server.usage();
    const began = performance.now();
    await seconds(bench.short ? 1 : 40);
    const after = await server.usage();
    const cpu = (after.cpuUs - before.cpuUs) / 1_000 / (performance.now() - began);
    bench.report.row({
      id: 'anomaly.load',
      value: cpu,
      unit: 'of a core: 10,000 series with an ensemble rule each, a sample every 10 s',
      bar: atMost(0.15),
      loopP999Ms: after.loop.p999,
      also: { main_thread: (after.mainUs - before.mainUs) / 1_000 / (performance.now() - began) },
    });
    const metrics = await fetch(`http://127.0.0.1:${server.port}/metrics`, { headers: operator });
    const states = Number(/^tocsin_detectors (\d+)/m.exec(await metrics.text())?.[1]);
    bench.report.row({
      id: 'anomaly.load.states',
      value: states,
      unit: 'series that the detectors of this load know',
      bar: exactly(seriesCount),
    });
    wire.close();
    await server.stop();
  },
};
