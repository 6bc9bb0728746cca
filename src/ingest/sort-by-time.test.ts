import fc from 'fast-check';
import { expect, it } from 'vitest';
import { orderByTime } from './sort-by-time.ts';

it('orders any times as a stable sort does', () => {
  const near = fc.integer({ min: 1_700_000_000_000, max: 1_700_000_000_000 + 5_000_000 });
  const coarse = fc.integer({ min: 0, max: 5 }).map((n) => 1_700_000_000_000 + n * 10_000);
  const any = fc.maxSafeInteger();
  const times = fc.oneof(...[near, coarse, any].map((at) => fc.array(at, { maxLength: 200 })));
  fc.assert(
    fc.property(times, (list) => {
      const expected = list.map((_, i) => i).sort((a, b) => list[a]! - list[b]! || a - b);
      expect([...orderByTime(Float64Array.from(list), list.length)]).toEqual(expected);
    }),
  );
});
