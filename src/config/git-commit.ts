// Which commit of a git work tree a rule file comes from, read from the files that git keeps (gitrepository-layout(5)),
// so that no git is needed. Whatever cannot be read means that nobody knows: rules never wait for git.
import { realpathSync, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { readTextFile } from './read-file.ts';

const deepest = 32;
const smallFile = 4_096;
const packedRefsBytes = 16 * 1024 * 1024;
const objectName = /^[0-9a-f]{40}(?:[0-9a-f]{24})?$/;

/** Answers for files what is checked out around them; folders are looked at once. */
export class GitCommits {
  readonly #known = new Map<string, string | null>();

  /** 40 (SHA-256: 64) hexadecimal digits, or null. */
  commitOf(file: string): string | null {
    try {
      return this.#around(dirname(realpathSync(file)), 0);
    } catch {
      return null; // gone since it was listed
    }
  }

  #around(folder: string, depth: number): string | null {
    const known = this.#known.get(folder);
    if (known !== undefined) return known;
    const git = gitFolderOf(folder);
    const above = dirname(folder);
    const commit =
      git !== null
        ? headOf(git)
        : above === folder || depth >= deepest
          ? null
          : this.#around(above, depth + 1);
    this.#known.set(folder, commit);
    return commit;
  }
}

/** `.git` of a work tree: a folder, or a file that names one (of `git worktree` and git-sync). */
function gitFolderOf(folder: string): string | null {
  const path = join(folder, '.git');
  const stats = statSync(path, { throwIfNoEntry: false });
  if (stats === undefined) return null;
  if (stats.isDirectory()) return path;
  const named = /^gitdir: (.+)$/m.exec(small(path) ?? '')?.[1];
  return named === undefined ? null : resolve(folder, named);
}

function headOf(git: string): string | null {
  const head = small(join(git, 'HEAD'));
  if (head === null || objectName.test(head)) return head;
  const ref = /^ref: (refs\/[^\s]+)$/.exec(head)?.[1];
  if (ref === undefined || ref.split('/').includes('..')) return null;
  const shared = small(join(git, 'commondir'));
  const common = shared === null ? git : resolve(git, shared);
  for (const folder of new Set([git, common])) {
    const commit = small(join(folder, ref));
    if (commit !== null && objectName.test(commit)) return commit;
  }
  const packed = readTextFile(join(common, 'packed-refs'), packedRefsBytes);
  if (typeof packed !== 'string') return null;
  const line = packed.split('\n').find((one) => one.endsWith(` ${ref}`));
  const commit = line?.slice(0, line.indexOf(' '));
  return commit !== undefined && objectName.test(commit) ? commit : null;
}

function small(path: string): string | null {
  const text = readTextFile(path, smallFile);
  return typeof text === 'string' ? text.trim() : null;
}
