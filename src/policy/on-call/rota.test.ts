// Rotas against an oracle that knows nothing but what Intl says of a zone's clocks, step by step through a year.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { firstGap, onCallAt, shifts, watchAt } from './rota.ts';
import type { Layer, Override, Schedule, Shift, WeeklyHours } from './schedule.ts';
import { parseShown } from './wall-clock.ts';

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
const dayMs = 24 * hourMs;
const zones = ['UTC', 'America/New_York', 'Australia/Lord_Howe', 'Asia/Taipei'];

const at = (text: string) => Date.parse(`${text}Z`);
const layer = (given: Partial<Omit<Layer, 'startsAt'>> & { startsAt?: string } = {}): Layer => ({
  name: 'main',
  everyMs: 7 * dayMs,
  turns: [['ann'], ['bob'], ['cy']],
  hours: null,
  ...given,
  startsAt: parseShown(given.startsAt ?? '2026-01-05 09:00')!,
});
const schedule = (given: Partial<Schedule> = {}): Schedule => ({
  name: 'primary',
  timeZone: 'UTC',
  layers: [layer()],
  overrides: [],
  allowGaps: false,
  ...given,
});
const override = (person: string, from: string, to: string, of: string | null = null): Override => ({
  id: null,
  person,
  from: at(from),
  to: at(to),
  layer: of,
});
const text = ({ start, end, people, layer: of, override: by }: Shift) =>
  `${new Date(start).toISOString().slice(0, 16)} ${new Date(end).toISOString().slice(0, 16)} ${people.join('+')}${of === null ? '' : ` (${of})`}${by === null ? '' : ' override'}`;

describe('a rota', () => {
  it('hands over from one to the next and begins again', () => {
    expect(shifts(schedule(), at('2026-01-05T09:00'), at('2026-01-27T09:00')).map(text)).toEqual([
      '2026-01-05T09:00 2026-01-12T09:00 ann (main)',
      '2026-01-12T09:00 2026-01-19T09:00 bob (main)',
      '2026-01-19T09:00 2026-01-26T09:00 cy (main)',
      '2026-01-26T09:00 2026-01-27T09:00 ann (main)',
    ]);
    expect(onCallAt(schedule(), at('2026-01-12T08:59:59'))).toEqual(['ann']);
    expect(onCallAt(schedule(), at('2026-01-12T09:00'))).toEqual(['bob']);
    expect(onCallAt(schedule(), at('2026-01-05T08:59'))).toEqual([]);
  });

  it('says until when, and who is next; of one who follows himself there is no next', () => {
    expect(watchAt(schedule(), at('2026-01-07T00:00'))).toMatchObject({
      people: ['ann'],
      until: at('2026-01-12T09:00'),
      next: { people: ['bob'], from: at('2026-01-12T09:00') },
    });
    const alone = schedule({ layers: [layer({ turns: [['ann']] })] });
    expect(watchAt(alone, at('2026-01-07T00:00'))).toMatchObject({
      people: ['ann'],
      until: null,
      next: null,
    });
    const days: WeeklyHours[] = [{ days: new Set([1]), from: 540, to: 1_020 }];
    const mondays = schedule({ layers: [layer({ hours: days })] });
    expect(watchAt(mondays, at('2026-01-12T12:00'))).toMatchObject({
      people: ['bob'],
      until: at('2026-01-12T17:00'),
      next: { people: ['cy'], from: at('2026-01-19T09:00') },
    });
    expect(watchAt(mondays, at('2026-01-13T00:00'))).toMatchObject({
      people: [],
      until: at('2026-01-19T09:00'),
      next: { people: ['cy'], from: at('2026-01-19T09:00') },
    });
  });

  it('has one layer over another, within its hours, and an override over both or in the place of one', () => {
    const nights = layer({
      name: 'nights',
      turns: [['dee']],
      hours: [{ days: null, from: 22 * 60, to: 6 * 60 }],
    });
    const both = schedule({ layers: [layer(), nights] });
    expect(shifts(both, at('2026-01-06T12:00'), at('2026-01-07T12:00')).map(text)).toEqual([
      '2026-01-06T12:00 2026-01-06T22:00 ann (main)',
      '2026-01-06T22:00 2026-01-07T06:00 dee (nights)',
      '2026-01-07T06:00 2026-01-07T12:00 ann (main)',
    ]);
    const overrides = [
      override('eve', '2026-01-06T20:00', '2026-01-06T23:00'),
      override('fay', '2026-01-06T20:00', '2026-01-07T02:00', 'nights'),
    ];
    expect(shifts({ ...both, overrides }, at('2026-01-06T12:00'), at('2026-01-07T12:00')).map(text)).toEqual([
      '2026-01-06T12:00 2026-01-06T20:00 ann (main)',
      '2026-01-06T20:00 2026-01-06T23:00 eve override',
      '2026-01-06T23:00 2026-01-07T02:00 fay (nights) override',
      '2026-01-07T02:00 2026-01-07T06:00 dee (nights)',
      '2026-01-07T06:00 2026-01-07T12:00 ann (main)',
    ]);
  });

  it('hands over at the first moment after a time that clocks leave out, and the first time at one that comes twice', () => {
    const half = layer({ everyMs: dayMs, startsAt: '2026-01-01 02:30' });
    const here = schedule({ timeZone: 'America/New_York', layers: [half] });
    const edges = (from: string, to: string) => shifts(here, at(from), at(to)).map(text);
    // 8 March 2026: from 02:00 to 03:00 (07:00 UTC).
    expect(edges('2026-03-07T12:00', '2026-03-09T12:00')).toEqual([
      '2026-03-07T12:00 2026-03-08T07:00 cy (main)',
      '2026-03-08T07:00 2026-03-09T06:30 ann (main)',
      '2026-03-09T06:30 2026-03-09T12:00 bob (main)',
    ]);
    // 1 November 2026: from 02:00 to 01:00 (06:00 UTC).
    const early = schedule({ ...here, layers: [layer({ everyMs: dayMs, startsAt: '2026-01-01 01:30' })] });
    expect(shifts(early, at('2026-10-31T12:00'), at('2026-11-02T12:00')).map(text)).toEqual([
      '2026-10-31T12:00 2026-11-01T05:30 ann (main)',
      '2026-11-01T05:30 2026-11-02T06:30 bob (main)',
      '2026-11-02T06:30 2026-11-02T12:00 cy (main)',
    ]);
  });

  it('has a gap where nobody is on call, and the first is found', () => {
    const from = at('2026-01-05T09:00');
    expect(firstGap(schedule(), from, from + 400 * dayMs)).toBeNull();
    expect(firstGap(schedule(), from - dayMs, from)).toEqual({ start: from - dayMs, end: from });
    const weekdays = new Set([1, 2, 3, 4, 5]);
    const holes = schedule({
      layers: [
        layer({
          hours: [
            { days: weekdays, from: 0, to: 1_440 },
            { days: new Set([6]), from: 0, to: 23 * 60 },
          ],
        }),
      ],
    });
    expect(firstGap(holes, from, from + 400 * dayMs)).toEqual({
      start: at('2026-01-10T23:00'),
      end: at('2026-01-12T00:00'),
    });
  });
});

// -- the oracle -------------------------------------------------------------------------------------------------

/** What the zone's clocks show, by Intl alone. */
function clockOf(zone: string): (at: number) => number {
  const format = new Intl.DateTimeFormat('sv-SE', { timeZone: zone, dateStyle: 'short', timeStyle: 'short' });
  return (at) => Date.parse(`${format.format(at).replace(' ', 'T')}Z`);
}

/** Who has a layer while the clocks show `shown`. */
function onLayer({ startsAt, everyMs, turns, hours }: Layer, shown: number): readonly string[] {
  if (shown < startsAt) return [];
  const minute = Math.floor((shown % dayMs) / minuteMs);
  const today = new Date(shown).getUTCDay();
  const yesterday = (today + 6) % 7;
  const open = hours?.some(({ days, from, to }) => {
    const on = (day: number) => days === null || days.has(day);
    return to > from
      ? on(today) && minute >= from && minute < to
      : (on(today) && minute >= from) || (on(yesterday) && minute < to);
  });
  if (open === false) return [];
  return turns[Math.floor((shown - startsAt) / everyMs) % turns.length]!;
}

function oracle({ layers, overrides }: Schedule, now: number, shown: number): readonly string[] {
  const holds = overrides.filter(({ from, to }) => now >= from && now < to).reverse();
  const whole = holds.find(({ layer: of }) => of === null);
  if (whole !== undefined) return [whole.person];
  for (const one of [...layers].reverse()) {
    const people = onLayer(one, shown);
    const instead = holds.find(({ layer: of }) => of === one.name);
    if (people.length > 0) return instead === undefined ? people : [instead.person];
  }
  return [];
}

/** Compares every step of the span; answers how many there were. */
function compare(rota: Schedule, from: number, to: number, stepMs: number): number {
  const clock = clockOf(rota.timeZone);
  const found = shifts(rota, from, to);
  let shown = clock(from - 3 * hourMs);
  for (let now = from - 3 * hourMs; now < from; now += stepMs) shown = Math.max(shown, clock(now));
  let i = 0;
  let steps = 0;
  for (let now = from; now < to; now += stepMs) {
    // Clocks that were put back show nothing new for a while.
    shown = Math.max(shown, clock(now));
    while (i < found.length && found[i]!.end <= now) i += 1;
    const people = found[i] !== undefined && found[i]!.start <= now ? found[i]!.people : [];
    const expected = oracle(rota, now, shown);
    if (people.join() !== expected.join())
      throw new Error(
        `${rota.timeZone} ${new Date(now).toISOString()}: ${people.join()} instead of ${expected.join()}`,
      );
    steps += 1;
  }
  return steps;
}

const yearFrom = at('2026-01-01T00:00');
const yearTo = at('2027-01-01T00:00');
const follow: readonly Layer[] = [
  layer({ startsAt: '2025-12-29 08:45', turns: [['ann'], ['bob', 'cy'], ['dee']] }),
  layer({ name: 'halves', startsAt: '2025-12-31 02:15', everyMs: 12 * hourMs, turns: [['eve'], ['fay']] }),
  layer({
    name: 'nights',
    startsAt: '2026-02-01 00:00',
    everyMs: dayMs,
    turns: [['gil'], ['hal'], ['ida']],
    hours: [
      { days: new Set([0, 6]), from: 22 * 60, to: 5 * 60 + 30 },
      { days: new Set([0]), from: 60 + 45, to: 2 * 60 + 15 },
    ],
  }),
];
const swaps = [
  override('joe', '2026-03-07T20:00', '2026-03-08T20:15'),
  override('kim', '2026-04-04T00:00', '2026-04-06T00:00', 'nights'),
  override('lou', '2026-10-31T23:45', '2026-11-01T05:45', 'halves'),
];
// By 45 minutes each quarter of an hour has its turn; with 1 it is every minute of the year.
const stepMs = Number(process.env.TOCSIN_ROTA_STEP_MINUTES ?? 45) * minuteMs;

describe('a year of rota', () => {
  it.each(zones)('is what the clocks of %s say', (timeZone) => {
    const rota = schedule({ timeZone, layers: follow, overrides: swaps });
    expect(compare(rota, yearFrom, yearTo, stepMs)).toBe((yearTo - yearFrom) / stepMs);
  });

  it.each(zones)('has no gap in %s where its hours have none, though clocks change', (timeZone) => {
    const hours = [
      { days: null, from: 0, to: 150 },
      { days: null, from: 150, to: 1_170 },
      { days: null, from: 1_170, to: 0 },
    ];
    const shared = hours.map((one, i) =>
      layer({ name: `part ${i}`, startsAt: '2025-12-01 02:30', everyMs: hourMs, hours: [one] }),
    );
    const rota = schedule({ timeZone, layers: shared });
    expect(firstGap(rota, yearFrom, yearFrom + 400 * dayMs)).toBeNull();
  });
});

// -- properties -------------------------------------------------------------------------------------------------

const quarter = (max: number) => fc.integer({ min: 0, max }).map((n) => n * 15);
const anyHours = fc.record({
  days: fc.option(
    fc.uniqueArray(fc.integer({ min: 0, max: 6 }), { minLength: 1 }).map((days) => new Set(days)),
  ),
  from: quarter(95),
  to: quarter(96),
});
const anyLayer = (hours: fc.Arbitrary<readonly WeeklyHours[] | null>) =>
  fc.record({
    everyMs: fc.oneof(
      fc.integer({ min: 1, max: 60 }).map((hours) => hours * hourMs),
      fc.integer({ min: 1, max: 20 }).map((days) => days * dayMs),
    ),
    startsAt: fc.integer({ min: -40_000, max: 8_000 }).map((quarters) => yearFrom + quarters * 15 * minuteMs),
    turns: fc.array(
      fc.uniqueArray(fc.constantFrom('ann', 'bob', 'cy', 'dee'), { minLength: 1, maxLength: 2 }),
      {
        minLength: 1,
        maxLength: 5,
      },
    ),
    hours,
  });
const anyOverride = fc.record({
  id: fc.constant(null),
  person: fc.constantFrom('xia', 'yan', 'zoe'),
  from: fc.integer({ min: -50, max: 9_000 }).map((quarters) => yearFrom + quarters * 15 * minuteMs),
  length: fc.integer({ min: 1, max: 3_000 }),
  layer: fc.constantFrom(null, 'layer 0', 'layer 1', 'layer 2'),
});
const anySchedule = fc.record({
  timeZone: fc.constantFrom(...zones, 'Europe/Dublin', 'Africa/Casablanca', 'America/St_Johns'),
  layers: fc.array(anyLayer(fc.option(fc.array(anyHours, { minLength: 1, maxLength: 3 }))), {
    minLength: 1,
    maxLength: 3,
  }),
  overrides: fc.array(anyOverride, { maxLength: 4 }),
});
const built = ({
  timeZone,
  layers,
  overrides,
}: typeof anySchedule extends fc.Arbitrary<infer T> ? T : never) =>
  schedule({
    timeZone,
    layers: layers.map((one, i) => ({ name: `layer ${i}`, ...one })),
    overrides: overrides.map(({ length, ...one }) => ({ ...one, to: one.from + length * 15 * minuteMs })),
  });
const anySpan = fc.record({
  from: fc.integer({ min: 0, max: 30_000 }).map((quarters) => yearFrom + quarters * 15 * minuteMs),
  quarters: fc.integer({ min: 1, max: 400 }),
});

describe('any schedule', () => {
  it('is what the oracle says, in any span', () => {
    fc.assert(
      fc.property(anySchedule, anySpan, (given, { from, quarters }) => {
        compare(built(given), from, from + quarters * 15 * minuteMs, 15 * minuteMs);
      }),
      { numRuns: 60 },
    );
  });

  it('has shifts in their order, without overlaps, the same however they are asked for', () => {
    fc.assert(
      fc.property(anySchedule, anySpan, fc.nat(), (given, { from, quarters }, some) => {
        const rota = built(given);
        const to = from + quarters * 15 * minuteMs;
        const found = shifts(rota, from, to);
        let end = from;
        for (const shift of found) {
          expect(shift.start).toBeGreaterThanOrEqual(end);
          expect(shift.end).toBeGreaterThan(shift.start);
          expect(shift.people).not.toEqual([]);
          ({ end } = shift);
        }
        expect(end).toBeLessThanOrEqual(to);
        const middle = from + (some % (to - from));
        const shift = found.find(({ start, end: ends }) => start <= middle && middle < ends);
        expect(onCallAt(rota, middle)).toEqual(shift?.people ?? []);
        const watch = watchAt(rota, middle);
        expect(watch.people).toEqual(shift?.people ?? []);
        if (watch.until !== null) {
          expect(onCallAt(rota, watch.until - 1)).toEqual(watch.people);
          expect(onCallAt(rota, watch.until)).not.toEqual(watch.people);
        }
        if (watch.next !== null) expect(onCallAt(rota, watch.next.from)).toEqual(watch.next.people);
      }),
      { numRuns: 150 },
    );
  });

  it('has exactly one turn of each layer at any time after its start, when the layer has no hours', () => {
    fc.assert(
      fc.property(anyLayer(fc.constant(null)), fc.constantFrom(...zones), anySpan, (one, timeZone, span) => {
        const rota = schedule({ timeZone, layers: [{ name: 'only', ...one }] });
        const from = Math.max(span.from, one.startsAt + 2 * dayMs);
        expect(firstGap(rota, from, from + span.quarters * 15 * minuteMs)).toBeNull();
      }),
      { numRuns: 150 },
    );
  });
});
