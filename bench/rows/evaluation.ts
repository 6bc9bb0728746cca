// What 1,000 rules cost: their share of the CPU of a push, one round of all their pairs, and a reload.
import { labelSet } from '../../rules/labels.ts';
import { parseRuleFile } from '../../rules/parse.ts';
import type { Rule } from '../../rules/types.ts';
import { Evaluator } from '../../src/engine/evaluate.ts';
import { PairTable } from '../../src/engine/pairs.ts';
import { SettledSeries } from '../../src/engine/settled.ts';
import { SeriesTable } from '../../src/ingest/series.ts';
import type { PipelineState } from '../../src/pipeline/state.ts';
import { atMost } from '../report.ts';
import { interleaved } from '../rounds.ts';
import { jsonRequest } from '../sample-bodies.ts';
import type { Bench, Scenario } from '../scenario.ts';
import { startTocsin } from '../server.ts';
import { environments, loadConfigText, manyRules, metricCount, metricName } from '../settings.ts';
import { median } from '../statistics.ts';
import { Wire } from '../wire.ts';
import { round } from './ingest.ts';

const seriesCount = 10_000;
const batch = 1_000;
/** Between two samples of a series. */
const stepMs = 15_000;

const share: Scenario = {
  id: 'evaluation.share',
  async run(bench: Bench) {
    const start = Date.now() - 1_800_000;
    const side = async (rules: string) => {
      const server = await startTocsin(bench, 'durable', loadConfigText(9), { 'many.yaml': rules });
      const wire = new Wire(server.port, seriesCount / batch);
      const pushers = Array.from({ length: seriesCount / batch }, (_, i) => ({
        request: jsonRequest(i * batch, batch),
        next: start,
      }));
      for (let from = 0; from < seriesCount; from += batch)
        await wire.send(jsonRequest(from, batch).at(start - 1));
      return {
        run: () => round(server, wire, pushers, batch, bench.short ? 300 : 1_000),
        async stop() {
          wire.close();
          await server.stop();
        },
      };
    };
    const [with1000, without] = [await side(manyRules()), await side('group: none\nrules: []\n')];
    const sides = { with1000: with1000.run, without: without.run };
    await interleaved(1, sides);
    const measured = await interleaved(bench.short ? 1 : 7, sides);
    const nanoseconds = (of: keyof typeof sides) =>
      measured[of].map(({ perCpuSecond }) => 1e9 / perCpuSecond);
    const [more, less] = [nanoseconds('with1000'), nanoseconds('without')];
    const shares = more.map((ns, i) => (ns - less[i]!) / ns);
    bench.report.row({
      id: 'evaluation.share',
      value: median(shares),
      unit: 'of the CPU of a push with 1,000 rules',
      against: `the same stream without a rule: ${Math.round(median(less))} ns per sample`,
      bar: atMost(0.15),
      spread: [Math.min(...shares), Math.max(...shares)],
      loopP999Ms: median(measured.with1000.map(({ loop }) => loop)),
      also: { ns_per_sample: median(more) },
    });
    await Promise.all([with1000.stop(), without.stop()]);
  },
};

/** The series of the load with 60 points each, and the pairs of `rules` over them. */
function stageOf(rules: readonly Rule[]) {
  const table = new SeriesTable({ limits: { seriesPerTenant: seriesCount } });
  const settled = new SettledSeries(table);
  const pairs = new PairTable('default', table, settled);
  for (let n = 0; n < seriesCount; n++) {
    const host = Math.floor(n / metricCount);
    const labels = labelSet({ host: `host-${host}`, env: `env-${host % environments}` });
    const id = table.intern('default', metricName(n), labels);
    for (let i = 0; i < 60; i++) table.append(id, i * stepMs, ((n + i) * 7_919) % 997);
  }
  pairs.setRules(rules, noAlerts, 0);
  return { table, settled, pairs };
}

const noAlerts = { openByKey: new Map() } as Pick<PipelineState, 'openByKey'> as PipelineState;

function cpuMs(work: () => void): number {
  const before = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1_000;
}

function rulesOf(text: string): readonly Rule[] {
  const { rules, problems } = parseRuleFile(text, 'many.yaml');
  if (problems.length > 0) throw new Error(JSON.stringify(problems[0]));
  return rules;
}

/** One new sample to every series, through the evaluator of the engine; no rule ever fires. */
function sweepOf(rules: readonly Rule[]): { sweep: () => void; unsettle: () => void } {
  const { table, settled, pairs } = stageOf(rules);
  const ignore = (): void => {};
  const evaluator = new Evaluator(table, settled, ignore, ignore);
  const tenant = { pairs, distrustBefore: Number.NEGATIVE_INFINITY };
  const all = [...table.seriesOf('default')];
  let at = 60 * stepMs;
  return {
    sweep() {
      at += stepMs;
      for (const series of all) evaluator.sample(tenant, series, at, at % 997, at, ignore);
    },
    unsettle() {
      for (const series of all) settled.unsettle(series);
    },
  };
}

const sweep = (id: string, rules: () => readonly Rule[], limitMs: number): Scenario => ({
  id,
  async run(bench: Bench) {
    const { sweep, unsettle } = sweepOf(rules());
    const timed = (prepare: () => void): number[] =>
      Array.from({ length: bench.short ? 5 : 31 }, () => {
        prepare();
        return cpuMs(sweep);
      });
    const anew = timed(unsettle);
    const times = timed(() => {});
    bench.report.row({
      id,
      value: median(times),
      unit: 'CPU ms for a sample to each of 10,000 series, 73,000 pairs',
      bar: atMost(limitMs),
      spread: [Math.min(...times), Math.max(...times)],
      also: { every_pair_evaluated_anew_ms: median(anew) },
    });
  },
});

const reload: Scenario = {
  id: 'evaluation.reload',
  async run(bench: Bench) {
    const rules = rulesOf(manyRules());
    const { pairs } = stageOf(rules);
    const times = { all: [] as number[], one: [] as number[] };
    for (let i = 0; i < (bench.short ? 5 : 25); i++) {
      // Another content of all rules, then of one of them.
      const all = rules.map((rule) => ({ ...rule, hash: `${rule.hash} ${i}` }));
      times.all.push(cpuMs(() => pairs.setRules(all, noAlerts, 0)));
      const one = all.map((rule, n) => (n === 500 ? { ...rule, hash: `one ${i}` } : rule));
      times.one.push(cpuMs(() => pairs.setRules(one, noAlerts, 0)));
    }
    bench.report.row({
      id: 'evaluation.reload',
      value: median(times.all),
      unit: 'CPU ms when all of 1,000 rules over 10k series change',
      bar: atMost(50),
      spread: [Math.min(...times.all), Math.max(...times.all)],
      also: { one_rule_ms: median(times.one) },
    });
  },
};

export const evaluation: readonly Scenario[] = [
  share,
  sweep('evaluation.sweep.last', () => rulesOf(manyRules()), 10),
  sweep(
    'evaluation.sweep.p95',
    () => rulesOf(manyRules()).map((rule) => ({ ...rule, aggregate: 'p95' as const, windowMs: 59 * stepMs })),
    150,
  ),
  reload,
];
