// Samples per CPU-second with 1,000 threshold rules that never fire and the history on, against bare node:http.
import { firstPushAt, introduce, pushersOf, round, seriesCount } from '../push-round.ts';
import { atLeast } from '../report.ts';
import { interleaved, ratioOf } from '../rounds.ts';
import { jsonRequest, prometheusRequest, type SampleRequest } from '../sample-bodies.ts';
import type { Bench, Scenario } from '../scenario.ts';
import { startFloor, startTocsin } from '../server.ts';
import { loadConfigText, manyRules } from '../settings.ts';
import { median } from '../statistics.ts';
import { Wire } from '../wire.ts';

interface IngestRow {
  readonly id: string;
  readonly batch: number;
  readonly request: (from: number, count: number) => SampleRequest;
  readonly floor: 'parse' | 'discard';
  readonly floorName: string;
  /** The bar of the ratio to the limit. */
  readonly leastRatio?: number;
}

const rows: readonly IngestRow[] = [
  {
    id: 'ingest.json.1000',
    batch: 1_000,
    request: jsonRequest,
    floor: 'parse',
    floorName: 'node:http + JSON.parse',
    leastRatio: 1.5,
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
    leastRatio: 0.45,
  },
  {
    id: 'ingest.prometheus.1000',
    batch: 1_000,
    request: prometheusRequest,
    floor: 'parse',
    floorName: 'node:http + JSON.parse of the same samples as JSON',
  },
];

function scenarioOf(row: IngestRow): Scenario {
  return {
    id: row.id,
    onlyTimes: true,
    async run(bench: Bench) {
      const { batch } = row;
      // The whole series of requests pushes 10k series; a connection has its own share of them, request by request.
      const connections = batch === 1 ? 32 : Math.min(10, seriesCount / batch);
      const start = firstPushAt();
      const tocsin = await startTocsin(bench, 'durable', loadConfigText(9), { 'many.yaml': manyRules() });
      const floor = await startFloor(bench, row.floor);
      const wires = { tocsin: new Wire(tocsin.port, connections), floor: new Wire(floor.port, connections) };
      const ours = pushersOf(row.request, connections, batch, start);
      const theirs = pushersOf(jsonRequest, connections, batch, start);
      const ms = bench.short ? 150 : 1_000;
      const one = {
        tocsin: () => round(tocsin, wires.tocsin, ours, batch, ms),
        floor: () => round(floor, wires.floor, theirs, batch, ms),
      };
      await introduce(tocsin.port, jsonRequest, start - 1);
      await interleaved(1, one); // both sides are compiled by then
      const measured = await interleaved(bench.short ? 1 : row.leastRatio === undefined ? 3 : 5, one);
      const per = (side: 'tocsin' | 'floor') => measured[side].map(({ perCpuSecond }) => perCpuSecond);
      const { ratio, least, most } = ratioOf(per('tocsin'), per('floor'));
      bench.report.row({
        id: row.id,
        value: median(per('tocsin')),
        unit: 'samples per CPU-second',
        ratio,
        against: `${row.floorName}: ${Math.round(median(per('floor')))} samples per CPU-second`,
        bar: row.leastRatio === undefined ? null : atLeast(row.leastRatio, 'time', 'ratio'),
        ratioSpread: [least, most],
        loopP999Ms: Math.max(...measured.tocsin.map(({ loop }) => loop)),
        also: { samples_per_second: median(measured.tocsin.map(({ perSecond }) => perSecond)) },
      });
      for (const wire of Object.values(wires)) wire.close();
      await Promise.all([tocsin.stop(), floor.stop()]);
    },
  };
}

export const ingest: readonly Scenario[] = rows.map(scenarioOf);
