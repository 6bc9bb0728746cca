// Problems of configuration and rules as people and editors read them.
import { relative } from 'node:path';
import type { Problem } from '../../rules/types.ts';

/** `tocsin.yaml:4:1 colector: unknown key …`, with paths below `cwd` made relative. */
export function problemLine(problem: Problem, cwd: string): string {
  const file = shownFile(problem.file, cwd);
  const path = problem.path === '' ? '' : `${problem.path}: `;
  return `${file}:${problem.line}:${problem.column} ${path}${problem.message}`;
}

/** A file below `cwd` by its way from there. */
export function shownFile(file: string, cwd: string): string {
  const near = relative(cwd, file);
  return file.startsWith('/') && !near.startsWith('..') ? near : file;
}

export function counted(count: number, one: string): string {
  return `${count} ${one}${count === 1 ? '' : 's'}`;
}
