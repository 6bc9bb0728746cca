// Recurring times: what an entry matches, and when that changes, against a walk minute by minute.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compileTimeInterval } from './time-interval.ts';
import { timeIntervalsSchema } from './time-interval-schema.ts';
import type { TimeIntervalSpec } from './time-interval-spec.ts';

const minute = 60_000;
const at = (iso: string) => Date.parse(iso);
const one = (spec: TimeIntervalSpec) => compileTimeInterval('test', [spec]);
const iso = (time: number | null) => (time === null ? null : new Date(time).toISOString().slice(0, 16));

/** Reads a wall clock the slow way, and shares nothing with what is tested. */
function naive(spec: readonly TimeIntervalSpec[]): (at: number) => boolean {
  const days = ['sunday', 'monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday'];
  const among = (n: number, text: string, read: (word: string) => number) => {
    const [from, to = from] = text.split(':').map(read);
    return from! <= to! ? n >= from! && n <= to! : n >= from! || n <= to!;
  };
  const formats = spec.map(
    ({ location = 'UTC' }) =>
      new Intl.DateTimeFormat('sv-SE', { timeZone: location, dateStyle: 'short', timeStyle: 'short' }),
  );
  return (time) =>
    spec.some((entry, i) => {
      const [date, clock] = formats[i]!.format(time).split(' ') as [string, string];
      const [year, month, day] = date.split('-').map(Number) as [number, number, number];
      const last = new Date(Date.UTC(year, month, 0)).getUTCDate();
      const weekday = new Date(`${date}T00:00Z`).getUTCDay();
      const dayOf = (word: string) => (Number(word) < 0 ? last + 1 + Number(word) : Number(word));
      return (
        (entry.times?.some(({ start_time, end_time }) => clock >= start_time && clock < end_time) ?? true) &&
        (entry.weekdays?.some((text) => among(weekday, text, (word) => days.indexOf(word))) ?? true) &&
        (entry.months?.some((text) => among(month, text, Number)) ?? true) &&
        (entry.years?.some((text) => among(year, text, Number)) ?? true) &&
        (entry.days_of_month?.some((text) => {
          const [from, to = from] = text.split(':').map(dayOf);
          return day >= from! && day <= to!;
        }) ??
          true)
      );
    });
}

describe('an entry', () => {
  it('matches by the wall clock of its place', () => {
    const office = one({
      times: [{ start_time: '09:00', end_time: '17:00' }],
      weekdays: ['Monday:FRIDAY'],
      location: 'Europe/Vienna',
    });
    // 13 July 2026 is a Monday; Vienna is two hours ahead in summer.
    expect(office.contains(at('2026-07-13T06:59:59.999Z'))).toBe(false);
    expect(office.contains(at('2026-07-13T07:00Z'))).toBe(true);
    expect(office.contains(at('2026-07-13T14:59:59.999Z'))).toBe(true);
    expect(office.contains(at('2026-07-13T15:00Z'))).toBe(false);
    expect(office.contains(at('2026-07-12T10:00Z'))).toBe(false);
    expect(iso(office.nextChange(at('2026-07-17T15:00Z')))).toBe('2026-07-20T07:00');
  });

  it('counts days from the end of the month, in months of any length', () => {
    const last = one({ days_of_month: ['-3:-1'] });
    expect(iso(last.nextChange(at('2026-02-10T00:00Z')))).toBe('2026-02-26T00:00');
    expect(iso(last.nextChange(at('2028-02-10T00:00Z')))).toBe('2028-02-27T00:00');
    expect(iso(last.nextChange(at('2028-02-28T00:00Z')))).toBe('2028-03-01T00:00');
    expect(one({ days_of_month: ['30'] }).contains(at('2026-02-28T00:00Z'))).toBe(false);
  });

  it('goes over the end of a week and of a year', () => {
    const weekend = one({ weekdays: ['friday:monday'] });
    expect(iso(weekend.nextChange(at('2026-07-13T12:00Z')))).toBe('2026-07-14T00:00');
    expect(iso(weekend.nextChange(at('2026-07-14T00:00Z')))).toBe('2026-07-17T00:00');
    const winter = one({ months: ['november:february'] });
    expect(winter.contains(at('2026-01-15T00:00Z'))).toBe(true);
    expect(iso(winter.nextChange(at('2026-01-15T00:00Z')))).toBe('2026-03-01T00:00');
  });

  it('changes where the clock is put forward and back', () => {
    const night = one({ times: [{ start_time: '02:30', end_time: '03:30' }], location: 'Europe/Vienna' });
    // 29 March 2026: 02:00 is followed by 03:00, at 01:00 UTC. The half hour before 03:00 is not there.
    expect(iso(night.nextChange(at('2026-03-28T12:00Z')))).toBe('2026-03-29T01:00');
    expect(iso(night.nextChange(at('2026-03-29T01:00Z')))).toBe('2026-03-29T01:30');
    // 25 October 2026: 03:00 is followed by 02:00, at 01:00 UTC. 02:30 to 03:00 is there twice.
    expect(iso(night.nextChange(at('2026-10-24T12:00Z')))).toBe('2026-10-25T00:30');
    expect(iso(night.nextChange(at('2026-10-25T00:30Z')))).toBe('2026-10-25T01:00');
    expect(iso(night.nextChange(at('2026-10-25T01:00Z')))).toBe('2026-10-25T01:30');
    expect(iso(night.nextChange(at('2026-10-25T01:30Z')))).toBe('2026-10-25T02:30');
  });

  it('that never changes has no next change, and one that is over neither', () => {
    expect(one({}).contains(0)).toBe(true);
    expect(one({}).nextChange(at('2026-01-01T00:00Z'))).toBeNull();
    const past = one({ years: ['2020'], location: 'America/New_York' });
    expect(past.nextChange(at('2026-01-01T00:00Z'))).toBeNull();
    expect(iso(past.nextChange(at('2019-06-01T00:00Z')))).toBe('2020-01-01T05:00');
    expect(iso(past.nextChange(at('2020-06-01T00:00Z')))).toBe('2021-01-01T05:00');
  });

  it('beside another one holds as long as one of them does', () => {
    const both = compileTimeInterval('nights', [
      { times: [{ start_time: '22:00', end_time: '24:00' }] },
      { times: [{ start_time: '00:00', end_time: '06:00' }] },
    ]);
    expect(iso(both.nextChange(at('2026-07-13T12:00Z')))).toBe('2026-07-13T22:00');
    expect(iso(both.nextChange(at('2026-07-13T22:00Z')))).toBe('2026-07-14T06:00');
  });
});

const zone = fc.constantFrom(
  'UTC',
  'Europe/Vienna',
  'America/St_Johns',
  'Australia/Lord_Howe',
  'Asia/Kathmandu',
);
const clock = fc.integer({ min: 0, max: 1_439 });
const pad = (n: number) => String(n).padStart(2, '0');
const times = fc.tuple(clock, fc.integer({ min: 1, max: 600 })).map(([from, span]) => {
  const to = Math.min(1_440, from + span);
  const text = (n: number) => `${pad(Math.floor(n / 60))}:${pad(n % 60)}`;
  return { start_time: text(from), end_time: text(to) };
});
const weekday = fc.constantFrom('monday', 'tuesday:friday', 'saturday:sunday', 'friday:monday');
const days = fc.constantFrom('1', '1:5', '-3:-1', '28:31', '25:-1', '-1');
const months = fc.constantFrom('3', '10', '2:4', '11:3');
const maybe = <T>(value: fc.Arbitrary<T>) =>
  fc.option(fc.array(value, { minLength: 1, maxLength: 2 }), { nil: undefined });
const entry = fc.record({
  times: maybe(times),
  weekdays: maybe(weekday),
  days_of_month: maybe(days),
  months: maybe(months),
  location: zone,
});
const spec = fc.array(entry, { minLength: 1, maxLength: 3 });
/** Around the days on which clocks change, and on any. */
const moments = fc.oneof(
  fc.constantFrom('2026-03-08', '2026-03-29', '2026-04-04', '2026-10-03', '2026-10-25', '2026-11-01').map(at),
  fc.integer({ min: 0, max: 1_095 }).map((day) => at('2026-01-01') + day * 86_400_000),
);

/** So many minutes away: what was answered last is about the same days. */
const near = fc.integer({ min: -2_880, max: 2_880 });

describe('any intervals', () => {
  it('say the same as a walk minute by minute, and change when it does', () => {
    fc.assert(
      fc.property(spec, moments, fc.integer({ min: -720, max: 720 }), (written, day, minutes) => {
        const interval = compileTimeInterval('any', written);
        const slow = naive(written);
        const from = day + minutes * minute;
        const holds = slow(from);
        expect(interval.contains(from)).toBe(holds);
        const next = interval.nextChange(from);
        const bound = from + 26 * 60 * minute;
        let walked = from + minute;
        while (walked < bound && slow(walked) === holds) walked += minute;
        if (walked < bound) expect(iso(next)).toBe(iso(walked));
        else {
          expect(next ?? bound).toBeGreaterThanOrEqual(bound);
          if (next !== null) expect([slow(next - minute), slow(next)]).toEqual([holds, !holds]);
        }
        expect(interval.contains(from + 1)).toBe(holds);
      }),
      { numRuns: 25 },
    );
  });

  it('answer the same whatever was asked before', () => {
    fc.assert(
      fc.property(spec, moments, fc.array(near, { minLength: 2, maxLength: 8 }), (written, day, minutes) => {
        const asked = minutes.map((n) => day + n * minute);
        const used = compileTimeInterval('any', written);
        for (const time of asked) {
          const fresh = compileTimeInterval('any', written);
          expect(used.nextChange(time)).toBe(fresh.nextChange(time));
          expect(used.contains(time)).toBe(fresh.contains(time));
        }
      }),
      { numRuns: 100 },
    );
  });
});

describe('what is written wrong', () => {
  const problems = (entry: unknown) =>
    timeIntervalsSchema
      .safeParse([entry])
      .error?.issues.map(({ path, message }) => `${path.join('.')}: ${message}`);

  it('is said of the word that is wrong', () => {
    expect(problems({ times: [{ start_time: '22:00', end_time: '06:00' }] })).toEqual([
      '0.times.0.end_time: 22:00 to 06:00 goes over midnight: write two, 22:00 to 24:00 and 00:00 to 06:00 (where weekdays are given the second belongs to the day after)',
    ]);
    expect(problems({ times: [{ start_time: '9:00', end_time: '24:01' }] })).toEqual([
      '0.times.0.start_time: expected a time such as 09:00, from 00:00 to 24:00',
      '0.times.0.end_time: expected a time such as 09:00, from 00:00 to 24:00',
    ]);
    expect(problems({ weekdays: ['monday', 'wensday'] })).toEqual([
      '0.weekdays.1: there is no weekday "wensday"; did you mean "wednesday"?',
    ]);
    expect(problems({ days_of_month: ['0', '-1:3', '5:2'] })).toHaveLength(3);
    expect(problems({ months: ['13'], years: ['26'] })).toHaveLength(2);
    expect(problems({ location: 'Europe/Wien' })).toEqual([
      '0.location: there is no time zone "Europe/Wien"; expected a name of the IANA database such as Europe/Vienna, or UTC',
    ]);
  });

  it('and numbers are read as words', () => {
    expect(timeIntervalsSchema.parse([{ days_of_month: [1, -1], months: [12], years: [2026] }])).toEqual([
      { days_of_month: ['1', '-1'], months: ['12'], years: ['2026'] },
    ]);
  });
});
