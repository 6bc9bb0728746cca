import { afterEach, describe, expect, it, vi } from 'vitest';
import { systemClock } from './clock.ts';

afterEach(() => {
  vi.restoreAllMocks();
});

describe('the clock of a process', () => {
  it('does not move when the wall clock jumps, says by how much it jumped, and follows when it is told to', () => {
    let jump = 0;
    const real = Date.now.bind(Date);
    vi.spyOn(Date, 'now').mockImplementation(() => real() + jump);
    const clock = systemClock();
    const before = clock.now();
    jump = -3_600_000;
    expect(clock.now() - before).toBeGreaterThanOrEqual(0);
    expect(clock.now() - before).toBeLessThan(60_000);
    expect(clock.wall() - before).toBeLessThan(-3_500_000);
    expect(Math.round(clock.jump(60_000) / 1_000)).toBe(-3_600);
    clock.reanchor();
    expect(clock.jump(60_000)).toBe(0);
    expect(clock.now() - before).toBeLessThan(-3_500_000);
    jump = 0;
    expect(Math.round(clock.jump(60_000) / 1_000)).toBe(3_600);
  });

  it('calls back not before the time that was asked for, and not after a cancel', async () => {
    const clock = systemClock();
    const at = clock.now() + 20;
    const called: number[] = [];
    const cancelled = clock.at(at, () => called.push(-1));
    cancelled.cancel();
    await new Promise<void>((resolve) => {
      clock.at(at, () => {
        called.push(clock.now());
        resolve();
      });
      setTimeout(() => {}, 200); // the clock's own timers keep no process alive
    });
    expect(called).toHaveLength(1);
    expect(called[0]).toBeGreaterThanOrEqual(at);
  });
});
