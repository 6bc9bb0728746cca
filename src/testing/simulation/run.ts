// The simulation's command: `npm run sim -- --seed N --hours H`, `--seeds A-B`, `--seconds S`, `--mutants`.
// Exit code 1 when an invariant broke, a state was never reached over at least 20 seeds, or a mutant survived.
import { parseArgs } from 'node:util';
import { checkBatching } from './batching.ts';
import { Counters, sometimes } from './counters.ts';
import { huntMutant } from './hunt.ts';
import { mutants } from './mutants.ts';
import { type SimulationResult, simulate } from './simulate.ts';
import { invariants } from './violation.ts';

const seedsForCounters = 20;
const linesShown = 30;

const print = (line: string) => process.stdout.write(`${line}\n`);

function wholeNumber(name: string, text: string | undefined, fallback: number): number {
  if (text === undefined) return fallback;
  const value = Number(text);
  if (!Number.isFinite(value) || value < 0) throw new Error(`--${name} must be a number, got ${text}`);
  return value;
}

function seedsOf(text: string): { from: number; to: number } {
  const found = /^(\d+)-(\d+)$/.exec(text);
  if (!found) throw new Error(`--seeds must be like 1-20, got ${text}`);
  return { from: Number(found[1]), to: Number(found[2]) };
}

function line(result: SimulationResult, wallMs: number): string {
  const { seed, hours, steps, crashes, deliveries, accepted, digest, violation } = result;
  return [
    `seed ${seed}`,
    `${hours} h`,
    `${steps} steps`,
    `${crashes} crashes`,
    `${deliveries} deliveries`,
    `${accepted} accepted`,
    `${violation === null ? 0 : 1} violations`,
    `digest ${digest}`,
    `${(hours / (wallMs / 1_000)).toFixed(1)} h/s`,
  ].join('  ');
}

function explain(result: SimulationResult): void {
  const { violation } = result;
  if (violation === null) return;
  print(
    `\n${violation.id} (${invariants[violation.id]}) is broken after ${result.foundAfter?.toFixed(2)} h:`,
  );
  print(`  ${violation.message}`);
  print(`last lines:`);
  for (const each of result.lines.slice(-linesShown)) print(`  ${each}`);
  print(`replay: npm run sim -- --seed ${result.seed} --hours ${result.hours}`);
}

function table(counters: Counters): void {
  print('\nsometimes');
  for (const name of sometimes) print(`  ${String(counters.of(name)).padStart(9)}  ${name}`);
}

async function runSeeds(options: {
  from: number;
  to: number;
  hours: number;
  until: number;
}): Promise<boolean> {
  const counters = new Counters();
  const startedAt = performance.now();
  let ok = true;
  let hours = 0;
  let runs = 0;
  for (let seed = options.from; seed <= options.to && performance.now() < options.until; seed++) {
    const before = performance.now();
    const result = await simulate({ seed, hours: options.hours });
    print(line(result, performance.now() - before));
    counters.add(result.counters);
    runs += 1;
    hours += result.foundAfter ?? options.hours;
    const difference = await checkBatching(seed);
    if (difference !== null) {
      ok = false;
      print(`\nI17 (${invariants.I17}) is broken in seed ${seed}: ${difference}`);
      print(`replay: npm run sim -- --seed ${seed} --hours ${options.hours}`);
    }
    if (result.violation !== null) {
      ok = false;
      explain(result);
    }
  }
  table(counters);
  const seconds = (performance.now() - startedAt) / 1_000;
  print(
    `\n${runs} seeds, ${hours.toFixed(1)} simulated hours in ${seconds.toFixed(1)} s: ${(hours / seconds).toFixed(1)} h/s`,
  );
  const missing = counters.missing();
  if (runs >= seedsForCounters && missing.length > 0) {
    ok = false;
    print(`never reached: ${missing.join(', ')}`);
  }
  return ok;
}

async function runMutants(from: number): Promise<boolean> {
  let ok = true;
  for (const mutant of mutants) {
    const before = performance.now();
    const found = await huntMutant(mutant, from);
    const seconds = ((performance.now() - before) / 1_000).toFixed(1);
    if (found === null) {
      ok = false;
      print(`${mutant.name.padEnd(36)} SURVIVED ${seconds} s: ${mutant.what}`);
    } else {
      print(
        `${mutant.name.padEnd(36)} ${found.invariant.padEnd(4)} seed ${String(found.seed).padEnd(4)} ${found.hours.toFixed(1).padStart(6)} h  ${seconds} s  ${found.message.replaceAll(/\s+/g, ' ').slice(0, 110)}`,
      );
    }
  }
  return ok;
}

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      seed: { type: 'string' },
      seeds: { type: 'string' },
      hours: { type: 'string' },
      seconds: { type: 'string' },
      mutants: { type: 'boolean' },
    },
  });
  if (values.mutants) return (await runMutants(wholeNumber('seed', values.seed, 1))) ? 0 : 1;
  const hours = wholeNumber('hours', values.hours, 5);
  if (values.seconds !== undefined) {
    const from = wholeNumber('seed', values.seed, ((Date.now() / 1_000) % 1_000_000) | 0);
    const seconds = wholeNumber('seconds', values.seconds, 60);
    print(`from seed ${from}, ${hours} h each, for ${seconds} s`);
    const until = performance.now() + seconds * 1_000;
    return (await runSeeds({ from, to: Number.MAX_SAFE_INTEGER, hours, until })) ? 0 : 1;
  }
  const one = wholeNumber('seed', values.seed, 1);
  const range = values.seeds === undefined ? { from: one, to: one } : seedsOf(values.seeds);
  return (await runSeeds({ ...range, hours, until: Number.POSITIVE_INFINITY })) ? 0 : 1;
}

process.exitCode = await main();
