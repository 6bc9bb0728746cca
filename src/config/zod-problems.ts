// Problems that zod found, at their place in the file and in words for people. Values are not repeated: they may be
// secrets.
import { z } from 'zod';
import { didYouMean } from '../../rules/did-you-mean.ts';
import type { Problem } from '../../rules/types.ts';
import { dotted, type Path, type Source } from './source.ts';

/**
 * @param schema What was expected; asked for its keys when one is unknown.
 * @param base Path of the validated value in the document.
 * @param written Paths of values that came from references, with the text as written.
 */
export function zodProblems(
  source: Source,
  error: z.ZodError,
  schema: z.ZodType,
  base: Path,
  written: ReadonlyMap<string, string>,
): Problem[] {
  return error.issues.flatMap((issue) => {
    const inner = issue.path.map((key) => (typeof key === 'symbol' ? String(key) : key));
    const path = [...base, ...inner];
    if (issue.code === 'unrecognized_keys') {
      const known = knownKeys(schema, inner);
      return issue.keys.map((key) => source.keyProblem([...path, key], unknownKey(key, known)));
    }
    if (issue.code === 'invalid_key') {
      return [source.keyProblem(path, issue.issues[0]?.message ?? issue.message)];
    }
    const from = written.get(dotted(path));
    const message = expectation(issue);
    return [source.problem(path, from === undefined ? message : withoutValue(message, from, issue.code))];
  });
}

export function unknownKey(key: string, known: readonly string[]): string {
  const near = didYouMean(key, known);
  if (near !== undefined) return `unknown key ${JSON.stringify(key)}; did you mean ${JSON.stringify(near)}?`;
  return `unknown key ${JSON.stringify(key)}; expected one of ${known.join(', ')}`;
}

/** What was expected, in a few words; for a missing value that it is required. */
export function expectation(issue: z.core.$ZodIssue): string {
  if (issue.code === 'invalid_union' && issue.message === 'Invalid input') {
    // Of several shapes the one that was meant is the one whose type fits.
    const meant = issue.errors.map((branch) => branch[0]).find((first) => first?.code !== 'invalid_type');
    if (meant !== undefined) return expectation(meant);
  }
  const message = issue.message.replace(/^(Invalid input|Invalid option|Too small|Too big): /, '');
  if (message.endsWith(', received undefined')) {
    return `is required: ${message.slice(0, -', received undefined'.length)}`;
  }
  return message.replace(', received ', ', got ');
}

/** Messages of ours quote what was found or end in it; for a value behind a reference that part is left out. */
function withoutValue(message: string, from: string, code: z.core.$ZodIssue['code']): string {
  const expected = message.replace(/,? got .*$/s, '');
  // What zod itself quotes are the words that it knows.
  const unquoted = code === 'custom' ? expected.replace(/(?: after)? ?["`].*$/s, '') : expected;
  return `${unquoted} in what ${from} stands for`;
}

/** Keys that the schema knows at a path below it. */
function knownKeys(schema: z.ZodType, path: Path): readonly string[] {
  let at: unknown = schema;
  for (const key of path) at = below(at, key);
  return keysOf(at);
}

/** Of several shapes, what any of them knows. */
function keysOf(schema: unknown): readonly string[] {
  const found = unwrapped(schema);
  if (found instanceof z.ZodUnion) return [...new Set(found.options.flatMap(keysOf))];
  return found instanceof z.ZodObject ? Object.keys(found.shape) : [];
}

function below(schema: unknown, key: string | number): unknown {
  const found = unwrapped(schema);
  if (found instanceof z.ZodObject) return found.shape[key];
  if (found instanceof z.ZodArray) return found.element;
  if (found instanceof z.ZodRecord) return found.valueType;
  return undefined;
}

function unwrapped(schema: unknown): unknown {
  if (schema instanceof z.ZodOptional || schema instanceof z.ZodNullable || schema instanceof z.ZodDefault) {
    return unwrapped(schema.unwrap());
  }
  if (schema instanceof z.ZodPipe) return unwrapped(schema.in);
  return schema;
}
