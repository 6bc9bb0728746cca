// The fuzzer's command: `npm run fuzz -- [--seed N] [--cases N] [--minutes M] [--target a,b]`, `--target a --case N` for
// one case of a seed, `--replay FILE` for a failure or a regression. Exit code 1 when something was found.
import { existsSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { caseRandom } from './case-random.ts';
import { readFailure, writeFailure } from './failures.ts';
import { type FuzzReport, fuzz, messageOf, type TargetReport } from './harness.ts';
import type { Target } from './target.ts';
import { targets as all } from './targets/index.ts';
import { watch } from './watchdog.ts';

const usualCases = 1_000_000;
/**
 * So many cases in a round; between two of them memory is looked at, and targets that hold something open it anew: for the
 * one of HTTP that is the whole program, and its description at the first request, half a second of CPU.
 */
const roundCases = 500_000;
/** With a time and no number of cases. */
const endless = 1_000_000_000_000;
/** What is kept alive may grow by so much after the first fifth; a leak of 5 bytes a case is 80 MB in 20 million. */
const mostGrowthMb = 64;

const print = (line: string) => process.stdout.write(`${line}\n`);
const rssMb = () => Math.round(process.memoryUsage().rss / 1e6);

/** What is alive after a collection: what the process holds of the system says more of how busy the machine is. */
setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;
function aliveMb(): number {
  collect();
  const { heapUsed, external } = process.memoryUsage();
  return Math.round((heapUsed + external) / 1e6);
}

function whole(name: string, text: string | undefined): number | null {
  if (text === undefined) return null;
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < 0)
    throw new Error(`--${name} must be a whole number, got ${text}`);
  return value;
}

function chosen(names: string | undefined): readonly Target[] {
  if (names === undefined) return all;
  return names.split(',').map((name) => {
    const found = all.find((target) => target.name === name);
    if (found === undefined) {
      throw new Error(`no target ${name}; there are ${all.map((target) => target.name).join(', ')}`);
    }
    return found;
  });
}

function line({ name, cases, ms, found, slow, slowest }: TargetReport): string {
  return [
    name.padEnd(18),
    `${String(cases).padStart(9)} cases`,
    `${String(Math.round(cases / (ms / 1_000))).padStart(8)}/s`,
    `${String(found).padStart(4)} findings`,
    `slowest ${slowest.ms.toFixed(1).padStart(6)} ms (case ${slowest.number})`,
    ...(slow > 0 ? [`${slow} slow`] : []),
  ].join('  ');
}

async function playOne(target: Target, input: Uint8Array): Promise<boolean> {
  const opened = await target.open();
  const began = performance.now();
  const message = await messageOf(opened.check, input);
  const ms = (performance.now() - began).toFixed(1);
  await opened.close?.();
  print(`${target.name}: ${input.length} bytes, ${ms} ms: ${message ?? 'holds'}`);
  return message === null;
}

async function runAll(
  targets: readonly Target[],
  options: { seed: number; cases: number | null; minutes: number | null },
) {
  const { seed, minutes } = options;
  const cases = options.cases ?? (minutes === null ? usualCases : endless);
  const until = minutes === null ? Number.POSITIVE_INFINITY : performance.now() + minutes * 60_000;
  const dog = watch(
    targets.map(({ name }) => name),
    seed,
  );
  const rounds = Math.max(5, Math.ceil(cases / roundCases));
  const began = performance.now();
  const sizes: number[] = [];
  let report: FuzzReport;
  try {
    report = await fuzz({
      seed,
      targets,
      cases,
      rounds,
      until,
      slowIsFinding: true,
      onCase: (target, number) => dog.beat(target, number),
      onRound: () => void sizes.push(aliveMb()),
    });
  } finally {
    await dog.close();
  }
  for (const each of report.targets) print(line(each));
  for (const finding of report.findings) {
    print(
      `\nFOUND ${finding.target}, seed ${finding.seed}, case ${finding.number} (${finding.kind}): ${finding.message}`,
    );
    print(`replay: ${writeFailure(finding)}`);
  }
  const found = report.targets.reduce((sum, each) => sum + each.found, 0);
  const seconds = (performance.now() - began) / 1_000;
  const settled = sizes[Math.floor(sizes.length / 5)] ?? aliveMb();
  const growth = Math.max(...sizes) - settled;
  if (growth > mostGrowthMb) print(`FOUND memory: grew by ${growth} MB, from ${settled} MB`);
  const violations = found + (growth > mostGrowthMb ? 1 : 0);
  print(
    `\nseed ${seed}: ${report.cases} cases of ${targets.length} targets in ${seconds.toFixed(1)} s, ${violations} findings, alive ${settled} MB, then at most ${growth < 0 ? '' : '+'}${growth} MB, ${rssMb()} MB of the system`,
  );
  return violations === 0;
}

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      seed: { type: 'string' },
      cases: { type: 'string' },
      case: { type: 'string' },
      minutes: { type: 'string' },
      target: { type: 'string' },
      replay: { type: 'string' },
    },
  });
  const targets = chosen(values.target);
  if (values.replay !== undefined) {
    if (!existsSync(values.replay)) throw new Error(`there is no file ${values.replay}`);
    const { target: named, input } = readFailure(
      values.replay,
      all.map(({ name }) => name),
    );
    const target = values.target === undefined ? all.find(({ name }) => name === named) : targets[0];
    if (target === undefined) throw new Error(`${values.replay} names no target: add --target`);
    return (await playOne(target, input)) ? 0 : 1;
  }
  const seed = whole('seed', values.seed) ?? Math.floor(Date.now() / 1_000) % 1_000_000;
  const number = whole('case', values.case);
  if (number !== null) {
    const [target] = targets;
    if (targets.length !== 1 || target === undefined) throw new Error('--case asks for one --target');
    return (await playOne(target, target.input(caseRandom(seed, target.name, number)))) ? 0 : 1;
  }
  const minutes = values.minutes === undefined ? null : Number(values.minutes);
  if (minutes !== null && !(minutes > 0)) throw new Error(`--minutes must be above 0, got ${values.minutes}`);
  return (await runAll(targets, { seed, cases: whole('cases', values.cases), minutes })) ? 0 : 1;
}

process.exitCode = await main();
