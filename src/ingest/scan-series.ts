// Finds metric and labels in JSON bytes. Only where they begin and end is found here: that what lies between is valid was
// seen when the alias was learned, or is seen by `readSeries` when these bytes are new. Newlines are refused because
// NDJSON shares the aliases.
import { isObject, type SeriesNames, seriesOf } from './json-sample.ts';

export const comma = 0x2c;
export const colon = 0x3a;
export const quote = 0x22;
export const backslash = 0x5c;
export const newline = 0x0a;
export const carriageReturn = 0x0d;
export const tab = 0x09;
export const space = 0x20;
export const openBrace = 0x7b;
export const closeBrace = 0x7d;
export const openBracket = 0x5b;
export const closeBracket = 0x5d;

/** Position of the first byte that is not white space within a line. */
export function skipBlank(bytes: Uint8Array, from: number): number {
  let at = from;
  let byte = bytes[at]!;
  while (byte <= space && (byte === space || byte === tab || byte === carriageReturn)) byte = bytes[++at]!;
  return at;
}

/** The same over lines: JSON's white space. */
export function skipSpace(bytes: Uint8Array, from: number): number {
  let at = from;
  let byte = bytes[at]!;
  while (byte <= space && (byte === space || byte === newline || byte === carriageReturn || byte === tab)) {
    byte = bytes[++at]!;
  }
  return at;
}

/** A key as it is written, with its quotes. */
export function keyBytes(name: string): Uint8Array {
  return new TextEncoder().encode(`"${name}"`);
}

/** Reads `key`, a colon and what is blank; answers where the value begins, -1 when something else is there. */
export function afterKey(bytes: Uint8Array, from: number, key: Uint8Array): number {
  for (let i = 0; i < key.length; i++) if (bytes[from + i] !== key[i]) return -1;
  let at = from + key.length;
  if (bytes[at] !== colon) {
    at = skipBlank(bytes, at);
    if (bytes[at] !== colon) return -1;
  }
  return skipBlank(bytes, at + 1);
}

/** From an opening quote to after the closing one, -1 when there is none. Escapes are stepped over, not checked. */
export function skipString(bytes: Uint8Array, from: number): number {
  if (bytes[from] !== quote) return -1;
  let at = from + 1;
  for (;;) {
    const byte = bytes[at]!;
    if (byte === quote) return at + 1;
    if (byte === backslash) at += 2;
    else if (byte >= space) at++;
    else return -1; // a control character, or the end
  }
}

/** From an opening brace to after the first closing one outside of a string, -1 when there is none in this line. */
export function skipLabels(bytes: Uint8Array, from: number): number {
  if (bytes[from] !== openBrace) return -1;
  let at = from + 1;
  for (;;) {
    const byte = bytes[at]!;
    if (byte === quote) {
      at = skipString(bytes, at);
      if (at === -1) return -1;
    } else if (byte === closeBrace) return at + 1;
    else if (byte >= space || byte === tab || byte === carriageReturn) at++;
    else return -1;
  }
}

/** What the plain decoder reads in the members `metric` and `labels` as they stand in a sample; null when it refuses them. */
export function readSeries(members: string): SeriesNames | null {
  let item: unknown;
  try {
    item = JSON.parse(`{${members}}`);
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
  const series = isObject(item) ? seriesOf(item) : null;
  return series === null || 'code' in series ? null : series;
}
