import { expect, it } from 'vitest';
import type { SeriesFile } from './corpus.ts';
import { falseAlarmsOf } from './false-alarms.ts';
import { fewFalseAlarms, probation, scoreOf, standard } from './score.ts';

const rows = 1_000;
const minute = 60_000;
const file = (windows: SeriesFile['windows']): SeriesFile => ({
  name: 'made/up.csv',
  category: 'made',
  times: Float64Array.from({ length: rows }, (_, row) => row * 5 * minute),
  values: new Float64Array(rows),
  windows,
});
/** Scores that are 0 but for the named rows. */
const flagged = (windows: SeriesFile['windows'], at: Readonly<Record<number, number>>) => {
  const scores = new Float64Array(rows);
  for (const [row, score] of Object.entries(at)) scores[Number(row)] = score;
  return { file: file(windows), scores };
};
const two = [
  [300, 399],
  [600, 699],
] as const;

it('gives 100 to the first row of every window, 0 to silence, 50 to one window of two', () => {
  expect(scoreOf([flagged(two, { 300: 1, 600: 1 })], standard).score).toBeCloseTo(100, 1);
  expect(scoreOf([flagged(two, {})], standard)).toMatchObject({ score: 0, found: 0, windows: 2 });
  expect(scoreOf([flagged(two, { 300: 1 })], standard)).toMatchObject({ found: 1, threshold: 1 });
  expect(scoreOf([flagged(two, { 300: 1 })], standard).score).toBeCloseTo(50, 1);
});

it('fines a false alarm, less when it comes just behind a window, twice in the other profile', () => {
  const with900 = (profile: typeof standard) =>
    scoreOf([flagged(two, { 300: 1, 600: 1, 500: 1 })], profile, 1).score;
  // 500 is 101 rows behind a window of 99: the whole fine, 0.11 of 4 points that two windows span.
  expect(100 - with900(standard)).toBeCloseTo((100 * 0.11 * 0.987) / 4, 1);
  expect(100 - with900(fewFalseAlarms)).toBeCloseTo((100 * 0.22 * 0.987) / 4, 1);
  const behind = scoreOf([flagged(two, { 300: 1, 600: 1, 405: 1 })], standard, 1).score;
  expect(behind).toBeGreaterThan(with900(standard));
});

it('takes the best row of a window, does not judge the beginning, and is worse than silence for noise', () => {
  const late = scoreOf([flagged(two, { 399: 1, 600: 1 })], standard).score;
  expect(late).toBeLessThan(80);
  expect(scoreOf([flagged(two, { 300: 1, 399: 1, 600: 1, 10: 1 })], standard).score).toBeCloseTo(100, 1);
  expect(probation(rows)).toBe(150);
  expect(probation(20_000)).toBe(750);
  const noise = Object.fromEntries(Array.from({ length: rows }, (_, row) => [row, 0.5]));
  expect(scoreOf([flagged(two, noise)], standard, 0.5).score).toBeLessThan(-100);
  expect(scoreOf([flagged(two, noise)], standard).threshold).toBe(Number.POSITIVE_INFINITY);
});

it('counts alarms outside of windows once for each incident, and the time outside as what was asked for', () => {
  const perWeekAt = (row: number) => (row === 200 || row === 210 || row === 320 || row === 800 ? 0.5 : 500);
  const said = Array.from({ length: rows }, (_, row) => ({
    score: 0,
    tail: 1,
    perWeek: perWeekAt(row),
    expected: null,
    direction: 'none' as const,
    learning: null,
  }));
  const { observed, asked } = falseAlarmsOf(file(two), said, 2);
  expect(observed).toBe(2);
  expect(asked).toBeCloseTo((2 * 650) / 2_016, 6);
});
