// The simulation's command: `npm run sim -- --seed N --hours H`, `--seeds A-B`, `--seconds S`, `--mutants` (with
// `--only TEXT` those whose names have it), each with `--workers N`; `--about TEXT` shows all that mentions an id or a key. Exit code 1 when an invariant broke, a state was never
// reached over at least 300 hours, or a mutant survived.
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { Counters, type Sometimes, sometimes } from './counters.ts';
import { type Done, doJob, type Job } from './jobs.ts';
import { mutants } from './mutants.ts';
import { type InvariantId, invariants } from './violation.ts';
import { inProcesses, inThisProcess, serveJobs, type Work, workerFlag } from './workers.ts';

type SeedDone = Extract<Done, { kind: 'seed' }>;

/** So many hours reach everything that must be reached sometimes. */
const hoursForCounters = 300;
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

function line({ result, ms }: SeedDone): string {
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
    `${(hours / (ms / 1_000)).toFixed(1)} h/s`,
  ].join('  ');
}

function explain({ result }: SeedDone): void {
  const { violation } = result;
  if (violation === null) return;
  print(
    `\n${violation.id} (${invariants[violation.id as InvariantId]}) is broken after ${result.foundAfter?.toFixed(2)} h:`,
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

function* seedJobs(
  from: number,
  to: number,
  until: number,
  of: { readonly hours: number; readonly about?: string },
): Generator<Job> {
  for (let seed = from; seed <= to && performance.now() < until; seed++) yield { kind: 'seed', seed, ...of };
}

async function runSeeds(jobs: Iterable<Job>, work: Work): Promise<boolean> {
  const counters = new Counters();
  const startedAt = performance.now();
  let ok = true;
  let hours = 0;
  let runs = 0;
  await work(jobs, (done) => {
    if (done.kind !== 'seed') return;
    const { result, batching } = done;
    print(line(done));
    if (result.trace) for (const each of result.trace) print(`  ${each}`);
    for (const [name, n] of result.counters) counters.hit(name as Sometimes, n);
    runs += 1;
    hours += result.foundAfter ?? result.hours;
    if (batching !== null) {
      ok = false;
      print(`\nI17 (${invariants.I17}) is broken in seed ${result.seed}: ${batching}`);
      print(`replay: npm run sim -- --seed ${result.seed} --hours ${result.hours}`);
    }
    if (result.violation !== null) {
      ok = false;
      explain(done);
    }
  });
  table(counters);
  const seconds = (performance.now() - startedAt) / 1_000;
  print(
    `\n${runs} seeds, ${hours.toFixed(1)} simulated hours in ${seconds.toFixed(1)} s: ${(hours / seconds).toFixed(1)} h/s`,
  );
  const missing = counters.missing();
  if (hours >= hoursForCounters && missing.length > 0) {
    ok = false;
    print(`never reached: ${missing.join(', ')}`);
  }
  return ok;
}

async function runMutants(fromSeed: number, only: string, work: Work): Promise<boolean> {
  let ok = true;
  const named = mutants.filter(({ name }) => name.includes(only));
  const jobs = named.map(({ name }): Job => ({ kind: 'mutant', name, fromSeed }));
  await work(jobs, (done) => {
    if (done.kind !== 'mutant') return;
    const { name, found } = done;
    const seconds = (done.ms / 1_000).toFixed(1);
    if (found === null) {
      ok = false;
      const what = mutants.find((each) => each.name === name)?.what;
      print(`${name.padEnd(36)} SURVIVED ${seconds} s: ${what}`);
    } else {
      print(
        `${name.padEnd(36)} ${found.invariant.padEnd(4)} seed ${String(found.seed).padEnd(4)} ${found.hours.toFixed(1).padStart(6)} h  ${seconds} s  ${found.message.replaceAll(/\s+/g, ' ').slice(0, 110)}`,
      );
    }
  });
  return ok;
}

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      seed: { type: 'string' },
      seeds: { type: 'string' },
      hours: { type: 'string' },
      seconds: { type: 'string' },
      workers: { type: 'string' },
      mutants: { type: 'boolean' },
      only: { type: 'string' },
      about: { type: 'string' },
    },
  });
  const workers = wholeNumber('workers', values.workers, 1);
  const work = workers > 1 ? inProcesses(fileURLToPath(import.meta.url), workers) : inThisProcess(doJob);
  if (values.mutants)
    return (await runMutants(wholeNumber('seed', values.seed, 1), values.only ?? '', work)) ? 0 : 1;
  const hours = wholeNumber('hours', values.hours, 5);
  const { about } = values;
  const of = { hours, ...(about !== undefined && { about }) };
  if (values.seconds !== undefined) {
    const from = wholeNumber('seed', values.seed, ((Date.now() / 1_000) % 1_000_000) | 0);
    const seconds = wholeNumber('seconds', values.seconds, 60);
    print(`from seed ${from}, ${hours} h each, for ${seconds} s`);
    const until = performance.now() + seconds * 1_000;
    return (await runSeeds(seedJobs(from, Number.MAX_SAFE_INTEGER, until, of), work)) ? 0 : 1;
  }
  const one = wholeNumber('seed', values.seed, 1);
  const { from, to } = values.seeds === undefined ? { from: one, to: one } : seedsOf(values.seeds);
  return (await runSeeds(seedJobs(from, to, Number.POSITIVE_INFINITY, of), work)) ? 0 : 1;
}

if (process.argv.includes(workerFlag)) serveJobs(doJob);
else process.exitCode = await main();
