// The signature of Standard Webhooks (https://github.com/standard-webhooks/standard-webhooks, spec): `v1` is HMAC-SHA256 with
// a shared secret, `v1a` is ed25519, of which the receiver needs the public key alone.
import { createHmac, createPrivateKey, createPublicKey, type KeyObject, sign } from 'node:crypto';
import { z } from 'zod';
import { type Secret, secret } from './secret.ts';

type SigningKey =
  | { readonly scheme: 'v1'; readonly key: Uint8Array }
  | { readonly scheme: 'v1a'; readonly key: KeyObject };

export const signingSecret = secret(
  z
    .string()
    .max(512)
    .refine((value) => keyOf(value) !== null, {
      error:
        'must be whsec_ and the base64 of 24 to 64 bytes, whsk_ and the base64 of an ed25519 key (private, or private and public), or any string of at least 24 characters',
    }),
);

/** The key of a signing secret; null when it is too short, not base64, or no key. */
function keyOf(value: string): SigningKey | null {
  if (value.startsWith('whsk_')) return ed25519KeyOf(value.slice('whsk_'.length));
  if (value.startsWith('whpk_')) return null; // a public key signs nothing
  if (!value.startsWith('whsec_'))
    return value.length >= 24 ? { scheme: 'v1', key: Buffer.from(value, 'utf8') } : null;
  const key = base64(value.slice('whsec_'.length));
  return key !== null && key.length >= 24 && key.length <= 64 ? { scheme: 'v1', key } : null;
}

// PKCS #8 of an ed25519 key, up to its 32 bytes (RFC 8410, section 7).
const pkcs8Head = Buffer.from('302e020100300506032b657004220420', 'hex');

/** 32 bytes of the private key, as most senders of `v1a` write it followed by the 32 of the public one. */
function ed25519KeyOf(text: string): SigningKey | null {
  const bytes = base64(text);
  if (bytes === null || (bytes.length !== 32 && bytes.length !== 64)) return null;
  const der = Buffer.concat([pkcs8Head, bytes.subarray(0, 32)]);
  const key = createPrivateKey({ key: der, format: 'der', type: 'pkcs8' });
  const publicKey = createPublicKey(key).export({ format: 'der', type: 'spki' }).subarray(-32);
  return bytes.length === 32 || publicKey.equals(bytes.subarray(32)) ? { scheme: 'v1a', key } : null;
}

function base64(text: string): Buffer | null {
  return /^[A-Za-z0-9+/]+={0,2}$/.test(text) ? Buffer.from(text, 'base64') : null;
}

const keys = new WeakMap<Secret, SigningKey>();

/**
 * The header `webhook-signature`: one signature of `id.timestamp.body` for each secret, `v1,<base64>` or `v1a,<base64>`.
 * @param timestamp Epoch seconds.
 */
export function signatures(secrets: readonly Secret[], id: string, timestamp: number, body: string): string {
  return secrets.map((one) => signature(one, `${id}.${timestamp}.${body}`)).join(' ');
}

function signature(one: Secret, content: string): string {
  const known = keys.get(one) ?? keyOf(one.reveal());
  if (known === null) throw new Error('a signing secret that did not pass the schema');
  keys.set(one, known);
  return known.scheme === 'v1'
    ? `v1,${createHmac('sha256', known.key).update(content).digest('base64')}`
    : `v1a,${sign(null, Buffer.from(content, 'utf8'), known.key).toString('base64')}`;
}
