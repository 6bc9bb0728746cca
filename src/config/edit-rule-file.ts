// Some keys of one rule changed in the text of its file. Only what has to change does: comments, quotes and layout stay
// byte for byte, because values are put in the place of values by where the parser found them.
import { isAlias, isMap, isScalar, isSeq, type Pair, parseDocument, type YAMLMap } from 'yaml';
import { parseRuleFile } from '../../rules/parse.ts';
import type { Rule } from '../../rules/types.ts';

export interface RuleEdit {
  readonly tenant: string;
  readonly name: string;
  /** Keys of the rule with their new values: numbers, or durations as text. */
  readonly patch: Readonly<Record<string, string | number>>;
  /** Content hash that the rule has then; that of every other rule stays. */
  readonly hash: string;
}

interface Splice {
  readonly at: number;
  readonly end: number;
  readonly text: string;
}

/** The text with the change, or why a person has to make it. */
export function editRuleFile(
  text: string,
  file: string,
  edit: RuleEdit,
): string | { readonly problem: string } {
  const before = parseRuleFile(text, file);
  if (before.problems.length > 0) return { problem: `${before.problems[0]!.message}` };
  const document = parseDocument(text, { schema: 'core', merge: false, uniqueKeys: false });
  const list: unknown = document.get('rules', true);
  if (!isSeq(list)) return { problem: 'its rules are not a list' };
  const node = list.items.find((item) => isMap(item) && nameIn(item) === edit.name);
  if (!isMap(node)) return { problem: `no rule of the list is called ${edit.name}` };
  const splices: Splice[] = [];
  const added: string[] = [];
  for (const [key, value] of Object.entries(edit.patch)) {
    const pair = pairOf(node, key);
    if (pair === undefined) {
      added.push(`${key}: ${value}`);
      continue;
    }
    const { value: at } = pair;
    const range = isScalar(at) || isAlias(at) ? at.range : null;
    if (range == null) return { problem: `${key} has no plain value` };
    splices.push({ at: range[0], end: range[1], text: String(value) });
  }
  if (added.length > 0) {
    const where = additionTo(node, text, added);
    if (where === null) return { problem: 'the rule has no place for another key' };
    splices.push(where);
  }
  // From the end on, so that places before stay what they are.
  let after = text;
  for (const { at, end, text: put } of splices.sort((a, b) => b.at - a.at))
    after = after.slice(0, at) + put + after.slice(end);
  return isJustThat(before.rules, after, file, edit)
    ? after
    : { problem: 'the change cannot be made in the text alone (an anchor, or a key in an unusual place)' };
}

function nameIn(map: YAMLMap): unknown {
  const value: unknown = map.get('name', true);
  return isScalar(value) ? value.value : undefined;
}

function pairOf(map: YAMLMap, key: string): Pair | undefined {
  return map.items.find(({ key: own }) => isScalar(own) && own.value === key);
}

/** New keys stand behind the one that they belong to: a threshold, or else what comes last. */
function additionTo(map: YAMLMap, text: string, added: readonly string[]): Splice | null {
  const neighbour = pairOf(map, 'threshold') ?? map.items.findLast(({ value }) => isScalar(value));
  if (neighbour === undefined) return null;
  const { key, value } = neighbour;
  if (!isScalar(key) || !isScalar(value) || key.range == null || value.range == null) return null;
  const at = value.range[1];
  if (map.flow) return { at, end: at, text: added.map((line) => `, ${line}`).join('') };
  const lineStart = text.lastIndexOf('\n', key.range[0] - 1) + 1;
  // Of the first key of an item the dash is part of the indentation.
  const indent = text.slice(lineStart, key.range[0]).replaceAll(/[^\s]/g, ' ');
  const next = text.indexOf('\n', at);
  const lines = added.map((line) => `${indent}${line}`);
  const newline = text.includes('\r\n') ? '\r\n' : '\n';
  if (next === -1)
    return { at: text.length, end: text.length, text: lines.map((line) => newline + line).join('') };
  return { at: next + 1, end: next + 1, text: lines.map((line) => line + newline).join('') };
}

/** The rule is what it was to become, and nothing else has changed. */
function isJustThat(before: readonly Rule[], text: string, file: string, edit: RuleEdit): boolean {
  const after = parseRuleFile(text, file);
  if (after.problems.length > 0 || after.rules.length !== before.length) return false;
  return after.rules.every((rule, i) => {
    const was = before[i]!;
    if (rule.name !== was.name || rule.tenant !== was.tenant) return false;
    return rule.hash === (rule.name === edit.name && rule.tenant === edit.tenant ? edit.hash : was.hash);
  });
}
