// Scalars of YAML that small parsers of ours read.
import { z } from 'zod';
import { parseDuration } from '../../rules/duration.ts';
import { parseMatcher } from '../../rules/matchers.ts';
import { isSyntaxProblem, type SyntaxProblem } from '../../rules/syntax-problem.ts';
import type { Address } from './address.ts';

export function scalar<T extends number | string | Address>(
  expected: string,
  parse: (value: string | number) => T | SyntaxProblem | null,
) {
  return z.union([z.string(), z.number()], { error: expected }).transform((value, context): T => {
    const parsed = parse(value);
    if (parsed !== null && !isSyntaxProblem(parsed)) return parsed;
    context.addIssue({ code: 'custom', message: parsed === null ? expected : parsed.problem });
    return z.NEVER;
  });
}

export const duration = scalar<number>('expected a duration such as 30s, 5m or 4h', parseDuration);
export const positiveDuration = duration.refine((ms) => ms > 0, 'expected a duration above 0');

export const matcher = z.string().transform((text, context) => {
  const parsed = parseMatcher(text);
  if (!isSyntaxProblem(parsed)) return parsed;
  context.addIssue({
    code: 'custom',
    message: `${parsed.problem} (in a matcher such as severity="critical")`,
  });
  return z.NEVER;
});

export const text = z.string().min(1, 'expected a text that is not empty');

export const objectName = /^[A-Za-z0-9][A-Za-z0-9_.-]{0,127}$/;
export const name = z.string().regex(objectName, 'expected a name of letters, digits, "_", "-", "."');

/** Ids and names stand in the same place of a path. */
export const looksLikeId = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;
/** @param words That mean something else in the path. */
export const nameInPath = (...words: readonly string[]) =>
  name.refine(
    (given) => !looksLikeId.test(given) && !words.includes(given),
    'expected a name that means nothing else in a path',
  );
