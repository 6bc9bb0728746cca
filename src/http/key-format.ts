// The text of an API key: `tcs_<id8>_<43 base62>`. The prefix lets secret scanners find it, id8 lets people tell keys
// apart, the rest is 256 random bits; only its SHA-256 is stored (random bits need no slow hash).
import { createHash, randomBytes } from 'node:crypto';

const alphabet = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
/** 62^43 > 2^256. */
const secretLength = 43;
const pattern = /^tcs_[0-9a-z]{8}_[0-9A-Za-z]{43}$/;
/** Longest text that is looked at as a key; TOCSIN_ADMIN_KEY may be any string of at least 32 characters. */
export const longestKey = 512;
export const shortestAdminKey = 32;

/** The eight characters by which a key is recognised in lists and logs: the random tail of its id. */
export function shortId(id: string): string {
  return id.slice(-8);
}

/** Makes the text of a new key for the key row `id` (a UUID). */
export function mintKey(id: string, random: (bytes: number) => Uint8Array = randomBytes): string {
  let n = BigInt(`0x${Buffer.from(random(32)).toString('hex')}`);
  let secret = '';
  for (let i = 0; i < secretLength; i++) {
    secret = alphabet[Number(n % 62n)]! + secret;
    n /= 62n;
  }
  return `tcs_${shortId(id)}_${secret}`;
}

export function isMintedKey(text: string): boolean {
  return pattern.test(text);
}

/** SHA-256 of the whole key. */
export function digestOf(key: string): Buffer {
  return createHash('sha256').update(key, 'utf8').digest();
}
