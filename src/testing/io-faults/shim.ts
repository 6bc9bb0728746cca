// Compiles the library that makes calls fail, once per content. Linux, gcc.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));
const source = join(here, 'fail-nth.c');
const cache = join(here, '../../../node_modules/.cache/io-faults');

export interface IoFault {
  readonly call: 'write' | 'sync';
  /** From 1. */
  readonly nth: number;
  /** Part of the path of the files that it concerns. */
  readonly file: string;
}

/** Answers what turns a fault into the environment of a process. */
export function compileShim(): (fault: IoFault) => Readonly<Record<string, string>> {
  const digest = createHash('sha256').update(readFileSync(source)).digest('hex').slice(0, 16);
  const library = join(cache, `${digest}.so`);
  if (!existsSync(library)) {
    mkdirSync(cache, { recursive: true });
    const draft = `${library}.${process.pid}`;
    execFileSync('gcc', ['-shared', '-fPIC', '-O1', '-o', draft, source, '-ldl']);
    renameSync(draft, library);
  }
  return ({ call, nth, file }) => ({
    LD_PRELOAD: library,
    FAIL_CALL: call,
    FAIL_NTH: String(nth),
    FAIL_FILE: file,
  });
}
