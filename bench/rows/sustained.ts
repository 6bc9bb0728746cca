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

async function hold(bench: Bench, id: string, ms: number, judged: boolean): Promise<void> {
  const { server, load, ledger, close } = await openStage(bench, 'durable', {
    known: !bench.short,
    hosts: 4_000,
    pushes: (perSecond * ms) / 1_000,
  });
  await server.ask({ ask: 'gc' });
  await server.ask({ ask: 'mark' });
  const began = performance.now();
  const before = await server.usage();
  const points: { x: number; y: number; heap: number }[] = [];
  let over = false;
  const watch = async () => {
    while (!over) {
      const { rssMiB, heapMiB } = await server.usage();
      points.push({ x: (performance.now() - began) / minuteMs, y: rssMiB, heap: heapMiB });
      await new Promise((resolve) => setTimeout(resolve, 1_000));
    }
  };
  const watching = watch();
  await load.paced(perSecond, ms);
  await ledger.drain(0, patienceMs);
  over = true;
  await watching;
  await settle();
  const after = await server.usage();
  const latencies = ledger.takeLatencies();
  // The young generation and SQLite's page cache find their size in the first third.
  const warm = points.filter(({ x }) => x * minuteMs >= ms / 3);
  const first = warm[0]!.y;
  bench.report.row({
    id: `${id}.memory`,
    value: slope(warm),
    unit: 'MiB RSS per minute after the first third',
    ratio: warm.at(-1)!.y / first,
    against: `RSS after the first third: ${first.toFixed(0)} MiB`,
    bar: judged ? atMost(flatMiBPerMinute) : null,
    loopP999Ms: after.loop.p999,
    also: {
      minutes: ms / minuteMs,
      rss_mib: median(warm.map(({ y }) => y)),
      heap_mib: Math.min(...warm.map(({ heap }) => heap)),
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
