import fc from 'fast-check';
import { expect, it } from 'vitest';
import { readInteger, readNumber } from './scan-number.ts';

const into = new Float64Array(1);
const read = (text: string) => {
  const at = readNumber(Buffer.from(text), 0, into, 0);
  return at === text.length ? into[0] : null;
};

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

const digits = fc.stringMatching(/^\d{0,20}$/);
const written = fc
  .tuple(
    fc.constantFrom('', '-', '+', '--'),
    digits,
    fc.option(digits, { nil: null }),
    fc.option(fc.stringMatching(/^[+-]?\d{0,3}$/), { nil: null }),
    fc.constantFrom('e', 'E'),
  )
  .map(
    ([sign, whole, fraction, exponent, e]) =>
      `${sign}${whole}${fraction === null ? '' : `.${fraction}`}${exponent === null ? '' : `${e}${exponent}`}`,
  );

it('reads to the last bit what JSON.parse reads, and nothing that it refuses', () => {
  const texts = fc.oneof(
    written,
    fc.double({ noNaN: true, noDefaultInfinity: true }).map((n) => JSON.stringify(n)),
    fc.integer().map(String),
  );
  fc.assert(
    fc.property(texts, (text) => {
      expect(Object.is(read(text), parsed(text)), text).toBe(true);
    }),
    { numRuns: 20_000 },
  );
});

it('keeps the sign of zero and overflows as the language does', () => {
  expect(read('-0')).toBe(-0);
  expect(read('-0.0e5')).toBe(-0);
  expect(read('1e999')).toBe(Number.POSITIVE_INFINITY);
  expect(read('9007199254740993')).toBe(9007199254740992);
});

it('reads whole numbers as such and refuses fractions', () => {
  const whole = (text: string) => {
    const at = readInteger(Buffer.from(`${text},`), 0, into, 0);
    return at === text.length ? into[0] : null;
  };
  const texts = fc.oneof(
    fc.integer({ min: 1e12, max: 1e13 - 1 }).map(String),
    fc.stringMatching(/^\d{12,14}$/),
    written,
  );
  fc.assert(
    fc.property(texts, (text) => {
      const number = parsed(text);
      expect(whole(text), text).toBe(Number.isInteger(number) ? number : null);
    }),
    { numRuns: 10_000 },
  );
});
