// Ids are UUID strings in the program and 16 bytes in the database; both sort alike.

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/** The bytes of an id in its canonical form (lower case, with dashes); null for anything else. */
export function parseId(id: string): Buffer | null {
  return uuid.test(id) ? Buffer.from(id.replaceAll('-', ''), 'hex') : null;
}

/** As `parseId` for ids of our own making, where anything else is a bug. */
export function idBytes(id: string): Buffer {
  const bytes = parseId(id);
  if (bytes === null) throw new Error(`not an id: ${JSON.stringify(id)}`);
  return bytes;
}

export function idText(bytes: Buffer): string {
  const hex = bytes.toString('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
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
