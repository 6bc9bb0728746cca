// Prometheus text into us (1,000 threshold rules, history on) and into two peers, in batches of 1,000 of the same 10k
// series. A yardstick of what it costs to accept a push, not equal work: VictoriaMetrics stores and indexes to disk, a
// pushgateway keeps the last value of a group, we keep a window, judge it, and append to a history.
import { join } from 'node:path';
import { type IngestPeer, obtainPeer } from '../peers.ts';
import { firstPushAt, introduce, type PushRound, pushersOf, round, seriesCount } from '../push-round.ts';
import { atLeast } from '../report.ts';
import { interleaved, ratioOf } from '../rounds.ts';
import {
  prometheusRequest,
  pushgatewayRequest,
  type SampleRequest,
  victoriaMetricsRequest,
} from '../sample-bodies.ts';
import type { Bench, Scenario } from '../scenario.ts';
import { type Server, startPeer, startTocsin } from '../server.ts';
import { loadConfigText, manyRules } from '../settings.ts';
import { median } from '../statistics.ts';
import { Wire } from '../wire.ts';

interface Peer {
  readonly id: string;
  readonly name: IngestPeer;
  readonly request: (from: number, count: number) => SampleRequest;
  /** The bar: our samples per CPU-second by theirs. */
  readonly leastRatio: number;
}

const peerRows: readonly Peer[] = [
  {
    id: 'peers.victoria_metrics',
    name: 'victoria-metrics',
    request: victoriaMetricsRequest,
    leastRatio: 1,
  },
  {
    id: 'peers.pushgateway',
    name: 'prometheus-pushgateway',
    request: pushgatewayRequest,
    leastRatio: 8,
  },
];

const unit = 'samples per CPU-second, Prometheus text';
const batch = 1_000;
const connections = seriesCount / batch;

interface Side {
  run(): Promise<PushRound>;
  stop(): Promise<void>;
}

/** A server that knows all series. */
async function sideOf(bench: Bench, server: Server, request: Peer['request']): Promise<Side> {
  const start = firstPushAt();
  const wire = new Wire(server.port, connections);
  const pushers = pushersOf(request, connections, batch, start);
  await introduce(server.port, request, start - 1);
  return {
    run: () => round(server, wire, pushers, batch, bench.short ? 300 : 1_500),
    async stop() {
      wire.close();
      await server.stop();
    },
  };
}

export const peers: Scenario = {
  id: 'peers',
  onlyTimes: true,
  async run(bench) {
    const cache = join(bench.built, '../peers');
    const sides: Record<string, Side> = {};
    const versions: Record<string, string> = {};
    for (const { id, name, request, leastRatio } of peerRows) {
      const obtained = obtainPeer(name, cache, !bench.short);
      if ('why' in obtained) {
        bench.report.skip({ id, unit, bar: atLeast(leastRatio, 'time', 'ratio') }, obtained.why);
        continue;
      }
      const server = await startPeer(bench, name, obtained.program);
      sides[name] = await sideOf(bench, server, request);
      versions[name] = obtained.version;
    }
    if (Object.keys(sides).length === 0) return;
    const tocsin = await startTocsin(bench, 'durable', loadConfigText(9), { 'many.yaml': manyRules() });
    sides.tocsin = await sideOf(bench, tocsin, prometheusRequest);
    const one = Object.fromEntries(Object.entries(sides).map(([name, { run }]) => [name, run]));
    await interleaved(1, one);
    const measured = await interleaved(bench.short ? 1 : 5, one);
    const per = (side: string) => measured[side]!.map(({ perCpuSecond }) => perCpuSecond);
    for (const { id, name, leastRatio } of peerRows) {
      if (!(name in sides)) continue;
      const { ratio, least, most } = ratioOf(per('tocsin'), per(name));
      bench.report.row({
        id,
        value: median(per('tocsin')),
        unit,
        ratio,
        against: `${name} ${versions[name]}: ${Math.round(median(per(name)))} samples per CPU-second`,
        bar: atLeast(leastRatio, 'time', 'ratio'),
        ratioSpread: [least, most],
        loopP999Ms: Math.max(...measured.tocsin!.map(({ loop }) => loop)),
      });
    }
    await Promise.all(Object.values(sides).map((side) => side.stop()));
  },
};
