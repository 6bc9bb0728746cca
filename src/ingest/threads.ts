// Starts the worker threads of the history. They lie beside this file: as .js in a build or a bundle, as .ts under tsx
// and vitest, where the thread needs tsx to read them. A thread never keeps the process alive.
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';
import { Worker, type WorkerOptions } from 'node:worker_threads';

export type ThreadName = 'fold-worker' | 'checkpoint-worker' | 'range-worker';

/** `data` is the thread's `workerData`. Errors and the end come as the events of the Worker. */
export function startThread(name: ThreadName, data: unknown): Worker {
  const fromSource = import.meta.url.endsWith('.ts');
  const file = new URL(`./${name}${fromSource ? '.ts' : '.js'}`, import.meta.url);
  const options: WorkerOptions = {
    name,
    workerData: data,
    execArgv: [],
    // None needs anything of the environment, which may hold secrets.
    env: {},
    // Samples are outside of the heap; what is inside is small.
    resourceLimits: { maxOldGenerationSizeMb: 128, maxYoungGenerationSizeMb: 4 },
  };
  const thread = fromSource
    ? new Worker(readTypeScript(file), { ...options, eval: true })
    : new Worker(file, options);
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
