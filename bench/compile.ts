// The program as it ships: every source file to plain JavaScript, laid out like dist/, in a cache folder of its own, so
// that a run neither waits for a type check nor measures a build from yesterday. Types are tsc's affair.
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

const folders = ['src', 'rules', 'channels', 'analysis', 'bench'];
/** Folder of the project. */
export const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const compilerOptions: ts.CompilerOptions = {
  target: ts.ScriptTarget.ES2023,
  module: ts.ModuleKind.ESNext,
  verbatimModuleSyntax: true,
  rewriteRelativeImportExtensions: true,
};

/** Compiles what changed since the last time; answers the folder that holds `src/main.js`. */
export function compile(): string {
  const cache = join(root, 'node_modules/.cache/tocsin-bench');
  const out = join(cache, 'dist');
  mkdirSync(out, { recursive: true });
  // The nearest package file says that these are ES modules, and which version this is.
  cpSync(join(root, 'package.json'), join(cache, 'package.json'));
  for (const folder of folders) {
    if (!existsSync(join(root, folder))) continue;
    for (const file of readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })) {
      const from = join(root, folder, file);
      if (file.endsWith('.sql')) copy(from, join(out, folder, file));
      else if (file.endsWith('.ts') && !/\.(test|d)\.ts$/.test(file))
        translate(from, join(out, folder, file.replace(/\.ts$/, '.js')));
    }
  }
  return out;
}

function isFresh(from: string, to: string): boolean {
  const written = statSync(to, { throwIfNoEntry: false });
  return written !== undefined && written.mtimeMs > statSync(from).mtimeMs;
}

function copy(from: string, to: string): void {
  if (isFresh(from, to)) return;
  mkdirSync(dirname(to), { recursive: true });
  cpSync(from, to);
}

function translate(from: string, to: string): void {
  if (isFresh(from, to)) return;
  mkdirSync(dirname(to), { recursive: true });
  const { outputText } = ts.transpileModule(readFileSync(from, 'utf8'), { compilerOptions, fileName: from });
  writeFileSync(to, outputText);
}
