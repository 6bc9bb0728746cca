// The keys that sign links. Without any in the configuration one is made at the first start and kept in the data folder,
// for its owner's eyes only: links outlive a restart.
import { randomBytes } from 'node:crypto';
import { closeSync, fsyncSync, openSync, readFileSync, renameSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { Secret } from '../../channels/secret.ts';
import type { LinkKey } from './link-token.ts';

const shape = /^[0-9a-f]{64}\n$/;
/** Names the key of the data folder in a token. */
export const ownKeyId = '0';

/**
 * The key of the data folder; made when there is none.
 * @throws Error when the file is not what was written.
 */
export function ownLinkKey(file: string): LinkKey {
  const known = contentOf(file);
  if (known !== null && !shape.test(known))
    throw new Error(`${file} is damaged: delete it, and links that were sent before open no more`);
  const text = known ?? made(file);
  return { id: ownKeyId, secret: new Secret(text.trim()) };
}

function contentOf(file: string): string | null {
  try {
    return readFileSync(file, 'latin1');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw new Error(`read ${file}`, { cause: error });
  }
}

/** Whole or not at all, also when the power fails meanwhile. */
function made(file: string): string {
  const text = `${randomBytes(32).toString('hex')}\n`;
  const draft = `${file}.new`;
  const written = openSync(draft, 'w', 0o600);
  try {
    writeSync(written, text);
    fsyncSync(written);
  } finally {
    closeSync(written);
  }
  renameSync(draft, file);
  const folder = openSync(dirname(file), 'r');
  try {
    fsyncSync(folder);
  } finally {
    closeSync(folder);
  }
  return text;
}
