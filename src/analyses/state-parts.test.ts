import fc from 'fast-check';
import { expect, it } from 'vitest';
import { thingsPerSlice } from '../slices.ts';
import { StateRestorer, stateParts } from './state-parts.ts';

function readBack(parts: readonly string[]): unknown {
  const restorer = new StateRestorer();
  for (const part of parts) restorer.add(part);
  return restorer.state;
}

const partsOf = (state: unknown) => [...stateParts(state)].filter((made) => typeof made === 'string');

const plain = (value: unknown): unknown => JSON.parse(JSON.stringify(value) ?? 'null');

it('reads back what JSON would', () => {
  const values: unknown[] = [
    {},
    [],
    null,
    7,
    { gone: undefined, list: [undefined, null, Number.NaN], text: '"\u2028\\', 'a key\n': { deep: [[]] } },
    { empty: { list: [], object: {} }, ['__proto__']: { held: [1] }, constructor: 'text' },
    Array.from({ length: 100 }, (_, i) => ({ i, list: Array.from({ length: i }, String) })),
  ];
  for (const value of values) expect(plain(readBack(partsOf(value)))).toEqual(plain(value));
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 4 }), (value) => {
      expect(plain(readBack(partsOf(value)))).toEqual(plain(value));
    }),
  );
});

it('stops after a part of a long list, and gives it in pieces of some size', () => {
  const list = Array.from({ length: 20_000 }, (_, i) => [`alert-${i}`, `incident-${i % 1_000}`]);
  const parts: string[] = [];
  let things = 0;
  for (const made of stateParts({ states: { list } }))
    if (typeof made === 'string') parts.push(made);
    else things += made;
  const slices = things / thingsPerSlice;
  expect(slices).toBeGreaterThan(4);
  expect(slices).toBeLessThan(40);
  expect(parts.length).toBeGreaterThan(5);
  for (const { length } of parts) expect(length).toBeLessThan(70_000);
  expect(readBack(parts)).toEqual({ states: { list } });
});

it('says what cannot be read', () => {
  expect(() => new StateRestorer().add('{"format":1}')).toThrow(TypeError);
  expect(() => new StateRestorer().add('[{"at":')).toThrow(SyntaxError);
  expect(() => new StateRestorer().add('[{"at":["a"],"list":1}]')).toThrow(TypeError);
});
