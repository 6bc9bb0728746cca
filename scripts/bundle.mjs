// The shipped command as one classic script with V8's code cache beside it: half of the start is reading and compiling
// some four hundred module files, and a quarter of the idle memory is what compiling them leaves behind. What is loaded
// only with the first message, the first document or the demo stays outside. dist/src stays as tsc made it, for
// `exports`; only dist/src/main.js becomes the launcher.
import { spawnSync } from 'node:child_process';
import { chmodSync, copyFileSync, cpSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'esbuild';

const outside = ['better-sqlite3', 'undici', 'nodemailer', 'smtp-server', '@hono/zod-openapi', 'node-cron'];
const common = {
  bundle: true,
  platform: 'node',
  target: 'node20',
  external: outside,
  // Names stay: a stack trace has to be read.
  minifyWhitespace: true,
  minifySyntax: true,
  legalComments: 'none',
  logLevel: 'error',
};

/** zod brings the messages of 50 languages; ours are English. */
const onlyEnglish = {
  name: 'only-english',
  setup({ onLoad }) {
    onLoad({ filter: /[\\/]zod[\\/]v4[\\/]locales[\\/]index\.js$/ }, () => ({
      contents: 'export { default as en } from "./en.js";',
      loader: 'js',
    }));
  },
};

export async function bundle(root) {
  const from = join(root, 'dist/src');
  const to = join(root, 'dist/command');
  await build({
    ...common,
    stdin: { contents: "import './main.js';", resolveDir: from },
    outfile: join(to, 'tocsin.cjs'),
    format: 'cjs',
    plugins: [onlyEnglish],
    define: { 'import.meta.url': '__bundleUrl' },
    banner: {
      js: '(function(exports,require,module,__filename,__dirname){const __bundleUrl=require("node:url").pathToFileURL(__filename).href;',
    },
    footer: { js: '})' },
    // `import()` of what stays outside becomes `require`.
    supported: { 'dynamic-import': false },
  });
  await build({
    ...common,
    entryPoints: [
      ...['fold-worker', 'range-worker'].map((name) => join(from, 'ingest', `${name}.js`)),
      join(from, 'store/sqlite/checkpoint-worker.js'),
      join(from, 'config/rule-worker.js'),
      join(from, 'replay/replay-worker.js'),
      join(from, 'statistics/statistics-worker.js'),
      join(from, 'detection/forest-worker.js'),
      join(from, 'analyses/cause-worker.js'),
      join(from, 'delivery/egress-worker.js'),
      join(from, 'cli/burner.js'),
    ],
    plugins: [onlyEnglish],
    // Some packages are CommonJS and ask for Node's own modules.
    banner: { js: "import{createRequire as r}from'node:module';const require=r(import.meta.url);" },
    entryNames: '[name]',
    outdir: to,
    format: 'esm',
  });
  cpSync(join(from, 'store/sqlite/migrations'), join(to, 'migrations'), { recursive: true });
  copyFileSync(join(root, 'scripts/launcher.mjs'), join(from, 'main.js'));
  chmodSync(join(from, 'main.js'), 0o755);
  makeCache(root, to);
}

/** Runs the command once until it listens, so that the cache holds the functions that a start needs. */
function makeCache(root, to) {
  const folder = mkdtempSync(join(tmpdir(), 'tocsin-build-'));
  const cache = join(to, 'tocsin.cache');
  try {
    const run = spawnSync(
      process.execPath,
      [join(root, 'dist/src/main.js'), 'serve', '--listen', '127.0.0.1:0', '--data', join(folder, 'data')],
      { cwd: folder, env: { ...process.env, TOCSIN_MAKE_CACHE: cache }, encoding: 'utf8', timeout: 60_000 },
    );
    if (run.status !== 0 || statSync(cache, { throwIfNoEntry: false }) === undefined) {
      throw new Error(`the code cache was not made (${run.status}): ${run.stderr}`);
    }
    return readFileSync(cache).length;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
