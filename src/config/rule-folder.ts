// Which rule files there are. Nothing outside of the folders that the operator named is read: a symbolic link may lead
// elsewhere within its folder (as mounted configuration volumes do) but not out of it.
import { readdirSync, realpathSync, type Stats, statSync } from 'node:fs';
import { join, sep } from 'node:path';

const mostFiles = 10_000;
const deepest = 32;

export interface RuleFile {
  readonly path: string;
  readonly size: number;
  readonly modifiedAt: number;
}

export interface RuleFiles {
  readonly files: readonly RuleFile[];
  readonly folders: readonly string[];
  readonly problems: readonly { readonly file: string; readonly message: string }[];
}

/** Tests of rules lie beside them: `host.test.yaml` tests `host.yaml`. */
const testFile = /\.test\.ya?ml$/i;
const isRules = (name: string) => /\.ya?ml$/i.test(name) && !testFile.test(name);
const isTests = (name: string) => testFile.test(name);

/**
 * Files as given, and those of folders: `*.yaml` and `*.yml` without the tests beside them, recursively, sorted by name,
 * hidden ones left out.
 */
export function listRuleFiles(paths: readonly string[]): RuleFiles {
  return listFiles(paths, isRules);
}

/** Files as given, and the tests of folders: `*.test.yaml` and `*.test.yml`, in the same way. */
export function listTestFiles(paths: readonly string[]): RuleFiles {
  return listFiles(paths, isTests);
}

function listFiles(paths: readonly string[], takes: (name: string) => boolean): RuleFiles {
  const files = new Map<string, RuleFile>();
  const folders: string[] = [];
  const problems: { file: string; message: string }[] = [];
  const visited = new Set<string>();

  const add = (path: string, stats: Stats): void => {
    if (files.size < mostFiles) files.set(path, { path, size: stats.size, modifiedAt: stats.mtimeMs });
    else if (files.size === mostFiles && !problems.some(({ file }) => file === '')) {
      problems.push({ file: '', message: `expected at most ${mostFiles} rule files` });
    }
  };
  const walk = (folder: string, root: string, depth: number): void => {
    const real = realpathSync(folder);
    if (visited.has(real)) return; // a link back, or a folder that was named twice
    visited.add(real);
    if (depth > deepest) {
      problems.push({ file: folder, message: `expected folders nested at most ${deepest} deep` });
      return;
    }
    folders.push(folder);
    for (const name of readdirSync(folder).sort()) {
      if (name.startsWith('.')) continue;
      const path = join(folder, name);
      const stats = look(path);
      if (stats === null) continue; // a dangling link, or gone since the folder was read
      const wanted = stats.isDirectory() || (stats.isFile() && takes(name));
      if (!wanted) continue;
      if (!isWithin(realpathSync(path), root)) {
        problems.push({ file: path, message: 'this link leads out of its folder' });
      } else if (stats.isDirectory()) walk(path, root, depth + 1);
      else add(path, stats);
    }
  };

  for (const path of paths) {
    try {
      const stats = look(path);
      if (stats === null) problems.push({ file: path, message: 'there is no such file or folder' });
      else if (stats.isDirectory()) walk(path, realpathSync(path), 0);
      else if (!stats.isFile()) problems.push({ file: path, message: 'this is not a file' });
      else add(path, stats);
    } catch (error) {
      const code = error instanceof Error && 'code' in error ? error.code : error;
      problems.push({ file: path, message: `this cannot be read (${String(code)})` });
    }
  }
  return { files: [...files.values()], folders, problems };
}

function look(path: string): Stats | null {
  return statSync(path, { throwIfNoEntry: false }) ?? null;
}

function isWithin(path: string, root: string): boolean {
  return path === root || path.startsWith(root.endsWith(sep) ? root : root + sep);
}
