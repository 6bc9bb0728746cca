// A YAML text as plain data that remembers where everything stood. Bounded before it is parsed: the parser recurses
// over nesting and expands aliases, and both can be made to cost far more than the text is long.

import type { CST, Document } from 'yaml';
import { Composer, isAlias, isMap, isScalar, isSeq, Lexer, LineCounter, Parser, visit } from 'yaml';
import { readPlainYaml } from './plain-yaml.ts';
import type { Path } from './read-keys.ts';

export interface Position {
  /** Both start at 1. */
  readonly line: number;
  readonly column: number;
}

export interface YamlProblem extends Position {
  readonly message: string;
}

export interface YamlSource {
  readonly value: unknown;
  /** Where a key or a value stands; of what is not there, where its nearest parent stands. */
  locate(path: Path, at: 'key' | 'value'): Position;
}

const maxDepth = 32;
const maxAliases = 100;

/** Reads one YAML 1.2 document. Any syntax problem, duplicate key or unknown tag refuses the text as a whole. */
export function readYaml(text: string): YamlSource | { readonly problems: readonly YamlProblem[] } {
  const plain = readPlainYaml(text);
  if (plain === null) return readAnyYaml(text);
  let lines: LineCounter | null = null;
  return {
    value: plain.value,
    locate(path, at) {
      lines ??= linesOf(text);
      const { line, col } = lines.linePos(plain.offsetOf(path, at));
      return { line, column: col };
    },
  };
}

function linesOf(text: string): LineCounter {
  const lines = new LineCounter();
  lines.addNewLine(0);
  for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1)) lines.addNewLine(at + 1);
  return lines;
}

/** `readYaml` by the library alone, whose every answer is the right one. */
export function readAnyYaml(text: string): YamlSource | { readonly problems: readonly YamlProblem[] } {
  const lines = new LineCounter();
  const position = (offset: number): Position => {
    const { line, col } = lines.linePos(offset);
    // The counter answers line 0 for a text that it saw no line of.
    return { line: Math.max(1, line), column: Math.max(1, col) };
  };
  const document = compose(text, lines);
  if ('message' in document) return { problems: [document] };
  const problems = [...document.errors, ...document.warnings].map((error) => ({
    ...position(error.pos[0]),
    message: error.message,
  }));
  if (problems.length > 0) return { problems };
  try {
    problems.push(...checkNodes(document).map(({ offset, message }) => ({ ...position(offset), message })));
    if (problems.length > 0) return { problems };
    const value: unknown = document.toJS({ maxAliasCount: maxAliases });
    return { value, locate: (path, at) => position(offsetOf(document, path, at)) };
  } catch (error) {
    // ReferenceError: aliases that expand too far, or to nothing. RangeError: nesting too deep for the stack.
    if (!(error instanceof ReferenceError || error instanceof RangeError)) throw error;
    return { problems: [{ line: 1, column: 1, message: error.message }] };
  }
}

/** As `parseDocument` of the library, which would read the tokens once more than the check of them does. */
function compose(text: string, lines: LineCounter): Document | YamlProblem {
  const composer = new Composer({
    lineCounter: lines,
    prettyErrors: false,
    // Checked below: the parser's own check compares every key with every other.
    uniqueKeys: false,
    schema: 'core',
    merge: false,
    logLevel: 'error',
  });
  const tokens = checkedTokens(text, new Parser(lines.addNewLine), lines);
  let first: Document | null = null;
  try {
    for (const document of composer.compose(tokens, true, text.length)) {
      if (first === null) first = document;
      else {
        const message = 'expected one YAML document';
        return { ...at(text, document.range[0], message) };
      }
    }
  } catch (error) {
    if (error instanceof Unbounded) return error.problem;
    throw error;
  }
  return first ?? { line: 1, column: 1, message: 'expected a YAML document' };
}

class Unbounded extends Error {
  readonly problem: YamlProblem;
  constructor(problem: YamlProblem) {
    super(problem.message);
    this.problem = problem;
  }
}

/**
 * Bounds nesting that costs no indentation (`[[[`, `- - -`) and the number of aliases. A document is composed from its
 * tokens when the last of them was seen, so that what is not bounded is never built.
 */
function* checkedTokens(text: string, parser: Parser, lines: LineCounter): Generator<CST.Token, void> {
  let offset = 0;
  let flow = 0;
  let compact = 0;
  let aliases = 0;
  let scalar = false;
  lines.addNewLine(0);
  for (const token of new Lexer().lex(text)) {
    // Control tokens (document, end of flow, scalar follows) stand for no text.
    if (token === '\x02' || token === '\x18' || token === '\x1f') {
      scalar = token === '\x1f';
    } else {
      if (!scalar) {
        if (token === '[' || token === '{') flow++;
        else if (token === ']' || token === '}') flow--;
        else if (token === '-' || token === '?') compact++;
        else if (token === '\n' || token === '\r\n') compact = 0;
        else if (token.length > 1 && token.startsWith('*')) aliases++;
        if (flow > maxDepth || compact > maxDepth)
          throw new Unbounded(at(text, offset, `nested more than ${maxDepth} deep`));
        if (aliases > maxAliases) throw new Unbounded(at(text, offset, `more than ${maxAliases} aliases`));
      }
      scalar = false;
      offset += token.length;
    }
    yield* parser.next(token);
  }
  yield* parser.end();
}

function at(text: string, offset: number, message: string): YamlProblem {
  const before = text.slice(0, offset);
  const lastBreak = before.lastIndexOf('\n');
  return { line: before.split('\n').length, column: offset - lastBreak, message };
}

/** What the parser does not say or says without a place: duplicate keys, keys that are no text, aliases to nothing. */
function checkNodes(document: Document): { offset: number; message: string }[] {
  const found: { offset: number; message: string }[] = [];
  const anchors = new Set<string>();
  visit(document, {
    Node(_key, node) {
      const offset = startOf(node) ?? 0;
      if (isAlias(node)) {
        if (!anchors.has(node.source))
          found.push({ offset, message: `no anchor &${node.source} before this alias` });
        return;
      }
      if (node.anchor !== undefined) anchors.add(node.anchor);
      if (!isMap(node)) return;
      const seen = new Set<string>();
      for (const { key } of node.items) {
        const keyAt = startOf(key) ?? offset;
        if (!isScalar(key)) {
          found.push({ offset: keyAt, message: 'expected a key that is text' });
          continue;
        }
        const name = String(key.value);
        if (seen.has(name))
          found.push({ offset: keyAt, message: `the key ${JSON.stringify(name)} is there twice` });
        seen.add(name);
      }
    },
  });
  return found;
}

function startOf(node: unknown): number | undefined {
  if (typeof node !== 'object' || node === null || !('range' in node)) return undefined;
  return Array.isArray(node.range) && typeof node.range[0] === 'number' ? node.range[0] : undefined;
}

function offsetOf(document: Document, path: Path, want: 'key' | 'value'): number {
  let node: unknown = document.contents;
  let offset = startOf(node) ?? 0;
  for (let i = 0; i < path.length; i++) {
    const part = path[i];
    // What lies behind an alias is shown where the alias stands: that is the rule at hand.
    if (isAlias(node)) return offset;
    let next: unknown;
    if (isMap(node)) {
      const pair = node.items.find(({ key }) => isScalar(key) && String(key.value) === String(part));
      if (pair === undefined) return offset;
      const keyAt = startOf(pair.key) ?? offset;
      if (want === 'key' && i === path.length - 1) return keyAt;
      const empty = isScalar(pair.value) && pair.value.value === null && pair.value.source === '';
      offset = empty ? keyAt : (startOf(pair.value) ?? keyAt);
      next = pair.value;
    } else if (isSeq(node)) {
      next = node.items[Number(part)];
      offset = startOf(next) ?? offset;
    }
    if (next === undefined || next === null) return offset;
    node = next;
  }
  return offset;
}
