// The words of a time interval, read one by one: what is wrong is said of the word that is wrong.
import { didYouMean } from './did-you-mean.ts';
import type { TimeIntervalSpec } from './time-interval-spec.ts';
import { type TimeZone, timeZone } from './time-zone.ts';

/** Both ends belong to it. */
export interface Range {
  readonly from: number;
  readonly to: number;
}

/** An entry, read; null: every one matches. */
export interface TimeIntervalReading {
  /** Minutes of the day; `to` does not belong to it. */
  readonly times: readonly Range[] | null;
  /** 0 is Sunday. */
  readonly weekdays: ReadonlySet<number> | null;
  readonly daysOfMonth: readonly Range[] | null;
  /** From 1. */
  readonly months: ReadonlySet<number> | null;
  readonly years: readonly Range[] | null;
  readonly zone: TimeZone;
}

export interface WordProblem {
  readonly problem: string;
}

const weekdayNames = ['sunday', 'monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday'];
const monthNames = [
  ...['january', 'february', 'march', 'april', 'may', 'june'],
  ...['july', 'august', 'september', 'october', 'november', 'december'],
];

/** Reads a whole entry; the first problem says which word it is of. */
export function readTimeInterval(spec: TimeIntervalSpec): TimeIntervalReading | WordProblem {
  const times = all(spec.times, readTimes);
  const weekdays = all(spec.weekdays, readWeekdays);
  const daysOfMonth = all(spec.days_of_month, readDaysOfMonth);
  const months = all(spec.months, readMonths);
  const years = all(spec.years, readYears);
  const zone = readLocation(spec.location ?? 'UTC');
  for (const read of [times, weekdays, daysOfMonth, months, years, zone])
    if (read !== null && 'problem' in read) return read;
  return {
    times: times as readonly Range[] | null,
    weekdays: around(weekdays as readonly Range[] | null, 0, 6),
    daysOfMonth: daysOfMonth as readonly Range[] | null,
    months: around(months as readonly Range[] | null, 1, 12),
    years: years as readonly Range[] | null,
    zone: zone as TimeZone,
  };
}

function all<T>(
  words: readonly T[] | undefined,
  read: (word: T) => Range | WordProblem,
): readonly Range[] | WordProblem | null {
  if (words === undefined || words.length === 0) return null;
  const ranges: Range[] = [];
  for (const word of words) {
    const range = read(word);
    if ('problem' in range) return range;
    ranges.push(range);
  }
  return ranges;
}

/** Every member of ranges that may go over the end: friday:monday. */
function around(ranges: readonly Range[] | null, first: number, last: number): ReadonlySet<number> | null {
  if (ranges === null) return null;
  const members = new Set<number>();
  for (const { from, to } of ranges)
    for (let n = from; ; n = n === last ? first : n + 1) {
      members.add(n);
      if (n === to) break;
    }
  return members;
}

export function readTimes(written: {
  readonly start_time: string;
  readonly end_time: string;
}): Range | WordProblem {
  const from = readTime(written.start_time);
  if (typeof from !== 'number') return from;
  const to = readTime(written.end_time);
  if (typeof to !== 'number') return to;
  if (from < to) return { from, to };
  const { start_time: start, end_time: end } = written;
  return from === to
    ? {
        problem: `expected an end_time after ${start}: the end is not part of it (a whole day is 00:00 to 24:00)`,
      }
    : {
        problem: `${start} to ${end} goes over midnight: write two, ${start} to 24:00 and 00:00 to ${end} (where weekdays are given the second belongs to the day after)`,
      };
}

/** Minutes since midnight. */
export function readTime(text: string): number | WordProblem {
  const [, hours, minutes] = /^([01]\d|2[0-3]):([0-5]\d)$/.exec(text) ?? [];
  if (hours !== undefined && minutes !== undefined) return Number(hours) * 60 + Number(minutes);
  return text === '24:00' ? 1_440 : { problem: 'expected a time such as 09:00, from 00:00 to 24:00' };
}

export function readWeekdays(text: string): Range | WordProblem {
  return readRange(text, (word) => named(word, weekdayNames, 0, 'weekday', 'monday or monday:friday'));
}

export function readMonths(text: string): Range | WordProblem {
  const example = 'december, 12 or november:february';
  return readRange(text, (word) => {
    if (!/^\d+$/.test(word)) return named(word, monthNames, 1, 'month', example);
    const month = Number(word);
    return month >= 1 && month <= 12 ? month : { problem: `expected a month such as ${example}` };
  });
}

function named(
  word: string,
  names: readonly string[],
  first: number,
  what: string,
  example: string,
): number | WordProblem {
  const index = names.indexOf(word.toLowerCase());
  if (index >= 0) return index + first;
  const near = didYouMean(word, names);
  return {
    problem:
      near === undefined
        ? `expected a ${what} such as ${example}`
        : `there is no ${what} ${JSON.stringify(word)}; did you mean ${JSON.stringify(near)}?`,
  };
}

export function readDaysOfMonth(text: string): Range | WordProblem {
  const expected = {
    problem: 'expected a day from 1 to 31, or from -31 to -1 counted from the end of the month',
  };
  const range = readRange(text, (word) => {
    const day = /^-?\d+$/.test(word) ? Number(word) : 0;
    return day === 0 || Math.abs(day) > 31 ? expected : day;
  });
  if ('problem' in range) return range;
  const { from, to } = range;
  if (from < 0 && to > 0) {
    return {
      problem:
        'a range that begins before the end of the month ends there too: expected a day from -31 to -1',
    };
  }
  // By the longest month: in a shorter one a range may have no day.
  const inLongest = (day: number) => (day < 0 ? 32 + day : day);
  return inLongest(from) <= inLongest(to) ? range : backwards(text);
}

export function readYears(text: string): Range | WordProblem {
  const range = readRange(text, (word) =>
    /^\d{4}$/.test(word) ? Number(word) : { problem: 'expected a year such as 2026, or 2026:2028' },
  );
  return 'problem' in range || range.from <= range.to ? range : backwards(text);
}

export function readLocation(text: string): TimeZone | WordProblem {
  return (
    timeZone(text) ?? {
      problem: `there is no time zone ${JSON.stringify(text.slice(0, 64))}; expected a name of the IANA database such as Europe/Vienna, or UTC`,
    }
  );
}

function readRange(text: string, one: (word: string) => number | WordProblem): Range | WordProblem {
  const words = text.split(':');
  if (words.length > 2) return { problem: 'expected one, or a range of two with ":" between' };
  const [from, to] = words.map((word) => one(word.trim()));
  if (typeof from !== 'number') return from!;
  return to === undefined ? { from, to: from } : typeof to === 'number' ? { from, to } : to;
}

const backwards = (text: string): WordProblem => ({
  problem: `${JSON.stringify(text)} ends before it begins`,
});
