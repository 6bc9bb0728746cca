// FNV-1a 64 as Alertmanager and Prometheus compute it (prometheus/common, model/signature.go), in two 32-bit halves:
// BigInt costs an allocation per byte. A fingerprint is an index and a display, never an identity: it can collide.
import { inOnePiece } from './one-piece.ts';
import type { Labels } from './types.ts';
import { compareUtf8, isHigh, isLow } from './utf8.ts';

const offsetHigh = 0xcbf29ce4;
const offsetLow = 0x84222325;

// Scratch of one computation, which never yields: as locals they would be an object per byte.
let high = 0;
let low = 0;

function addByte(byte: number): void {
  // hash * 0x100000001b3 = hash * 0x1b3 + (hash << 40); 0x1b3 * 2^32 < 2^53, so the products are exact doubles.
  const mixed = (low ^ byte) >>> 0;
  const product = mixed * 0x1b3;
  high = (high * 0x1b3 + Math.floor(product / 0x1_0000_0000) + ((mixed << 8) >>> 0)) >>> 0;
  low = product >>> 0;
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

const hex32 = (half: number): string => half.toString(16).padStart(8, '0');

/** Alertmanager's fingerprint of a label set, 16 hexadecimal digits: over names in byte order, `name 0xff value 0xff`. */
export function fingerprint(labels: Labels): string {
  high = offsetHigh;
  low = offsetLow;
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
  return inOnePiece(hex32(high) + hex32(low));
}

/** FNV-1a 64 of a text's UTF-8 bytes, 16 hexadecimal digits. For content hashes; not against an adversary. */
export function hash64(text: string): string {
  high = offsetHigh;
  low = offsetLow;
  addText(text);
  return hex32(high) + hex32(low);
}
