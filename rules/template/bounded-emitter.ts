// Collects what a template writes and stops the rendering once there is too much of it.
import { utf8Length, utf8Prefix } from '../utf8.ts';

/** The emitter is full: what it holds is the whole output. */
export class OutputFull extends Error {
  constructor() {
    super('output limit exceeded');
    this.name = 'OutputFull';
  }
}

const ellipsis = '…';

/** Cuts a text to `maxBytes` of UTF-8; a cut one ends with `…`. */
export function bounded(text: string, maxBytes: number): string {
  if (text.length * 3 <= maxBytes || utf8Length(text) <= maxBytes) return text;
  return utf8Prefix(text, maxBytes - utf8Length(ellipsis)) + ellipsis;
}

export class BoundedEmitter {
  buffer = '';
  readonly #maxBytes: number;
  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }
  write(html: unknown): void {
    // More units than bytes allowed is too much whatever they are; the exact cut is made once, at the end.
    const text = stringify(html);
    this.buffer += text.length > this.#maxBytes ? text.slice(0, this.#maxBytes) : text;
    if (this.buffer.length > this.#maxBytes) throw new OutputFull();
  }
}

function stringify(value: unknown): string {
  if (typeof value === 'string') return value;
  if (value === null || value === undefined) return '';
  return Array.isArray(value) ? value.map(stringify).join('') : String(value);
}
