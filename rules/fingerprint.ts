// FNV-1a 64 as Alertmanager and Prometheus compute it (prometheus/common, model/signature.go), without BigInt, which
// costs an allocation per byte. A fingerprint is an index and a display, never an identity: it can collide.
import { inOnePiece } from './one-piece.ts';
import type { Labels } from './types.ts';
import { compareUtf8, isHigh, isLow } from './utf8.ts';

// Scratch of one computation, which never yields: the hash in four pieces of 16 bits, lowest first. Products of these are
// small integers; those of halves would be doubles, each an object where it is kept.
let h0 = 0;
let h1 = 0;
let h2 = 0;
let h3 = 0;

/** The offset basis, 0xcbf29ce484222325. */
function begin(): void {
  h0 = 0x2325;
  h1 = 0x8422;
  h2 = 0x9ce4;
  h3 = 0xcbf2;
}

function addByte(byte: number): void {
  // hash * 0x100000001b3 = hash * 0x1b3 + (hash << 40); the greatest sum, 0xffff * 0x1b3 + (0xffff << 8) + carry, is below 2^27.
  const p0 = h0 ^ byte;
  const s0 = p0 * 0x1b3;
  const s1 = h1 * 0x1b3 + (s0 >>> 16);
  const s2 = h2 * 0x1b3 + (p0 << 8) + (s1 >>> 16);
  h3 = (h3 * 0x1b3 + (h1 << 8) + (s2 >>> 16)) & 0xffff;
  h2 = s2 & 0xffff;
  h1 = s1 & 0xffff;
  h0 = s0 & 0xffff;
}

function addText(text: string): void {
  for (let i = 0; i < text.length; i++) {
    let code = text.charCodeAt(i);
    if (code < 0x80) {
      addByte(code);
    } else if (code < 0x800) {
      addByte(0xc0 | (code >> 6));
      addByte(0x80 | (code & 0x3f));
    } else if (isHigh(code) && isLow(text.charCodeAt(i + 1))) {
      code = 0x10000 + ((code - 0xd800) << 10) + (text.charCodeAt(++i) - 0xdc00);
      addByte(0xf0 | (code >> 18));
      addByte(0x80 | ((code >> 12) & 0x3f));
      addByte(0x80 | ((code >> 6) & 0x3f));
      addByte(0x80 | (code & 0x3f));
    } else {
      if (isHigh(code) || isLow(code)) code = 0xfffd;
      addByte(0xe0 | (code >> 12));
      addByte(0x80 | ((code >> 6) & 0x3f));
      addByte(0x80 | (code & 0x3f));
    }
  }
}

const hex32 = (high: number, low: number): string => (high * 0x10000 + low).toString(16).padStart(8, '0');

/** Alertmanager's fingerprint of a label set, 16 hexadecimal digits: over names in byte order, `name 0xff value 0xff`. */
export function fingerprint(labels: Labels): string {
  begin();
  const names = Object.keys(labels);
  for (let i = 1; i < names.length; i++) {
    if (compareUtf8(names[i - 1]!, names[i]!) > 0) {
      names.sort(compareUtf8);
      break;
    }
  }
  for (const name of names) {
    addText(name);
    addByte(0xff);
    addText(labels[name]!);
    addByte(0xff);
  }
  return inOnePiece(hex32(h3, h2) + hex32(h1, h0));
}

/** FNV-1a 64 of a text's UTF-8 bytes, 16 hexadecimal digits. For content hashes; not against an adversary. */
export function hash64(text: string): string {
  begin();
  addText(text);
  return hex32(h3, h2) + hex32(h1, h0);
}
