import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DistinctLog } from './distinct-log.ts';
import { OccurrenceLog } from './occurrence-log.ts';

const intervalMs = 5;

/** What is told between two grid times: how long before (or after) the later one it occurred, and its value. */
const told = fc.array(
  fc.array(fc.tuple(fc.integer({ min: -8, max: 30 }), fc.constantFrom('a', 'b', 'c')), { maxLength: 6 }),
  { maxLength: 12 },
);

describe('the log of a group', () => {
  for (const distinct of [false, true]) {
    it(`says at each grid time what a list would${distinct ? ' of values' : ''}`, () => {
      fc.assert(
        fc.property(told, fc.integer({ min: 1, max: 40 }), (rounds, windowMs) => {
          const plain = new OccurrenceLog();
          const log = distinct ? new DistinctLog(intervalMs) : plain;
          const all: (readonly [number, string])[] = [];
          let size = 0;
          for (const [round, list] of rounds.entries()) {
            const at = (round + 1) * intervalMs;
            for (const [ago, value] of list) {
              all.push([at - ago, value]);
              size += log.add(at - ago, value);
            }
            size -= log.settle(at - windowMs, at);
            expect(log.size).toBe(size);
            const inside = all
              .filter(([time]) => time > at - windowMs && time <= at)
              .map(([, value]) => value);
            expect(log.count(at - windowMs, at)).toBe(distinct ? new Set(inside).size : inside.length);
            const left = all.filter(([time]) => time > at - windowMs).map(([time]) => time);
            expect(log.newestAt).toBe(Math.max(Number.NEGATIVE_INFINITY, ...left));
          }
        }),
      );
    });
  }

  it('keeps the newest ones', () => {
    const log = new OccurrenceLog();
    for (let n = 0; n < 12_000; n++) log.add(n);
    expect([log.size, log.count(0, 20_000), log.count(11_000, 20_000)]).toEqual([10_000, 10_000, 999]);
    const distinct = new DistinctLog(1);
    for (let n = 0; n < 12_000; n++) distinct.add(n, `${n}`);
    expect([distinct.size, distinct.count(0, 20_000)]).toEqual([10_000, 10_000]);
    expect(distinct.add(12_000, '11999')).toBe(0);
  });

  it('keeps of a value what a grid time can tell apart, and nothing of it behind the last one', () => {
    const log = new DistinctLog(intervalMs);
    for (let n = 1; n <= 1_000; n++) log.add(n, 'a');
    expect(log.size).toBe(200);
    expect(log.settle(0, 1_000)).toBe(199);
    expect([log.size, log.count(0, 1_000), log.count(0, 999)]).toEqual([1, 1, 0]);
  });
});
