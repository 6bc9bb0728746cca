// The hours of a whole year against what Intl says the clocks show, a quarter of an hour at a time.
import { describe, expect, it } from 'vitest';
import type { QuietHours } from './people.ts';
import { quietUntil } from './quiet-hours.ts';

const minuteMs = 60_000;
const stepMs = 15 * minuteMs;
const hours = (from: string, to: string, more: Partial<QuietHours> = {}): QuietHours => {
  const minutes = (text: string) => Number(text.slice(0, 2)) * 60 + Number(text.slice(3));
  return { from: minutes(from), to: minutes(to), days: null, passes: 'critical', ...more };
};
const at = (text: string) => Date.parse(text);
const until = (timeZone: string | null, quietHours: readonly QuietHours[], when: string) => {
  const end = quietUntil({ timeZone, quietHours }, 'Asia/Taipei', 'high', at(when));
  return end === null ? null : new Date(end).toISOString().slice(0, 16);
};

describe('quiet hours', () => {
  it('hold back what is less than what passes, by the clock of the person', () => {
    const person = { timeZone: null, quietHours: [hours('22:00', '07:00')] };
    const night = at('2026-05-01T15:00Z'); // 23:00 in Taipei
    const end = at('2026-05-01T23:00Z');
    const told = (['info', 'warning', 'high', 'critical', 'emergency'] as const).map((severity) =>
      quietUntil(person, 'Asia/Taipei', severity, night),
    );
    expect(told).toEqual([end, end, end, null, null]);
    expect(quietUntil(person, 'UTC', 'info', night)).toBeNull();
    expect(quietUntil({ ...person, timeZone: 'UTC' }, 'Asia/Taipei', 'info', night)).toBeNull();
  });

  it('begin on the days that they name, and go on into the next', () => {
    const weekend = [hours('22:00', '09:00', { days: [5] })];
    expect(until('UTC', weekend, '2026-05-01T21:59Z')).toBeNull();
    expect(until('UTC', weekend, '2026-05-01T22:00Z')).toBe('2026-05-02T09:00');
    expect(until('UTC', weekend, '2026-05-02T08:59Z')).toBe('2026-05-02T09:00');
    expect(until('UTC', weekend, '2026-05-02T22:00Z')).toBeNull();
  });

  it('end together where they follow one another, and at last after a week', () => {
    const both = [hours('22:00', '00:00'), hours('00:00', '06:30'), hours('06:30', '07:00', { days: [6] })];
    expect(until('UTC', both, '2026-05-01T23:00Z')).toBe('2026-05-02T07:00');
    expect(until('UTC', both, '2026-05-02T23:00Z')).toBe('2026-05-03T06:30');
    expect(until('UTC', [hours('00:00', '00:00')], '2026-05-02T10:00Z')).toBe('2026-05-09T10:00');
  });

  it('end when the clock is put forward past their end', () => {
    // On 29 March clocks of Vienna went from 02:00 to 03:00, which is 01:00 UTC.
    expect(until('Europe/Vienna', [hours('22:00', '02:30')], '2026-03-29T00:30Z')).toBe('2026-03-29T01:00');
    // What would lie in the hour that is left out is not there.
    expect(until('Europe/Vienna', [hours('02:00', '03:00')], '2026-03-29T01:00Z')).toBeNull();
  });
});

const configurations: readonly (readonly QuietHours[])[] = [
  [hours('22:00', '07:00')],
  [hours('01:30', '02:15')],
  [hours('02:15', '01:45')],
  [hours('00:00', '00:00', { days: [0, 3] })],
  [hours('12:30', '13:30', { days: [1, 2, 3, 4, 5] }), hours('23:45', '02:30'), hours('02:30', '02:45')],
];

describe.each(['UTC', 'America/New_York', 'Australia/Lord_Howe', 'Asia/Taipei'])('a year in %s', (zone) => {
  const begin = at('2025-12-25T00:00Z');
  const count = (374 * 86_400_000) / stepMs;
  const format = new Intl.DateTimeFormat('sv-SE', {
    timeZone: zone,
    dateStyle: 'short',
    timeStyle: 'short',
  });
  /** `2026-03-29 02:30` of each quarter of an hour. */
  const shown = Array.from({ length: count }, (_, i) => format.format(begin + i * stepMs));
  // Texts of this kind are ordered as times are.
  let latest = '';
  const latestShown = shown.map((text) => {
    if (text > latest) latest = text;
    return latest;
  });
  const firstShowing = (date: Date, minute: number): number => {
    const clock = `${String(Math.floor(minute / 60)).padStart(2, '0')}:${String(minute % 60).padStart(2, '0')}`;
    const wanted = `${date.toISOString().slice(0, 10)} ${clock}`;
    let low = 0;
    let high = count;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (latestShown[middle]! < wanted) low = middle + 1;
      else high = middle;
    }
    return low;
  };

  it.each(configurations.map((each, i) => [i + 1, each] as const))('has the hours %i', (_, configured) => {
    const quiet = new Uint8Array(count);
    for (const { from, to, days } of configured)
      for (let day = begin; day < begin + 374 * 86_400_000; day += 86_400_000) {
        if (days !== null && !days.includes(new Date(day).getUTCDay())) continue;
        const last = new Date(to <= from ? day + 86_400_000 : day);
        quiet.fill(1, firstShowing(new Date(day), from), firstShowing(last, to));
      }
    const wrong: string[] = [];
    // The first and the last days are there for the hours that reach into the year.
    for (let i = count - 5 * 96, end = 0; i > 5 * 96; i--) {
      if (quiet[i] === 0) end = i;
      const expected = quiet[i] === 0 ? null : begin + end * stepMs;
      // All of their edges, and enough between them.
      if (end === 0 || (i % 7 !== 0 && quiet[i] === quiet[i - 1])) continue;
      const moment = begin + i * stepMs;
      const told = quietUntil({ timeZone: zone, quietHours: configured }, 'UTC', 'high', moment);
      if (told !== expected) wrong.push(`${new Date(moment).toISOString()}: ${told}, expected ${expected}`);
    }
    expect(wrong).toEqual([]);
  });
});
