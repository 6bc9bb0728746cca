// `tocsin effectiveness`: how rules did, out of a data folder (also beside a running Tocsin), and for one of them what
// could be changed, as a diff of its file. Only `--apply` writes anything, and that only the file of the rule.
import { chmodSync, existsSync, realpathSync, statSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import Database from 'better-sqlite3';
import type { RankedRule } from '../../analysis/effectiveness/index.ts';
import { formatDuration } from '../../rules/duration.ts';
import { ruleLimits } from '../../rules/schema-fields.ts';
import type { Problem, Rule } from '../../rules/types.ts';
import { systemClock } from '../clock.ts';
import type { TocsinConfig } from '../config/config.ts';
import { editRuleFile } from '../config/edit-rule-file.ts';
import { loadConfig } from '../config/load.ts';
import { readTextFile } from '../config/read-file.ts';
import { readRules } from '../config/rule-files.ts';
import { askedRule, suggestQuestion } from '../effectiveness/asked.ts';
import { countEffectiveness } from '../effectiveness/count.ts';
import { type ProvenSuggestion, type SuggestAnswer, silences } from '../effectiveness/questions.ts';
import { ApiError } from '../errors.ts';
import { openReplays } from '../replay/replays.ts';
import { writeWhole } from '../reports/write-file.ts';
import { databaseOf } from '../store/sqlite/database.ts';
import { TooManyEpisodes } from '../store/sqlite/rule-episodes.ts';
import type { EffectivenessFlags } from './flags.ts';
import { type CliHost, exitCodes } from './host.ts';
import { counted, problemLine, shownFile } from './problems.ts';
import { timeOf } from './time-flag.ts';
import { unifiedDiff } from './unified-diff.ts';

const dayMs = 86_400_000;
const listedMs = 14 * dayMs;
/** Samples are kept for a week unless told otherwise. */
const suggestedMs = 7 * dayMs;

interface Asked {
  readonly config: TocsinConfig;
  /** Of the tenant. */
  readonly rules: readonly Rule[];
  readonly tenant: string;
  readonly from: number;
  readonly to: number;
}

export async function effectivenessCommand(
  host: CliHost,
  name: string | undefined,
  flags: EffectivenessFlags,
): Promise<number> {
  const asked = askedIn(host, flags, flags.suggest === true || flags.apply !== undefined);
  if (typeof asked === 'number') return asked;
  if (name === undefined) {
    if (flags.suggest === true || flags.apply !== undefined) {
      host.err('--suggest, --apply: expected the name of a rule');
      return exitCodes.usage;
    }
    return list(host, asked, null, flags.json === true);
  }
  const rule = asked.rules.find((one) => one.name === name);
  if (rule === undefined) {
    host.err(`no rule of the tenant ${asked.tenant} is called ${name}; those of the API are tuned over HTTP`);
    return exitCodes.usage;
  }
  if (flags.suggest !== true && flags.apply === undefined)
    return list(host, asked, name, flags.json === true);
  return suggestFor(host, asked, rule, flags);
}

/** What is asked about; the exit code when it cannot be, which has been said then. */
function askedIn(host: CliHost, flags: EffectivenessFlags, suggests: boolean): Asked | number {
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
  const read = readRules((flags.rules ?? config.rules).map((path) => resolve(cwd, path)));
  if (read.problems.length > 0) return refuse(read.problems);
  const tenant = flags.tenant ?? read.rules[0]?.tenant ?? 'default';
  for (const file of ['tocsin.db', 'samples.db'].map((one) => join(config.data, one)))
    if (!existsSync(file)) {
      host.err(`${file}: there is no such file; --data FOLDER names the data folder`);
      return exitCodes.usage;
    }
  const now = Date.now();
  const to = flags.to === undefined ? now : timeOf(flags.to, now);
  const from = flags.from === undefined ? to - (suggests ? suggestedMs : listedMs) : timeOf(flags.from, now);
  if (Number.isNaN(from) || Number.isNaN(to) || from >= to) {
    host.err('--from, --to: expected times such as 2026-01-31T08:00:00Z or spans before now such as 7d');
    return exitCodes.usage;
  }
  return { config, tenant, from, to, rules: read.rules.filter((rule) => rule.tenant === tenant) };
}

function list(host: CliHost, asked: Asked, name: string | null, json: boolean): number {
  const { config, tenant, from, to } = asked;
  const raw = new Database(join(config.data, 'tocsin.db'), { readonly: true, timeout: 1_000 });
  const samples = new Database(join(config.data, 'samples.db'), { readonly: true, timeout: 1_000 });
  try {
    const db = databaseOf(raw, () => raw.close());
    const rules = asked.rules.map(askedRule);
    const query = { ask: 'effectiveness', tenant, rules, from, to, now: Date.now() } as const;
    const all = raw
      .transaction(() => countEffectiveness(db, samples, query))()
      .filter(({ rule }) => name === null || rule === name);
    if (json) host.out(JSON.stringify({ from, to, rules: all }, null, 2));
    else for (const line of tableOf(all, from, to)) host.out(line);
    return exitCodes.ok;
  } catch (error) {
    if (!(error instanceof TooManyEpisodes)) throw error;
    host.err(error.message);
    return exitCodes.failed;
  } finally {
    samples.close();
    raw.close();
  }
}

/** The worst first, one line for each rule. */
function tableOf(rules: readonly RankedRule[], from: number, to: number): string[] {
  const head = [
    'rule',
    'standing',
    'worth',
    'noise',
    'fired',
    'acted on',
    'flaps',
    'late',
    'messages',
    'acknowledged in',
  ];
  const rows = rules
    .toReversed()
    .map((one) => [
      one.rule,
      one.standing,
      one.worth.toFixed(2),
      one.noise.score.toFixed(2),
      String(one.fired),
      String(one.actedOn),
      String(one.flaps),
      String(one.late.count),
      String(one.messages),
      one.timeToAcknowledge === null ? '-' : span(one.timeToAcknowledge.medianMs),
    ]);
  const widths = head.map((_, i) => Math.max(...[head, ...rows].map((row) => row[i]!.length)));
  const line = (row: readonly string[]) =>
    row.map((cell, i) => (i < 2 ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!))).join('  ');
  return [
    `${new Date(from).toISOString()} to ${new Date(to).toISOString()}: ${counted(rules.length, 'rule')}, the worst first`,
    '',
    ...[head, ...rows].map(line),
  ];
}

const span = (ms: number) => formatDuration(Math.round(ms / 1_000) * 1_000);

async function suggestFor(
  host: CliHost,
  asked: Asked,
  rule: Rule,
  flags: EffectivenessFlags,
): Promise<number> {
  const { config, tenant, from, to } = asked;
  const replays = openReplays({
    file: join(config.data, 'samples.db'),
    clock: systemClock(),
    limits: config.limits,
    routing: (of) => config.tenants.get(of) ?? config.routing,
    edges: (of) => config.topology.get(of) ?? [],
    stayAlive: true,
  });
  let answer: SuggestAnswer;
  try {
    answer = await replays.suggest(tenant, suggestQuestion(rule, asked.rules, from, to));
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    host.err(error.cause === undefined ? error.message : String(error.cause));
    return exitCodes.failed;
  } finally {
    replays.close();
  }
  if (flags.json) host.out(JSON.stringify(answer, null, 2));
  if (answer.none !== null) {
    if (!flags.json) host.out(`${rule.name}: no suggestion; ${silences[answer.none]}`);
    return flags.apply === undefined ? exitCodes.ok : exitCodes.failed;
  }
  const place = flags.apply === undefined || flags.apply === true ? 1 : Number(flags.apply);
  const chosen = answer.suggestions[place - 1];
  if (chosen === undefined) {
    host.err(`--apply: expected a number from 1 to ${answer.suggestions.length}`);
    return exitCodes.usage;
  }
  if (!flags.json) {
    host.out(`${rule.name}, ${new Date(from).toISOString()} to ${new Date(to).toISOString()}:`);
    for (const [i, { text, messages }] of answer.suggestions.entries())
      host.out(`  ${i + 1}. ${text}; messages ${messages.before} → ${messages.after}`);
    host.out('');
  }
  return edit(host, rule, chosen, flags);
}

/** Shows the change of the rule's file, and makes it with --apply. */
async function edit(
  host: CliHost,
  rule: Rule,
  { patch, hash }: ProvenSuggestion,
  flags: EffectivenessFlags,
): Promise<number> {
  if (rule.origin.kind !== 'file') throw new Error('expected a rule of a file');
  const { file } = rule.origin;
  const text = readTextFile(file, ruleLimits.fileBytes);
  if (typeof text !== 'string') {
    host.err(`${file}: ${text.problem}`);
    return exitCodes.failed;
  }
  const after = editRuleFile(text, file, { tenant: rule.tenant, name: rule.name, patch, hash });
  if (typeof after !== 'string') {
    const keys = Object.entries(patch).map(([key, value]) => `${key}: ${value}`);
    host.err(`${shownFile(file, host.cwd)}: ${after.problem}; put in ${keys.join(', ')} by hand`);
    return exitCodes.failed;
  }
  if (!flags.json)
    for (const line of unifiedDiff(text, after, relative(host.cwd, file).replaceAll('\\', '/')))
      host.out(line);
  if (flags.apply === undefined) return exitCodes.ok;
  // What a link leads to is written, and may be read by whoever could read it before.
  const real = realpathSync(file);
  const { mode } = statSync(real);
  await writeWhole(real, after);
  chmodSync(real, mode & 0o777);
  if (!flags.json) host.out(`${shownFile(file, host.cwd)}: changed`);
  return exitCodes.ok;
}
