// npm run soak -- --minutes M [--seed S] [--only part,...]: what takes longer than a test may. Kills, chaos, simulated
// hours, mutants, hostile input and the load, each in its own processes; one table at the end, exit code 1 when anything
// was violated.
import { parseArgs } from 'node:util';
import { compile } from '../bench/compile.ts';
import { chaos } from './soak-chaos.ts';
import { type CommandPart, runCommand } from './soak-command.ts';
import { fuzzing } from './soak-fuzz.ts';
import { namedKills, randomKills } from './soak-kills.ts';
import { ioFaults, powerLosses } from './soak-machine.ts';
import { type PartResult, table } from './soak-table.ts';

const minuteMs = 60_000;
/** From so many minutes on, everything runs in full: 2,000 simulated hours, 300 kills, ten minutes of load. */
const fullMinutes = 30;
const fullHours = 2_000;
const simSeeds = 100;
/** Its garbage is of one step: in a larger new space most of it is dead before anybody copies it. */
const simFlags = ['--max-semi-space-size=32'];
/** Two cores are shared with the other parts. */
const simWorkers = 2;
/** A short soak starts its processes as often as a long one: it gets less than its share. */
const scaledShare = 0.6;
const fullRandomKills = 300;
const usualMinutes = 30;

/** Of a whole soak; alone it pushes for most of the time, and what is over at the end settles in the rest. */
const chaosShare = 0.1;
const chaosAloneShare = 0.75;

const partNames = [
  'load',
  'named kills',
  'losses of power',
  'calls of the disk that fail',
  'chaos',
  'random kills',
  'mutants',
  'hostile input',
  'simulated hours',
] as const;
type PartName = (typeof partNames)[number];

const { values } = parseArgs({
  options: {
    minutes: { type: 'string' },
    seed: { type: 'string' },
    only: { type: 'string', default: '' },
  },
});
const minutes = Number(values.minutes ?? usualMinutes);
const seed = Number(values.seed ?? Math.floor(Date.now() / 1_000) % 1_000_000);
if (!(minutes > 0) || !Number.isSafeInteger(seed)) {
  process.stderr.write('expected --minutes M above 0 and --seed S, a whole number\n');
  process.exit(2);
}

const only = values.only.split(',').filter((name) => name !== '');
const unknown = only.filter((name) => !partNames.some((known) => known === name));
if (unknown.length > 0) {
  process.stderr.write(`no part is called ${unknown.join(', ')}: ${partNames.join(', ')}\n`);
  process.exit(2);
}

const began = Date.now();
const until = began + minutes * minuteMs;
const say = (line: string) => {
  const at = ((Date.now() - began) / 1_000).toFixed(0).padStart(5);
  process.stderr.write(`${at} s  ${line}\n`);
};
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => process.exit(130));

function simulation(): CommandPart {
  const share = minutes >= fullMinutes ? 1 : (scaledShare * minutes) / fullMinutes;
  // Seeds of a day or less: what takes long to come about needs long seeds, what takes luck needs many.
  const runs = Math.max(5, Math.round(simSeeds * share));
  const hours = minutes >= 5 ? fullHours / simSeeds : 4;
  const seeds = `${seed}-${seed + runs - 1}`;
  return {
    part: 'simulated hours',
    telling: /^I\d+ |is broken|never reached|replay:/,
    command: ['scripts/sim.mjs', '--seeds', seeds, '--hours', String(hours), '--workers', String(simWorkers)],
    seeds,
    flags: simFlags,
    behind: true,
    until,
    read(lines) {
      const ended = lines.filter((line) => line.startsWith('seed '));
      const broken = lines.filter((line) => / is broken (after|in) /.test(line)).length;
      const summary = lines.find((line) => /simulated hours in/.test(line));
      return { ran: summary ?? `${ended.length} of ${runs} seeds`, violations: broken };
    },
  };
}

function mutants(): CommandPart {
  return {
    part: 'mutants',
    telling: / SURVIVED /,
    command: ['scripts/sim.mjs', '--mutants'],
    seeds: '1',
    flags: simFlags,
    behind: true,
    until,
    read(lines) {
      const found = lines.filter((line) => / seed +\d+ /.test(line)).length;
      const survived = lines.filter((line) => line.includes(' SURVIVED ')).length;
      return { ran: `${found} of ${found + survived} found`, violations: survived };
    },
  };
}

function load(): CommandPart {
  const full = minutes >= fullMinutes;
  const id = full ? 'load10m' : 'load.sustained';
  const short = minutes < 5 ? ['--short'] : [];
  const length = full ? '10 min' : minutes < 5 ? '4 s' : '60 s';
  return {
    part: `load, 10,000 alerts/min, ${length}`,
    command: ['bench/run.ts', ...short, '--only', id],
    seeds: '',
    until,
    telling: /"ok":false/,
    read(lines) {
      const rows = lines
        .filter((line) => line.startsWith('{'))
        .map((line) => JSON.parse(line) as { id: string; value: number; unit: string; ok: boolean });
      const ran = rows.map(({ id: name, value, unit }) => `${name.replace(`${id}.`, '')} ${value} ${unit}`);
      return { ran: ran.join('; '), violations: rows.filter(({ ok }) => !ok).length };
    },
  };
}

const randomKillsAtLeast = minutes >= fullMinutes ? fullRandomKills : Math.max(1, Math.floor(minutes * 2));

const results: PartResult[] = [];
const isWanted = (name: PartName) => only.length === 0 || only.includes(name);
async function part(name: PartName, run: () => Promise<PartResult>): Promise<void> {
  if (!isWanted(name)) return;
  say(`${name} begins`);
  try {
    const result = await run();
    say(`${name}: ${result.result}`);
    results.push(result);
  } catch (error) {
    const why = error instanceof Error ? (error.stack ?? error.message) : String(error);
    say(`${name} broke: ${why}`);
    const result = `broke: ${why.split('\n')[0]}`;
    results.push({ part: name, ran: '', seeds: String(seed), result, slowestReadyMs: null, violations: 1 });
  }
}
function skipped(name: PartName, why: string): void {
  if (!isWanted(name)) return;
  results.push({
    part: name,
    ran: '',
    seeds: '',
    result: `skipped: ${why}`,
    slowestReadyMs: null,
    violations: 0,
  });
}

say(`${minutes} minutes, seed ${seed}`);
const plan = { seed, until, say };
const compiled = await compile();
// Three lanes. Of the first one starts and latencies are measured, so the others, which only compute, run behind it.
await Promise.all([
  (async () => {
    await part('load', () => runCommand(load(), say));
    if (minutes >= 2) await part('named kills', () => namedKills(plan, minutes >= 5));
    else skipped('named kills', 'they take 40 s: --minutes 2');
    await part('losses of power', () => powerLosses(plan, minutes));
    await part('calls of the disk that fail', () => ioFaults(plan, minutes));
    const share = only.length === 1 ? chaosAloneShare : chaosShare;
    if (minutes >= 5 || only.length > 0) await part('chaos', () => chaos(plan, minutes * minuteMs * share));
    else skipped('chaos', 'its end takes some minutes: --minutes 5, or --only chaos');
    await part('random kills', () => randomKills(plan, randomKillsAtLeast, only.length === 1));
  })(),
  (async () => {
    if (minutes >= 5) await part('mutants', () => runCommand(mutants(), say));
    else skipped('mutants', 'they take some minutes: --minutes 5');
    await part('hostile input', () => runCommand(fuzzing(minutes, seed, until, compiled), say));
  })(),
  part('simulated hours', () => runCommand(simulation(), say)),
]);

process.stdout.write(`\n${table(results)}\n`);
const violations = results.reduce((n, result) => n + result.violations, 0);
process.stdout.write(
  `\nseed ${seed}, ${((Date.now() - began) / minuteMs).toFixed(1)} minutes, ${violations} violations\n`,
);
process.exit(violations > 0 ? 1 : 0);
