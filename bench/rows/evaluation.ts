// What 1,000 rules cost: their share of the CPU of a push, one round of all their pairs, and a reload.
import type { Rule } from '../../rules/types.ts';
import { cpuMs, noAlerts, rulesOf, stageOf, stepMs, sweepOf } from '../evaluation-stage.ts';
import { firstPushAt, introduce, type PushRound, pushersOf, round, seriesCount } from '../push-round.ts';
import { atMost, exactly } from '../report.ts';
import { interleaved } from '../rounds.ts';
import { jsonRequest } from '../sample-bodies.ts';
import type { Bench, Scenario } from '../scenario.ts';
import { startTocsin } from '../server.ts';
import { loadConfigText, manyRules } from '../settings.ts';
import { median } from '../statistics.ts';
import { Wire } from '../wire.ts';
import { ruleFiles } from './rule-files.ts';

const batch = 1_000;
/**
 * The threads that fold the history work now beside one side, now beside the other, and take as much as a whole turn:
 * the difference of all threads is as much their luck as ours, so that of the main thread is judged beside it.
 */
const turnsPerRound = 8;

/** Nanoseconds. */
const perSample = (rounds: readonly PushRound[], of: 'cpuUs' | 'mainUs'): number =>
  (rounds.reduce((sum, round) => sum + round[of], 0) /
    rounds.reduce((sum, { samples }) => sum + samples, 0)) *
  1_000;

const share: Scenario = {
  id: 'evaluation.share',
  onlyTimes: true,
  async run(bench: Bench) {
    const start = firstPushAt();
    const side = async (rules: string) => {
      const server = await startTocsin(bench, 'durable', loadConfigText(9), { 'many.yaml': rules });
      const wire = new Wire(server.port, seriesCount / batch);
      const pushers = pushersOf(jsonRequest, seriesCount / batch, batch, start);
      await introduce(server.port, jsonRequest, start - 1);
      return {
        run: () => round(server, wire, pushers, batch, bench.short ? 100 : 150),
        async stop() {
          wire.close();
          await server.stop();
        },
      };
    };
    const [with1000, without] = [await side(manyRules()), await side('group: none\nrules: []\n')];
    const sides = { with1000: with1000.run, without: without.run };
    await interleaved(turnsPerRound, sides);
    const onMain: number[] = [];
    const ofProcess: number[] = [];
    const measured = { with1000: [] as PushRound[], without: [] as PushRound[] };
    for (let n = 0; n < (bench.short ? 1 : 5); n++) {
      const { with1000: more, without: less } = await interleaved(turnsPerRound, sides);
      measured.with1000.push(...more);
      measured.without.push(...less);
      onMain.push(1 - perSample(less, 'mainUs') / perSample(more, 'mainUs'));
      ofProcess.push(1 - perSample(less, 'cpuUs') / perSample(more, 'cpuUs'));
    }
    const row = (id: string, of: 'cpuUs' | 'mainUs', values: readonly number[], unit: string) => ({
      id,
      value: median(values),
      unit,
      against: `the same stream without a rule: ${Math.round(perSample(measured.without, of))} ns per sample`,
      bar: atMost(0.15),
      spread: [Math.min(...values), Math.max(...values)] as const,
      also: { ns_per_sample: perSample(measured.with1000, of) },
    });
    bench.report.row({
      ...row('evaluation.share', 'cpuUs', ofProcess, 'of the CPU of a push with 1,000 rules'),
      loopP999Ms: Math.max(...measured.with1000.map(({ loop }) => loop)),
    });
    bench.report.row(row('evaluation.share.main_thread', 'mainUs', onMain, 'of the same, main thread alone'));
    await Promise.all([with1000.stop(), without.stop()]);
  },
};

/** 7.3 rules a series. */
const pairCount = 73_000;

const sweep = (id: string, rules: () => readonly Rule[], limitMs: number): Scenario => ({
  id,
  async run(bench: Bench) {
    const { quiet, unsettle, heard } = sweepOf(rules());
    const timed = (prepare: () => void): number[] =>
      Array.from({ length: bench.short ? 1 : 31 }, () => {
        prepare();
        return cpuMs(quiet);
      });
    const anew = timed(unsettle);
    const settled = timed(() => {});
    bench.report.row({
      id,
      value: median(anew),
      unit: 'CPU ms for a sample to each of 10,000 series, all 73,000 pairs evaluated anew',
      bar: atMost(limitMs),
      spread: [Math.min(...anew), Math.max(...anew)],
      also: { as_the_engine_does_it_ms: median(settled) },
    });
    bench.report.row({
      id: `${id}.pairs`,
      value: heard(),
      unit: 'pairs that speak when every rule comes true',
      bar: exactly(pairCount),
    });
  },
});

const reload: Scenario = {
  id: 'evaluation.reload',
  onlyTimes: true,
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
    () =>
      rulesOf(manyRules()).map((rule) =>
        rule.type === 'threshold' ? { ...rule, aggregate: 'p95' as const, windowMs: 59 * stepMs } : rule,
      ),
    150,
  ),
  reload,
  ...ruleFiles,
];
