// A route as it comes through the API: a document with the keys of a route in the file, `name` and `position`. What an answer
// shows beside them is taken along and means nothing, so that what was read can be put again.
import { z } from 'zod';
import { tellsPeopleOnly } from './addressing.ts';
import type { DocumentProblem } from './api-rule.ts';
import { checkRouteTree } from './routes.ts';
import { danglingInRoute, type RoutingNames } from './routing.ts';
import { routeSchema } from './routing-schema.ts';
import { looksLikeId, text } from './scalars.ts';
import { dotted } from './source.ts';
import { expectation } from './zod-problems.ts';

/** Bounds on routes of the API, per tenant. */
export const routeLimits = {
  /** Of a document, and of what patches make of it, in bytes of JSON. */
  documentBytes: 64 * 1024,
  routes: 1_000,
  /** Routes below one. */
  nested: 100,
} as const;

export const apiRouteSchema = routeSchema.extend({
  name: text
    .max(128)
    .regex(/^[^\p{Cc}/]+$/u, 'expected a name without "/" and control characters')
    .refine(
      (name) => !looksLikeId.test(name) && name !== 'test',
      'expected a name that means nothing else in a path',
    ),
  position: z.int().min(-1_000_000).max(1_000_000).optional(),
});
export type ApiRouteInput = z.output<typeof apiRouteSchema>;

/** Reads a document that `withoutShown` has seen; names in it are checked by `routeNameProblems`. */
export function readApiRoute(
  document: Readonly<Record<string, unknown>>,
): { readonly input: ApiRouteInput } | { readonly problems: readonly DocumentProblem[] } {
  const problems: DocumentProblem[] = [];
  const parsed = apiRouteSchema.safeParse(document);
  for (const issue of parsed.error?.issues ?? []) {
    const path = issue.path.map(String);
    if (issue.code === 'unrecognized_keys')
      problems.push(...issue.keys.map((key) => ({ path: [...path, key].join('.'), message: 'unknown key' })));
    else problems.push({ path: path.join('.'), message: expectation(issue) });
  }
  checkRouteTree({ receiver: '', routes: [document] }, [], ([, , ...path], message) =>
    problems.push({ path: dotted(path), message }),
  );
  if (nestedIn(document) > routeLimits.nested)
    problems.push({ path: 'routes', message: `expected at most ${routeLimits.nested} routes in one` });
  return parsed.success && problems.length === 0 ? { input: parsed.data } : { problems };
}

function nestedIn({ routes }: Readonly<Record<string, unknown>>): number {
  if (!Array.isArray(routes)) return 0;
  return routes.reduce((count: number, child: unknown) => {
    const isRoute = typeof child === 'object' && child !== null;
    return count + 1 + (isRoute ? nestedIn(child as Record<string, unknown>) : 0);
  }, 0);
}

/**
 * Receivers and time intervals that it names and that the file has not.
 * @param names `peopleOnly`: channels that have no receiver because they tell people only, by what it would be called.
 */
export function routeNameProblems(
  document: Readonly<Record<string, unknown>>,
  names: RoutingNames & { readonly peopleOnly?: ReadonlyMap<string, string> },
): DocumentProblem[] {
  const problems: DocumentProblem[] = [];
  danglingInRoute(document, names, (path, what, name, known) => {
    const channel = what === 'receiver' ? names.peopleOnly?.get(name) : undefined;
    if (channel !== undefined) {
      problems.push({ path: dotted(path), message: tellsPeopleOnly(channel) });
      return;
    }
    const list = known.length === 0 ? 'none is defined' : `expected one of ${known.join(', ')}`;
    problems.push({ path: dotted(path), message: `there is no such ${what}; ${list}` });
  });
  return problems;
}
