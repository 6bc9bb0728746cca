// What groups save somebody who configures nothing about them: messages per alert of an incident of 1,000 alerts.
import { exactly } from '../report.ts';
import type { Bench, Scenario } from '../scenario.ts';
import { type Server, startTocsin } from '../server.ts';
import { operatorKey, plainConfigText } from '../settings.ts';
import { type Sink, startSink } from '../sink.ts';
import { post, Wire } from '../wire.ts';

const names = 10;
const hosts = 100;
/** The default group_wait is 30 s; what came until then goes out in one message a group. */
const waitMs = 33_000;

const rules = `group: incident
rules:
${Array.from({ length: names }, (_, n) => `  - { name: Incident${n}, metric: incident.m${n}, operator: gt, threshold: 50 }`).join('\n')}
`;

interface Incident {
  readonly server: Server;
  readonly sink: Sink;
  readonly endedAt: number;
}

async function incident(bench: Bench): Promise<Incident> {
  const sink = await startSink(() => undefined);
  const server = await startTocsin(bench, 'durable', plainConfigText(sink.port), { 'incident.yaml': rules });
  const wire = new Wire(server.port, 1);
  await server.ask({ ask: 'mark' });
  const headers = { 'x-api-key': operatorKey, 'content-type': 'application/json' };
  for (let host = 0; host < hosts; host++) {
    const samples = Array.from({ length: names }, (_, n) => ({
      metric: `incident.m${n}`,
      labels: { host: `host-${host}` },
      value: 99,
    }));
    await wire.send(post('/api/v1/metrics', headers, JSON.stringify({ samples })));
  }
  wire.close();
  return { server, sink, endedAt: performance.now() };
}

/** Waits in the background while other scenarios run: it takes no time but that of group_wait. */
export function grouping(): Scenario {
  let begun: Incident | null = null;
  return {
    id: 'grouping',
    async begin(bench) {
      begun = await incident(bench);
    },
    async run(bench) {
      const { server, sink, endedAt } = begun ?? (await incident(bench));
      await new Promise((resolve) => setTimeout(resolve, Math.max(0, endedAt + waitMs - performance.now())));
      bench.report.row({
        id: 'grouping.messages_per_alert',
        value: sink.requests() / (names * hosts),
        unit: 'messages per alert, default groups',
        ratio: sink.requests() / names,
        against: `one message for each of the ${names} alert names`,
        loopP999Ms: (await server.usage()).loop.p999,
      });
      bench.report.row({
        id: 'grouping.alerts_told',
        value: sink.told(),
        unit: `alerts of ${names * hosts}`,
        bar: exactly(names * hosts),
      });
      await server.stop();
      await sink.close();
    },
  };
}
