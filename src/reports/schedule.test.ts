import { describe, expect, it } from 'vitest';
import { dueAtOrBefore, parseSchedule, type Schedule } from './schedule.ts';

function scheduleOf(text: string): Schedule {
  const schedule = parseSchedule(text);
  if ('problem' in schedule) throw new Error(schedule.problem);
  return schedule;
}
const due = (text: string, zone: string, at: string) => {
  const found = dueAtOrBefore(scheduleOf(text), zone, Date.parse(at));
  return found === null ? null : new Date(found).toISOString().slice(0, 16);
};

describe('a schedule', () => {
  it.each([
    // 2026-11-23 is a Monday.
    ['0 8 * * 1', 'Europe/Vienna', '2026-11-26T00:00:00Z', '2026-11-23T07:00'],
    ['0 8 * * mon', 'Europe/Vienna', '2026-11-23T06:59:59Z', '2026-11-16T07:00'],
    ['0 8 * * 1', 'Europe/Vienna', '2026-11-23T07:00:00Z', '2026-11-23T07:00'],
    ['0 8 * * *', 'Europe/Vienna', '2026-07-01T12:00:00Z', '2026-07-01T06:00'],
    ['0 8 * * *', 'Asia/Taipei', '2026-07-01T12:00:00Z', '2026-07-01T00:00'],
    ['*/15 9-17 * * 1-5', 'UTC', '2026-11-23T09:07:00Z', '2026-11-23T09:00'],
    ['*/15 9-17 * * 1-5', 'UTC', '2026-11-23T08:59:00Z', '2026-11-20T17:45'],
    ['30 6 1 * *', 'UTC', '2026-11-01T06:29:00Z', '2026-10-01T06:30'],
    ['0 0 29 2 *', 'UTC', '2027-01-01T00:00:00Z', '2024-02-29T00:00'],
    ['0 0 1 jan,jul *', 'UTC', '2026-11-01T00:00:00Z', '2026-07-01T00:00'],
    ['0 0 * * 7', 'UTC', '2026-11-26T00:00:00Z', '2026-11-22T00:00'],
    // Either of the two days, when both are given.
    ['0 0 13 * fri', 'UTC', '2026-11-15T00:00:00Z', '2026-11-13T00:00'],
    ['0 0 13 * fri', 'UTC', '2026-11-21T00:00:00Z', '2026-11-20T00:00'],
  ])('%s in %s was due last at %s', (text, zone, at, expected) => {
    expect(due(text, zone, at)).toBe(expected);
  });

  it('is due once on days on which clocks move', () => {
    // 02:30 is left out: it counts as 03:30.
    expect(due('30 2 * * *', 'Europe/Vienna', '2026-03-29T12:00:00Z')).toBe('2026-03-29T01:30');
    // 02:30 comes twice: the first counts, an hour later nothing is due.
    expect(due('30 2 * * *', 'Europe/Vienna', '2026-10-25T00:30:00Z')).toBe('2026-10-25T00:30');
    expect(due('30 2 * * *', 'Europe/Vienna', '2026-10-25T12:00:00Z')).toBe('2026-10-25T00:30');
  });

  it('is found whatever the moment: as a walk over every minute finds it', () => {
    for (const [text, zone, from] of [
      ['10,40 1-3 * * *', 'Europe/Vienna', '2026-03-28T22:00:00Z'],
      ['*/20 * * * *', 'Australia/Lord_Howe', '2026-10-03T12:00:00Z'],
      ['5 */2 * * 0', 'Asia/Beirut', '2026-03-28T20:00:00Z'],
    ] as const) {
      const schedule = scheduleOf(text);
      let last = dueAtOrBefore(schedule, zone, Date.parse(from))!;
      for (let at = Date.parse(from); at < Date.parse(from) + 6 * 3_600_000; at += 60_000) {
        const found = dueAtOrBefore(schedule, zone, at)!;
        // Never back, and new only at the very minute.
        expect([at, found === last || found === at]).toEqual([at, true]);
        last = found;
      }
    }
  });

  it.each([
    ['0 8 * *', 'five fields'],
    ['60 8 * * *', 'a minute from 0 to 59'],
    ['0 8 * * mo', 'a day of the week'],
    ['0 5-2 * * *', 'an hour'.replace('an', 'a')],
    ['*/0 * * * *', 'a minute'],
    ['1-2-3 * * * *', 'a minute'],
    ['0 0 31 2 *', 'no such day'],
    ['', 'five fields'],
  ])('%j is none', (text, why) => {
    expect(parseSchedule(text)).toEqual({ problem: expect.stringContaining(why) });
  });
});
