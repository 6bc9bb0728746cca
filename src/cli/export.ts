// `tocsin export`: the rules that were made through the API as rule files, one for each group, without what goes without
// saying. Nothing is written that would not be read as the very same rules.
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { stringify } from 'yaml';
import { emptyLabels } from '../../rules/labels.ts';
import { parseRule, parseRuleFile } from '../../rules/parse.ts';
import { withoutShown } from '../config/api-rule.ts';
import type { ExportFlags } from './flags.ts';
import { type CliHost, exitCodes } from './host.ts';
import { counted } from './problems.ts';
import { type Remote, reasonOf, remoteOf } from './remote.ts';

const deadlineMs = 10_000;
const pageSize = 500;

interface Shown {
  readonly name: string;
  readonly group?: string;
  readonly hash: string | null;
  readonly active: boolean;
  readonly [key: string]: unknown;
}

interface Exported {
  readonly hash: string;
  readonly document: Readonly<Record<string, unknown>>;
}

export async function exportCommand(host: CliHost, flags: ExportFlags): Promise<number> {
  const remote = remoteOf(host, flags);
  if (typeof remote === 'number') return remote;
  const read = await readAll(remote);
  if ('problem' in read) {
    host.err(read.problem);
    return exitCodes.failed;
  }
  const groups = new Map<string, Exported[]>();
  let left = 0;
  for (const shown of read.rules) {
    const group = shown.group ?? 'api';
    if (flags.group !== undefined && group !== flags.group) continue;
    const exported = exportedOf(shown, group);
    if (typeof exported === 'string') {
      host.err(`left out: ${shown.name}: ${exported}`);
      left += 1;
    } else groups.set(group, [...(groups.get(group) ?? []), exported]);
  }
  const files = [...groups].map(([group, rules]) => ({ ...textOf(group, rules, flags.tenant), group }));
  for (const { group, faithful } of files)
    if (!faithful) throw new Error(`the file of the group ${group} would not be read as the same rules`);
  const written =
    flags.out === undefined ? print(host, files) : write(host, resolve(host.cwd, flags.out), files);
  return written && left === 0 ? exitCodes.ok : exitCodes.failed;
}

/** Every rule of the API, or why there is none to be had. */
async function readAll(remote: Remote): Promise<{ rules: readonly Shown[] } | { problem: string }> {
  const rules: Shown[] = [];
  let cursor: string | null = '';
  while (cursor !== null) {
    const url = new URL(`/api/v1/alerts/rules?origin=api&limit=${pageSize}`, remote.base);
    if (cursor !== '') url.searchParams.set('cursor', cursor);
    let text: string;
    try {
      const response = await fetch(url, {
        headers: { ...remote.headers },
        signal: AbortSignal.timeout(deadlineMs),
      });
      text = await response.text();
      if (response.status !== 200)
        return { problem: `${url.origin} refused (${response.status}): ${text.slice(0, 200)}` };
    } catch (error) {
      return { problem: `${url.origin} does not answer: ${reasonOf(error)}` };
    }
    const page = pageIn(text);
    if (page === null) return { problem: `${url.origin} is no Tocsin: ${text.slice(0, 200)}` };
    rules.push(...page.items);
    cursor = page.next;
  }
  return { rules };
}

function pageIn(text: string): { readonly items: readonly Shown[]; readonly next: string | null } | null {
  try {
    const page = JSON.parse(text) as { items?: readonly Shown[]; next?: string | null };
    return Array.isArray(page.items) ? { items: page.items, next: page.next ?? null } : null;
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
}

/** The rule without the keys that change nothing; a text says why it cannot be exported. */
function exportedOf(shown: Shown, group: string): Exported | string {
  const { group: _group, ...document } = withoutShown(shown);
  const hash = hashOf(document, group);
  if (!shown.active || hash === null) return 'it does not run; see its problems';
  if (hash !== shown.hash) return 'this version of the command reads it differently; use the one that runs';
  const kept: Record<string, unknown> = { ...document };
  for (const key of Object.keys(document)) {
    if (key === 'name' || key === 'type') continue;
    const { [key]: value, ...without } = kept;
    if (hashOf(without, group) === hash) delete kept[key];
    else kept[key] = value;
  }
  return { hash, document: kept };
}

function hashOf(document: Readonly<Record<string, unknown>>, group: string): string | null {
  const read = parseRule(document, { kind: 'api' }, { tenant: 'default', group, labels: emptyLabels });
  return 'rule' in read ? read.rule.hash : null;
}

function textOf(group: string, rules: readonly Exported[], tenant: string | undefined) {
  const head = tenant === undefined || tenant === 'default' ? { group } : { tenant, group };
  const text = stringify(
    { ...head, rules: rules.map(({ document }) => document) },
    { aliasDuplicateObjects: false, lineWidth: 0 },
  );
  const { rules: again, problems } = parseRuleFile(text, `${group}.yaml`);
  const faithful =
    problems.length === 0 &&
    again.length === rules.length &&
    again.every((rule, i) => rule.hash === rules[i]!.hash && rule.tenant === (tenant ?? 'default'));
  return { text, faithful, count: rules.length };
}

type File = ReturnType<typeof textOf> & { readonly group: string };

function print(host: CliHost, files: readonly File[]): boolean {
  if (files.length > 1) {
    const groups = files.map(({ group }) => group).join(', ');
    host.err(
      `there are several groups, a file each: name one with --group, or a folder with --out (${groups})`,
    );
    return false;
  }
  for (const { text } of files) host.out(text.trimEnd());
  if (files.length === 0) host.err('no rules were made through the API');
  return true;
}

function write(host: CliHost, folder: string, files: readonly File[]): boolean {
  mkdirSync(folder, { recursive: true });
  const names = new Set<string>();
  const paths = files.map(({ group }) => {
    const plain = group.replaceAll(/[^\p{L}\p{N}_.-]+/gu, '-').replace(/^\.+/, '') || 'rules';
    let name = plain;
    for (let n = 2; names.has(name.toLowerCase()); n++) name = `${plain}-${n}`;
    names.add(name.toLowerCase());
    return join(folder, `${name}.yaml`);
  });
  const there = paths.filter((path) => existsSync(path));
  if (there.length > 0) {
    host.err(`nothing was written, there is a file already: ${there.join(', ')}`);
    return false;
  }
  for (const [i, { text, count }] of files.entries()) {
    writeFileSync(paths[i]!, text, { flag: 'wx' });
    host.out(`${paths[i]}: ${counted(count, 'rule')}`);
  }
  if (files.length === 0) host.err('no rules were made through the API');
  return true;
}
