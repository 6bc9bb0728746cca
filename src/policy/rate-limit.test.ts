import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { admit, began, emptyLog, ended, longestOf, remember, type Window } from './rate-limit.ts';

const minute = 60_000;

describe('a window of 3 calls a minute', () => {
  const windows: Window[] = [{ calls: 3, perMs: minute }];
  const call = (log: ReturnType<typeof emptyLog>, from: number, to = from) => {
    expect(admit(log, windows, from)).toMatchObject({ ok: true });
    began(log);
    ended(log, to, minute);
  };

  it('slides: the fourth waits for the first to be a minute old, not for the next minute', () => {
    const log = emptyLog();
    for (const at of [50_000, 55_000, 59_000]) call(log, at);
    expect(admit(log, windows, 61_000)).toEqual({ ok: false, until: 110_000 });
    expect(admit(log, windows, 109_999)).toMatchObject({ ok: false });
    expect(admit(log, windows, 110_000)).toEqual({ ok: true, room: 1 });
  });

  it('counts a call until a minute after its end, since nobody knows when it arrived', () => {
    const log = emptyLog();
    call(log, 0, 9_000);
    began(log);
    began(log);
    expect(admit(log, windows, 10_000)).toEqual({ ok: false, until: 69_000 });
    expect(admit(log, windows, 69_000)).toEqual({ ok: true, room: 1 });
    began(log);
    expect(admit(log, windows, 500_000)).toEqual({ ok: false, until: Number.POSITIVE_INFINITY });
  });

  it('leaves a share to others, of windows that are large enough for it', () => {
    const twenty = [{ calls: 20, perMs: minute }];
    expect(admit(emptyLog(), twenty, 0, 0.25)).toEqual({ ok: true, room: 15 });
    expect(admit(emptyLog(), windows, 0, 0.25)).toEqual({ ok: true, room: 3 });
  });

  it('knows what was before a restart, also from a clock that was ahead', () => {
    const log = emptyLog();
    remember(log, [90_000, 10_000, 70_000], 80_000);
    expect(admit(log, windows, 80_000)).toEqual({ ok: true, room: 1 });
    call(log, 80_000);
    expect(admit(log, windows, 80_000)).toEqual({ ok: false, until: 130_000 });
  });
});

/** Calls that overlap, under a clock that may be set back; what time it really is goes on. */
const story = fc.array(
  fc.record({
    waitMs: fc.integer({ min: 0, max: 900 }),
    lastsMs: fc.integer({ min: 0, max: 700 }),
    arrives: fc.double({ min: 0, max: 1, noNaN: true }),
    setBackMs: fc.oneof({ weight: 9, arbitrary: fc.constant(0) }, fc.integer({ min: 1, max: 5_000 })),
  }),
  { maxLength: 80 },
);
const someWindows = fc.array(
  fc.record({ calls: fc.integer({ min: 1, max: 5 }), perMs: fc.integer({ min: 100, max: 4_000 }) }),
  { minLength: 1, maxLength: 3 },
);

describe('any windows together', () => {
  it('are never exceeded, whenever within a call the provider counts it, and whatever the clock does', () => {
    fc.assert(
      fc.property(someWindows, story, (windows, steps) => {
        const log = emptyLog();
        const reach = longestOf(windows);
        const arrivals: number[] = [];
        let under: number[] = [];
        let real = 0;
        let back = 0;
        const endUntil = (at: number) => {
          for (const end of under.filter((each) => each <= at).sort((a, b) => a - b))
            ended(log, end - back, reach);
          under = under.filter((each) => each > at);
        };
        for (const { waitMs, lastsMs, arrives, setBackMs } of steps) {
          endUntil(real + waitMs);
          real += waitMs;
          back += setBackMs;
          if (!admit(log, windows, real - back).ok) continue;
          began(log);
          under.push(real + lastsMs);
          arrivals.push(real + Math.floor(lastsMs * arrives));
        }
        arrivals.sort((a, b) => a - b);
        for (const { calls, perMs } of windows)
          arrivals.forEach((at, i) => {
            const beyond = arrivals[i + calls];
            if (beyond !== undefined) expect(beyond - at).toBeGreaterThanOrEqual(perMs);
          });
      }),
      { numRuns: 100 },
    );
  });

  it('never refuse while there is room, and say exactly when there is', () => {
    fc.assert(
      fc.property(
        someWindows,
        fc.array(fc.integer({ min: 0, max: 900 }), { maxLength: 60 }),
        (windows, waits) => {
          const log = emptyLog();
          const times: number[] = [];
          let now = 0;
          const fits = (at: number) =>
            windows.every(({ calls, perMs }) => times.filter((each) => each > at - perMs).length < calls);
          for (const wait of waits) {
            now += wait;
            const admission = admit(log, windows, now);
            expect(admission.ok).toBe(fits(now));
            if (!admission.ok) {
              expect(fits(admission.until)).toBe(true);
              expect(fits(admission.until - 1)).toBe(false);
              continue;
            }
            began(log);
            ended(log, now, longestOf(windows));
            times.push(now);
          }
        },
      ),
      { numRuns: 100 },
    );
  });
});
