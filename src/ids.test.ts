import { expect, it } from 'vitest';
import { idGenerator, pooledRandom } from './ids.ts';

it('hands every random byte out once, in order, and asks for many at a time', () => {
  let calls = 0;
  let next = 0;
  const random = pooledRandom((into) => {
    calls++;
    for (let i = 0; i < into.length; i++) into[i] = next++ & 0xff;
  }, 32);
  const taken = Array.from({ length: 6 }, () => {
    const into = new Uint8Array(10);
    random(into);
    return into[0];
  });
  // The two bytes left over of each 32 are not used: an id never mixes two fills.
  expect(taken).toEqual([0, 10, 20, 32, 42, 52]);
  expect(calls).toBe(2);
});

it('makes increasing ids while the clock stands still and when a millisecond runs over', () => {
  const newId = idGenerator(
    () => 1_700_000_000_000,
    (into) => into.fill(0xff),
  );
  const ids = Array.from({ length: 5_000 }, newId);
  expect([...ids].sort()).toEqual(ids);
  expect(new Set(ids).size).toBe(ids.length);
});
