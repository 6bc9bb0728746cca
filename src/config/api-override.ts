// An override of a schedule as it comes through the API: who takes over, and from when to when.
import { z } from 'zod';
import { timeIn } from '../http/bodies/shapes.ts';
import type { Schedule } from '../policy/on-call/schedule.ts';
import type { DocumentProblem } from './api-rule.ts';
import { name, text } from './scalars.ts';
import { expectation } from './zod-problems.ts';

/** Bounds on overrides of the API, per tenant. */
export const overrideLimits = {
  documentBytes: 4 * 1024,
  /** Those that are over are deleted for new ones, the oldest first. */
  overrides: 1_000,
  longestMs: 366 * 86_400_000,
} as const;

export const apiOverrideSchema = z.strictObject({
  schedule: name,
  person: name.meta({ description: 'Who takes over.' }),
  from: timeIn.optional().meta({ description: 'Now, unless given.' }),
  to: timeIn,
  layer: name
    .optional()
    .meta({ description: 'Only in the place of this layer’s people, where that layer has somebody.' }),
  comment: text.max(1_024).optional(),
});
export type ApiOverrideInput = z.output<typeof apiOverrideSchema> & { readonly from: number };

/** Reads a document; `from` is `now` where it says nothing. Times of what is stored are epoch milliseconds. */
export function readApiOverride(
  document: Readonly<Record<string, unknown>>,
  now: number,
): { readonly input: ApiOverrideInput } | { readonly problems: readonly DocumentProblem[] } {
  const parsed = apiOverrideSchema.safeParse(document);
  if (!parsed.success) {
    const problems = parsed.error.issues.flatMap((issue) => {
      const path = issue.path.map(String);
      return issue.code === 'unrecognized_keys'
        ? issue.keys.map((key) => ({ path: [...path, key].join('.'), message: 'unknown key' }))
        : [{ path: path.join('.'), message: expectation(issue) }];
    });
    return { problems };
  }
  const input = { ...parsed.data, from: parsed.data.from ?? now };
  const problems: DocumentProblem[] = [];
  if (input.to <= input.from) problems.push({ path: 'to', message: 'expected a time after `from`' });
  else if (input.to - input.from > overrideLimits.longestMs)
    problems.push({ path: 'to', message: 'expected a time at most 366d after `from`' });
  return problems.length > 0 ? { problems } : { input };
}

/** The schedule and the layer that it names and that the file has not. */
export function overrideNameProblems(
  { schedule: called, layer }: Pick<ApiOverrideInput, 'schedule' | 'layer'>,
  schedules: ReadonlyMap<string, Schedule>,
): DocumentProblem[] {
  const listed = (names: readonly string[]) =>
    names.length === 0 ? 'none is defined' : `expected one of ${names.join(', ')}`;
  const schedule = schedules.get(called);
  if (schedule === undefined)
    return [{ path: 'schedule', message: `there is no such schedule; ${listed([...schedules.keys()])}` }];
  const layers = schedule.layers.map(({ name: of }) => of);
  if (layer === undefined || layers.includes(layer)) return [];
  return [{ path: 'layer', message: `there is no such layer; ${listed(layers)}` }];
}
