// A folder for what is written by the thousand and never kept: in memory where the machine has such a place.
import { mkdtempSync, statfsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A container has perhaps 64 MiB there, and what does not fit is no error but the end of the process: SQLite maps it. */
const leastRoom = 512 * 1024 * 1024;

function hasRoom(base: string): boolean {
  const { bavail, bsize } = statfsSync(base);
  return bavail * bsize >= leastRoom;
}

/** Makes a new folder whose name begins with `prefix`; whoever asks takes it away again. */
export function memoryFolder(prefix: string): string {
  try {
    if (hasRoom('/dev/shm')) return mkdtempSync(join('/dev/shm', prefix));
  } catch {
    // not there, or not ours: as everybody else
  }
  return mkdtempSync(join(tmpdir(), prefix));
}
