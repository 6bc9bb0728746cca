// Problems of a body or query as the error body's `details`: path and what was expected, never the value that was sent.
import type { z } from 'zod';
import { expectation } from '../config/zod-problems.ts';

const mostShown = 50;

interface ShownProblem {
  readonly path: string;
  readonly message: string;
}

/** `{ problems: [{ path: 'labels.env', message: 'expected string, got number' }] }`, at most 50 of them. */
export function invalidDetails(error: z.ZodError): { problems: ShownProblem[] } {
  const problems = error.issues.flatMap((issue): ShownProblem[] => {
    const path = issue.path.map(String);
    if (issue.code === 'unrecognized_keys') {
      return issue.keys.map((key) => ({ path: [...path, key].join('.'), message: 'unknown key' }));
    }
    return [{ path: path.join('.'), message: expectation(issue) }];
  });
  return { problems: problems.slice(0, mostShown) };
}
