// `${env:NAME}` and `${file:/path}` in the operator's file. A missing one is a problem that names the reference; the
// value that it stands for is never shown, here or in any later problem.
import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import { resolve } from 'node:path';
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
  let descriptor: number;
  try {
    // A pipe would be waited for, for ever.
    descriptor = openSync(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
  } catch (error) {
    return { problem: `this file cannot be read (${codeOf(error)})` };
  }
  try {
    if (!fstatSync(descriptor).isFile()) return { problem: 'this is not a file' };
    // One byte more than allowed tells a long file from one that just fits, also where the size says 0 (/proc, /run).
    const buffer = Buffer.alloc(longestFile + 1);
    let length = 0;
    for (let read = -1; read !== 0 && length < buffer.length; length += read) {
      read = readSync(descriptor, buffer, length, buffer.length - length, null);
    }
    if (length > longestFile) return { problem: `this file is longer than ${longestFile} bytes` };
    return buffer.toString('utf8', 0, length).replace(/\r?\n$/, '');
  } catch (error) {
    return { problem: `this file cannot be read (${codeOf(error)})` };
  } finally {
    closeSync(descriptor);
  }
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : 'unknown error';
}
