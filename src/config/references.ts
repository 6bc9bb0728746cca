// `${env:NAME}` and `${file:/path}` in the operator's file. A missing one is a problem that names the reference; the
// value that it stands for is never shown, here or in any later problem.
import { resolve } from 'node:path';
import { readRegularFile } from './read-file.ts';
import { dotted, type Path } from './source.ts';

const reference = /\$\{(env|file):([^}]*)\}/g;
const longestFile = 64 * 1024;

export interface Resolved {
  /** The tree with every reference replaced. */
  readonly value: unknown;
  /** Dotted path → the text as written, for every string that held a reference. */
  readonly written: ReadonlyMap<string, string>;
  readonly missing: readonly { readonly path: Path; readonly message: string }[];
}

/** Replaces the references in all string values of a tree. Relative file paths start at `folder`. */
export function resolveReferences(
  tree: unknown,
  env: Readonly<Record<string, string | undefined>>,
  folder: string,
): Resolved {
  const written = new Map<string, string>();
  const missing: { path: Path; message: string }[] = [];
  const inString = (text: string, path: Path): string => {
    if (!text.includes('${')) return text;
    return text.replace(reference, (whole, kind: string, name: string) => {
      written.set(dotted(path), text);
      const found = kind === 'env' ? (env[name] ?? null) : readSecretFile(resolve(folder, name));
      if (typeof found === 'string') return found;
      const why = kind === 'env' ? 'this environment variable is not set' : found!.problem;
      missing.push({ path, message: `${whole}: ${why}` });
      return '';
    });
  };
  const walk = (value: unknown, path: Path): unknown => {
    if (typeof value === 'string') return inString(value, path);
    if (Array.isArray(value)) return value.map((item, i) => walk(item, [...path, i]));
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, walk(item, [...path, key])]));
  };
  return { value: walk(tree, []), written, missing };
}

/** A file's text without its trailing newline, or why it cannot be had. */
function readSecretFile(path: string): string | { readonly problem: string } {
  const bytes = readRegularFile(path, longestFile);
  return 'problem' in bytes ? bytes : bytes.toString('utf8').replace(/\r?\n$/, '');
}
