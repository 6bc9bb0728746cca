// What stands behind /l/ in a link of a message: who may do what with which notification, until when, under our signature.
// Bytes, not JSON: the same link has one form only, and one short enough for a text message. HMAC-SHA256 (RFC 2104) over
// all of them under one of our keys, cut to 128 bits: whoever signs also checks, so nothing of a JWT is needed, and a
// token that names its own algorithm is what cannot be written.
import { createHmac, timingSafeEqual } from 'node:crypto';
import type { Secret } from '../../channels/secret.ts';

/** What a link lets its holder do: `respond` confirms and silences, `explain` only reads. */
export const linkActions = ['respond', 'explain'] as const;
export type LinkAction = (typeof linkActions)[number];

export interface Link {
  readonly action: LinkAction;
  readonly tenant: string;
  /** UUID. */
  readonly notificationId: string;
  /** As the delivery has it. */
  readonly recipient: string;
  /** Epoch milliseconds, a whole second. */
  readonly expiresAt: number;
}

/** `secret` of at least 32 characters. */
export interface LinkKey {
  /** At most 16 letters, digits, `_` and `-`. */
  readonly id: string;
  readonly secret: Secret;
}

/** `forged`: not made by one of our keys, or not whole. */
export type ReadLink =
  | { readonly link: Link }
  | { readonly refused: 'forged' | 'expired'; readonly link?: Link };

const version = 1;
const macBytes = 16;
/** Version, action, expiry in seconds, id of the notification. */
const fixedBytes = 1 + 1 + 4 + 16;
/** Of 33 to 500 bytes: names have at most 128 letters, a recipient two of them. */
const longestToken = 700;

/** Signs under the first key; the others only open. @throws RangeError for names that no configuration takes. */
export function linkToken(link: Link, key: LinkKey): string {
  const names = [key.id, link.tenant, link.recipient].map((name) => Buffer.from(name, 'utf8'));
  for (const name of names) if (name.length > 511) throw new RangeError('a name is too long for a link');
  const id = Buffer.from(link.notificationId.replaceAll('-', ''), 'hex');
  if (id.length !== 16) throw new RangeError('a notification has a UUID');
  const fixed = Buffer.alloc(fixedBytes - 16);
  fixed[0] = version;
  fixed[1] = linkActions.indexOf(link.action);
  fixed.writeUInt32BE(Math.floor(link.expiresAt / 1_000), 2);
  const body = Buffer.concat([fixed, id, ...names.flatMap((name) => [lengthOf(name), name])]);
  return Buffer.concat([body, macOf(body, key)]).toString('base64url');
}

/** Pure. @param now Epoch milliseconds. */
export function readLink(token: string, keys: readonly LinkKey[], now: number): ReadLink {
  const forged = { refused: 'forged' } as const;
  if (token.length > longestToken || !/^[\w-]+$/.test(token)) return forged;
  const bytes = Buffer.from(token, 'base64url');
  // The last letter may hold bits that mean nothing: a link has one spelling.
  if (bytes.toString('base64url') !== token) return forged;
  const body = bytes.subarray(0, Math.max(0, bytes.length - macBytes));
  const parts = partsOf(body);
  const key = keys.find(({ id }) => id === parts?.keyId);
  if (parts === null || key === undefined) return forged;
  if (!timingSafeEqual(bytes.subarray(body.length), macOf(body, key))) return forged;
  const { link } = parts;
  return link.expiresAt <= now ? { refused: 'expired', link } : { link };
}

function lengthOf(name: Buffer): Buffer {
  const length = Buffer.alloc(2);
  length.writeUInt16BE(name.length);
  return length;
}

function macOf(body: Buffer, { secret }: LinkKey): Buffer {
  return createHmac('sha256', secret.reveal())
    .update('tocsin link\0')
    .update(body)
    .digest()
    .subarray(0, macBytes);
}

function partsOf(body: Buffer): { readonly keyId: string; readonly link: Link } | null {
  if (body.length < fixedBytes || body[0] !== version) return null;
  const action = linkActions[body[1]!];
  const names: string[] = [];
  let at = fixedBytes;
  while (names.length < 3) {
    if (at + 2 > body.length) return null;
    const end = at + 2 + body.readUInt16BE(at);
    if (end > body.length) return null;
    names.push(body.toString('utf8', at + 2, end));
    at = end;
  }
  if (at !== body.length || action === undefined) return null;
  const [keyId, tenant, recipient] = names as [string, string, string];
  const expiresAt = body.readUInt32BE(2) * 1_000;
  return { keyId, link: { action, tenant, recipient, expiresAt, notificationId: uuidOf(body) } };
}

function uuidOf(body: Buffer): string {
  const hex = body.toString('hex', fixedBytes - 16, fixedBytes);
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}
