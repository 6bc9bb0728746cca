// npm run sim: the simulation as one compiled file. Under tsx the same run takes half as much CPU again, for the names
// that it gives to every closure and the source map of every stack.
import { cpSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'esbuild';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const cache = join(root, 'node_modules/.cache/tocsin-sim');
mkdirSync(cache, { recursive: true });
// A folder of its own: another run may have been started from another state of the sources.
const own = mkdtempSync(join(cache, 'run-'));
process.on('exit', () => rmSync(own, { recursive: true, force: true }));
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.exit(1));
const file = join(own, 'run.mjs');
await build({
  entryPoints: [join(root, 'src/testing/simulation/run.ts')],
  outfile: file,
  bundle: true,
  platform: 'node',
  target: 'node20',
  format: 'esm',
  external: ['better-sqlite3'],
  banner: { js: "import{createRequire as r}from'node:module';const require=r(import.meta.url);" },
  logLevel: 'error',
});
cpSync(join(root, 'src/store/sqlite/migrations'), join(own, 'migrations'), { recursive: true });
await import(pathToFileURL(file).href);
