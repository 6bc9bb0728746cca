// Rules say which commit they come from, in every way in which git lays a work tree down.
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { GitCommits } from './git-commit.ts';
import { readRules } from './rule-files.ts';

const a = 'a'.repeat(40);
const b = 'b'.repeat(40);
let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tocsin-git-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

function put(path: string, text: string): string {
  const file = join(folder, path);
  mkdirSync(join(file, '..'), { recursive: true });
  writeFileSync(file, text);
  return file;
}

const rule = 'rules: [{ name: A, metric: m, threshold: 1 }]\n';
const commitOf = (file: string) => new GitCommits().commitOf(file);

describe('the commit of a rule file', () => {
  it('is that of the branch that is checked out, loose or packed', () => {
    const file = put('rules/team/a.yaml', rule);
    expect(commitOf(file)).toBe(null);
    put('.git/HEAD', 'ref: refs/heads/main\n');
    expect(commitOf(file)).toBe(null);
    put('.git/packed-refs', `# pack-refs with: peeled\n${b} refs/heads/other\n${a} refs/heads/main\n^${b}\n`);
    expect(commitOf(file)).toBe(a);
    put('.git/refs/heads/main', `${b}\n`);
    expect(commitOf(file)).toBe(b);
    const { rules } = readRules([join(folder, 'rules')]);
    expect(rules[0]!.origin).toEqual({ kind: 'file', file, line: 1, column: 9, commit: b });
  });

  it('is the commit itself where no branch is checked out, and none where the files say nonsense', () => {
    const file = put('a.yaml', rule);
    put('.git/HEAD', `${a}\n`);
    expect(commitOf(file)).toBe(a);
    for (const head of ['ref: refs/../../../etc/passwd', 'ref: /etc/passwd', 'hello', '', `${a}0`]) {
      put('.git/HEAD', head);
      expect(commitOf(file)).toBe(null);
    }
  });

  it('is found through the link that git-sync moves, and follows it', () => {
    for (const [name, commit] of [
      ['one', a],
      ['two', b],
    ] as const) {
      put(`root/worktrees/${name}/rules/a.yaml`, rule);
      put(`root/worktrees/${name}/.git`, `gitdir: ../../.git/worktrees/${name}\n`);
      put(`root/.git/worktrees/${name}/HEAD`, `${commit}\n`);
      put(`root/.git/worktrees/${name}/commondir`, '../..\n');
    }
    const current = join(folder, 'root/current');
    symlinkSync('worktrees/one', current);
    const file = join(current, 'rules/a.yaml');
    expect(commitOf(file)).toBe(a);
    symlinkSync('worktrees/two', `${current}.new`);
    renameSync(`${current}.new`, current);
    expect(commitOf(file)).toBe(b);
  });

  const hasGit = (() => {
    try {
      return execFileSync('git', ['--version']).length > 0;
    } catch {
      return false;
    }
  })();
  it.skipIf(!hasGit)(`is what git itself says${hasGit ? '' : ' (skipped: there is no git here)'}`, () => {
    const git = (...args: string[]) =>
      execFileSync('git', ['-c', 'user.name=t', '-c', 'user.email=t@t', '-C', folder, ...args], {
        encoding: 'utf8',
      }).trim();
    git('init', '-q', '-b', 'main');
    const file = put('rules/a.yaml', rule);
    git('add', '.');
    git('commit', '-qm', 'rules');
    expect(commitOf(file)).toBe(git('rev-parse', 'HEAD'));
    git('pack-refs', '--all');
    expect(commitOf(file)).toBe(git('rev-parse', 'HEAD'));
    git('worktree', 'add', '-q', '-b', 'side', join(folder, 'side'));
    expect(commitOf(join(folder, 'side/rules/a.yaml'))).toBe(git('rev-parse', 'HEAD'));
  });
});
