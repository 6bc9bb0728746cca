// The configuration file as plain values with problems that know their place.
import type { Problem } from '../../rules/types.ts';
import { readYaml } from '../../rules/yaml-source.ts';

/** Keys and indexes from the top of a document. */
export type Path = readonly (string | number)[];

export interface Source {
  /** The document as plain values; null for an empty one. */
  readonly value: unknown;
  /** Problem at the value of a path (or at the nearest thing above it that exists). */
  problem(path: Path, message: string): Problem;
  /** Problem at the key itself, for keys that should not be there. */
  keyProblem(path: Path, message: string): Problem;
}

/** Reads one YAML 1.2 document; syntax errors and duplicate keys come back as problems. */
export function readSource(file: string, text: string): Source | { readonly problems: readonly Problem[] } {
  const yaml = readYaml(text);
  if ('problems' in yaml)
    return { problems: yaml.problems.map((problem) => ({ file, path: '', ...problem })) };
  const at =
    (what: 'key' | 'value') =>
    (path: Path, message: string): Problem => ({
      file,
      ...yaml.locate(path, what),
      path: dotted(path),
      message,
    });
  return { value: yaml.value, problem: at('value'), keyProblem: at('key') };
}

/** A line of a file. */
export interface WrittenAt {
  readonly file: string;
  readonly line: number;
}

/** A path as problems show it: `route.routes.0.receiver`. */
export function dotted(path: Path): string {
  return path.map(String).join('.');
}
