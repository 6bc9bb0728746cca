import { createHash } from 'node:crypto';
import { expect, it } from 'vitest';
import { SeenSets } from './seen-sets.ts';

const idOf = (text: string) => createHash('sha256').update(text).digest().subarray(0, 16);

it('knows when a set of a tenant was seen last', () => {
  const seen = new SeenSets();
  expect(seen.get('acme', idOf('a'))).toBeUndefined();
  seen.set('acme', idOf('a'), 5);
  seen.set('globex', idOf('a'), 7);
  seen.set('acme', idOf('b'), 8);
  seen.set('acme', idOf('a'), 9);
  expect(seen.get('acme', idOf('a'))).toBe(9);
  expect(seen.get('globex', idOf('a'))).toBe(7);
  expect(seen.get('acme', idOf('c'))).toBeUndefined();
});

it('never takes one set for another, and of those with the same places forgets the oldest', () => {
  const seen = new SeenSets();
  const id = (n: number) => Buffer.from([1, 2, ...Array.from({ length: 13 }, () => 0), n]);
  for (let n = 0; n < 9; n++) seen.set('acme', id(n), 100 + n);
  expect(seen.get('acme', id(0))).toBeUndefined();
  for (let n = 1; n < 9; n++) expect(seen.get('acme', id(n))).toBe(100 + n);
});
