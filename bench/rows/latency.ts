// From push to receipt, with group_wait 0: at 100 alerts a second, and at 100,000 a minute.
import { countRows } from '../counted.ts';
import { atMost } from '../report.ts';
import { interleaved, ratioOf } from '../rounds.ts';
import type { Bench, Scenario } from '../scenario.ts';
import { openStage, patienceMs, type Stage, settle } from '../stage.ts';
import { median, quantile } from '../statistics.ts';

async function run({ server, load, ledger }: Stage, perSecond: number, ms: number) {
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
}

/** Both sides of it, in turns; the short run, which judges no duration, has no use for the limit. */
async function compare(bench: Bench, id: string, perSecond: number, ms: number, rounds: number) {
  const pushes = (perSecond * ms) / 1_000;
  const stages = {
    durable: await openStage(bench, 'durable', { pushes }),
    ...(!bench.short && { nothing: await openStage(bench, 'no_database', { pushes }) }),
  };
  const { durable, nothing } = stages;
  const ours = { durable: () => run(durable, perSecond, ms) };
  const measured = nothing
    ? await interleaved(rounds, { ...ours, nothing: () => run(nothing, perSecond, ms) })
    : { ...(await interleaved(1, ours)), nothing: null };
  const all = Object.values(stages);
  const skipped = await Promise.all(all.map(async ({ server }) => (await server.rows()).skipped));
  countRows(
    bench.report,
    id,
    all.map(({ ledger }) => ledger),
    skipped.reduce((sum, n) => sum + n, 0),
  );
  await Promise.all(all.map((stage) => stage.close()));
  return measured;
}

type Measured = Awaited<ReturnType<typeof compare>>;

function figure(id: string, measured: Measured, of: 'p50' | 'p99') {
  const ours = measured.durable.map((round) => round[of]);
  const floor = measured.nothing?.map((round) => round[of]) ?? null;
  return {
    id: `${id}.${of}`,
    value: median(ours),
    unit: 'ms from push to receipt',
    ratio: floor && ratioOf(ours, floor).ratio,
    against: floor && `no database: ${median(floor).toFixed(1)} ms`,
    spread: [Math.min(...ours), Math.max(...ours)] as const,
    ...(of === 'p99' && { loopP999Ms: Math.max(...measured.durable.map(({ loop }) => loop)) }),
    also: { cpu_us_per_alert: median(measured.durable.map(({ cpuUs }) => cpuUs)) },
  };
}

export const latency: Scenario = {
  id: 'alerts.latency',
  async run(bench) {
    const measured = await compare(bench, 'alerts.latency', 100, bench.short ? 600 : 3_000, 3);
    bench.report.row({ ...figure('alerts.latency', measured, 'p50'), bar: atMost(50) });
    bench.report.row(figure('alerts.latency', measured, 'p99'));
  },
};

export const paced: Scenario = {
  id: 'alerts.paced.1667',
  async run(bench) {
    const measured = await compare(bench, 'alerts.paced.1667', 100_000 / 60, bench.short ? 400 : 6_000, 5);
    bench.report.row(figure('alerts.paced.1667', measured, 'p50'));
    bench.report.row({
      ...figure('alerts.paced.1667', measured, 'p99'),
      bar: atMost(3, 'time', 'ratio'),
      goal: 'value <= 50',
    });
  },
};
