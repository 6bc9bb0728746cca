import { describe, expect, it } from 'vitest';
import { drawNights, Nights } from './nights.ts';
import { Random } from './random.ts';

const hour = 3_600_000;
const t0 = 1_700_000_000_000;

describe('days and nights', () => {
  const nights = new Nights({ dayMs: 2 * hour, nightMs: 4 * hour, overMs: hour }, t0);

  it('follow each other from the start on', () => {
    const at = [0, 0.9, 1, 4.9, 5, 6.9, 7].map((hours) => nights.isNight(t0 + hours * hour));
    expect(at).toEqual([false, false, true, true, false, false, true]);
  });

  it('stretch what happens at night, and nothing by day', () => {
    expect(nights.stretched(t0, 0.5 * hour)).toBe(0.5 * hour);
    // An hour of day is left; a twentieth of the next four is as much as twelve minutes of day.
    expect(nights.stretched(t0, 1.1 * hour)).toBe(3 * hour);
    expect(nights.stretched(t0, 1.2 * hour)).toBe(5 * hour);
    expect(nights.stretched(t0, 1.7 * hour)).toBe(5.5 * hour);
    expect(nights.stretched(t0 + 2 * hour, 0.05 * hour)).toBe(hour);
  });

  it('are none in some seeds: everything happens all the time', () => {
    const none = new Nights(null, t0);
    expect([none.isNight(t0 + 30 * hour), none.stretched(t0, 7 * hour)]).toEqual([false, 7 * hour]);
    const drawn = Array.from({ length: 200 }, (_, seed) => drawNights(new Random(seed, 37)));
    const without = drawn.filter((plan) => plan === null).length;
    expect(without).toBeGreaterThan(20);
    expect(without).toBeLessThan(60);
  });
});
