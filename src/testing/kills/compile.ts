// Children start from one JavaScript file: with a loader for TypeScript each start costs a second, as four hundred module
// files it costs half of one. The sources are bundled once per content, into a folder named by that content, so that what
// runs is what is there.
import { createHash } from 'node:crypto';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '../../..');
const cache = join(root, 'node_modules/.cache/kills');
const folders = ['src', 'rules', 'channels', 'analysis'] as const;
const migrations = 'src/store/sqlite/migrations';
const keepMs = 86_400_000;

function sources(): string[] {
  return folders.flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
      .map((name) => join(folder, name))
      .filter((name) => name.endsWith('.ts') && !name.endsWith('.test.ts') && !name.endsWith('.d.ts'))
      .filter((name) => !name.includes('simulation')),
  );
}

/** Answers the bundled `child.js`; takes about a second when something changed, else none. */
export async function compileChild(): Promise<string> {
  const digest = createHash('sha256').update(readFileSync(fileURLToPath(import.meta.url)));
  for (const name of ['package-lock.json', ...sources()])
    digest
      .update(`${name}\0`)
      .update(readFileSync(join(root, name)))
      .update('\0');
  const out = join(cache, digest.digest('hex').slice(0, 16));
  const child = join(out, 'child.js');
  if (existsSync(out)) return child;

  const { build } = await import('esbuild');
  mkdirSync(cache, { recursive: true });
  forgetOld();
  const draft = mkdtempSync(join(cache, 'draft-'));
  // Threads lie beside whoever starts them.
  const entries = ['src/testing/kills/child.ts', ...sources().filter((name) => name.endsWith('-worker.ts'))];
  await build({
    entryPoints: entries.map((name) => join(root, name)),
    outdir: draft,
    entryNames: '[name]',
    bundle: true,
    platform: 'node',
    target: 'node20',
    format: 'esm',
    external: ['better-sqlite3'],
    // Some packages are CommonJS and ask for Node's own modules.
    banner: { js: "import{createRequire as r}from'node:module';const require=r(import.meta.url);" },
    logLevel: 'error',
  });
  cpSync(join(root, migrations), join(draft, 'migrations'), { recursive: true });
  writeFileSync(join(draft, 'package.json'), '{"type":"module"}\n');
  try {
    renameSync(draft, out);
  } catch (error) {
    rmSync(draft, { recursive: true, force: true });
    // Somebody else was quicker with the same content.
    if (!existsSync(out)) throw error;
  }
  return child;
}

function forgetOld(): void {
  for (const name of readdirSync(cache)) {
    const path = join(cache, name);
    if (Date.now() - statSync(path).mtimeMs > keepMs) rmSync(path, { recursive: true, force: true });
  }
}
