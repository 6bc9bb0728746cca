// Ids are UUID strings in the program and 16 bytes in the database; both sort alike.

const notHex = 16;
/** What a digit of lower case stands for, by its character code. */
const nibbles = Uint8Array.from({ length: 128 }, (_, code) => {
  const value = '0123456789abcdef'.indexOf(String.fromCharCode(code));
  return value === -1 ? notHex : value;
});
const dashes = [8, 13, 18, 23];
const dash = 0x2d;
/** Where in the text the two digits of each byte begin. */
const places = [0, 2, 4, 6, 9, 11, 14, 16, 19, 21, 24, 26, 28, 30, 32, 34];

/** The bytes of an id in its canonical form (lower case, with dashes); null for anything else. */
export function parseId(id: string): Buffer | null {
  if (id.length !== 36) return null;
  for (const place of dashes) if (id.charCodeAt(place) !== dash) return null;
  const bytes = Buffer.allocUnsafe(16);
  let seen = 0;
  for (let i = 0; i < 16; i++) {
    const place = places[i]!;
    const high = nibbles[id.charCodeAt(place)] ?? notHex;
    const low = nibbles[id.charCodeAt(place + 1)] ?? notHex;
    seen |= high | low;
    bytes[i] = (high << 4) | low;
  }
  return seen < notHex ? bytes : null;
}

/** As `parseId` for ids of our own making, where anything else is a bug. */
export function idBytes(id: string): Buffer {
  const bytes = parseId(id);
  if (bytes === null) throw new Error(`not an id: ${JSON.stringify(id)}`);
  return bytes;
}

// Written in one piece: a text put together from five is five objects in memory, for as long as the id is.
const text = Buffer.alloc(36, '-');
const digits = Buffer.from('0123456789abcdef');
const hexPlaces = places.flatMap((place) => [place, place + 1]);

export function idText(bytes: Buffer): string {
  for (let i = 0; i < 16; i++) {
    const byte = bytes[i]!;
    const place = places[i]!;
    text[place] = digits[byte >> 4]!;
    text[place + 1] = digits[byte & 15]!;
  }
  return text.toString('latin1');
}

/** The id that SQLite's `hex` made these 32 digits of: a value of text is made in half the time of one of bytes. */
export function idOfHex(hex: string): string {
  for (let i = 0; i < 32; i++) {
    const code = hex.charCodeAt(i);
    // A to F in lower case.
    text[hexPlaces[i]!] = code > 0x39 ? code | 0x20 : code;
  }
  return text.toString('latin1');
}

/** What may be an id or a name (a rule's, a key's): bytes for an id, else the text itself. */
export function idOrNameValue(idOrName: string): Buffer | string {
  return parseId(idOrName) ?? idOrName;
}

export function idOrNameText(value: Buffer | string): string {
  return typeof value === 'string' ? value : idText(value);
}

/** When a UUIDv7 was made, epoch milliseconds. */
export function idTime(bytes: Buffer): number {
  return bytes.readUIntBE(0, 6);
}

/** The smallest id that could have been made at `at` (epoch milliseconds). */
export function firstIdAt(at: number): Buffer {
  const bytes = Buffer.alloc(16);
  bytes.writeUIntBE(Math.min(Math.max(0, Math.floor(at)), 2 ** 48 - 1), 0, 6);
  return bytes;
}
