// A volume of a few MiB in memory, which a test can fill. Linux, root.
import { execFileSync } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, rmdirSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface SmallVolume {
  readonly folder: string;
  /** Takes all room that is left, to the last byte. */
  fill(): void;
  /** Gives it back. */
  free(): void;
  unmount(): void;
}

export function mountSmallVolume(mib: number): SmallVolume {
  const folder = mkdtempSync(join(tmpdir(), 'tocsin-volume-'));
  execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${mib}m`, 'tmpfs', folder]);
  const unmount = (): void => {
    // Lazy: also when a test left something open.
    execFileSync('umount', ['-l', folder]);
    rmdirSync(folder);
    process.off('exit', unmount);
  };
  process.on('exit', unmount);
  const filler = join(folder, 'filler');
  return {
    folder,
    fill() {
      const file = openSync(filler, 'a');
      try {
        for (let piece = Buffer.alloc(1024 * 1024); piece.length > 0; ) {
          try {
            writeSync(file, piece);
          } catch (error) {
            if (!(error instanceof Error && 'code' in error && error.code === 'ENOSPC')) throw error;
            piece = piece.subarray(0, piece.length >> 1);
          }
        }
      } finally {
        closeSync(file);
      }
    },
    free: () => rmSync(filler, { force: true }),
    unmount,
  };
}
