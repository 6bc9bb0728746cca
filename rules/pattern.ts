// Users' regular expressions: RE2 syntax, fully anchored, in time linear in the text whatever the pattern (the native
// RegExp can be made to block the process for seconds). What is really a set of literals or a prefix costs no regex.
import { RE2JS, RE2JSException } from 're2js';
import { writtenOutSize } from './pattern-size.ts';
import { isSyntaxProblem, type SyntaxProblem } from './syntax-problem.ts';
import { utf8Length } from './utf8.ts';

/** Whether a text matches as a whole. */
export type Pattern = (text: string) => boolean;

const maxPatternBytes = 1024;
// Simulating the program costs at most its instructions for each character: 1,500 of them on the 2 KiB of the longest label
// value take some 70 ms at worst.
const maxProgram = 1_500;
// Up to here states are kept, which is many times as fast for texts that are alike. Each new state may cost as much as
// sixteen characters of the simulation, and `(a|b)*a(a|b){n}` makes one at every character: 30 ms with 100 instructions,
// 350 ms with 1,450.
const maxProgramWithStates = 100;
// Looked at before anything is compiled: what passes costs some ten milliseconds at worst. Well above what a program of
// 1,500 instructions can be written as.
const maxWrittenOut = 5 * maxProgram;
const tooComplex = (instructions: number, about = ''): SyntaxProblem => ({
  problem: `expected a simpler regular expression: this one has ${about}${instructions} instructions, at most ${maxProgram} are allowed`,
  offset: 0,
});
const tooLong: SyntaxProblem = {
  problem: `expected a regular expression of at most ${maxPatternBytes} bytes`,
  offset: 0,
};
const maxAnswers = 10_000;

const meta = String.raw`\\.+*?()|[\]{}^$`;
const literal = new RegExp(`^(?:[^${meta}]|\\\\[${meta}])*$`);
const loneSurrogate = /\p{Surrogate}/u;
const grouped = /^\((?:\?:)?([\s\S]*)\)$/;
const escapedMeta = new RegExp(`\\\\([${meta}])`, 'g');

/** Compiles a pattern, taking the short way where the pattern allows it. */
export function compilePattern(source: string): Pattern | SyntaxProblem {
  if (utf8Length(source) > maxPatternBytes) return tooLong;
  // Texts are cut at units here and at code points there, so half a surrogate pair is left to the regex.
  if (loneSurrogate.test(source)) return compileRegex(source);
  return compileSet(source) ?? compilePrefix(source) ?? compileRegex(source);
}

/** `a|b|c` of literals, also in a group of their own. */
function compileSet(source: string): Pattern | null {
  const members = splitAlternatives(source.replace(grouped, '$1'));
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

/** What a pattern of RE2 is compiled to, within the bounds of its program. */
function compileProgram(source: string): { regex: RE2JS; instructions: number } | SyntaxProblem {
  const size = writtenOutSize(source);
  if (size > maxWrittenOut) return tooComplex(size, 'about ');
  let regex: RE2JS;
  try {
    regex = RE2JS.compile(source);
  } catch (error) {
    if (!(error instanceof RE2JSException)) throw error;
    return { problem: `not a regular expression in RE2 syntax: ${error.message}`, offset: 0 };
  }
  const instructions = regex.programSize();
  return instructions > maxProgram ? tooComplex(instructions) : { regex, instructions };
}

/** Compiles a pattern that is looked for anywhere in a text. No answer is kept: such texts are hardly ever alike. */
export function compileSearch(source: string): Pattern | SyntaxProblem {
  if (utf8Length(source) > maxPatternBytes) return tooLong;
  const program = compileProgram(source);
  if (isSyntaxProblem(program)) return program;
  const { regex, instructions } = program;
  return instructions <= maxProgramWithStates
    ? (text) => regex.test(text)
    : (text) => regex.matcher(text).find();
}

/** The general way. Answers are kept per text, the oldest going first: label values recur by the thousand. */
export function compileRegex(source: string): Pattern | SyntaxProblem {
  const program = compileProgram(source);
  if (isSyntaxProblem(program)) return program;
  const { regex, instructions } = program;
  const matches: Pattern =
    instructions <= maxProgramWithStates
      ? (text) => regex.testExact(text)
      : (text) => regex.matcher(text).matches();
  const answers = new Map<string, boolean>();
  return (text) => {
    const known = answers.get(text);
    if (known !== undefined) return known;
    const answer = matches(text);
    if (answers.size >= maxAnswers) answers.delete(answers.keys().next().value!);
    answers.set(text, answer);
    return answer;
  };
}
