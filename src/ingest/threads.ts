// Starts the worker threads. They lie beside whoever starts them: as .js in a build or a bundle, as .ts where the program
// runs from its sources. Then the thread needs tsx to read them, unless the folder COMPILED_THREADS has what they compile
// to, as in the tests. A thread never keeps the process alive.
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { Worker, type WorkerOptions } from 'node:worker_threads';

export type ThreadName =
  | 'fold-worker'
  | 'checkpoint-worker'
  | 'range-worker'
  | 'rule-worker'
  | 'replay-worker'
  | 'statistics-worker'
  | 'forest-worker'
  | 'cause-worker'
  | 'egress-worker';

/**
 * `data` is the thread's `workerData`; `beside` the module that it lies beside, if not this one. Errors and the end come as
 * the events of the Worker.
 */
export function startThread(
  name: ThreadName,
  data: unknown,
  {
    beside = import.meta.url,
    memoryMb = 128,
    youngMb = 4,
  }: { beside?: string; memoryMb?: number; youngMb?: number } = {},
): Worker {
  const fromSource = import.meta.url.endsWith('.ts');
  const file = new URL(`./${name}${fromSource ? '.ts' : '.js'}`, beside);
  const options: WorkerOptions = {
    name,
    workerData: data,
    execArgv: [],
    // None needs anything of the environment, which may hold secrets.
    env: {},
    // Samples are outside of the heap; what is inside is small.
    resourceLimits: { maxOldGenerationSizeMb: memoryMb, maxYoungGenerationSizeMb: youngMb },
  };
  const compiled = fromSource ? process.env.COMPILED_THREADS : undefined;
  const thread =
    fromSource && compiled === undefined
      ? new Worker(readTypeScript(file), { ...options, eval: true })
      : new Worker(compiled === undefined ? file : join(compiled, `${name}.js`), options);
  thread.unref();
  return thread;
}

/** A program that makes the thread understand TypeScript before it loads the file: hooks do not reach its entry. */
function readTypeScript(file: URL): string {
  const tsx = new URL(
    'dist/esm/api/index.mjs',
    pathToFileURL(createRequire(import.meta.url).resolve('tsx/package.json')),
  );
  return `import(${JSON.stringify(tsx.href)}).then((tsx) => (tsx.register(), import(${JSON.stringify(file.href)})))`;
}
