import fc from 'fast-check';
import { expect, it } from 'vitest';
import { atOnce, nextSlice } from '../slices.ts';
import { slicedJson } from './sliced-json.ts';

it('writes what JSON.stringify writes', () => {
  const values = [
    {},
    [],
    { gone: undefined, list: [undefined, null, Number.NaN], text: '"\u2028\\', 'a key\n': { deep: [[]] } },
    Array.from({ length: 100 }, (_, i) => ({ i, list: Array.from({ length: i }, String) })),
  ];
  for (const value of values) expect(atOnce(slicedJson(value))).toBe(JSON.stringify(value));
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 4 }), (value) => {
      expect(atOnce(slicedJson(value))).toBe(JSON.stringify(value));
    }),
  );
});

it('stops after a part of a long list', () => {
  const list = Array.from({ length: 20_000 }, (_, i) => [`alert-${i}`, `incident-${i % 1_000}`]);
  const work = slicedJson({ states: { list } });
  let slices = 1;
  for (let done = nextSlice(work); done === null; done = nextSlice(work)) slices += 1;
  expect(slices).toBeGreaterThan(4);
  expect(slices).toBeLessThan(40);
});
