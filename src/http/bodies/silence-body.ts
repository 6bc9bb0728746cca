// A silence as the API shows it, and what makes one.
import { z } from 'zod';
import { formatMatcher, matcher, parseMatcher } from '../../../rules/matchers.ts';
import { isSyntaxProblem } from '../../../rules/syntax-problem.ts';
import { timeIntervalsSchema } from '../../../rules/time-interval-schema.ts';
import type { Matcher } from '../../../rules/types.ts';
import { utf8Length } from '../../../rules/utf8.ts';
import type { SilenceRow } from '../../pipeline/rows.ts';
import { calendarOf, holdsUntil } from '../../pipeline/silences.ts';
import { durationIn, timeIn, timeOut, timeText, timeTextOrNull } from './shapes.ts';

export const silenceStates = ['pending', 'active', 'expired'] as const;
export type SilenceState = (typeof silenceStates)[number];

export function stateOf({ startsAt, endsAt, closed }: SilenceRow, now: number): SilenceState {
  if (closed || endsAt <= now) return 'expired';
  return startsAt > now ? 'pending' : 'active';
}

const count = z.number().int();

export const silenceBody = z
  .object({
    id: z.uuid(),
    state: z.enum(silenceStates),
    matchers: z.array(z.string()),
    starts_at: timeOut,
    ends_at: timeOut,
    recurs: timeIntervalsSchema.nullable().meta({ description: 'When it holds; null: all the time.' }),
    holds_until: timeOut.nullable().meta({ description: 'Null when it holds nothing at the moment.' }),
    comment: z.string(),
    created_by: z.string(),
    created_at: timeOut,
    updated_by: z.string(),
    updated_at: timeOut,
    reminded_at: timeOut.nullable(),
    held: count.meta({ description: 'How often it began to hold an alert back, or dropped an event.' }),
    version: count,
  })
  .meta({ id: 'Silence' });

type SilenceBody = Omit<z.output<typeof silenceBody>, 'recurs'> & Pick<SilenceRow, 'recurs'>;

export function toSilenceBody(row: SilenceRow, now: number): SilenceBody {
  const state = stateOf(row, now);
  return {
    id: row.id,
    state,
    matchers: row.matchers.map(formatMatcher),
    starts_at: timeText(row.startsAt),
    ends_at: timeText(row.endsAt),
    recurs: row.recurs,
    holds_until: state === 'active' ? timeTextOrNull(holdsUntil(row, calendarOf(row), now)) : null,
    comment: row.comment,
    created_by: row.createdBy,
    created_at: timeText(row.createdAt),
    updated_by: row.updatedBy,
    updated_at: timeText(row.updatedAt),
    reminded_at: timeTextOrNull(row.remindedAt),
    held: row.held,
    version: row.version,
  };
}

const mostMatchers = 64;
const longestMatcher = 4_096;
const longestComment = 4_096;

const matcherIn = z
  .union(
    [
      z.string(),
      z.strictObject({
        name: z.string().min(1),
        value: z.string(),
        isRegex: z.boolean().optional(),
        isEqual: z.boolean().optional(),
      }),
    ],
    { error: 'expected a matcher such as host="a", or an object with name and value' },
  )
  .transform((given, context): Matcher => {
    const read =
      typeof given === 'string'
        ? parseMatcher(given)
        : utf8Length(given.name) + utf8Length(given.value) > longestMatcher
          ? { problem: `expected a matcher of at most ${longestMatcher} bytes`, offset: 0 }
          : matcher(given.name, operatorOf(given), given.value);
    if (!isSyntaxProblem(read)) return read;
    context.addIssue({ code: 'custom', message: read.problem });
    return z.NEVER;
  });

function operatorOf({
  isRegex = false,
  isEqual = true,
}: {
  isRegex?: boolean | undefined;
  isEqual?: boolean | undefined;
}) {
  if (isRegex) return isEqual ? '=~' : '!~';
  return isEqual ? '=' : '!=';
}

/** Matchers in Alertmanager's grammar, or as the objects that its API has. */
export const matchersIn = z
  .array(matcherIn)
  .min(1, 'expected at least one matcher')
  .max(mostMatchers)
  .refine((matchers) => matchers.some(({ matches }) => !matches('')), {
    error: 'expected at least one matcher that an absent label does not satisfy, else it takes every alert',
  });

/** What a silence is to be. */
export const silenceIn = z
  .strictObject({
    matchers: matchersIn,
    starts_at: timeIn.optional().meta({ description: 'Now, unless given; a past time is now.' }),
    ends_at: timeIn.optional(),
    duration: durationIn.optional().meta({ description: 'Instead of `ends_at`: from `starts_at` on.' }),
    recurs: timeIntervalsSchema.optional().meta({
      description: 'It holds at these times only, e.g. `[{"weekdays":["sunday"],"location":"Asia/Taipei"}]`.',
    }),
    comment: z
      .string()
      .refine((text) => text.trim() !== '', 'expected why there is to be silence')
      .refine((text) => utf8Length(text) <= longestComment, `expected at most ${longestComment} bytes`),
    created_by: z.string().min(1).max(256).optional().meta({ description: 'The key, unless given.' }),
  })
  .refine((body) => (body.ends_at === undefined) !== (body.duration === undefined), {
    error: 'expected `ends_at` or `duration`',
    path: ['ends_at'],
  });
export type SilenceIn = z.output<typeof silenceIn>;
