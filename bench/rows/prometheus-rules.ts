// The same 1,000 threshold rules over the same 10k series: our evaluation of one sample to each series (every pair anew)
// beside one evaluation of the rule group by Prometheus, as it measures that itself. Its series are scraped from here.
import { createServer } from 'node:http';
import { join } from 'node:path';
import { cpuMs, rulesOf, seriesTotal, sweepOf } from '../evaluation-stage.ts';
import { obtainPeer } from '../peers.ts';
import { atLeast } from '../report.ts';
import type { Bench, Scenario } from '../scenario.ts';
import { startPrometheus } from '../server.ts';
import { environments, manyRules, metricCount, metricName, thresholdOf } from '../settings.ts';
import { median } from '../statistics.ts';

const id = 'peers.prometheus_rules';
const unit = 'ms for 1,000 threshold rules over 10,000 series, all evaluated anew';
const bar = atLeast(50, 'time', 'ratio');
const intervalMs = 1_000;

/** The rules of `manyRules` as Prometheus has them. */
function prometheusRules(): string {
  const lines = ['groups:', '  - name: many', `    interval: ${intervalMs}ms`, '    rules:'];
  for (let metric = 0; metric < metricCount; metric++)
    for (let n = 0; n < 10; n++) {
      const match = n < 7 ? '' : `{env="env-${n - 7}"}`;
      lines.push(
        `      - { alert: R${metric}_${n}, expr: '${metricName(metric)}${match} > ${thresholdOf(n)}' }`,
      );
    }
  return `${lines.join('\n')}\n`;
}

function exposition(): string {
  const lines: string[] = [];
  for (let metric = 0; metric < metricCount; metric++)
    for (let host = 0; host < seriesTotal / metricCount; host++)
      lines.push(
        `${metricName(metric)}{host="host-${host}",env="env-${host % environments}"} ${(host * 7) % 997}`,
      );
  return `${lines.join('\n')}\n`;
}

/** Evaluations of the group, in milliseconds each, once it has all series. */
async function measured(port: number, rounds: number): Promise<number[]> {
  const times: number[] = [];
  let last = '';
  const until = performance.now() + 60_000;
  while (times.length < rounds) {
    if (performance.now() > until) throw new Error('Prometheus evaluated its rules too seldom');
    await new Promise((resolve) => setTimeout(resolve, intervalMs / 2));
    const answer = await fetch(`http://127.0.0.1:${port}/metrics`);
    const text = await answer.text();
    const figure = (name: string) => new RegExp(`^${name}(?:\\{[^}]*\\})? (\\S+)$`, 'm').exec(text)?.[1];
    if (Number(figure('prometheus_tsdb_head_series')) < seriesTotal) continue;
    const at = figure('prometheus_rule_group_last_evaluation_timestamp_seconds');
    const seconds = figure('prometheus_rule_group_last_duration_seconds');
    if (at === undefined || seconds === undefined || at === last) continue;
    // The first one that is seen may have begun before the series were there.
    if (last !== '') times.push(Number(seconds) * 1_000);
    last = at;
  }
  return times;
}

export const prometheusRulesRow: Scenario = {
  id,
  onlyTimes: true,
  async run(bench: Bench) {
    const obtained = obtainPeer('prometheus', join(bench.built, '../peers'), !bench.short);
    if ('why' in obtained) return bench.report.skip({ id, unit, bar }, obtained.why);
    const target = createServer((_, response) => response.end(exposition()));
    await new Promise<void>((resolve) => target.listen(0, '127.0.0.1', resolve));
    const address = target.address();
    if (address === null || typeof address === 'string') throw new Error('no port');
    const { server, port } = await startPrometheus(bench, obtained.program, address.port, prometheusRules());
    const { quiet, unsettle } = sweepOf(rulesOf(manyRules()));
    const ours = Array.from({ length: bench.short ? 5 : 31 }, () => {
      unsettle();
      return cpuMs(quiet);
    });
    const theirs = await measured(port, bench.short ? 2 : 10);
    await server.stop();
    await new Promise<void>((resolve) => target.close(() => resolve()));
    const ratio = median(theirs) / median(ours);
    bench.report.row({
      id,
      value: median(ours),
      unit,
      ratio,
      against: `prometheus ${obtained.version}: ${Math.round(median(theirs))} ms for its rule group`,
      bar,
      ratioSpread: [Math.min(...theirs) / Math.max(...ours), Math.max(...theirs) / Math.min(...ours)],
    });
  },
};
