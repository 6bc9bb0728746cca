// Samples per CPU-second with 1,000 threshold rules that never fire and the history on, against bare node:http.
import { interleaved, ratioOf } from '../rounds.ts';
import { jsonRequest, prometheusRequest, type SampleRequest } from '../sample-bodies.ts';
import type { Bench, Scenario } from '../scenario.ts';
import { type Server, startFloor, startTocsin } from '../server.ts';
import { loadConfigText, manyRules } from '../settings.ts';
import { median } from '../statistics.ts';
import { Wire } from '../wire.ts';

interface IngestRow {
  readonly id: string;
  readonly batch: number;
  readonly request: (from: number, count: number) => SampleRequest;
  readonly floor: 'parse' | 'discard';
  readonly floorName: string;
}

const rows: readonly IngestRow[] = [
  {
    id: 'ingest.json.1000',
    batch: 1_000,
    request: jsonRequest,
    floor: 'parse',
    floorName: 'node:http + JSON.parse',
  },
  {
    id: 'ingest.json.100',
    batch: 100,
    request: jsonRequest,
    floor: 'parse',
    floorName: 'node:http + JSON.parse',
  },
  {
    id: 'ingest.json.1',
    batch: 1,
    request: jsonRequest,
    floor: 'discard',
    floorName: 'node:http, body discarded',
  },
  {
    id: 'ingest.prometheus.1000',
    batch: 1_000,
    request: prometheusRequest,
    floor: 'parse',
    floorName: 'node:http + JSON.parse of the same samples as JSON',
  },
];

const seriesCount = 10_000;

/** One connection pushes its own series, so that each of them is in time order. */
interface Pusher {
  readonly request: SampleRequest;
  next: number;
}

/** Pushes without a pause on all connections for `ms`; answers samples per CPU-second and the loop's delay. */
export async function round(
  server: Server,
  wire: Wire,
  pushers: readonly Pusher[],
  batch: number,
  ms: number,
) {
  await wire.ready();
  await server.ask({ ask: 'mark' });
  const before = await server.usage();
  const began = performance.now();
  let requests = 0;
  const until = began + ms;
  await Promise.all(
    pushers.map(async (pusher) => {
      while (performance.now() < until) {
        const { status, body } = await wire.send(pusher.request.at(pusher.next++));
        if (status !== 202) throw new Error(`a push was answered ${status}: ${body}`);
        requests += 1;
      }
    }),
  );
  const seconds = (performance.now() - began) / 1000;
  const after = await server.usage();
  const samples = requests * batch;
  return {
    perCpuSecond: samples / ((after.cpuUs - before.cpuUs) / 1e6),
    perSecond: samples / seconds,
    loop: after.loop.p999,
  };
}

function scenarioOf(row: IngestRow): Scenario {
  return {
    id: row.id,
    async run(bench: Bench) {
      const { batch } = row;
      // The whole series of requests pushes 10k series; a connection has its own share of them, request by request.
      const connections = batch === 1 ? 32 : Math.min(10, seriesCount / batch);
      // Half an hour ago, a millisecond more with each push: always new, never out of the accepted span.
      const start = Date.now() - 1_800_000;
      const pushers = (request: IngestRow['request']) =>
        Array.from({ length: connections }, (_, i) => ({
          request: request(i * batch, batch),
          next: start,
        }));
      const tocsin = await startTocsin(bench, 'durable', loadConfigText(9), { 'many.yaml': manyRules() });
      const floor = await startFloor(bench, row.floor);
      const wires = { tocsin: new Wire(tocsin.port, connections), floor: new Wire(floor.port, connections) };
      const ours = pushers(row.request);
      const theirs = pushers(jsonRequest);
      const ms = bench.short ? 300 : 1_000;
      const one = {
        tocsin: () => round(tocsin, wires.tocsin, ours, batch, ms),
        floor: () => round(floor, wires.floor, theirs, batch, ms),
      };
      // All series of the real thing are there before anything is measured; both sides are compiled by then.
      for (let from = 0; from < seriesCount; from += 1_000) {
        await wires.tocsin.send(jsonRequest(from, 1_000).at(start - 1));
      }
      await interleaved(1, one);
      const measured = await interleaved(bench.short ? 1 : 5, one);
      const per = (side: 'tocsin' | 'floor') => measured[side].map(({ perCpuSecond }) => perCpuSecond);
      const { ratio, least, most } = ratioOf(per('tocsin'), per('floor'));
      bench.report.row({
        id: row.id,
        value: median(per('tocsin')),
        unit: 'samples per CPU-second',
        ratio,
        against: `${row.floorName}: ${Math.round(median(per('floor')))} samples per CPU-second`,
        spread: [least, most],
        loopP999Ms: median(measured.tocsin.map(({ loop }) => loop)),
        also: { samples_per_second: median(measured.tocsin.map(({ perSecond }) => perSecond)) },
      });
      for (const wire of Object.values(wires)) wire.close();
      await Promise.all([tocsin.stop(), floor.stop()]);
    },
  };
}

export const ingest: readonly Scenario[] = rows.map(scenarioOf);
