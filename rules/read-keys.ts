// Reads the keys of a map out of plain data, each on its own, and collects every problem with its path.
import type { z } from 'zod';
import { didYouMean } from './did-you-mean.ts';
import { ruleLimits, shown } from './schema-fields.ts';

export type Path = readonly (string | number)[];

export interface PathProblem {
  readonly path: Path;
  /** Whether the key is wrong or its value. */
  readonly at: 'key' | 'value';
  readonly message: string;
}

export const isMap = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/**
 * Reads the keys of a map, each by its own schema, and reports unknown ones with the nearest known one. `others` are
 * keys that are known but read elsewhere, `elsewhere` those that maps of another kind have.
 */
export function readKeys(
  value: Readonly<Record<string, unknown>>,
  shape: Readonly<Record<string, z.ZodType>>,
  path: Path,
  problems: PathProblem[],
  others: readonly string[] = [],
  elsewhere: readonly string[] = [],
): Record<string, unknown> {
  const read: Record<string, unknown> = {};
  for (const key of Object.keys(value)) {
    if (problems.length >= ruleLimits.problems) break;
    const field = Object.hasOwn(shape, key) ? shape[key] : undefined;
    if (field === undefined) {
      if (others.includes(key)) continue;
      const known = didYouMean(key, [...Object.keys(shape), ...others, ...elsewhere]);
      const hint = known === undefined ? '' : `; did you mean ${known}?`;
      problems.push({ path: [...path, key], at: 'key', message: `unknown key ${shown(key)}${hint}` });
      continue;
    }
    const result = field.safeParse(value[key]);
    if (result.success) {
      read[key] = result.data;
      continue;
    }
    for (const issue of result.error.issues) {
      const inner = issue.path.filter((part) => typeof part !== 'symbol');
      problems.push({ path: [...path, key, ...inner], at: 'value', message: issue.message });
    }
  }
  return read;
}
