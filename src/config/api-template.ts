// A template as it comes through the API: what it is in the file, and `name`; compiled and tried in the same way.
import type { Wording } from '../delivery/message-template.ts';
import type { DocumentProblem } from './api-rule.ts';
import { objectName } from './scalars.ts';
import { compiledTemplate } from './templates.ts';
import { expectation } from './zod-problems.ts';

/** Bounds on templates of the API, per tenant. */
export const templateLimits = {
  /** Of a document, and of what patches make of it, in bytes of JSON. */
  documentBytes: 64 * 1024,
  templates: 200,
} as const;

/** Reads a document without what only answers have. */
export function readApiTemplate({
  name,
  ...written
}: Readonly<Record<string, unknown>>):
  | { readonly name: string; readonly wording: Wording }
  | { readonly problems: readonly DocumentProblem[] } {
  const problems: DocumentProblem[] = [];
  if (typeof name !== 'string' || !objectName.test(name))
    problems.push({ path: 'name', message: 'expected a name of letters, digits, "_", "-", "."' });
  const parsed = compiledTemplate.safeParse(written);
  for (const issue of parsed.error?.issues ?? []) {
    const path = issue.path.map(String);
    if (issue.code === 'unrecognized_keys')
      problems.push(...issue.keys.map((key) => ({ path: [...path, key].join('.'), message: 'unknown key' })));
    else problems.push({ path: path.join('.'), message: expectation(issue) });
  }
  if (!parsed.success || problems.length > 0) return { problems };
  const called = name as string;
  return { name: called, wording: { ...parsed.data, name: called } };
}
