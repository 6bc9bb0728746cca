// Reads one rule out of plain data and collects every problem at once: each key on its own first, then the keys
// together. Problems carry paths; who knows where the data stood gives them lines.
import type { z } from 'zod';
import { normaliseRule, type RuleDefaults } from './normalise/index.ts';
import { isMap, type Path, type PathProblem, readKeys } from './read-keys.ts';
import { type RuleDraft, ruleShapes } from './schema.ts';
import { shown } from './schema-fields.ts';
import { type Origin, type Rule, type RuleType, ruleTypes } from './types.ts';

type Shape = Readonly<Record<string, z.ZodType>>;

/** Every key of any rule, for a rule of which nobody knows the type. */
const anyShape: Shape = Object.assign({}, ...ruleTypes.map((type) => ruleShapes[type])) as Shape;

/** What the type of a rule is; null where it says one that is not known. */
function typeOf(value: Readonly<Record<string, unknown>>): RuleType | null {
  if (value.type === undefined) return value.conditions === undefined ? 'threshold' : 'composite';
  const read = ruleShapes.threshold.type.safeParse(value.type);
  return read.success ? (read.data ?? null) : null;
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
  const type = typeOf(value);
  // Of a type that is not known only the keys on their own can be judged.
  if (type === null) {
    readKeys(value, anyShape, path, problems);
    return { problems };
  }
  const misplaced = Object.keys(value).filter(
    (key) => !Object.hasOwn(ruleShapes[type], key) && Object.hasOwn(anyShape, key),
  );
  for (const key of misplaced) {
    const owners = ruleTypes.filter((other) => Object.hasOwn(ruleShapes[other], key));
    const message = `${key} is a key of rules of type ${owners.join(' and ')}; this one is of type ${type}`;
    problems.push({ path: [...path, key], at: 'key', message });
  }
  // The shape made these values, so they have its types.
  const draft = readKeys(value, ruleShapes[type], path, problems, misplaced) as RuleDraft;
  const reportAt = (inner: Path, message: string): void => {
    problems.push({ path: [...path, ...inner], at: 'value', message });
  };
  const rule = normaliseRule(type, {
    draft,
    given: new Set(Object.keys(value)),
    origin,
    defaults,
    report: (key, message) => reportAt(key === null ? [] : [key], message),
    reportAt,
  });
  return problems.length === 0 ? { rule } : { problems };
}
