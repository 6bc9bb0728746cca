// The span that statistics and reports are about.
import { z } from 'zod';
import { ApiError } from '../../errors.ts';
import { bucketEdges, isTimeZone, type Step } from '../../statistics/calendar.ts';
import { timeIn } from './shapes.ts';

const dayMs = 86_400_000;
const longestDays = 400;
/** Buckets of one answer: hours of a month. */
const mostBuckets = 750;

// In a URL a number of milliseconds is text as well.
const timeInQuery = z
  .string()
  .transform((text) => (/^\d{1,16}$/.test(text) ? Number(text) : text))
  .pipe(timeIn);

export const spanQuery = {
  from: timeInQuery.optional().meta({ description: '24 hours before `to`, unless given.' }),
  to: timeInQuery.optional().meta({
    description: `Not in the span itself. Now, unless given; at most ${longestDays} days after \`from\`.`,
  }),
};

export const zoneQuery = z
  .string()
  .max(64)
  .refine(isTimeZone, 'expected the name of a time zone such as Europe/Vienna')
  .default('UTC')
  .meta({ description: 'IANA name of the time zone whose hours and days count.' });

function invalid(path: string, message: string): ApiError {
  return new ApiError('invalid_query', { details: { problems: [{ path, message }] } });
}

export function spanOf(
  query: { readonly from?: number | undefined; readonly to?: number | undefined },
  now: number,
  defaultMs = dayMs,
): { readonly from: number; readonly to: number } {
  const to = query.to ?? now;
  const from = query.from ?? Math.max(0, to - defaultMs);
  if (from >= to) throw invalid('from', 'expected a time before `to`');
  if (to - from > longestDays * dayMs)
    throw invalid('from', `expected a time at most ${longestDays} days before \`to\``);
  return { from, to };
}

/** @throws ApiError `invalid_query` when there would be too many. */
export function edgesOf(from: number, to: number, step: Step, zone: string): readonly number[] {
  if (step === '1h' && to - from > mostBuckets * 3_600_000)
    throw invalid('step', `expected 1d for a span of more than ${mostBuckets} hours`);
  return bucketEdges(from, to, step, zone);
}
