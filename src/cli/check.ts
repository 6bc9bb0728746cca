// `tocsin check`: everything that would keep `serve` from starting, without starting.
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { loadConfig } from '../config/load.ts';
import { meetWindows } from '../config/planned-windows.ts';
import { listTestFiles } from '../config/rule-folder.ts';
import { RuleReader } from '../config/rule-reader.ts';
import { gapText } from '../config/schedules.ts';
import { watchAt } from '../policy/on-call/rota.ts';
import type { Schedule } from '../policy/on-call/schedule.ts';
import { readTestFile } from '../rule-tests/read.ts';
import type { CheckFlags } from './flags.ts';
import { type CliHost, exitCodes } from './host.ts';
import { onCallLine } from './on-call-line.ts';
import { counted, problemLine } from './problems.ts';
import { reachLines } from './reach-lines.ts';

export async function checkCommand(host: CliHost, flags: CheckFlags): Promise<number> {
  const { env, cwd } = host;
  const { config: file, ...overrides } = flags;
  const loaded = loadConfig({ ...(file !== undefined && { file }), cwd, env, flags: overrides });
  const problems = 'problems' in loaded ? [...loaded.problems] : [];
  // With --rules the rules can be checked whatever the configuration is.
  const paths =
    'config' in loaded ? loaded.config.rules : (flags.rules ?? []).map((path) => resolve(cwd, path));
  const found = await new RuleReader(paths).first();
  const read = 'config' in loaded ? meetWindows(found, loaded.config) : found;
  problems.push(...read.problems);
  const tests = listTestFiles(paths.filter((path) => existsSync(path))).files.map(({ path }) => path);
  // Rule files that are wrong have been said already.
  const said = new Set(problems.map((problem) => problemLine(problem, cwd)));
  for (const path of tests.filter((path) => !paths.includes(path))) {
    const found = readTestFile(path);
    if (!('problems' in found)) continue;
    problems.push(...found.problems.filter((problem) => !said.has(problemLine(problem, cwd))));
    for (const problem of found.problems) said.add(problemLine(problem, cwd));
  }
  for (const problem of problems) host.out(problemLine(problem, cwd));
  if (problems.length > 0) {
    host.err(counted(problems.length, 'problem'));
    return exitCodes.failed;
  }
  if ('config' in loaded) for (const line of reachLines(loaded.config, cwd, 0)) host.out(line);
  const used = 'config' in loaded ? loaded.file : null;
  const where = used === null ? 'no configuration file, defaults are used' : `${used} is right`;
  host.out(`ok: ${where}; ${counted(read.rules.length, 'rule')} in ${counted(read.files.length, 'file')}`);
  if ('config' in loaded) {
    const now = Date.now();
    const { routing, tenants } = loaded.config;
    for (const [tenant, { schedules }] of [['', routing] as const, ...tenants])
      for (const schedule of schedules?.values() ?? []) {
        const of = tenant === '' ? '' : `${tenant} `;
        host.out(`on call: ${of}${onCallLine(shown(schedule, now), schedule.timeZone)}`);
        const gap = gapText(schedule, now);
        if (gap !== null) host.out(`warning: ${of}${schedule.name}: ${gap}`);
      }
  }
  return exitCodes.ok;
}

function shown(schedule: Schedule, now: number) {
  const { people, shift, until, next } = watchAt(schedule, now);
  return { schedule: schedule.name, people, override: shift?.override != null, until, next };
}
