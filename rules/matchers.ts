// Label matchers in Alertmanager's grammar: `name OP value` with = != =~ !~, where name and value are bare words or
// double-quoted, and a regular expression matches the whole value. An absent label is the empty string.
import { quoteGo, unquoteGo } from './go-string.ts';
import { compilePattern } from './pattern.ts';
import type { SyntaxProblem } from './syntax-problem.ts';
import type { Labels, Matcher, MatchOperator } from './types.ts';
import { utf8Length } from './utf8.ts';

const maxMatcherBytes = 4_096;
const reserved = /[\s{}!=~,\\"'`]/u;
const space = /\s/u;

/** Builds one matcher; the problem can only be a bad regular expression. */
export function matcher(name: string, op: MatchOperator, value: string): Matcher | SyntaxProblem {
  switch (op) {
    case '=':
      return { name, op, value, matches: (text) => text === value };
    case '!=':
      return { name, op, value, matches: (text) => text !== value };
    case '=~':
    case '!~': {
      const pattern = compilePattern(value);
      if (typeof pattern !== 'function') return pattern;
      return { name, op, value, matches: op === '=~' ? pattern : (text) => !pattern(text) };
    }
  }
}

/** Reads one matcher, e.g. `env="prod"`, `severity=~"critical|emergency"`, `"service.name"!=api`. */
export function parseMatcher(text: string): Matcher | SyntaxProblem {
  if (utf8Length(text) > maxMatcherBytes) {
    return { problem: `expected a matcher of at most ${maxMatcherBytes} bytes`, offset: 0 };
  }
  const name = word(text, skipSpace(text, 0), 'a label name');
  if ('problem' in name) return name;
  if (name.value === '') return { problem: 'expected a label name', offset: 0 };
  const opAt = skipSpace(text, name.end);
  const op = operatorAt(text, opAt);
  if (op === null)
    return { problem: `expected one of = != =~ !~ after ${JSON.stringify(name.value)}`, offset: opAt };
  const valueAt = skipSpace(text, opAt + op.length);
  const value = word(text, valueAt, 'a value (write "" for the empty one)');
  if ('problem' in value) return value;
  const end = skipSpace(text, value.end);
  if (end < text.length) {
    return {
      problem: `expected nothing after the value, got ${JSON.stringify(text.slice(end, end + 20))}`,
      offset: end,
    };
  }
  const built = matcher(name.value, op, value.value);
  return 'problem' in built ? { ...built, offset: valueAt } : built;
}

/** Whether a label set satisfies every matcher. */
export function matchesAll(matchers: readonly Matcher[], labels: Labels): boolean {
  for (const m of matchers) if (!m.matches(labels[m.name] ?? '')) return false;
  return true;
}

/** Canonical text: `name="value"`, the name quoted only where it must be. Reading it gives the matcher again. */
export function formatMatcher(m: Pick<Matcher, 'name' | 'op' | 'value'>): string {
  const name = m.name === '' || reserved.test(m.name) ? quoteGo(m.name) : m.name;
  return `${name}${m.op}${quoteGo(m.value)}`;
}

function word(text: string, start: number, expected: string): { value: string; end: number } | SyntaxProblem {
  if (text[start] === '"') return unquoteGo(text, start);
  let end = start;
  while (end < text.length && !reserved.test(text[end]!)) end++;
  if (end === start) {
    const got = start < text.length ? JSON.stringify(text[start]) : 'the end';
    return { problem: `expected ${expected}, got ${got}`, offset: start };
  }
  return { value: text.slice(start, end), end };
}

function operatorAt(text: string, at: number): MatchOperator | null {
  const two = text.slice(at, at + 2);
  if (two === '!=' || two === '=~' || two === '!~') return two;
  return text[at] === '=' ? '=' : null;
}

function skipSpace(text: string, from: number): number {
  let at = from;
  while (at < text.length && space.test(text[at]!)) at++;
  return at;
}
