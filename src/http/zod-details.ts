// Problems of a body or query as the error body's `details`: path and what was expected, never the value that was sent.
import type { z } from 'zod';

const mostShown = 50;

/** `{ problems: [{ path: 'labels.env', message }] }`, at most 50 of them. */
export function invalidDetails(error: z.ZodError): { problems: { path: string; message: string }[] } {
  return {
    problems: error.issues
      .slice(0, mostShown)
      .map((issue) => ({ path: issue.path.map(String).join('.'), message: issue.message })),
  };
}
