// What a machine may lack for a test of its faults. Such a test is skipped with the reason in its title.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';

function has(program: string): boolean {
  return `${process.env.PATH ?? ''}:/usr/sbin:/sbin`
    .split(':')
    .some((folder) => existsSync(`${folder}/${program}`));
}

/** The first of these that is not to be had, in words; null when all are. `root` is the right to mount. */
export function lacks(...needs: readonly ('root' | 'loop devices' | (string & {}))[]): string | null {
  for (const need of needs) {
    if (need === 'root') {
      if (process.getuid?.() !== 0) return 'needs root';
      if (!mayMount()) return 'needs the right to mount';
    } else if (need === 'loop devices') {
      if (!existsSync('/dev/loop-control')) return 'needs loop devices';
    } else if (!has(need)) return `needs ${need}`;
  }
  return null;
}

/** The title with why it is skipped. */
export function titled(title: string, lacking: string | null): string {
  return lacking === null ? title : `${title} (skipped: ${lacking})`;
}

let allowed: boolean | null = null;

/** Root of a container often may not. Tried in a mount namespace of its own, which goes with the process. */
function mayMount(): boolean {
  allowed ??=
    spawnSync('unshare', ['-m', 'mount', '-t', 'tmpfs', 'tmpfs', '/mnt'], { stdio: 'ignore' }).status === 0;
  return allowed;
}
