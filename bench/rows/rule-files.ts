// What rule files cost: ten thousand rules read cold, and a reload when one of fifty files changed, with what the loop
// does not do meanwhile. Everything is the compiled program, in this process: its thread reads, its engine takes over.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ReadRules } from '../../src/config/rule-files.ts';
import type { RuleReader } from '../../src/config/rule-reader.ts';
import type { Stage } from '../../src/testing/stage.ts';
import { atMost } from '../report.ts';
import type { Bench, Scenario } from '../scenario.ts';
import { environments, metricCount, metricName, thresholdOf } from '../settings.ts';
import { median } from '../statistics.ts';

const fileCount = 50;
const ruleCount = 10_000;
const seriesCount = 10_000;

/** Rules `from`..`to`, as people write them: a hundred for each metric, of which thirty read a tenth of its series. */
function textOf(group: string, from: number, to: number, edition: number): string {
  const lines = [`group: ${group}`, 'rules:'];
  for (let n = from; n < to; n++) {
    lines.push(
      `  - name: Rule${n}`,
      `    metric: ${metricName(Math.floor(n / (ruleCount / metricCount)))}`,
      ...(n % 10 < 7 ? [] : [`    match: ['env="env-${n % environments}"']`]),
      `    threshold: ${thresholdOf(n) + edition}`,
      '    for: 1m',
      '    severity: warning',
      `    annotations: { summary: "{{ labels.host }} is at {{ value }}" }`,
    );
  }
  return `${lines.join('\n')}\n`;
}

function writeFile(folder: string, file: number, edition: number): void {
  const each = ruleCount / fileCount;
  writeFileSync(
    join(folder, `${String(file).padStart(2, '0')}.yaml`),
    textOf(`file ${file}`, file * each, (file + 1) * each, edition),
  );
}

interface Compiled {
  readonly Reader: typeof RuleReader;
  readonly OnStage: typeof Stage;
}

async function compiled({ built }: Bench): Promise<Compiled> {
  const reader = (await import(join(built, 'src/config/rule-reader.js'))) as {
    RuleReader: typeof RuleReader;
  };
  const stage = (await import(join(built, 'src/testing/stage.js'))) as { Stage: typeof Stage };
  return { Reader: reader.RuleReader, OnStage: stage.Stage };
}

const readBy = (reader: RuleReader): Promise<ReadRules> =>
  new Promise((resolve, reject) =>
    reader
      .read((read) =>
        read.problems.length === 0 ? resolve(read) : reject(new Error(read.problems[0]!.message)),
      )
      .ref(),
  );

/** Runs `work` while the loop turns; answers the longest time, in milliseconds, that it did not. */
async function longestPause(work: () => Promise<void>): Promise<number> {
  let longest = 0;
  let last = performance.now();
  let ticking = true;
  const tick = (): void => {
    const now = performance.now();
    longest = Math.max(longest, now - last);
    last = now;
    if (ticking) setImmediate(tick);
  };
  setImmediate(tick);
  await work();
  await new Promise((resolve) => setImmediate(resolve));
  ticking = false;
  return longest;
}

/** As the running program does it: a slice in each turn of the loop. */
async function takeOver({ runtime, clock }: Stage, rules: ReadRules['rules']): Promise<void> {
  let problems: ReadRules['problems'] | null = null;
  runtime.reloadRules(rules, (found) => {
    problems = found;
  });
  while (problems === null) {
    clock.step(clock.now());
    await new Promise((resolve) => setImmediate(resolve));
  }
  for (const { message } of problems as ReadRules['problems']) throw new Error(message);
}

const parse: Scenario = {
  id: 'rules.parse',
  onlyTimes: true,
  async run(bench) {
    const { Reader } = await compiled(bench);
    const file = join(bench.scratch, 'ten-thousand.yaml');
    writeFileSync(file, textOf('many', 0, ruleCount, 0));
    const times: number[] = [];
    for (let n = 0; n < 3; n++) {
      const began = performance.now();
      const { rules } = await readBy(new Reader([file]));
      times.push((performance.now() - began) / 1_000);
      if (rules.length !== ruleCount) throw new Error(`${rules.length} rules were read`);
    }
    bench.report.row({
      id: 'rules.parse',
      value: median(times),
      unit: 's for a file of 10,000 rules, read in its thread and handed over',
      bar: atMost(4),
      spread: [Math.min(...times), Math.max(...times)],
    });
  },
};

const reload: Scenario = {
  id: 'rules.reload',
  onlyTimes: true,
  async run(bench) {
    const { Reader, OnStage } = await compiled(bench);
    const folder = join(bench.scratch, 'rules-of-fifty');
    mkdirSync(folder);
    for (let file = 0; file < fileCount; file++) writeFile(folder, file, 0);
    const reader = new Reader([folder]);
    const stage = new OnStage({ rules: [], onDisk: true });
    await stage.pushAll(
      Array.from({ length: seriesCount }, (_, n) => {
        const host = Math.floor(n / metricCount);
        return {
          metric: metricName(n),
          labels: { host: `host-${host}`, env: `env-${host % environments}` },
          value: 1,
        };
      }),
    );
    const applied: number[] = [];
    const pauses = { one: [] as number[], all: [] as number[] };
    const round = async (into: number[]): Promise<void> => {
      into.push(
        await longestPause(async () => {
          const began = performance.now();
          const { rules } = await readBy(reader);
          await takeOver(stage, rules);
          if (into === pauses.one) applied.push(performance.now() - began);
          // The versions of the rules are written by the turns that follow.
          for (let turn = 0; turn < ruleCount / 20; turn++) {
            stage.runtime.engine.turn();
            await new Promise((resolve) => setImmediate(resolve));
          }
        }),
      );
    };
    await round([]);
    for (let edition = 1; edition <= 7; edition++) {
      writeFile(folder, (edition * 7) % fileCount, edition);
      await round(pauses.one);
    }
    for (let file = 0; file < fileCount; file++) writeFile(folder, file, 20);
    await round(pauses.all);
    await stage.close();
    bench.report.row({
      id: 'rules.reload.one_of_50',
      value: median(applied),
      unit: 'ms from the reading of one changed file of 50 to the applied rules, 10,000 in all, 10k series',
      bar: atMost(300),
      spread: [Math.min(...applied), Math.max(...applied)],
    });
    bench.report.row({
      id: 'rules.reload.loop',
      value: median(pauses.one),
      unit: 'ms, longest pause of the loop in such a reload',
      bar: atMost(20),
      spread: [Math.min(...pauses.one), Math.max(...pauses.one)],
      also: { all_rules_changed_ms: median(pauses.all) },
    });
  },
};

export const ruleFiles: readonly Scenario[] = [parse, reload];
