// A volume of its own on a file: ext4 on a loop device. Its power can be cut: EXT4_IOC_SHUTDOWN with NOLOGFLUSH drops
// everything that was not written back, the journal too, as when a machine goes dark. Linux, root.
import { execFile, execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Power } from '../kills/harness.ts';

const run = promisify(execFile);
const imageBytes = 256 * 1024 * 1024;

/** _IOR('X', 125, __u32); 2 is EXT4_GOING_FLAGS_NOLOGFLUSH. */
const shutdown = `
import fcntl, os, struct, sys
folder = os.open(sys.argv[1], os.O_RDONLY)
fcntl.ioctl(folder, 0x8004587D, struct.pack("I", 2))
`;

/** What it takes: programs and rights, see `lacks`. */
export const powerNeeds = ['root', 'loop devices', 'mkfs.ext4', 'losetup', 'python3'] as const;

export interface LoopVolume extends Power {
  remove(): void;
}

export function makeLoopVolume(): LoopVolume {
  const place = mkdtempSync(join(tmpdir(), 'tocsin-power-'));
  const image = join(place, 'image');
  const folder = join(place, 'mount');
  mkdirSync(folder);
  writeFileSync(image, '');
  truncateSync(image, imageBytes);
  execFileSync('mkfs.ext4', ['-q', '-F', image]);
  // `-o loop` gives the device back with the last user of the mount.
  const mountIt = ['-o', 'loop', image, folder];
  execFileSync('mount', mountIt);
  let mounted = true;
  const remove = (): void => {
    if (mounted) execFileSync('umount', ['-l', folder]);
    mounted = false;
    rmSync(place, { recursive: true, force: true });
    process.off('exit', remove);
  };
  process.on('exit', remove);
  return {
    folder,
    async cut() {
      await run('python3', ['-c', shutdown, folder]);
    },
    async restore() {
      await run('umount', [folder]);
      mounted = false;
      await run('mount', mountIt);
      mounted = true;
    },
    remove,
  };
}
