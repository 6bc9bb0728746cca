// Damages bytes: what senders, proxies and attackers do to a text that was good once.
import type { Random } from './case-random.ts';

export interface Material {
  /** What a case begins as; at least one. */
  readonly corpus: readonly Uint8Array[];
  /** What means something to the reader at hand. */
  readonly tokens: readonly Uint8Array[];
}

/** Material out of texts. */
export function materialOf(corpus: readonly string[], tokens: readonly string[]): Material {
  return { corpus: corpus.map((text) => Buffer.from(text)), tokens: tokens.map((text) => Buffer.from(text)) };
}

/** Longest input that growing comes to. */
export const longestInput = 16 * 1024;

const oddTexts = [
  ...['0', '-0', '-1', '1', '2147483648', '4294967296', '9007199254740993', '1e999', '1e-999', '0x10'],
  ...['NaN', 'Infinity', 'null', 'true', '1.7976931348623157e308', '99999999999999999999'],
  ...['\0', '\r\n', '\n', '\t', ' ', '\u00a0', '\u2028', '\ufeff', '\u202e', '\u0130', 'ß', 'é', '😀'],
  ...['__proto__', 'constructor', 'prototype', 'toString', '"', "'", '\\', '%00', '%', '../', '\x24{env:A}'],
].map((text) => Buffer.from(text));
const oddBytes = [0x00, 0x01, 0x09, 0x0a, 0x0d, 0x1b, 0x20, 0x22, 0x27, 0x5c, 0x7f, 0x80, 0xbf, 0xfe, 0xff];
// Half a letter, an overlong slash, a surrogate, beyond U+10FFFF, a continuation without a beginning.
const brokenUtf8 = [[0xc3], [0xe2, 0x82], [0xf0, 0x9f, 0x98], [0xc0, 0xaf], [0xed, 0xa0, 0x80]]
  .concat([[0xf4, 0x90, 0x80, 0x80], [0x80], [0xff, 0xfe]])
  .map((bytes) => Buffer.from(bytes));

/** An entry of the corpus as it is (one time in eight) or with one to five wounds. */
export function mutated(random: Random, { corpus, tokens }: Material): Uint8Array {
  let bytes: Uint8Array = random.of(corpus);
  if (random(8) === 0) return bytes;
  for (let wounds = 1 + random(random(4) === 0 ? 5 : 2); wounds > 0; wounds--) {
    bytes = wounded(random, bytes, corpus, tokens);
  }
  return bytes;
}

function wounded(
  random: Random,
  bytes: Uint8Array,
  corpus: readonly Uint8Array[],
  tokens: readonly Uint8Array[],
): Uint8Array {
  const at = random(bytes.length + 1);
  const span = 1 + random(random(4) === 0 ? 32 : 4);
  const put = (what: Uint8Array, cut = 0): Uint8Array =>
    bytes.length + what.length > longestInput
      ? bytes.subarray(0, at)
      : Buffer.concat([bytes.subarray(0, at), what, bytes.subarray(Math.min(bytes.length, at + cut))]);
  switch (random(13)) {
    case 0:
      return changed(bytes, at, (byte) => byte ^ (1 << random(8)));
    case 1:
      return changed(bytes, at, () => random(256));
    case 2:
      return changed(bytes, at, () => random.of(oddBytes));
    case 3:
      return put(Buffer.of(random(256)));
    case 4:
      return put(Buffer.alloc(0), span);
    case 5:
      return put(bytes.subarray(at, at + span * 2));
    case 6: {
      // The same again and again: what is linear stays fast.
      const piece = Buffer.from(bytes.subarray(at, at + span));
      return put(Buffer.alloc(Math.min(piece.length * (1 + random(64)), 2_048), piece));
    }
    case 7:
      return put(random.of(tokens.length > 0 && random(4) > 0 ? tokens : oddTexts), random(2) * span);
    case 8:
      return put(random.of(tokens.length > 0 ? tokens : oddTexts));
    case 9:
      return put(random.of(oddTexts), random(2) * span);
    case 10:
      return bytes.subarray(0, at);
    case 11: {
      const other = random.of(corpus);
      return put(other.subarray(random(other.length + 1)), bytes.length);
    }
    default:
      return put(random.of(brokenUtf8), random(2));
  }
}

function changed(bytes: Uint8Array, at: number, change: (byte: number) => number): Uint8Array {
  if (bytes.length === 0) return bytes;
  const copy = Buffer.from(bytes);
  const place = at % copy.length;
  copy[place] = change(copy[place]!);
  return copy;
}
