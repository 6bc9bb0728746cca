// Children start from JavaScript: with a loader for TypeScript each start costs a second. The sources are stripped of
// their types once per content, into a folder named by that content, so that what runs is what is there.
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
const folders = ['src', 'rules', 'channels', 'analysis'];
const migrations = 'src/store/sqlite/migrations';
const keepMs = 86_400_000;
function sources() {
  return folders.flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
      .map((name) => join(folder, name))
      .filter((name) => name.endsWith('.ts') && !name.endsWith('.test.ts') && !name.endsWith('.d.ts'))
      .filter((name) => !name.includes('simulation')),
  );
}
/** Answers the compiled `child.js`; takes about three seconds when something changed, else none. */
export async function compileChild() {
  const files = sources().map((name) => ({ name, text: readFileSync(join(root, name), 'utf8') }));
  const digest = createHash('sha256');
  for (const { name, text } of files) digest.update(`${name}\0${text}\0`);
  const out = join(cache, digest.digest('hex').slice(0, 16));
  const child = join(out, 'src/testing/kills/child.js');
  if (existsSync(out)) return child;
  const { default: ts } = await import('typescript');
  mkdirSync(cache, { recursive: true });
  forgetOld();
  const draft = mkdtempSync(join(cache, 'draft-'));
  for (const { name, text } of files) {
    const { outputText } = ts.transpileModule(text, {
      fileName: name,
      compilerOptions: {
        target: ts.ScriptTarget.ES2023,
        module: ts.ModuleKind.ESNext,
        verbatimModuleSyntax: true,
        rewriteRelativeImportExtensions: true,
      },
    });
    const to = join(draft, name.replace(/\.ts$/, '.js'));
    mkdirSync(dirname(to), { recursive: true });
    writeFileSync(to, outputText);
  }
  cpSync(join(root, migrations), join(draft, migrations), { recursive: true });
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
function forgetOld() {
  for (const name of readdirSync(cache)) {
    const path = join(cache, name);
    if (Date.now() - statSync(path).mtimeMs > keepMs) rmSync(path, { recursive: true, force: true });
  }
}
//# sourceMappingURL=compile.js.map
