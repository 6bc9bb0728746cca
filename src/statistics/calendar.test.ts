import { describe, expect, it } from 'vitest';
import { bucketEdges, dateText, instantOf, isTimeZone, localTime } from './calendar.ts';

const at = (text: string) => Date.parse(text);
const hours = (edges: readonly number[]) => edges.slice(1).map((edge, i) => (edge - edges[i]!) / 3_600_000);

describe('days of a time zone', () => {
  it('have 23 hours when the clocks are put forward and 25 when they are put back', () => {
    const spring = bucketEdges(at('2026-03-27T23:00:00Z'), at('2026-03-30T22:00:00Z'), '1d', 'Europe/Vienna');
    expect(hours(spring)).toEqual([24, 23, 24]);
    const autumn = bucketEdges(at('2026-10-23T22:00:00Z'), at('2026-10-26T23:00:00Z'), '1d', 'Europe/Vienna');
    expect(hours(autumn)).toEqual([24, 25, 24]);
  });

  it('begin at one where midnight is left out', () => {
    // Beirut put its clocks forward at midnight: the day begins at 01:00.
    const edges = bucketEdges(at('2024-03-30T10:00:00Z'), at('2024-04-01T10:00:00Z'), '1d', 'Asia/Beirut');
    expect(edges.map((edge) => new Date(edge).toISOString().slice(5, 16))).toEqual([
      '03-30T10:00',
      '03-30T22:00',
      '03-31T21:00',
      '04-01T10:00',
    ]);
  });

  it('are clipped to what was asked for', () => {
    const edges = bucketEdges(at('2026-05-01T12:00:00Z'), at('2026-05-02T12:00:00Z'), '1d', 'Asia/Taipei');
    expect(hours(edges)).toEqual([4, 20]);
  });
});

describe('hours of a time zone', () => {
  it('are all there on a day of 25', () => {
    const edges = bucketEdges(at('2026-10-24T22:00:00Z'), at('2026-10-25T23:00:00Z'), '1h', 'Europe/Vienna');
    expect(hours(edges)).toEqual(Array.from({ length: 25 }, () => 1));
  });

  it('are full hours where the zone is half an hour off', () => {
    const edges = bucketEdges(at('2026-05-01T00:00:00Z'), at('2026-05-01T02:00:00Z'), '1h', 'Asia/Kolkata');
    expect(hours(edges)).toEqual([0.5, 1, 0.5]);
    expect(localTime(edges[1]!, 'Asia/Kolkata')).toMatchObject({ hour: 6, minute: 0 });
  });

  it('come to an end where clocks move by half an hour', () => {
    for (const day of ['2026-04-04', '2026-10-03']) {
      const from = at(`${day}T13:00:00Z`);
      const edges = bucketEdges(from, from + 6 * 3_600_000, '1h', 'Australia/Lord_Howe');
      expect(edges.every((edge, i) => i === 0 || edge > edges[i - 1]!)).toBe(true);
      expect(hours(edges).reduce((sum, each) => sum + each)).toBe(6);
    }
  });
});

it('finds the moment of a wall-clock time', () => {
  const of = (hour: number, minute: number, month: number, day: number) =>
    new Date(instantOf({ year: 2026, month, day, hour, minute }, 'Europe/Vienna')).toISOString();
  expect(of(8, 0, 1, 5)).toBe('2026-01-05T07:00:00.000Z');
  expect(of(8, 0, 7, 5)).toBe('2026-07-05T06:00:00.000Z');
  // Left out: half past two becomes half past three. Twice: the first.
  expect(of(2, 30, 3, 29)).toBe('2026-03-29T01:30:00.000Z');
  expect(of(2, 30, 10, 25)).toBe('2026-10-25T00:30:00.000Z');
  expect(dateText(at('2026-03-28T23:30:00Z'), 'Europe/Vienna')).toBe('2026-03-29');
});

it('knows the names of time zones', () => {
  expect(['Europe/Vienna', 'UTC', 'Asia/Taipei'].map(isTimeZone)).toEqual([true, true, true]);
  expect(['+02:00', 'Mars/Base', '', 'a b', '__proto__'].map(isTimeZone)).toEqual([
    false,
    false,
    false,
    false,
    false,
  ]);
});
