// The program as it ships: every source file to plain JavaScript, laid out like dist/, in a cache folder of its own, so
// that a run neither waits for a type check nor measures a build from yesterday. Types are tsc's affair.
import { cpSync, mkdirSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const folders = ['src', 'rules', 'channels', 'analysis', 'bench'];
/** Folder of the project. */
export const root = join(dirname(fileURLToPath(import.meta.url)), '..');

/** Compiles all of it, in about a second; answers the folder that holds `src/main.js`. */
export async function compile(): Promise<string> {
  const cache = join(root, 'node_modules/.cache/tocsin-bench');
  const out = join(cache, 'dist');
  mkdirSync(out, { recursive: true });
  // The nearest package file says that these are ES modules, and which version this is.
  cpSync(join(root, 'package.json'), join(cache, 'package.json'));
  const files = folders.flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' }).map((file) => join(folder, file)),
  );
  for (const file of files) {
    if (file.endsWith('.sql')) cpSync(join(root, file), join(out, file));
  }
  await build({
    absWorkingDir: root,
    entryPoints: files.filter((file) => file.endsWith('.ts') && !/\.(test|d)\.ts$/.test(file)),
    outdir: out,
    outbase: root,
    platform: 'node',
    target: 'es2023',
    format: 'esm',
    logLevel: 'error',
    // Nothing is put into another file: a bundle only so that imports are seen, which name the compiled files.
    bundle: true,
    packages: 'external',
    plugins: [
      {
        name: 'beside',
        setup({ onResolve }) {
          onResolve({ filter: /^\.\.?\/.*\.ts$/ }, ({ kind, path }) =>
            kind === 'entry-point' ? undefined : { path: path.replace(/\.ts$/, '.js'), external: true },
          );
        },
      },
    ],
  });
  return out;
}
