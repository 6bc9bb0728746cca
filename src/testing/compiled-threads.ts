// Before the tests: the worker threads, compiled once. From the sources each start of one would load a TypeScript loader
// and read everything that the thread imports, for a second or more.
import { dirname } from 'node:path';
import type { TestProject } from 'vitest/node';
import { compileChild } from './kills/compile.ts';

/** In watch mode the threads are read from the sources, which change while it runs. */
export default async function compiledThreads({ config }: TestProject): Promise<void> {
  if (config.watch) return;
  process.env.COMPILED_THREADS = dirname(await compileChild());
}
