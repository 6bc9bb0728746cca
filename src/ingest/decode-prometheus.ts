// Prometheus' text exposition format 0.0.4, with the quoted UTF-8 names of 1.0.0. Types and help are not kept. Bare
// names may hold any character that is not punctuation of the format (`system.cpu.usage`).
import { isForbiddenName, labelSet } from '../../rules/labels.ts';
import type { RawSample } from '../services.ts';
import type { Decoded, DecodeLimits } from './decoded.ts';
import { Rejections, shown } from './rejections.ts';
import { eachLine } from './text-lines.ts';

/** Decodes text exposition; `index` counts the lines that are samples, the message names the line. Never throws. */
export function decodePrometheus(body: Uint8Array, limits: DecodeLimits): Decoded {
  const rejections = new Rejections();
  const samples: RawSample[] = [];
  let index = -1;
  eachLine(body, (text, number) => {
    if (text !== null && isSkipped(text)) return;
    index++;
    if (index >= limits.samplesPerRequest) {
      rejections.tooMany(index, limits.samplesPerRequest);
      return;
    }
    const line = text === null ? 'not valid UTF-8' : readLine(text);
    if (typeof line === 'string') {
      rejections.add(index, 'invalid_sample', `line ${number}: ${line}`);
      return;
    }
    for (const name of line.labels.keys()) {
      if (!isForbiddenName(name)) continue;
      const message = `line ${number}: ${shown(name)} cannot be the name of a label`;
      rejections.add(index, 'invalid_label_name', message);
      return;
    }
    const { metric, value, timestamp } = line;
    const labels = labelSet(line.labels);
    samples.push(
      timestamp === undefined
        ? { index, metric, labels, value }
        : { index, metric, labels, value, timestamp },
    );
  });
  return { samples, rejected: rejections.list };
}

interface Line {
  readonly metric: string;
  readonly labels: ReadonlyMap<string, string>;
  readonly value: number;
  readonly timestamp: number | undefined;
}

/** A line that is a sample taken apart, or the reason why that is not possible. */
export function readLine(text: string): Line | string {
  return new LineReader(text).read();
}

const bareNameEnds = new Set(' \t\v\f\r{}"=,#');
const decimal = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;
const infinity = /^[+-]?inf(inity)?$/i;

/** Thrown and caught inside of this file: the reason why a line is refused. */
class BadLine extends Error {}

class LineReader {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  read(): Line | string {
    try {
      return this.#line();
    } catch (error) {
      if (error instanceof BadLine) return error.message;
      throw error;
    }
  }

  #line(): Line {
    this.#skipSpace();
    const labels = new Map<string, string>();
    let metric = this.#next() === '{' ? null : this.#bareName();
    this.#skipSpace();
    if (this.#next() === '{') metric = this.#braces(metric, labels);
    if (metric === null || metric === '') throw new BadLine('a metric name is missing');
    const value = this.#word();
    if (value === '') throw new BadLine('the value is missing');
    const timestamp = this.#word();
    const rest = this.#text.slice(this.#at).trim();
    if (rest !== '') throw new BadLine(`unexpected ${shown(rest)} after the timestamp`);
    return { metric, labels, value: numberOf(value), timestamp: timestampOf(timestamp) };
  }

  /** From `{` to `}`: labels, and the metric name where it is quoted. Returns the metric name. */
  #braces(before: string | null, labels: Map<string, string>): string | null {
    let metric = before;
    this.#at++;
    for (;;) {
      this.#skipSpace();
      if (this.#take('}')) return metric;
      const quoted = this.#next() === '"';
      const name = quoted ? this.#quoted() : this.#bareName();
      this.#skipSpace();
      if (this.#take('=')) {
        if (name === '') throw new BadLine('a label name is missing');
        if (labels.has(name)) throw new BadLine(`label ${shown(name)} is there twice`);
        this.#skipSpace();
        if (this.#next() !== '"') throw new BadLine(`the value of label ${shown(name)} must be quoted`);
        labels.set(name, this.#quoted());
        this.#skipSpace();
      } else if (quoted && metric === null) metric = name;
      else throw new BadLine(`expected = after label ${shown(name)}`);
      if (!this.#take(',') && this.#next() !== '}') throw new BadLine('expected , or } after a label');
    }
  }

  #bareName(): string {
    const from = this.#at;
    while (this.#at < this.#text.length && !bareNameEnds.has(this.#text[this.#at]!)) this.#at++;
    return this.#text.slice(from, this.#at);
  }

  /** What comes up to the next space, without it; empty at the end of the line. */
  #word(): string {
    this.#skipSpace();
    const from = this.#at;
    while (this.#at < this.#text.length && !isSpace(this.#text.charCodeAt(this.#at))) this.#at++;
    return this.#text.slice(from, this.#at);
  }

  /** A quoted string from its opening quote on, with the escapes \\ \" \n. */
  #quoted(): string {
    const from = this.#at + 1;
    const end = this.#text.indexOf('"', from);
    if (end === -1) throw new BadLine('a quoted text does not end');
    const plain = this.#text.slice(from, end);
    if (plain.includes('\\')) return this.#escaped(from);
    this.#at = end + 1;
    return plain;
  }

  #escaped(start: number): string {
    let text = '';
    let from = start;
    for (let i = from; i < this.#text.length; i++) {
      const character = this.#text[i];
      if (character === '"') {
        this.#at = i + 1;
        return text + this.#text.slice(from, i);
      }
      if (character === '\\') {
        const escaped = this.#text[i + 1];
        if (escaped !== '\\' && escaped !== '"' && escaped !== 'n') {
          throw new BadLine(`unknown escape ${shown(`\\${escaped ?? ''}`)}`);
        }
        text += this.#text.slice(from, i) + (escaped === 'n' ? '\n' : escaped);
        i++;
        from = i + 1;
      }
    }
    throw new BadLine('a quoted text does not end');
  }

  #next(): string | undefined {
    return this.#text[this.#at];
  }

  #take(character: string): boolean {
    if (this.#text[this.#at] !== character) return false;
    this.#at++;
    return true;
  }

  #skipSpace(): void {
    while (isSpace(this.#text.charCodeAt(this.#at))) this.#at++;
  }
}

function isSpace(unit: number): boolean {
  return unit === 0x20 || unit === 0x09;
}

function isSkipped(line: string): boolean {
  const text = line.trimStart();
  return text === '' || text.startsWith('#');
}

function numberOf(text: string): number {
  const number = prometheusNumber(text);
  if (number === null) throw new BadLine(`${shown(text)} is not a number`);
  return number;
}

/** The number that a word of the format stands for, null when it is none. */
export function prometheusNumber(text: string): number | null {
  if (decimal.test(text)) return Number(text);
  if (infinity.test(text)) return text.startsWith('-') ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
  return /^nan$/i.test(text) ? Number.NaN : null;
}

function timestampOf(text: string): number | undefined {
  if (text === '') return undefined;
  if (!/^[+-]?\d{1,15}$/.test(text)) {
    throw new BadLine(`the timestamp ${shown(text)} must be whole milliseconds since 1970`);
  }
  return Number(text);
}
