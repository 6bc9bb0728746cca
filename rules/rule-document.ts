// A rule in the words of a rule file: what is shown of it, and what can be read again. Nothing here knows the types of
// rules: a field is written by its name and the kind of its value, and a test reads every rule of the examples again.
import { formatDuration } from './duration.ts';
import { formatMatcher } from './matchers.ts';
import type { Matcher, Rule } from './types.ts';

/** What a rule has that is no key of it: its place, its identity, and what its file says for all. */
const beside: ReadonlySet<string> = new Set(['tenant', 'group', 'origin', 'hash']);
/** Maps whose keys are names. */
const named: ReadonlySet<string> = new Set(['labels', 'annotations']);
/** Parts whose keys stand among those of the rule. */
const flattened: ReadonlySet<string> = new Set(['grid']);

/** The keys of the rule as a file would have them, defaults too; reading it gives a rule with the same hash. */
export function ruleDocument(rule: Rule): Record<string, unknown> {
  const document = writtenMap(rule, beside);
  if (rule.type === 'threshold' && rule.aggregate === 'absent') {
    // It compares nothing.
    for (const key of ['operator', 'threshold', 'resolve_threshold']) delete document[key];
  }
  return document;
}

function writtenMap(map: object, without: ReadonlySet<string> = new Set()): Record<string, unknown> {
  const into: Record<string, unknown> = {};
  for (const [field, value] of Object.entries(map)) {
    if (value === undefined || without.has(field)) continue;
    if (named.has(field)) into[field] = { ...(value as object) };
    else if (flattened.has(field)) Object.assign(into, writtenMap(value as object));
    else if (field.endsWith('Ms')) into[keyOf(field.slice(0, -2))] = formatDuration(value as number);
    else into[keyOf(field)] = written(value);
  }
  return into;
}

function written(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(written);
  return isMatcher(value) ? formatMatcher(value) : writtenMap(value);
}

function isMatcher(value: object): value is Matcher {
  return 'matches' in value && typeof value.matches === 'function';
}

/** `keepFiringFor` is `keep_firing_for`. */
function keyOf(field: string): string {
  return field.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}
