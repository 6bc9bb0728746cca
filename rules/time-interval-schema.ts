// The shape of a time interval in files and in bodies: read, and still plain data.
import { z } from 'zod';
import {
  type Range,
  readDaysOfMonth,
  readLocation,
  readMonths,
  readTime,
  readTimes,
  readWeekdays,
  readYears,
  type WordProblem,
} from './time-interval-words.ts';

const mostWords = 100;

/** A word that may look like a number. */
function word(expected: string, read: (text: string) => Range | WordProblem | number) {
  return z
    .union([z.string().max(64), z.number()], { error: expected })
    .transform(String)
    .superRefine((text, context) => said(read(text), context));
}

const words = (expected: string, read: (text: string) => Range | WordProblem) =>
  z
    .array(word(expected, read), { error: `expected a list, such as [${expected}]` })
    .min(1, 'expected at least one')
    .max(mostWords)
    .optional();

const time = word('expected a time such as 09:00', readTime);

/** One entry. */
export const timeIntervalSchema = z.strictObject({
  times: z
    .array(
      z
        .strictObject({
          start_time: time.describe('Of the day, e.g. 09:00.'),
          end_time: time.describe('Before which it ends; at most 24:00.'),
        })
        .superRefine((times, context) => {
          const read = [readTime(times.start_time), readTime(times.end_time)];
          if (read.every((one) => typeof one === 'number')) said(readTimes(times), context, 'end_time');
        }),
    )
    .min(1, 'expected at least one')
    .max(mostWords)
    .optional()
    .describe('Spans of the day.'),
  weekdays: words("'monday:friday'", readWeekdays).describe('Days of the week, or spans of them.'),
  days_of_month: words("'1:5'", readDaysOfMonth).describe('Days of the month; below 0 from its end.'),
  months: words("'november:february'", readMonths).describe('Months, or spans of them.'),
  years: words("'2026'", readYears).describe('Years, or spans of them.'),
  location: z
    .string()
    .superRefine((name, context) => said(readLocation(name), context))
    .optional()
    .describe('An IANA time zone; UTC without it.'),
});

/** One entry or more: it holds when one of them does. */
export const timeIntervalsSchema = z.array(timeIntervalSchema).min(1, 'expected at least one').max(mostWords);

function said(read: object | number, context: z.core.$RefinementCtx, key?: string): void {
  if (typeof read === 'object' && 'problem' in read)
    context.addIssue({
      code: 'custom',
      message: String(read.problem),
      ...(key !== undefined && { path: [key] }),
    });
}
