import { describe, expect, it } from 'vitest';
import { labelSet } from '../../rules/labels.ts';
import { PipelineStory } from '../testing/pipeline-story.ts';
import { fitsTheClock, nextOnTheClock } from './on-the-clock.ts';

const hour = 3_600_000;
const halfHour = hour / 2;

/** The times themselves, in UTC, and what a clock on the wall shows then. */
function next(zone: string, from: string, everyMs: number, count: number): string[] {
  const shown = new Intl.DateTimeFormat('sv-SE', { timeZone: zone, timeStyle: 'short' });
  const out: string[] = [];
  let at = Date.parse(from);
  for (let i = 0; i < count; i++) {
    at = nextOnTheClock(at, everyMs, zone);
    out.push(`${new Date(at).toISOString().slice(5, 16)} ${shown.format(at)}`);
  }
  return out;
}

describe('times on a clock', () => {
  it('come every hour of the night in which Vienna puts its clocks back', () => {
    expect(next('Europe/Vienna', '2026-10-24T22:30:00Z', hour, 5)).toEqual([
      '10-24T23:00 01:00',
      '10-25T00:00 02:00',
      '10-25T01:00 02:00',
      '10-25T02:00 03:00',
      '10-25T03:00 04:00',
    ]);
  });

  it('come every hour of the night in which it puts them forward', () => {
    expect(next('Europe/Vienna', '2026-03-28T23:30:00Z', hour, 3)).toEqual([
      '03-29T00:00 01:00',
      '03-29T01:00 03:00',
      '03-29T02:00 04:00',
    ]);
  });

  it('of more than an hour come once where the clock shows them twice, and late where it leaves them out', () => {
    expect(next('Europe/Vienna', '2026-10-24T21:30:00Z', 2 * hour, 3)).toEqual([
      '10-24T22:00 00:00',
      '10-25T00:00 02:00',
      '10-25T03:00 04:00',
    ]);
    expect(next('Europe/Vienna', '2026-03-28T22:30:00Z', 2 * hour, 3)).toEqual([
      '03-28T23:00 00:00',
      '03-29T01:00 03:00',
      '03-29T02:00 04:00',
    ]);
    // Midnight comes twice, and not at all.
    expect(next('America/St_Johns', '2010-11-06T10:00:00Z', 24 * hour, 2)).toEqual([
      '11-07T02:30 00:00',
      '11-08T03:30 00:00',
    ]);
    expect(next('Asia/Beirut', '2026-03-28T10:00:00Z', 24 * hour, 2)).toEqual([
      '03-28T22:00 01:00',
      '03-29T21:00 00:00',
    ]);
  });

  it('are those of spans that divide an hour or a day', () => {
    const minutes = [1, 5, 15, 30, 60, 120, 360, 1_440];
    expect(minutes.map((n) => fitsTheClock(n * 60_000))).toEqual(minutes.map(() => true));
    const wrong = [0, 0.5, 7, 45, 90, 300, 2_880];
    expect(wrong.map((n) => fitsTheClock(n * 60_000))).toEqual(wrong.map(() => false));
  });
});

/** Full hours of a year by the machine's own calendar: a half hour at which a clock shows one, or has jumped over one. */
function hoursOf(zone: string, from: number, to: number): number[] {
  const format = new Intl.DateTimeFormat('en-GB', { timeZone: zone, hour: '2-digit', minute: '2-digit' });
  const hours: number[] = [];
  let before = format.format(from - halfHour);
  for (let at = from; at < to; at += halfHour) {
    const shown = format.format(at);
    const jumpedOver = shown.endsWith(':30') && before.endsWith(':30');
    const forward = jumpedOver && shown > before;
    if (shown.endsWith(':00') || forward) hours.push(at);
    before = shown;
  }
  return hours;
}

/**
 * Times of a span of some hours or of a day by the machine's own calendar, half an hour at a time: when a clock
 * shows one that it had not shown, or has jumped over it.
 */
function slotsOf(zone: string, hours: number, from: number, to: number): number[] {
  const format = new Intl.DateTimeFormat('sv-SE', { timeZone: zone, dateStyle: 'short', timeStyle: 'short' });
  const found: number[] = [];
  // Texts of this kind are ordered as times are; of a day they name the slots by their hour.
  const slotAt = (at: number) => {
    const shown = format.format(at);
    return `${shown.slice(0, 11)}${String(Math.floor(Number(shown.slice(11, 13)) / hours)).padStart(2, '0')}`;
  };
  let latest = slotAt(from - halfHour);
  for (let at = from; at < to; at += halfHour) {
    const slot = slotAt(at);
    if (slot > latest) {
      found.push(at);
      latest = slot;
    }
  }
  return found;
}

describe.each(['UTC', 'America/New_York', 'Australia/Lord_Howe', 'Asia/Taipei'])('a year in %s', (zone) => {
  it.each([2, 6, 24])('has the times of every %i hours that the clocks show, each once', (hours) => {
    const from = Date.parse('2026-01-01T00:00:00Z');
    const to = Date.parse('2027-01-01T00:00:00Z');
    const mine: number[] = [];
    for (let at = nextOnTheClock(from - 1, hours * hour, zone); at < to; ) {
      mine.push(at);
      at = nextOnTheClock(at, hours * hour, zone);
    }
    expect(mine).toEqual(slotsOf(zone, hours, from, to));
  });
});

describe('a year of hourly digests', () => {
  it.each(['UTC', 'America/New_York', 'Australia/Lord_Howe', 'Asia/Taipei'])(
    'in %s tells everything once, on the hour',
    (zone) => {
      const from = Date.parse('2026-01-01T00:00:00Z');
      const to = Date.parse('2027-01-01T00:00:00Z');
      const hours = hoursOf(zone, from, to);
      const mine: number[] = [];
      for (let at = from - 1; ; ) {
        at = nextOnTheClock(at, hour, zone);
        if (at >= to) break;
        mine.push(at);
      }
      expect(mine).toEqual(hours);

      const digest = { everyMs: hour, severities: ['info'] as const, max: 500, to: null };
      const story = new PipelineStory({ receivers: [{ digest }], timeZone: zone });
      story.now = from;
      const due = new Map<string, number>();
      // A step that is no part of any hour, and short enough that no two changes of a clock are left out.
      for (let n = 0; story.now + 2 * hour < to; n++) {
        const { answer } = story.do({
          ...{
            kind: 'event',
            source: 'api',
            type: 'login',
            message: `user${n}`,
            impact: null,
            severity: 'info',
          },
          ...{ priority: 'P5', category: 'business', labels: labelSet({}), recipients: [], dedupKey: null },
          ...{ occurredAt: story.now, actor: null, classifiedBy: null },
        });
        if (answer.kind !== 'event') throw new Error('not an event');
        due.set(answer.alert.id, hours.find((at) => at > story.now) ?? 0);
        if (n % 50 === 0) story.restart();
        story.advance(7 * hour + 17 * 60_000);
      }
      story.advance(8 * hour);
      const told = story.results.flatMap(({ notifications }) =>
        notifications.flatMap(({ message, alerts }) =>
          Object.keys(alerts).map((id) => [id, message.at] as const),
        ),
      );
      expect(told).toHaveLength(due.size);
      expect(new Map(told)).toEqual(due);
    },
  );
});
