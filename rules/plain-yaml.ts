// The YAML that people write rules in, read at a twentieth of the library's cost: block maps and lists, flow ones on one
// line, texts on one line, block scalars, comments. Whatever is not exactly that, and everything that is wrong, is left to
// the library: there is an answer only where the library has the same one, with nothing to say about it.
import { coreScalar } from './core-scalar.ts';
import type { Path } from './read-keys.ts';

export interface PlainYaml {
  /** Maps as objects, lists as arrays. */
  readonly value: unknown;
  /** Index into the text of a key or a value; of what is not there, that of its nearest parent. */
  offsetOf(path: Path, at: 'key' | 'value'): number;
}

/** Reads a text whose outermost value is a block map; null: it is the library's. */
export function readPlainYaml(text: string): PlainYaml | null {
  if (foreign.test(text)) return null;
  try {
    const reader = new Reader(text);
    const value = reader.read();
    return { value, offsetOf: (path, at) => reader.offsetOf(value, path, at) };
  } catch (error) {
    if (error === notPlain) return null;
    throw error;
  }
}

/** Line breaks of other systems, tabs, marks of byte order, and what has no place in a text. */
const foreign = /[^\P{Cc}\n]|[\u2028\u2029\ufeff]/u;
/** Deeper ones are for the library, which has its own bounds. */
const maxDepth = 24;
const maxKeyLength = 128;
const notPlain = new Error('not plain');

const fail = (): never => {
  throw notPlain;
};

// biome-ignore format: a table
const [newline, space, doubleQuote, hash, singleQuote, plus, comma, minus, dot, colon, less, greater, bar, tilde, backslash] =
  [10, 32, 34, 35, 39, 43, 44, 45, 46, 58, 60, 62, 124, 126, 92];
const [openList, closeList, openMap, closeMap] = [91, 93, 123, 125];

const key = /([A-Za-z_][A-Za-z0-9_./-]*):(?=[ \n]|$)/y;
const isDigit = (code: number): boolean => code >= 48 && code <= 57;
const isLetter = (code: number): boolean => (code >= 65 && code <= 90) || (code >= 97 && code <= 122);
const endsFlow = (code: number): boolean =>
  code === comma || code === openList || code === closeList || code === openMap || code === closeMap;

/** What a plain text may begin with: nothing that means something to YAML. */
function beginsPlain(code: number, next: number): boolean {
  if (isLetter(code) || isDigit(code) || code > 0x9f) return true;
  if (code === minus) return isDigit(next) || next === dot;
  return code === 95 || code === 47 || code === dot || code === plus || code === less || code === tilde;
}

class Reader {
  readonly #text: string;
  #at = 0;
  /** Indentation of the line that the last value left us at; -1 at the end. */
  #indent = 0;
  /** Of each list where its items stand; of each map where its keys and values stand, by turns. */
  readonly #places = new Map<object, number[]>();
  /** Of the maps that somebody asked about. */
  readonly #orders = new Map<object, ReadonlyMap<string, number>>();

  constructor(text: string) {
    this.#text = text;
  }

  read(): Readonly<Record<string, unknown>> {
    this.#indent = this.#nextLine();
    if (this.#indent === 0 && this.#text.startsWith('---\n', this.#at)) {
      this.#at += '---\n'.length;
      this.#indent = this.#nextLine();
    }
    if (this.#indent !== 0) fail();
    const map = this.#blockMap(0, 1);
    if (this.#at < this.#text.length) fail();
    return map;
  }

  offsetOf(root: unknown, path: Path, want: 'key' | 'value'): number {
    let value = root;
    let offset = this.#places.get(root as object)?.[0] ?? 0;
    for (const [i, part] of path.entries()) {
      const places = typeof value === 'object' && value !== null ? this.#places.get(value) : undefined;
      if (places === undefined) return offset;
      if (Array.isArray(value)) {
        const item = places[Number(part)];
        if (item === undefined) return offset;
        offset = item;
        value = (value as unknown[])[Number(part)];
      } else {
        const n = this.#orderOf(value as object).get(String(part));
        if (n === undefined) return offset;
        if (want === 'key' && i === path.length - 1) return places[2 * n]!;
        offset = places[2 * n + 1]!;
        value = (value as Record<string, unknown>)[String(part)];
      }
    }
    return offset;
  }

  /** The number of each key. They never look like integers, so that they are in the order of the text. */
  #orderOf(map: object): ReadonlyMap<string, number> {
    let order = this.#orders.get(map);
    if (order === undefined) {
      order = new Map(Object.keys(map).map((name, n) => [name, n]));
      this.#orders.set(map, order);
    }
    return order;
  }

  #code(at: number = this.#at): number {
    return this.#text.charCodeAt(at);
  }

  /** Goes on to the next line with something on it; answers its indentation, -1 at the end. The place is a line's start. */
  #nextLine(): number {
    for (;;) {
      const from = this.#at;
      this.#spaces();
      const code = this.#code();
      if (code === hash) this.#at = this.#endOfLine();
      else if (code !== newline) return this.#at < this.#text.length ? this.#at - from : -1;
      if (this.#at < this.#text.length) this.#at++;
    }
  }

  #endOfLine(): number {
    const end = this.#text.indexOf('\n', this.#at);
    return end === -1 ? this.#text.length : end;
  }

  /** Only spaces and a comment may follow in this line; goes on to the next line with something on it. */
  #restOfLine(): number {
    const from = this.#at;
    this.#spaces();
    if (this.#at < this.#text.length && this.#code() !== newline) {
      if (this.#code() !== hash || this.#at === from) fail();
      this.#at = this.#endOfLine();
    }
    if (this.#at < this.#text.length) this.#at++;
    return this.#nextLine();
  }

  #keyHere(): string | null {
    key.lastIndex = this.#at;
    const found = key.exec(this.#text)?.[1];
    return found === undefined || found.length > maxKeyLength ? null : found;
  }

  /** At its first key, which stands at column `indent`. Leaves at the first line that is not its own: whoever is left with one in the end refuses it. */
  #blockMap(indent: number, depth: number): Record<string, unknown> {
    if (depth > maxDepth) fail();
    const map: Record<string, unknown> = {};
    const places: number[] = [];
    this.#places.set(map, places);
    do {
      const name = this.#newKey(map);
      const keyAt = this.#at;
      this.#at += name.length + 1;
      this.#spaces();
      const code = this.#code();
      let valueAt = this.#at;
      let value: unknown;
      if (this.#at >= this.#text.length || code === newline || code === hash) {
        if (code === hash && this.#code(this.#at - 1) !== space) fail();
        this.#indent = this.#restOfLine();
        valueAt = this.#at;
        const isList = this.#beginsItem();
        if (this.#indent > indent || (this.#indent === indent && isList))
          value = isList ? this.#blockList(this.#indent, depth + 1) : this.#blockMap(this.#indent, depth + 1);
        else {
          value = null;
          valueAt = keyAt;
        }
      } else if (code === bar || code === greater) {
        value = this.#blockScalar(indent);
      } else {
        value = this.#inline(depth);
        this.#indent = this.#restOfLine();
      }
      map[name] = value;
      places.push(keyAt, valueAt);
    } while (this.#indent === indent);
    return map;
  }

  #newKey(map: object): string {
    const name = this.#keyHere();
    return name === null || name === '__proto__' || Object.hasOwn(map, name) || coreScalar(name) !== name
      ? fail()
      : name;
  }

  #beginsItem(): boolean {
    return this.#code() === minus && this.#code(this.#at + 1) === space;
  }

  /** At its first `- `, which stands at column `indent`. */
  #blockList(indent: number, depth: number): unknown[] {
    if (depth > maxDepth) fail();
    const list: unknown[] = [];
    const places: number[] = [];
    this.#places.set(list, places);
    do {
      const dash = this.#at;
      this.#at++;
      this.#spaces();
      places.push(this.#at);
      if (this.#keyHere() !== null) {
        list.push(this.#blockMap(indent + this.#at - dash, depth + 1));
      } else {
        list.push(this.#inline(depth));
        this.#indent = this.#restOfLine();
      }
    } while (this.#indent === indent && this.#beginsItem());
    return list;
  }

  /** A value within its line, in a block. */
  #inline(depth: number): unknown {
    const code = this.#code();
    if (code === openList || code === openMap) return this.#flow(depth + 1);
    if (code === doubleQuote) return this.#doubleQuoted();
    if (code === singleQuote) return this.#singleQuoted();
    if (!beginsPlain(code, this.#code(this.#at + 1))) fail();
    const from = this.#at;
    const last = this.#endOfLine();
    let end = from;
    for (let at = from; at < last; at++) {
      const here = this.#code(at);
      if (here === space) continue;
      if (here === hash && this.#code(at - 1) === space) break;
      if (here === colon && (at + 1 === last || this.#code(at + 1) === space)) fail();
      end = at + 1;
    }
    this.#at = end;
    return coreScalar(this.#text.slice(from, end));
  }

  /** With no other escapes than `\"`, `\\` and `\n`. */
  #doubleQuoted(): string {
    const from = this.#at + 1;
    let at = from;
    let escaped = false;
    for (let code = this.#code(at); code !== doubleQuote; code = this.#code(++at)) {
      if (code === newline || at >= this.#text.length) fail();
      if (code !== backslash) continue;
      escaped = true;
      const next = this.#code(++at);
      if (next !== doubleQuote && next !== backslash && next !== 110) fail();
    }
    this.#at = at + 1;
    const source = this.#text.slice(from, at);
    return escaped ? source.replace(/\\(.)/g, (_, what: string) => (what === 'n' ? '\n' : what)) : source;
  }

  #singleQuoted(): string {
    const from = this.#at + 1;
    let at = from;
    let doubled = false;
    for (; ; at++) {
      const code = this.#code(at);
      if (code === newline || at >= this.#text.length) fail();
      if (code !== singleQuote) continue;
      if (this.#code(at + 1) !== singleQuote) break;
      doubled = true;
      at++;
    }
    this.#at = at + 1;
    const source = this.#text.slice(from, at);
    return doubled ? source.replaceAll("''", "'") : source;
  }

  /** A list or a map in brackets, on one line. */
  #flow(depth: number): unknown {
    if (depth > maxDepth) fail();
    const isList = this.#code() === openList;
    const close = isList ? closeList : closeMap;
    const list: unknown[] = [];
    const map: Record<string, unknown> = {};
    const places: number[] = [];
    this.#places.set(isList ? list : map, places);
    this.#at++;
    this.#spaces();
    while (this.#code() !== close) {
      if (isList) {
        places.push(this.#at);
        list.push(this.#flowValue(depth));
      } else {
        const name = this.#newKey(map);
        places.push(this.#at);
        this.#at += name.length + 1;
        this.#spaces();
        places.push(this.#at);
        map[name] = this.#flowValue(depth);
      }
      this.#spaces();
      if (this.#code() === close) break;
      if (this.#code() !== comma) fail();
      this.#at++;
      this.#spaces();
    }
    this.#at++;
    return isList ? list : map;
  }

  #spaces(): void {
    while (this.#code() === space) this.#at++;
  }

  #flowValue(depth: number): unknown {
    const code = this.#code();
    if (code === openList || code === openMap) return this.#flow(depth + 1);
    if (code === doubleQuote) return this.#doubleQuoted();
    if (code === singleQuote) return this.#singleQuoted();
    if (!beginsPlain(code, this.#code(this.#at + 1))) fail();
    const from = this.#at;
    let end = from;
    for (let at = from; ; at++) {
      const here = this.#code(at);
      if (here === space) continue;
      if (endsFlow(here)) break;
      if (here === newline || at >= this.#text.length) fail();
      if (here === hash && this.#code(at - 1) === space) fail();
      if (here === colon && (this.#code(at + 1) === space || endsFlow(this.#code(at + 1)))) fail();
      end = at + 1;
    }
    this.#at = end;
    return coreScalar(this.#text.slice(from, end));
  }

  /** `|` or `>`, perhaps with `-`, under a key at column `indent`; no line of it stands further in than the first. */
  #blockScalar(indent: number): string {
    const folded = this.#code() === greater;
    this.#at++;
    const strip = this.#code() === minus;
    if (strip) this.#at++;
    if (this.#code() !== newline) fail();
    this.#at++;
    const lines: string[] = [];
    let column = 0;
    for (;;) {
      const from = this.#at;
      this.#spaces();
      const in_ = this.#at - from;
      const isBlank = this.#at >= this.#text.length || this.#code() === newline;
      if (column === 0 && isBlank) fail();
      if (column === 0) {
        column = in_;
        if (column <= indent) fail();
      }
      if (isBlank) {
        if (in_ > column) fail();
        if (this.#at >= this.#text.length) {
          this.#indent = -1;
          break;
        }
        lines.push('');
      } else if (in_ < column) {
        this.#at = from;
        this.#indent = this.#nextLine();
        break;
      } else {
        if (in_ > column) fail();
        lines.push(this.#text.slice(this.#at, this.#endOfLine()));
        this.#at = this.#endOfLine();
      }
      if (this.#at < this.#text.length) this.#at++;
    }
    while (lines.at(-1) === '') lines.pop();
    const end = strip ? '' : '\n';
    if (!folded) return lines.join('\n') + end;
    let text = lines[0]!;
    for (let i = 1; i < lines.length; i++) {
      if (lines[i] === '') text += '\n';
      else text += (lines[i - 1] === '' ? '' : ' ') + lines[i];
    }
    return text + end;
  }
}
