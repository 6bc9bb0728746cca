// What durability costs: the same alerts with FULL commits, without a database, and with a transaction for each alert.
import { countRows } from '../counted.ts';
import { fsyncCostMs } from '../fsync.ts';
import { atLeast } from '../report.ts';
import { interleaved, ratioOf } from '../rounds.ts';
import type { Bench, Scenario } from '../scenario.ts';
import { openStage, patienceMs, type Stage, settle } from '../stage.ts';
import { median } from '../statistics.ts';

/** Alerts between push and receipt; below what a channel keeps in memory, so that all of it is dispatched from there. */
const window = 400;

/** Where an fsync costs less, hardly anything is saved by doing it once for many. */
const tellingMs = 1;

async function burst({ server, load, ledger }: Stage, alerts: number) {
  await server.ask({ ask: 'mark' });
  const before = await server.usage();
  const seconds = await load.closed(alerts, window, patienceMs);
  await settle();
  const after = await server.usage();
  ledger.takeLatencies();
  return {
    cpuUs: (after.cpuUs - before.cpuUs) / alerts,
    perSecond: alerts / seconds,
    loop: after.loop.p999,
  };
}

/** The short run judges no duration: what the other sides are for. */
async function countedAlone(bench: Bench): Promise<void> {
  const stage = await openStage(bench, 'durable', { hosts: 2_000, pushes: window });
  await burst(stage, 800);
  countRows(bench.report, 'alerts.durable', [stage.ledger]);
  await stage.close();
}

export const durable: Scenario = {
  id: 'alerts.durable',
  async run(bench) {
    if (bench.short) return countedAlone(bench);
    const fsyncMs = fsyncCostMs(bench.scratch);
    const tells = fsyncMs >= tellingMs;
    bench.report.row({ id: 'machine.fsync', value: fsyncMs, unit: 'ms for an fsync after 4 KiB' });
    const known = { known: true, hosts: 2_000, pushes: window };
    const stages = {
      durable: await openStage(bench, 'durable', known),
      nothing: await openStage(bench, 'no_database', known),
      single: await openStage(bench, 'single', { hosts: 2_000, pushes: window }),
    };
    await stages.single.server.ask({ ask: 'split', on: true });
    const one = {
      durable: () => burst(stages.durable, 3_000),
      nothing: () => burst(stages.nothing, 3_000),
      single: () => burst(stages.single, 500),
    };
    await interleaved(1, one);
    const measured = await interleaved(5, one);
    const cpu = (side: keyof typeof one) => measured[side].map(({ cpuUs }) => cpuUs);
    const rate = (side: keyof typeof one) => measured[side].map(({ perSecond }) => perSecond);

    const byRate = ratioOf(rate('durable'), rate('nothing'));
    bench.report.row({
      id: 'alerts.durable',
      value: median(rate('durable')),
      unit: 'alerts/s, one per push, FULL',
      ratio: byRate.ratio,
      against: `no database: ${Math.round(median(rate('nothing')))} alerts/s`,
      bar: atLeast(0.4, 'time', 'ratio'),
      goal: 'ratio >= 0.5',
      ratioSpread: [byRate.least, byRate.most],
      loopP999Ms: Math.max(...measured.durable.map(({ loop }) => loop)),
    });
    const byCpu = ratioOf(cpu('durable'), cpu('nothing'));
    bench.report.row({
      id: 'alerts.durable.cpu',
      value: median(cpu('durable')),
      unit: 'CPU µs per alert',
      ratio: byCpu.ratio,
      against: `no database: ${Math.round(median(cpu('nothing')))} CPU µs`,
      ratioSpread: [byCpu.least, byCpu.most],
    });
    const bySingle = ratioOf(rate('durable'), rate('single'));
    bench.report.row({
      id: 'alerts.durable.grouped',
      value: median(rate('durable')),
      unit: 'alerts/s, one per push, FULL',
      ratio: bySingle.ratio,
      against: `one transaction per alert: ${Math.round(median(rate('single')))} alerts/s${tells ? '' : `; a bar of 6 x applies where an fsync costs ${tellingMs} ms or more, here ${fsyncMs.toFixed(2)} ms`}`,
      bar: tells ? atLeast(6, 'time', 'ratio') : null,
      ratioSpread: [bySingle.least, bySingle.most],
      also: { single_cpu_us: median(cpu('single')), fsync_ms: fsyncMs },
    });
    const all = Object.values(stages);
    countRows(
      bench.report,
      'alerts.durable',
      all.map(({ ledger }) => ledger),
    );
    await Promise.all(all.map((stage) => stage.close()));
  },
};
