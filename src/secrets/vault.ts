// Secrets that came through the API, as the database keeps them: AES-256-GCM under a key that is not in the database. What
// is sealed names its key, and is bound to the object it belongs to: moved to another one it cannot be opened.
import { createCipheriv, createDecipheriv, createHash, hkdfSync, randomBytes } from 'node:crypto';
import {
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  writeSync,
} from 'node:fs';
import { dirname, join } from 'node:path';

const cipher = 'aes-256-gcm';
const ivBytes = 12;
const tagBytes = 16;
/** In the data folder. */
export const keyFile = 'secrets.key';

/** Why something cannot be sealed or opened, in one line without secrets. */
export interface Locked {
  readonly problem: string;
}

export interface Vault {
  /** @param place What it belongs to: given again when it is opened. */
  seal(text: string, place: string): string | Locked;
  open(sealed: string, place: string): string | Locked;
}

interface Key {
  readonly id: string;
  readonly bytes: Uint8Array;
}

function keyOf(text: string): Key {
  const bytes = new Uint8Array(hkdfSync('sha256', text, '', 'tocsin secrets v1', 32));
  return { id: createHash('sha256').update(bytes).digest('hex').slice(0, 8), bytes };
}

/** @param texts Of the keys, each of at least 32 characters: the first seals, all of them open. */
export function vaultOf(texts: readonly string[]): Vault {
  const keys = texts.map(keyOf);
  const [first] = keys;
  return {
    seal(text, place) {
      if (first === undefined) return { problem: noKey };
      const iv = randomBytes(ivBytes);
      const sealing = createCipheriv(cipher, first.bytes, iv).setAAD(Buffer.from(place));
      const body = Buffer.concat([sealing.update(text, 'utf8'), sealing.final()]);
      return `v1.${first.id}.${Buffer.concat([iv, sealing.getAuthTag(), body]).toString('base64url')}`;
    },
    open(sealed, place) {
      const [version, id, text = ''] = sealed.split('.');
      const key = keys.find((one) => one.id === id);
      if (version !== 'v1') return { problem: 'its secrets were sealed by a newer version of the program' };
      if (key === undefined)
        return { problem: keys.length === 0 ? noKey : `its secrets were sealed with another key (${id})` };
      const bytes = Buffer.from(text, 'base64url');
      try {
        const opening = createDecipheriv(cipher, key.bytes, bytes.subarray(0, ivBytes), {
          authTagLength: tagBytes,
        })
          .setAAD(Buffer.from(place))
          .setAuthTag(bytes.subarray(ivBytes, ivBytes + tagBytes));
        const body = opening.update(bytes.subarray(ivBytes + tagBytes));
        return Buffer.concat([body, opening.final()]).toString('utf8');
      } catch {
        return { problem: 'its sealed secrets are damaged' }; // what node throws says no more than that
      }
    },
  };
}

const noKey = `there is no key for its secrets: neither secrets_key nor ${keyFile} in the data folder`;

/**
 * The vault of a data folder. Without a configured key the folder has one of its own, made when there is nothing yet that
 * another one has sealed.
 * @param configured Texts of `secrets_key`; empty: the folder's own.
 * @param inUse Whether something is sealed already.
 */
export function openVault(folder: string, configured: readonly string[], inUse: () => boolean): Vault {
  const file = join(folder, keyFile);
  if (!existsSync(file) && configured.length === 0 && !inUse()) make(file);
  const own = existsSync(file) ? [readFileSync(file, 'utf8').trim()] : [];
  const short = own.find((text) => text.length < 32);
  if (short !== undefined) throw new Error(`${file}: expected a key of at least 32 characters`);
  return vaultOf([...configured, ...own]);
}

/** On the disk before anything is sealed with it. */
function make(file: string): void {
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  const written = `${file}.new`;
  const handle = openSync(written, 'w', 0o600);
  try {
    writeSync(handle, `${randomBytes(32).toString('base64url')}\n`);
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
  renameSync(written, file);
  const folder = openSync(dirname(file), 'r');
  try {
    fsyncSync(folder);
  } finally {
    closeSync(folder);
  }
}
