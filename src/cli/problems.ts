// Problems of configuration and rules as people and editors read them.
import { relative } from 'node:path';
import type { Problem } from '../../rules/types.ts';

/** `tocsin.yaml:4:1 colector: unknown key …`, with paths below `cwd` made relative. */
export function problemLine(problem: Problem, cwd: string): string {
  const near = relative(cwd, problem.file);
  const file = problem.file.startsWith('/') && !near.startsWith('..') ? near : problem.file;
  const path = problem.path === '' ? '' : `${problem.path}: `;
  return `${file}:${problem.line}:${problem.column} ${path}${problem.message}`;
}

export function counted(count: number, one: string): string {
  return `${count} ${one}${count === 1 ? '' : 's'}`;
}
