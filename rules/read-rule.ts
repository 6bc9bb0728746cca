// Reads one rule out of plain data and collects every problem at once: each key on its own first, then the keys
// together. Problems carry paths; who knows where the data stood gives them lines.
import type { z } from 'zod';
import { didYouMean } from './did-you-mean.ts';
import { normaliseRule, type RuleDefaults } from './normalise.ts';
import { type RuleDraft, ruleShape } from './schema.ts';
import { ruleLimits, shown } from './schema-fields.ts';
import type { Origin, Rule } from './types.ts';

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
 * keys that are known but read elsewhere.
 */
export function readKeys(
  value: Readonly<Record<string, unknown>>,
  shape: Readonly<Record<string, z.ZodType>>,
  path: Path,
  problems: PathProblem[],
  others: readonly string[] = [],
): Record<string, unknown> {
  const read: Record<string, unknown> = {};
  for (const key of Object.keys(value)) {
    if (problems.length >= ruleLimits.problems) break;
    const field = Object.hasOwn(shape, key) ? shape[key] : undefined;
    if (field === undefined) {
      if (others.includes(key)) continue;
      const known = didYouMean(key, [...Object.keys(shape), ...others]);
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

/** Reads one rule; `path` is where it stands in its document. */
export function readRule(
  value: unknown,
  path: Path,
  origin: Origin,
  defaults: RuleDefaults,
): { readonly rule: Rule } | { readonly problems: readonly PathProblem[] } {
  if (!isMap(value)) {
    return { problems: [{ path, at: 'value', message: `expected a rule (a map), got ${shown(value)}` }] };
  }
  const problems: PathProblem[] = [];
  // The shape made these values, so they have its types.
  const draft = readKeys(value, ruleShape, path, problems) as RuleDraft;
  const rule = normaliseRule(draft, new Set(Object.keys(value)), origin, defaults, (key, message) => {
    problems.push({ path: key === null ? path : [...path, key], at: 'value', message });
  });
  return problems.length === 0 ? { rule } : { problems };
}
