// Shapes that several bodies share. Fields are snake_case and times are RFC 3339 in UTC with milliseconds; a time that
// comes in may also be a number of epoch milliseconds.
import { z } from 'zod';
import { parseDuration } from '../../../rules/duration.ts';
import { parseMatcher } from '../../../rules/matchers.ts';
import { isSyntaxProblem } from '../../../rules/syntax-problem.ts';

/** RFC 3339 of epoch milliseconds. */
export function timeText(at: number): string {
  return new Date(at).toISOString();
}
export function timeTextOrNull(at: number | null): string | null {
  return at === null ? null : timeText(at);
}

export const timeOut = z.iso.datetime();
export const labelsOut = z.record(z.string(), z.string());

const rfc3339 = z.iso.datetime({ offset: true });
// The years 1970 to 2200: everything outside is a mistake of units.
const latestAt = 7_258_118_400_000;
const timeExpected = 'expected an RFC 3339 time or epoch milliseconds';

/** A point in time from outside, as epoch milliseconds. */
export const timeIn = z
  .union([rfc3339, z.number()], { error: timeExpected })
  .transform((value) => (typeof value === 'number' ? Math.trunc(value) : Date.parse(value)))
  .refine((at) => at >= 0 && at < latestAt, timeExpected);

/** The same in a URL, where a number of milliseconds is text as well. */
export const timeInQuery = z
  .string()
  .transform((text) => (/^\d{1,16}$/.test(text) ? Number(text) : text))
  .pipe(timeIn);

/** A span such as `30m`, as milliseconds. */
export const durationIn = z.string('expected a duration such as 30m').transform((text, context) => {
  const parsed = parseDuration(text);
  if (!isSyntaxProblem(parsed)) return parsed;
  context.addIssue({ code: 'custom', message: parsed.problem });
  return z.NEVER;
});

/** A label matcher in Alertmanager's grammar, e.g. `severity=~"critical|emergency"`. */
export const matcherIn = z.string().transform((text, context) => {
  const parsed = parseMatcher(text);
  if (!isSyntaxProblem(parsed)) return parsed;
  context.addIssue({ code: 'custom', message: `${parsed.problem} (in a matcher such as env="prod")` });
  return z.NEVER;
});

/** Query parameters of every list. */
export const pageQuery = {
  limit: z.coerce.number('expected a whole number from 1 to 500').int().min(1).max(500).default(50),
  cursor: z.string().min(1).max(512).optional(),
};

export function pageOut<Item extends z.ZodType>(item: Item) {
  return z.object({ items: z.array(item), next: z.string().nullable() });
}

/** A query parameter that takes several words, separated by commas. */
export function wordsIn<const Word extends string>(known: readonly [Word, ...Word[]]) {
  return z
    .string()
    .transform((text) => text.split(',').map((word) => word.trim()))
    .pipe(z.array(z.enum(known)).min(1).max(known.length));
}
