import { expect, it } from 'vitest';
import { parseAddress } from './address.ts';
import { parseBytes } from './sizes.ts';

it.each([
  ['127.0.0.1:8787', { host: '127.0.0.1', port: 8787 }],
  ['[::1]:80', { host: '::1', port: 80 }],
  ['localhost:0', { host: 'localhost', port: 0 }],
  [':9', { host: '127.0.0.1', port: 9 }],
  [8080, { host: '127.0.0.1', port: 8080 }],
  ['127.0.0.1', null],
  ['::1:80', null],
  ['a:65536', null],
  ['', null],
])('reads the address %s', (text, address) => {
  expect(parseAddress(text)).toEqual(address);
});

it.each([
  [0, 0],
  ['1000', 1_000],
  ['64KiB', 65_536],
  ['1.5 MB', 1_500_000],
  ['2gib', 2_147_483_648],
  ['1 zebra', null],
  [-1, null],
  [0.5, null],
  ['', null],
])('reads the amount %s', (text, bytes) => {
  expect(parseBytes(text)).toBe(bytes);
});
