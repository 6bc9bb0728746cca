import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { durationPattern, formatDuration, longestDurationMs, parseDuration } from './duration.ts';

describe('durations', () => {
  it.each([
    ['30s', 30_000],
    ['1m30s', 90_000],
    ['4h', 14_400_000],
    ['1d', 86_400_000],
    ['1w', 604_800_000],
    ['1y', 31_536_000_000],
    ['500ms', 500],
    ['1s500ms', 1_500],
    ['0s', 0],
    ['0', 0],
    [0, 0],
  ])('%s is %d ms', (text, ms) => {
    expect(parseDuration(text)).toBe(ms);
    expect(new RegExp(durationPattern).test(String(text))).toBe(true);
  });

  it.each([
    '',
    ' ',
    '5',
    5,
    -1,
    '5 minutes',
    '1.5h',
    '-1s',
    '30s1m',
    '1m1m',
    '1M',
    '11y',
    `${'9'.repeat(400)}s`,
  ])('refuses %s', (text) => {
    expect(parseDuration(text)).toMatchObject({ problem: expect.stringMatching(/^expected a duration/) });
  });

  it('are read back as they were written', () => {
    fc.assert(
      fc.property(fc.maxSafeNat(), (n) => {
        const ms = n % longestDurationMs;
        expect(parseDuration(formatDuration(ms))).toBe(ms);
      }),
    );
    expect([0, 500, 90_000, 14_400_000, 90 * 86_400_000].map(formatDuration)).toEqual([
      '0s',
      '500ms',
      '1m30s',
      '4h',
      '90d',
    ]);
  });
});
