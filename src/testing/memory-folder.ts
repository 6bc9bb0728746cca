// A folder for what is written by the thousand and never kept: in memory where the machine has such a place.
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Makes a new folder whose name begins with `prefix`; whoever asks takes it away again. */
export function memoryFolder(prefix: string): string {
  for (const base of ['/dev/shm', tmpdir()]) {
    try {
      return mkdtempSync(join(base, prefix));
    } catch {
      // not there, or not ours: the next one
    }
  }
  throw new Error(`no folder for ${prefix}`);
}
