// Series with their windows, rules over them, and one round of samples through the evaluator of the engine.
import { labelSet } from '../rules/labels.ts';
import { parseRuleFile } from '../rules/parse.ts';
import type { Rule } from '../rules/types.ts';
import { Evaluator } from '../src/engine/evaluate.ts';
import { PairTable } from '../src/engine/pairs.ts';
import type { RulePair } from '../src/engine/rule-pair.ts';
import { SettledSeries } from '../src/engine/settled.ts';
import { SeriesTable } from '../src/ingest/series.ts';
import type { PipelineState } from '../src/pipeline/state.ts';
import { seriesCount } from './push-round.ts';
import { environments, metricCount, metricName } from './settings.ts';

/** Between two samples of a series. */
export const stepMs = 15_000;
export const seriesTotal = seriesCount;

/** The series of the load with 60 points each, and the pairs of `rules` over them. */
export function stageOf(rules: readonly Rule[]) {
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

export const noAlerts = { openByKey: new Map() } as Pick<PipelineState, 'openByKey'> as PipelineState;

export function cpuMs(work: () => void): number {
  const before = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1_000;
}

export function rulesOf(text: string): readonly Rule[] {
  const { rules, problems } = parseRuleFile(text, 'many.yaml');
  if (problems.length > 0) throw new Error(JSON.stringify(problems[0]));
  return rules;
}

/** One new sample to every series, through the evaluator of the engine. */
export function sweepOf(rules: readonly Rule[]) {
  const { table, settled, pairs } = stageOf(rules);
  const ignore = (): void => {};
  const evaluator = new Evaluator(table, settled, ignore, ignore);
  const tenant = { pairs };
  const all = [...table.seriesOf('default')];
  let at = 60 * stepMs;
  const sweep = (value: number, change: (pair: RulePair) => void): void => {
    at += stepMs;
    for (const series of all) evaluator.sample(tenant, series, at, value, at, change);
    evaluator.stored.turnStored();
  };
  return {
    /** No rule fires. */
    quiet: () => sweep((at / stepMs) % 997, ignore),
    /** What was evaluated last decides nothing of the next sweep: every pair is evaluated at its sample. */
    unsettle() {
      for (const series of all) settled.unsettle(series);
    },
    /** Pairs that had something to say when every rule came true: one that is not evaluated says nothing. */
    heard(): number {
      const told = new Set<RulePair>();
      // Every pair is over the same times: whoever is silent when the others spoke stays so.
      for (let i = 0, before = -1; i < 60 && (told.size === 0 || told.size > before); i++) {
        before = told.size;
        sweep(2_000_000, (pair) => told.add(pair));
      }
      return told.size;
    },
  };
}
