// Users' regular expressions: RE2 syntax, fully anchored, in time linear in the text whatever the pattern (the native
// RegExp can be made to block the process for seconds). What is really a set of literals or a prefix costs no regex.
import { RE2JS, RE2JSException } from 're2js';
import { writtenOutSize } from './pattern-size.ts';
import type { SyntaxProblem } from './syntax-problem.ts';
import { utf8Length } from './utf8.ts';

/** Whether a text matches as a whole. */
export type Pattern = (text: string) => boolean;

const maxPatternBytes = 1024;
// `(?:a?){1000}` is 2,003 instructions and takes 100 ms on 2 KiB of text: the worst cost grows with this figure.
const maxProgram = 1_500;
// Looked at before anything is compiled: what passes costs some ten milliseconds at worst. Well above what a program of
// 1,500 instructions can be written as.
const maxWrittenOut = 5 * maxProgram;
const tooComplex = { problem: 'expected a simpler regular expression', offset: 0 };
const maxAnswers = 10_000;

const meta = String.raw`\\.+*?()|[\]{}^$`;
const literal = new RegExp(`^(?:[^${meta}]|\\\\[${meta}])*$`);
const loneSurrogate = /\p{Surrogate}/u;
const escapedMeta = new RegExp(`\\\\([${meta}])`, 'g');

/** Compiles a pattern, taking the short way where the pattern allows it. */
export function compilePattern(source: string): Pattern | SyntaxProblem {
  if (utf8Length(source) > maxPatternBytes) {
    return { problem: `expected a regular expression of at most ${maxPatternBytes} bytes`, offset: 0 };
  }
  // Texts are cut at units here and at code points there, so half a surrogate pair is left to the regex.
  if (loneSurrogate.test(source)) return compileRegex(source);
  return compileSet(source) ?? compilePrefix(source) ?? compileRegex(source);
}

/** `a|b|c` of literals. */
function compileSet(source: string): Pattern | null {
  const members = splitAlternatives(source);
  if (members === null) return null;
  if (members.length === 1) {
    const only = members[0];
    return (text) => text === only;
  }
  const set = new Set(members);
  return (text) => set.has(text);
}

function splitAlternatives(source: string): string[] | null {
  // An escaped bar is a literal one, so the alternatives are cut at bars that no backslash precedes; an even number of
  // backslashes before a bar makes this cut too little, the part is then no literal, and the regex decides.
  const parts = source.split(/(?<!\\)\|/);
  if (!parts.every((part) => literal.test(part))) return null;
  return parts.map((part) => part.replace(escapedMeta, '$1'));
}

/** A literal and then `.*`, which spans everything except line feeds; `.*` alone is the empty prefix. */
function compilePrefix(source: string): Pattern | null {
  if (!source.endsWith('.*')) return null;
  const head = source.slice(0, -2);
  if (!literal.test(head)) return null;
  const prefix = head.replace(escapedMeta, '$1');
  return (text) => text.startsWith(prefix) && !text.includes('\n', prefix.length);
}

/** The general way. Answers are kept per text, the oldest going first: label values recur by the thousand. */
export function compileRegex(source: string): Pattern | SyntaxProblem {
  if (writtenOutSize(source) > maxWrittenOut) return tooComplex;
  let regex: RE2JS;
  try {
    regex = RE2JS.compile(source);
  } catch (error) {
    if (!(error instanceof RE2JSException)) throw error;
    return { problem: `not a regular expression in RE2 syntax: ${error.message}`, offset: 0 };
  }
  if (regex.programSize() > maxProgram) return tooComplex;
  const answers = new Map<string, boolean>();
  return (text) => {
    const known = answers.get(text);
    if (known !== undefined) return known;
    const answer = regex.testExact(text);
    if (answers.size >= maxAnswers) answers.delete(answers.keys().next().value!);
    answers.set(text, answer);
    return answer;
  };
}
