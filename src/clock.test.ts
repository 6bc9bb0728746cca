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

  it('lets what works in pieces breathe one at a time: no turn of the loop has the pieces of two', async () => {
    const clock = systemClock();
    let turn = 0;
    let over = false;
    const count = () => {
      turn += 1;
      if (!over) setImmediate(count);
    };
    setImmediate(count);
    const seen: [string, number][] = [];
    const work = async (name: string) => {
      for (let piece = 0; piece < 3; piece++) {
        await clock.breath();
        seen.push([name, turn]);
      }
    };
    await Promise.all([work('a'), work('b'), work('c')]);
    over = true;
    expect(seen.map(([name]) => name).join('')).toBe('abcabcabc');
    expect(new Set(seen.map(([, at]) => at)).size).toBe(seen.length);
  });
});
