// When a report is due: a cron expression of five fields in a time zone, as a pure question about a moment.
import { localTime, timesOfDay } from '../statistics/calendar.ts';

export interface Schedule {
  readonly minutes: ReadonlySet<number>;
  readonly hours: ReadonlySet<number>;
  readonly days: ReadonlySet<number>;
  readonly months: ReadonlySet<number>;
  /** 0 is Sunday. */
  readonly weekdays: ReadonlySet<number>;
  /** With both given a day of either is one; else it has to be of both (as cron has it). */
  readonly eitherDay: boolean;
}

const dayMs = 86_400_000;
/** A leap day comes after eight years at the latest. */
const furthestDays = 8 * 366 + 1;

const monthNames = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];
const weekdayNames = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'];

interface Field {
  readonly name: string;
  readonly from: number;
  readonly to: number;
  /** Names of the numbers from `from`. */
  readonly names?: readonly string[];
}
const fields: readonly Field[] = [
  { name: 'minute', from: 0, to: 59 },
  { name: 'hour', from: 0, to: 23 },
  { name: 'day of the month', from: 1, to: 31 },
  { name: 'month', from: 1, to: 12, names: monthNames },
  { name: 'day of the week', from: 0, to: 7, names: weekdayNames },
];

/** The schedule of a cron expression such as `0 8 * * 1`, or what is wrong with it. */
export function parseSchedule(text: string): Schedule | { readonly problem: string } {
  const parts = text.trim().toLowerCase().split(/\s+/);
  if (parts.length !== fields.length)
    return { problem: 'expected a cron expression of five fields, e.g. "0 8 * * 1"' };
  const sets: ReadonlySet<number>[] = [];
  for (const [i, field] of fields.entries()) {
    const set = numbersOf(parts[i]!, field);
    if (set === null) {
      const shown = JSON.stringify(parts[i]!.slice(0, 40));
      return { problem: `expected a ${field.name} from ${field.from} to ${field.to}, got ${shown}` };
    }
    sets.push(set);
  }
  const [minutes, hours, days, months, weekdays] = sets as [
    ReadonlySet<number>,
    ReadonlySet<number>,
    ReadonlySet<number>,
    ReadonlySet<number>,
    ReadonlySet<number>,
  ];
  const schedule: Schedule = {
    ...{ minutes, hours, days, months },
    weekdays: new Set([...weekdays].map((day) => day % 7)),
    eitherDay: !parts[2]!.startsWith('*') && !parts[4]!.startsWith('*'),
  };
  if (dueAtOrBefore(schedule, 'UTC', Date.UTC(2030, 0, 1)) === null)
    return { problem: 'there is no such day in any year' };
  return schedule;
}

/** The numbers of a list of `*`, `5`, `1-5` and names, each with `/STEP`; null when it is none. */
function numbersOf(list: string, { from, to, names }: Field): Set<number> | null {
  const numbers = new Set<number>();
  const numberOf = (text: string): number => {
    const named = names?.indexOf(text) ?? -1;
    return named >= 0 ? from + named : /^\d{1,2}$/.test(text) ? Number(text) : Number.NaN;
  };
  for (const part of list.split(',')) {
    const [, range, step = '1'] = /^([^/]+)(?:\/(\d{1,2}))?$/.exec(part) ?? [];
    if (range === undefined || Number(step) === 0) return null;
    const [first, last, ...rest] = range.split('-');
    const low = range === '*' ? from : numberOf(first!);
    const open = last === undefined && part.includes('/');
    const high = range === '*' || open ? to : numberOf(last ?? first!);
    // NaN is not within anything.
    if (rest.length > 0 || !(low >= from && high <= to && low <= high)) return null;
    for (let number = low; number <= high; number += Number(step)) numbers.add(number);
  }
  return numbers;
}

/**
 * The last time that the schedule was due, at `now` or before; null when there was none for eight years. A time that a day
 * leaves out counts as much later as the clocks were put forward, of one that comes twice the first counts.
 */
export function dueAtOrBefore(schedule: Schedule, zone: string, now: number): number | null {
  const today = localTime(now, zone);
  const midnight = Date.UTC(today.year, today.month - 1, today.day);
  for (let back = 0; back < furthestDays; back++) {
    const date = new Date(midnight - back * dayMs);
    if (!isDay(schedule, date)) continue;
    const day = { year: date.getUTCFullYear(), month: date.getUTCMonth() + 1, day: date.getUTCDate() };
    const at = timesOfDay(day, zone);
    // All of them: those of a day on which clocks move are not in the order of their moments.
    let latest: number | null = null;
    for (const hour of schedule.hours) {
      for (const minute of schedule.minutes) {
        const due = at(hour, minute);
        if (due <= now && (latest === null || due > latest)) latest = due;
      }
    }
    if (latest !== null) return latest;
  }
  return null;
}

function isDay({ days, months, weekdays, eitherDay }: Schedule, date: Date): boolean {
  if (!months.has(date.getUTCMonth() + 1)) return false;
  const ofMonth = days.has(date.getUTCDate());
  const ofWeek = weekdays.has(date.getUTCDay());
  return eitherDay ? ofMonth || ofWeek : ofMonth && ofWeek;
}
