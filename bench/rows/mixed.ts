// A thousand rules of every type over 10,000 series: a sample to each series, and a time of the grid for all rules that
// are looked at on one, nothing settled beforehand.
import { labelSet } from '../../rules/labels.ts';
import type { Rule } from '../../rules/types.ts';
import { Agenda } from '../../src/engine/agenda.ts';
import { Doors } from '../../src/engine/doors.ts';
import { Evaluator } from '../../src/engine/evaluate.ts';
import { GridServing } from '../../src/engine/grid-serving.ts';
import { SettledSeries } from '../../src/engine/settled.ts';
import { Tenant } from '../../src/engine/tenant.ts';
import { Turn } from '../../src/engine/turn.ts';
import { SeriesTable } from '../../src/ingest/series.ts';
import { silentLog } from '../../src/log.ts';
import { emptyPipelineState } from '../../src/pipeline/state.ts';
import { aReceiver, aRoute } from '../../src/testing/builders.ts';
import { ManualClock } from '../../src/testing/manual-clock.ts';
import { emptyBooks } from '../../src/testing/tenant-books.ts';
import { cpuMs, rulesOf, seriesTotal, stepMs } from '../evaluation-stage.ts';
import { atLeast, atMost } from '../report.ts';
import type { Bench, Scenario } from '../scenario.ts';
import { environments, metricCount, metricName } from '../settings.ts';
import { median } from '../statistics.ts';

const limit = 1_000_000;

/** Ten rules for each of a hundred metrics; none of them comes true. */
function mixedRules(): string {
  const lines = ['group: mixed', 'rules:'];
  for (let m = 0; m < metricCount; m++) {
    const metric = metricName(m);
    const env = `match: ['env="env-${m % environments}"']`;
    const other = metricName((m + 1) % metricCount);
    const above = `threshold: ${limit}`;
    const rules = [
      `metric: ${metric}, ${above}`,
      `metric: ${metric}, aggregate: avg, window: 5m, ${above}, for: 1m`,
      `metric: ${metric}, ${env}, levels: [{ severity: warning, ${above} }, { severity: critical, threshold: ${2 * limit} }]`,
      `metric: ${metric}, aggregate: p95, window: 10m, ${env}, ${above}`,
      `metric: ${metric}, across: sum, by: [env], threshold: ${seriesTotal * limit}`,
      `type: trend, metric: ${metric}, window: 14m, ${above}`,
      `type: trend, metric: ${metric}, ${env}, measure: crosses, within: 4h, confidence: 0.95, window: 10m, threshold: ${100 * limit}`,
      `by: [host], conditions: [{ metric: ${metric}, ${above} }, { metric: ${other}, aggregate: max, window: 1m, ${above} }]`,
      `logic: OR, by: [env], conditions: [{ metric: ${metric}, across: avg, ${above} }, { rule: M${m}_0 }]`,
      `type: frequency, event_type: kind-${m}, by: [host], window: 5m, threshold: 50`,
    ];
    for (const [n, keys] of rules.entries()) lines.push(`  - { name: M${m}_${n}, ${keys} }`);
  }
  return `${lines.join('\n')}\n`;
}

function stage(rules: readonly Rule[]) {
  const clock = new ManualClock();
  const table = new SeriesTable({ limits: { seriesPerTenant: seriesTotal } });
  const settled = new SettledSeries(table);
  const receiver = aReceiver();
  const routing = { route: aRoute(), receivers: new Map([[receiver.name, receiver]]) };
  const agenda = new Agenda(clock, () => {});
  // No receipt comes, so nothing is looked up.
  const doors = new Doors(
    agenda,
    () => true,
    (_, channel) => channel,
    {} as never,
  );
  const tenant = new Tenant(
    { id: 'default', name: 'default', shard: 0, createdAt: 0 },
    table,
    settled,
    emptyBooks(routing),
  );
  let id = 0;
  tenant.pipeline = emptyPipelineState('default', routing, new Map(), () => `id-${id++}`);
  const from = Math.floor(clock.now() / stepMs) * stepMs;
  const all: number[] = [];
  for (let n = 0; n < seriesTotal; n++) {
    const host = Math.floor(n / metricCount);
    const labels = labelSet({ host: `host-${host}`, env: `env-${host % environments}` });
    const series = table.intern('default', metricName(n), labels);
    for (let i = -60; i < 0; i++) table.append(series, from + i * stepMs, ((n + i + 60) * 7_919) % 997);
    all.push(series);
  }
  tenant.pairs.setRules(rules, tenant.pipeline, from);
  tenant.grid.setRules(rules, tenant.pipeline, from);
  for (let n = 0; n < 1_000; n++)
    tenant.grid.counting.occurred(
      'events',
      { rule: null, labels: labelSet({ alertname: `kind-${n % 100}`, host: `host-${n % 7}` }), at: from },
      tenant.pipeline,
      from,
    );
  let said = 0;
  const evaluator = new Evaluator(
    table,
    settled,
    () => {},
    () => {},
  );
  const serving = new GridServing({ clock, log: silentLog, table, doors, agenda });
  let at = from;
  const turn = () => new Turn();
  return {
    get said() {
      return said;
    },
    groups: () => serving.counts.evaluations,
    unsettle() {
      for (const series of all) settled.unsettle(series);
    },
    /** A sample to each series, then the time of the grid that has come. */
    sweep(value: number) {
      at += stepMs;
      clock.stall(stepMs);
      for (const series of all) {
        evaluator.sample(tenant, series, at, value, at, () => {
          said += 1;
        });
      }
      evaluator.stored.turnStored();
      for (const grid of tenant.grid.clocks) {
        serving.due(tenant, grid, clock.now());
        const work = tenant.current;
        if (work?.kind !== 'grid') continue;
        const done = turn();
        while (
          !serving.slice(tenant, work, done, clock.now(), { rows: 1e9, until: Number.POSITIVE_INFINITY })
        );
        tenant.shift();
        for (const settle of done.settled) settle();
      }
    },
  };
}

export const mixed: Scenario = {
  id: 'evaluation.sweep.mixed',
  async run(bench: Bench) {
    const rules = rulesOf(mixedRules());
    const one = stage(rules);
    const times = Array.from({ length: bench.short ? 5 : 31 }, (_, i) => {
      one.unsettle();
      return cpuMs(() => one.sweep((i * 13) % 997));
    });
    const quietGroups = one.groups();
    const quiet = one.said;
    bench.report.row({
      id: 'evaluation.sweep.mixed',
      value: median(times),
      unit: `CPU ms for a sample to each of 10,000 series and a time of the grid, ${rules.length} rules of every type`,
      bar: atMost(150),
      spread: [Math.min(...times), Math.max(...times)],
      also: { groups_judged_per_sweep: quietGroups / times.length },
    });
    one.sweep(2 * limit * seriesTotal);
    bench.report.row({
      id: 'evaluation.sweep.mixed.heard',
      value: one.said - quiet,
      unit: 'pairs that speak when every rule comes true',
      bar: atLeast(20_000, 'count'),
    });
  },
};
