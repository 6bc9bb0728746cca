// Double-quoted strings with Go's escapes, as Alertmanager's matchers have them (strconv.Unquote).
import type { SyntaxProblem } from './syntax-problem.ts';

const simpleEscapes: Readonly<Record<string, string>> = {
  a: '\x07',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
  '\\': '\\',
  '"': '"',
};
const numericEscape = /x([0-9a-fA-F]{2})|([0-3][0-7]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})/y;

/** Reads the string that begins with the double quote at `start`; `end` is the index after its closing quote. */
export function unquoteGo(text: string, start: number): { value: string; end: number } | SyntaxProblem {
  let value = '';
  let bytes: number[] = [];
  const flush = (): boolean => {
    const decoded = decodeUtf8(bytes);
    bytes = [];
    value += decoded ?? '';
    return decoded !== null;
  };
  for (let i = start + 1; i < text.length; i++) {
    const char = text[i]!;
    if (char === '\\') {
      const escaped = simpleEscapes[text[i + 1] ?? ''];
      numericEscape.lastIndex = i + 1;
      const numeric = escaped === undefined ? numericEscape.exec(text) : null;
      if (numeric?.[1] ?? numeric?.[2]) {
        bytes.push(numeric![1] ? Number.parseInt(numeric![1], 16) : Number.parseInt(numeric![2]!, 8));
        i += numeric![0].length;
        continue;
      }
      const code = Number.parseInt(numeric?.[3] ?? numeric?.[4] ?? '', 16);
      if (escaped === undefined && !(code <= 0x10ffff && (code < 0xd800 || code > 0xdfff))) {
        return { problem: `unknown escape \\${text[i + 1] ?? ''} in a quoted string`, offset: i };
      }
      if (!flush()) return { problem: 'escapes that are not valid UTF-8', offset: i };
      value += escaped ?? String.fromCodePoint(code);
      i += numeric ? numeric[0].length : 1;
      continue;
    }
    if (!flush()) return { problem: 'escapes that are not valid UTF-8', offset: i };
    if (char === '"') return { value, end: i + 1 };
    if (char === '\n') return { problem: 'expected a closing " before the end of the line', offset: i };
    value += char;
  }
  return { problem: 'expected a closing "', offset: text.length };
}

/** A text as a double-quoted string that `unquoteGo` reads back. */
export function quoteGo(text: string): string {
  return `"${text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')}"`;
}

/** Strict UTF-8: null for anything overlong, cut off, beyond U+10FFFF or a surrogate. */
function decodeUtf8(bytes: readonly number[]): string | null {
  let text = '';
  for (let i = 0; i < bytes.length; ) {
    const lead = bytes[i++]!;
    const more = lead < 0x80 ? 0 : lead >= 0xf0 ? 3 : lead >= 0xe0 ? 2 : lead >= 0xc0 ? 1 : -1;
    if (more < 0 || lead > 0xf4) return null;
    let code = more === 0 ? lead : lead & (0x3f >> more);
    for (let k = 0; k < more; k++) {
      const next = bytes[i++];
      if (next === undefined || (next & 0xc0) !== 0x80) return null;
      code = (code << 6) | (next & 0x3f);
    }
    const least = [0, 0x80, 0x800, 0x10000][more]!;
    if (code < least || code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff)) return null;
    text += String.fromCodePoint(code);
  }
  return text;
}
