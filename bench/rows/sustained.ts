// 10,000 alerts a minute, and the memory that it takes: 60 s by default; when `load10m` is named ten minutes, or as many
// as `--minutes` says, after half as many in which everything finds its size.
import { countRows } from '../counted.ts';
import { atMost } from '../report.ts';
import type { Bench, Scenario } from '../scenario.ts';
import { openStage, patienceMs, settle } from '../stage.ts';
import { median, quantile, slope } from '../statistics.ts';

const perSecond = 10_000 / 60;
const minuteMs = 60_000;
/** Less than this a minute is flat: a leak of one kilobyte per hundred alerts would be twice as steep. */
const flatMiBPerMinute = 0.5;
/** Points of every series before the load begins: its window has the size that it keeps. */
const pointsBefore = 20;
/**
 * When memory is looked at, as shares of the time. Between two collections some tens of MiB of garbage come and go, and a
 * slope over them says how the last of these waves lay: so it is the least of what is left after three collections in a
 * row, once their pages are given back. All else of the time nobody collects but the server itself.
 */
const looks = [0, 0.2, 0.4, 0.6, 0.8, 0.98];
const looksInARow = 3;
const betweenLooksMs = 1_000;

interface Point {
  /** Minutes since the load began. */
  readonly x: number;
  readonly rss: number;
  readonly heap: number;
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
const of = (points: readonly Point[], what: 'rss' | 'heap') =>
  points.map((point) => ({ x: point.x, y: point[what] }));

/** How much, and how long before it is measured, milliseconds. */
interface Span {
  readonly ms: number;
  /** The young generation, the pages that SQLite keeps and the heaps of the threads find their size in it. */
  readonly warmMs: number;
}

async function hold(bench: Bench, id: string, { ms, warmMs }: Span, judged: boolean): Promise<void> {
  const { server, load, ledger, close } = await openStage(bench, 'durable', {
    known: !bench.short,
    hosts: 4_000,
    pushes: (perSecond * (warmMs + ms)) / 1_000,
    pointsBefore,
  });
  await load.paced(perSecond, warmMs);
  ledger.takeLatencies();
  await server.ask({ ask: 'gc' });
  await server.ask({ ask: 'mark' });
  const began = performance.now();
  const before = await server.usage();
  let over = false;
  const point = async (): Promise<Point> => {
    const { rssMiB, heapMiB } = await server.usage();
    return { x: (performance.now() - began) / minuteMs, rss: rssMiB, heap: heapMiB };
  };
  const all: Point[] = [];
  const watch = async () => {
    for (; !over; await pause(1_000)) all.push(await point());
  };
  const left: Point[] = [];
  const look = async () => {
    for (const share of looks) {
      await pause(Math.max(0, began + share * ms - performance.now()));
      const points: Point[] = [];
      while (points.length < looksInARow && !over) {
        await server.ask({ ask: 'gc' });
        await pause(betweenLooksMs);
        points.push(await point());
      }
      if (points.length === 0) return;
      const least = points.reduce((a, b) => (b.rss < a.rss ? b : a));
      left.push(least);
      bench.say(`${id}: ${least.rss.toFixed(1)} MiB of the system, ${least.heap.toFixed(1)} MiB of the heap`);
    }
  };
  const watching = Promise.all([watch(), look()]);
  await load.paced(perSecond, ms);
  await ledger.drain(0, patienceMs);
  over = true;
  await watching;
  await settle();
  const after = await server.usage();
  const latencies = ledger.takeLatencies();
  const [first, last] = [left[0]!, left.at(-1)!];
  bench.report.row({
    id: `${id}.memory`,
    value: slope(of(left, 'rss')),
    unit: 'MiB RSS per minute, after a collection',
    ratio: last.rss / first.rss,
    against: `RSS after ${warmMs / minuteMs} min: ${first.rss.toFixed(0)} MiB`,
    bar: judged ? atMost(flatMiBPerMinute) : null,
    loopP999Ms: after.loop.p999,
    also: {
      minutes: ms / minuteMs,
      warm_minutes: warmMs / minuteMs,
      rss_mib: median(all.map(({ rss }) => rss)),
      rss_between_collections_mib_per_minute: slope(of(all, 'rss')),
      heap_mib: last.heap,
      heap_mib_per_minute: slope(of(left, 'heap')),
    },
  });
  bench.report.row({
    id: `${id}.p99`,
    value: quantile(latencies, 0.99),
    unit: 'ms from push to receipt',
    also: {
      p50_ms: quantile(latencies, 0.5),
      cpu_us_per_alert: (after.cpuUs - before.cpuUs) / Math.max(1, latencies.length),
      cores: (after.cpuUs - before.cpuUs) / 1000 / (performance.now() - began),
    },
  });
  countRows(bench.report, id, [ledger]);
  await close();
}

export const sustained: Scenario = {
  id: 'load.sustained',
  run: (bench) => hold(bench, 'load.sustained', { ms: bench.short ? 1_000 : minuteMs, warmMs: 0 }, false),
};

export const tenMinutes: Scenario = {
  id: 'load10m',
  onlyWhenNamed: true,
  run(bench) {
    const ms = (bench.minutes ?? 10) * minuteMs;
    return hold(bench, 'load10m', { ms, warmMs: ms / 2 }, true);
  },
};
