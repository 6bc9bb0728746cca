// 10,000 alerts a minute, and the memory that it takes: 60 s by default; when `load10m` is named ten minutes, or as many
// as `--minutes` says.
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
 * When memory is looked at, as shares of the time. The young generation and SQLite's page cache find their size in the
 * first third. Between two collections some tens of MiB of garbage come and go, and a slope over them says how the last
 * of these waves lay: so it is the least of what is left after three collections in a row, once their pages are given
 * back. All else of the time nobody collects but the server itself.
 */
const looks = [0.34, 0.47, 0.6, 0.73, 0.86, 0.98];
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

async function hold(bench: Bench, id: string, ms: number, judged: boolean): Promise<void> {
  const { server, load, ledger, close } = await openStage(bench, 'durable', {
    known: !bench.short,
    hosts: 4_000,
    pushes: (perSecond * ms) / 1_000,
    pointsBefore,
  });
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
      if (points.length > 0) left.push(points.reduce((a, b) => (b.rss < a.rss ? b : a)));
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
  const warm = all.filter(({ x }) => x * minuteMs >= ms / 3);
  const [first, last] = [left[0]!, left.at(-1)!];
  bench.report.row({
    id: `${id}.memory`,
    value: slope(of(left, 'rss')),
    unit: 'MiB RSS per minute after a collection, after the first third',
    ratio: last.rss / first.rss,
    against: `RSS after the first third: ${first.rss.toFixed(0)} MiB`,
    bar: judged ? atMost(flatMiBPerMinute) : null,
    loopP999Ms: after.loop.p999,
    also: {
      minutes: ms / minuteMs,
      rss_mib: median(warm.map(({ rss }) => rss)),
      rss_between_collections_mib_per_minute: slope(of(warm, 'rss')),
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
  run: (bench) => hold(bench, 'load.sustained', bench.short ? 1_000 : minuteMs, false),
};

export const tenMinutes: Scenario = {
  id: 'load10m',
  onlyWhenNamed: true,
  run: (bench) => hold(bench, 'load10m', (bench.minutes ?? 10) * minuteMs, true),
};
