// Prometheus' text exposition by bytes: `name{label="value"} number timestamp`. As with JSON, only the end of name and
// labels is found here; what they say was read by the plain decoder when the alias was learned.
import { isUtf8 } from 'node:buffer';
import { isForbiddenName, labelSet } from '../../rules/labels.ts';
import { prometheusNumber, readLine } from './decode-prometheus.ts';
import type { SeriesNames } from './json-sample.ts';
import type { Scan } from './scan.ts';
import { readNumber } from './scan-number.ts';
import {
  backslash,
  carriageReturn,
  closeBrace,
  newline,
  openBrace,
  quote,
  space,
  tab,
} from './scan-series.ts';

const hash = 0x23;
const minus = 0x2d;
const plus = 0x2b;
const zero = 0x30;
const nine = 0x39;
const firstOfMany = 0x80;
const mostTimeDigits = 15;

/** Bytes that end a bare name, and the newline. */
const endsName = new Uint8Array(256);
for (const character of ' \t\v\f\r\n{}"=,#') endsName[character.charCodeAt(0)] = 1;

export function scanPrometheus(scan: Scan): boolean {
  const { bytes, end } = scan;
  let at = 0;
  for (;;) {
    at = skipSpaces(bytes, at);
    if (at === end) return true;
    const byte = bytes[at]!;
    if (byte === newline) at++;
    else if (byte === carriageReturn) {
      if (at + 1 !== end && bytes[at + 1] !== newline) return false;
      at++;
    } else if (byte === hash) {
      const found = bytes.indexOf(newline, at);
      const last = found === -1 ? end : found;
      if (!isText(bytes, at, last)) return false;
      at = last;
    } else {
      at = scanLine(scan, at);
      if (at === -1) return false;
    }
  }
}

/** Reads the sample that begins at `from` into the next row; answers where its line ends, -1 when it is unusual. */
function scanLine(scan: Scan, from: number): number {
  const { bytes, end } = scan;
  // A byte order mark would not belong to the name, control characters are white space to some.
  if (bytes[from]! >= firstOfMany || bytes[from]! <= space || bytes[from] === quote || !scan.room())
    return -1;
  const row = scan.count;
  let at = from;
  const length = scan.aliases.follow(scan.view, from, end);
  if (length > 0 && endsSeries(bytes, from + length)) {
    scan.series[row] = scan.aliases.followed;
    at = from + length;
  } else {
    at = afterSeries(bytes, from);
    if (at === -1) return -1;
    scan.series[row] = scan.identify(from, at);
  }
  at = scanValue(scan, skipSpaces(bytes, at), row);
  if (at === -1) return -1;
  at = scanTime(scan, skipSpaces(bytes, at), row);
  if (at === -1) return -1;
  at = skipSpaces(bytes, at);
  if (bytes[at] === carriageReturn) at++;
  if (at !== end && bytes[at] !== newline) return -1;
  scan.count = row + 1;
  return at;
}

/** Whether a name and labels known from elsewhere end here as well: after a brace they do, a bare name may go on. */
function endsSeries(bytes: Uint8Array, at: number): boolean {
  if (bytes[at - 1] === closeBrace) return true;
  const next = bytes[at];
  return (next === space || next === tab) && bytes[skipSpaces(bytes, at)] !== openBrace;
}

/** After the braces, or after a name without any; -1 when the line ends before that. */
function afterSeries(bytes: Uint8Array, from: number): number {
  let at = from;
  while (endsName[bytes[at]!] === 0) at++;
  const afterName = at;
  at = skipSpaces(bytes, at);
  if (bytes[at] !== openBrace) return at === afterName ? -1 : afterName;
  for (at++; ; at++) {
    const byte = bytes[at];
    if (byte === closeBrace) return at + 1;
    if (byte === quote) {
      at = closingQuote(bytes, at + 1);
      if (at === -1) return -1;
    } else if (byte === newline || byte === undefined) return -1;
  }
}

function closingQuote(bytes: Uint8Array, from: number): number {
  for (let at = from; ; at++) {
    const byte = bytes[at];
    if (byte === quote) return at;
    if (byte === backslash) at++;
    else if (byte === newline || byte === undefined) return -1;
  }
}

function scanValue(scan: Scan, from: number, row: number): number {
  const { bytes, values } = scan;
  const at = readNumber(bytes, from, values, row);
  if (at !== -1 && isWordEnd(bytes[at])) return at;
  // `+1`, `1.`, `.5`, `007`, NaN, Inf and what is no number at all.
  let last = from;
  while (!isWordEnd(bytes[last])) last++;
  const value = prometheusNumber(bytes.toString('latin1', from, last));
  if (value === null) return -1;
  values[row] = value;
  return last;
}

function scanTime(scan: Scan, from: number, row: number): number {
  const { bytes, times } = scan;
  let at = from;
  let byte = bytes[at]!;
  const signed = byte === minus || byte === plus;
  if (signed) byte = bytes[++at]!;
  const first = at;
  let time = 0;
  while (byte >= zero && byte <= nine) {
    time = time * 10 + (byte - zero);
    byte = bytes[++at]!;
  }
  if (at === first) {
    times[row] = scan.now;
    return signed ? -1 : at;
  }
  if (at - first > mostTimeDigits || !isWordEnd(byte)) return -1;
  times[row] = signed && bytes[from] === minus ? -time : time;
  return at;
}

function isWordEnd(byte: number | undefined): boolean {
  return byte === space || byte === newline || byte === tab || byte === carriageReturn || byte === undefined;
}

function skipSpaces(bytes: Uint8Array, from: number): number {
  let at = from;
  while (bytes[at] === space || bytes[at] === tab) at++;
  return at;
}

function isText(bytes: Uint8Array, from: number, to: number): boolean {
  for (let at = from; at < to; at++) if (bytes[at]! >= firstOfMany) return isUtf8(bytes.subarray(at, to));
  return true;
}

/** What the plain decoder reads in a name with its labels; null when it refuses them. */
export function readPrometheusSeries(text: string): SeriesNames | null {
  const line = readLine(`${text} 0`);
  if (typeof line === 'string') return null;
  for (const name of line.labels.keys()) if (isForbiddenName(name)) return null;
  return { metric: line.metric, labels: labelSet(line.labels) };
}
