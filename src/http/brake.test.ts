import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Brake } from './brake.ts';

const t0 = 1_700_000_000_000;
const minute = 60_000;

/** Fails so many times at once. */
function fail(brake: Brake, who: string, times: number, at: number): boolean {
  let waits = false;
  for (let i = 0; i < times; i++) waits = brake.failed(who, at);
  return waits;
}

describe('the brake', () => {
  it('lets nine failures a minute pass and makes the tenth wait', () => {
    const brake = new Brake();
    expect(fail(brake, 'a', 9, t0)).toBe(false);
    expect(brake.waitMs('a', t0)).toBe(0);
    expect(brake.failed('a', t0 + 1)).toBe(true);
    expect(brake.waitMs('a', t0 + 1)).toBe(10_000);
    expect(brake.waitMs('b', t0 + 1)).toBe(0);
    expect(brake.waitMs('a', t0 + 10_001)).toBe(0);
  });

  it('begins to count anew after a minute', () => {
    const brake = new Brake();
    for (let i = 0; i < 50; i++) expect(fail(brake, 'a', 9, t0 + i * minute)).toBe(false);
  });

  it('doubles the wait with each failure after it, up to a quarter of an hour', () => {
    const brake = new Brake();
    const waits: number[] = [];
    let now = t0;
    fail(brake, 'a', 9, now);
    for (let i = 0; i < 9; i++) {
      brake.failed('a', now);
      waits.push(brake.waitMs('a', now) / 1_000);
      now += brake.waitMs('a', now);
    }
    expect(waits).toEqual([10, 20, 40, 80, 160, 320, 640, 900, 900]);
  });

  it('counts nothing during a wait, so that a stubborn sender gets no longer ones', () => {
    const brake = new Brake();
    fail(brake, 'a', 1_000, t0);
    expect(brake.waitMs('a', t0)).toBe(10_000);
  });

  it('forgets after ten quiet minutes', () => {
    const brake = new Brake();
    fail(brake, 'a', 10, t0);
    const later = t0 + 10_000 + 10 * minute;
    expect(fail(brake, 'a', 9, later)).toBe(false);
    expect(brake.failed('a', later)).toBe(true);
    expect(brake.waitMs('a', later)).toBe(10_000);
  });

  it('makes nobody wait for longer than it ever says, also when the clock is set back', () => {
    const brake = new Brake();
    fail(brake, 'a', 10, t0);
    expect(brake.waitMs('a', t0 - 86_400_000)).toBe(0);
    expect(fail(brake, 'a', 9, t0 - 86_400_000)).toBe(false);
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: -2 * minute, max: 20 * minute }), { maxLength: 200 }),
        (steps) => {
          const any = new Brake();
          let now = t0;
          for (const step of steps) {
            now += step;
            any.failed('a', now);
            const wait = any.waitMs('a', now);
            expect(wait).toBeGreaterThanOrEqual(0);
            expect(wait).toBeLessThanOrEqual(900_000);
          }
        },
      ),
    );
  });

  it('keeps at most so many entries, the least recently used go', () => {
    const brake = new Brake(100);
    fail(brake, 'first', 10, t0);
    for (let i = 0; i < 99; i++) brake.failed(`n${i}`, t0);
    expect(brake.size).toBe(100);
    expect(brake.waitMs('first', t0)).toBe(10_000);
    for (let i = 0; i < 10_000; i++) brake.failed(`m${i}`, t0);
    expect(brake.size).toBe(100);
    expect(brake.waitMs('first', t0)).toBe(0);
  });
});
