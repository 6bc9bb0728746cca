import fc from 'fast-check';
import { expect, it } from 'vitest';
import { readCalendar } from '../../testing/read-calendar.ts';
import { folded, rotaCalendar } from './rota-calendar.ts';

const start = Date.UTC(2026, 2, 29, 1, 30);
const shift = { start, end: start + 3_600_000, people: ['ann', 'bob'], layer: 'week', override: null };

it('writes a calendar as a calendar program reads it', () => {
  const calendar = {
    schedule: { name: 'primary', timeZone: 'UTC' },
    shifts: [shift],
    scope: 'x',
    now: start,
  };
  expect(rotaCalendar(calendar).split('\r\n')).toMatchInlineSnapshot(`
    [
      "BEGIN:VCALENDAR",
      "VERSION:2.0",
      "PRODID:-//Tocsin//On-call//EN",
      "CALSCALE:GREGORIAN",
      "REFRESH-INTERVAL;VALUE=DURATION:PT1H",
      "X-PUBLISHED-TTL:PT1H",
      "X-WR-CALNAME:On call: primary",
      "BEGIN:VEVENT",
      "UID:7828c9be503f5616@tocsin",
      "DTSTAMP:20260329T013000Z",
      "DTSTART:20260329T013000Z",
      "DTEND:20260329T023000Z",
      "SUMMARY:ann\\, bob (primary)",
      "DESCRIPTION:On call by the schedule primary (UTC). Layer week.",
      "TRANSP:TRANSPARENT",
      "END:VEVENT",
      "END:VCALENDAR",
      "",
    ]
  `);
});

it('folds at 75 octets and never within a character; what was escaped reads as it was', () => {
  fc.assert(
    fc.property(
      fc.string({ unit: 'grapheme', maxLength: 300 }),
      fc.string({ maxLength: 80 }),
      (name, layer) => {
        // Line ends are one and the same to the format; other control characters are in no name. What reads the calendar
        // takes U+FFFD for a character that was cut in two.
        const said = `${name}; a, b\\c 人🚨`.replaceAll(/[\p{Cc}\ufffd]/gu, '');
        const shifts = [{ ...shift, layer: layer.replaceAll(/[\p{Cc}\ufffd]/gu, '') }];
        const text = rotaCalendar({
          schedule: { name: said, timeZone: 'UTC' },
          shifts,
          scope: 'x',
          now: start,
        });
        const [event] = readCalendar(text).events;
        expect(event!.summary).toBe(`ann, bob (${said})`);
        expect(event).toMatchObject({ start, end: shift.end, stamp: start });
      },
    ),
    { numRuns: 200 },
  );
  const long = `X:${'é'.repeat(100)}`;
  expect(folded(long).replaceAll('\r\n ', '')).toBe(long);
});
