// `tocsin backtest`: what rules would have done on the history of a data folder (also beside a running Tocsin) or on a
// file of samples. Reads only.
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { formatDuration } from '../../rules/duration.ts';
import type { Problem, Rule } from '../../rules/types.ts';
import { systemClock } from '../clock.ts';
import { loadConfig } from '../config/load.ts';
import { readRegularFile } from '../config/read-file.ts';
import { readRules } from '../config/rule-files.ts';
import { ApiError } from '../errors.ts';
import { decodeNdjson } from '../ingest/decode-ndjson.ts';
import { type BacktestAnswer, type GivenSample, replayLimits } from '../replay/questions.ts';
import { openReplays } from '../replay/replays.ts';
import type { BacktestFlags } from './flags.ts';
import { type CliHost, exitCodes } from './host.ts';
import { counted, problemLine } from './problems.ts';
import { timeOf } from './time-flag.ts';

const longestSamples = 256 * 1024 * 1024;
const defaultBackMs = 7 * 86_400_000;

export async function backtestCommand(host: CliHost, flags: BacktestFlags): Promise<number> {
  const { cwd, env } = host;
  const refuse = (problems: readonly Problem[]): number => {
    for (const problem of problems) host.err(problemLine(problem, cwd));
    host.err(counted(problems.length, 'problem'));
    return exitCodes.usage;
  };
  const loaded = loadConfig({
    ...(flags.config !== undefined && { file: flags.config }),
    cwd,
    env,
    flags: { ...(flags.data !== undefined && { data: flags.data }) },
  });
  if ('problems' in loaded) return refuse(loaded.problems);
  const { config } = loaded;
  const rulesAt = (paths: readonly string[]) => readRules(paths.map((path) => resolve(cwd, path)));
  const read = rulesAt(flags.rules ?? config.rules);
  if (read.problems.length > 0) return refuse(read.problems);
  const other = flags.against === undefined ? null : rulesAt(flags.against);
  if (other !== null && other.problems.length > 0) return refuse(other.problems);
  const tenant = flags.tenant ?? read.rules[0]?.tenant ?? 'default';
  const own = (rules: readonly Rule[]) => rules.filter((rule) => rule.tenant === tenant);
  const rules = own(read.rules);
  if (rules.length === 0) {
    host.err(`no rules of the tenant ${tenant}; --rules names files, --tenant another tenant`);
    return exitCodes.usage;
  }

  let samples: readonly GivenSample[] | null = null;
  if (flags.samples !== undefined) {
    const given = readSamples(resolve(cwd, flags.samples));
    if (typeof given === 'string') {
      host.err(given);
      return exitCodes.usage;
    }
    samples = given;
  }
  const file = join(config.data, 'samples.db');
  if (samples === null && !existsSync(file)) {
    host.err(`${file}: there is no such file; --data FOLDER names the data folder, --samples FILE a file`);
    return exitCodes.usage;
  }
  const clock = systemClock();
  const times = samples?.map(({ timestamp }) => timestamp) ?? [];
  const span = {
    from: times.length > 0 ? times.reduce((a, b) => Math.min(a, b)) : clock.now() - defaultBackMs,
    to: times.length > 0 ? times.reduce((a, b) => Math.max(a, b)) : clock.now(),
  };
  const from = flags.from === undefined ? span.from : timeOf(flags.from, clock.now());
  const to = flags.to === undefined ? span.to : timeOf(flags.to, clock.now());
  if (Number.isNaN(from) || Number.isNaN(to) || from >= to) {
    host.err('--from, --to: expected times such as 2026-01-31T08:00:00Z or spans before now such as 7d');
    return exitCodes.usage;
  }
  const replays = openReplays({
    file,
    clock,
    limits: config.limits,
    routing: (tenant) => config.tenants.get(tenant) ?? config.routing,
    edges: (tenant) => config.topology.get(tenant) ?? [],
    stayAlive: true,
  });
  try {
    const against = other === null ? null : own(other.rules);
    const answer = await replays.backtest(tenant, { rules, against, samples, from, to });
    if (flags.json) host.out(JSON.stringify(answer, null, 2));
    else for (const line of answerLines(answer)) host.out(line);
    return exitCodes.ok;
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    host.err(error.cause === undefined ? error.message : String(error.cause));
    return exitCodes.failed;
  } finally {
    replays.close();
  }
}

/** The samples, or why they cannot be used. */
function readSamples(file: string): readonly GivenSample[] | string {
  const bytes = readRegularFile(file, longestSamples);
  if ('problem' in bytes) return `${file}: ${bytes.problem}`;
  try {
    const limits = { samplesPerRequest: replayLimits.samples, jsonDepth: 64 };
    const { samples, rejected } = decodeNdjson(bytes, limits);
    if (rejected.length > 0)
      return `${file}: ${rejected[0]!.message} (${counted(rejected.length, 'problem')})`;
    const timed: GivenSample[] = [];
    for (const { index, metric, labels, value, timestamp } of samples) {
      if (timestamp === undefined) return `${file}: sample ${index + 1} has no timestamp`;
      timed.push({ metric, labels, value, timestamp });
    }
    return timed.length === 0 ? `${file}: there is no sample` : timed;
  } catch (error) {
    if (error instanceof ApiError) return `${file}: ${error.message}`;
    throw error;
  }
}

/** NaN when it is neither a time nor a span before now. */
function answerLines({ outcome, against, ...about }: BacktestAnswer): string[] {
  const time = (at: number) => new Date(at).toISOString();
  const lines = [
    `${time(about.from)} to ${time(about.to)}: ${counted(about.samples, 'sample')} of ${about.series} series`,
  ];
  if (about.refused > 0) lines.push(`${counted(about.refused, 'sample')} came too late to be taken`);
  const names = new Set([...outcome.rules, ...(against?.rules ?? [])].map(({ rule }) => rule));
  const both = (figure: (side: NonNullable<typeof against>) => string | number | undefined) => {
    const now = figure(outcome) ?? 'not there';
    return against === null ? String(now) : `${figure(against) ?? 'not there'} → ${now}`;
  };
  for (const name of names) {
    const of = (side: typeof outcome) => side.rules.find(({ rule }) => rule === name);
    lines.push(
      '',
      name,
      `  fired      ${both((side) => of(side)?.fired)}`,
      `  flaps      ${both((side) => of(side)?.flaps)}`,
      `  firing     ${both((side) => span(of(side)?.firingMs))}`,
      `  label sets ${both((side) => of(side)?.labelSets)}`,
      `  messages   ${both((side) => of(side)?.messages)}`,
    );
    for (const { labels, fired, firingMs } of of(outcome)?.top.slice(0, 5) ?? []) {
      const { alertname: _name, severity: _severity, ...others } = labels;
      lines.push(`    ${span(firingMs)}, fired ${fired}: ${JSON.stringify(others)}`);
    }
  }
  lines.push('', `messages of all rules: ${both((side) => side.messages)}`);
  return lines;
}

function span(ms: number | undefined): string | undefined {
  return ms === undefined ? undefined : formatDuration(Math.round(ms / 1_000) * 1_000);
}
