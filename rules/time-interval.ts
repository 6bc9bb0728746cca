// Recurring times in Alertmanager's format: the hours, days, months and years in which something holds, by the wall clock
// of a place. The fields of one entry all have to match, of several entries one.
import type { TimeIntervalSpec } from './time-interval-spec.ts';
import { readTimeInterval, type TimeIntervalReading } from './time-interval-words.ts';

/** Times are epoch milliseconds. */
export interface TimeInterval {
  readonly name: string;
  readonly spec: readonly TimeIntervalSpec[];
  contains(at: number): boolean;
  /** The first time after `at` at which `contains` changes; null when it does not within five years. */
  nextChange(at: number): number | null;
}

const minuteMs = 60_000;
const dayMs = 86_400_000;
const dayMinutes = 1_440;
const horizonDays = 5 * 366;

/** @throws when an entry is none: whoever takes one from outside reads it by `timeIntervalSchema` first. */
export function compileTimeInterval(name: string, spec: readonly TimeIntervalSpec[]): TimeInterval {
  const entries = spec.map((entry) => {
    const read = readTimeInterval(entry);
    if ('problem' in read) throw new Error(`time interval ${name}: ${read.problem}`);
    return new Entry(read);
  });
  const anyHas = (at: number) => entries.some((entry) => entry.contains(at));
  /** The last answer, from where to where it is good. */
  let known: { from: number; to: number; holds: boolean; next: number | null } | null = null;

  const lookUp = (at: number): { holds: boolean; next: number | null } => {
    if (known !== null && at >= known.from && at < known.to) return known;
    const holds = anyHas(at);
    // Of a whole day, so that the answer does not depend on what was asked before.
    const limit = (Math.floor(at / dayMs) + horizonDays) * dayMs;
    let next: number | null = at;
    do {
      const after: number = next;
      const first: number = entries.reduce(
        (min, entry) => Math.min(min, entry.nextChange(after, limit)),
        Number.POSITIVE_INFINITY,
      );
      next = first < limit ? first : null;
    } while (next !== null && anyHas(next) === holds);
    known = { from: at, to: next ?? (Math.floor(at / dayMs) + 1) * dayMs, holds, next };
    return known;
  };

  return {
    name,
    spec,
    contains: (at) => (known !== null && at >= known.from && at < known.to ? known.holds : anyHas(at)),
    nextChange: (at) => lookUp(at).next,
  };
}

/** What an entry makes of a whole local day. */
type Day = 'none' | 'all' | 'some';

class Entry {
  readonly #reading: TimeIntervalReading;
  /** Minutes of the day at which something may begin or end. */
  readonly #edges: readonly number[];
  #day = Number.NaN;
  #dayIs: Day = 'none';

  constructor(reading: TimeIntervalReading) {
    this.#reading = reading;
    const edges = reading.times?.flatMap(({ from, to }) => [from, to]) ?? [];
    this.#edges = [...new Set(edges)]
      .filter((minute) => minute > 0 && minute < dayMinutes)
      .sort((a, b) => a - b);
  }

  contains(at: number): boolean {
    return this.#has(at + this.#reading.zone.spanAt(at).offsetMs);
  }

  /** After `at` and before `limit`, else Infinity; one day is a step, however many minutes it has. */
  nextChange(at: number, limit: number): number {
    const holds = this.contains(at);
    const same: Day = holds ? 'all' : 'none';
    for (let from = at; from < limit; ) {
      const { offsetMs, to } = this.#reading.zone.spanAt(from);
      const end = Math.min(to, limit);
      for (let day = Math.floor((from + offsetMs) / dayMs); ; day++) {
        const dayAt = day * dayMs - offsetMs;
        if (dayAt >= end) break;
        if (this.#of(day) === same) continue;
        const begin = Math.max(from, dayAt);
        if (begin > at && this.#has(begin + offsetMs) !== holds) return begin;
        for (const edge of this.#edges) {
          const edgeAt = dayAt + edge * minuteMs;
          if (edgeAt > begin && edgeAt < end && this.#has(edgeAt + offsetMs) !== holds) return edgeAt;
        }
      }
      from = end;
    }
    return Number.POSITIVE_INFINITY;
  }

  /** By local time, in milliseconds since local 1970. */
  #has(local: number): boolean {
    const day = Math.floor(local / dayMs);
    const is = this.#of(day);
    if (is !== 'some') return is === 'all';
    const minute = Math.floor((local - day * dayMs) / minuteMs);
    return this.#reading.times!.some(({ from, to }) => minute >= from && minute < to);
  }

  #of(day: number): Day {
    if (day === this.#day) return this.#dayIs;
    this.#day = day;
    this.#dayIs = !this.#matches(day) ? 'none' : this.#reading.times === null ? 'all' : 'some';
    return this.#dayIs;
  }

  #matches(day: number): boolean {
    const { weekdays, months, years, daysOfMonth } = this.#reading;
    // 1 January 1970 was a Thursday.
    if (weekdays !== null && !weekdays.has((((day + 4) % 7) + 7) % 7)) return false;
    if (months === null && years === null && daysOfMonth === null) return true;
    const date = new Date(day * dayMs);
    const year = date.getUTCFullYear();
    const month = date.getUTCMonth() + 1;
    if (years !== null && !years.some(({ from, to }) => year >= from && year <= to)) return false;
    if (months !== null && !months.has(month)) return false;
    if (daysOfMonth === null) return true;
    const last = new Date(Date.UTC(year, month, 0)).getUTCDate();
    const fromEnd = (n: number) => (n < 0 ? last + 1 + n : n);
    const dayOfMonth = date.getUTCDate();
    return daysOfMonth.some(({ from, to }) => dayOfMonth >= fromEnd(from) && dayOfMonth <= fromEnd(to));
  }
}
