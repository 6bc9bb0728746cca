import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  firstIdAt,
  idBytes,
  idOfHex,
  idOrNameText,
  idOrNameValue,
  idText,
  idTime,
  parseId,
} from './id-codec.ts';

const id = '018bd31f-2d5d-74a6-a947-c0b6f6f56d0e';

describe('ids as bytes', () => {
  it('are read back as they were written, by either way, and sort as their texts do', () => {
    const bytes = fc.uint8Array({ minLength: 16, maxLength: 16 }).map((each) => Buffer.from(each));
    fc.assert(
      fc.property(bytes, bytes, (a, b) => {
        const [text, other] = [idText(a), idText(b)];
        expect(text).toMatch(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
        expect(parseId(text)).toEqual(a);
        expect(idOfHex(a.toString('hex').toUpperCase())).toBe(text);
        expect(Math.sign(Buffer.compare(a, b))).toBe(text < other ? -1 : text > other ? 1 : 0);
      }),
    );
  });

  it.each([
    ['nothing', ''],
    ['a name', 'a-rule-of-thirty-six-characters-here'],
    ['upper case', id.toUpperCase()],
    ['one character less', id.slice(1)],
    ['one more', `${id}0`],
    ['no dashes', id.replaceAll('-', '').padEnd(36, '0')],
    ['a dash in another place', '018bd31f2-d5d-74a6-a947-c0b6f6f56d0e'],
    ['something else for a dash', id.replace('-', '_')],
    ['a digit beyond f', id.replace('b', 'g')],
    ['what is before 0 and after 9', `${id.slice(0, 34)}/:`],
    ['what only ends in the bits of a digit', id.replace('0', '\u0130')],
    ['braces', `{${id.slice(1, 35)}}`],
    ['a NUL', `${id.slice(0, 35)}\0`],
  ])('are not %s', (_, text) => {
    expect(parseId(text)).toBeNull();
    expect(idOrNameValue(text)).toBe(text);
    expect(() => idBytes(text)).toThrow('not an id');
  });

  it('are refused with any one character that is another, and read with any that is a digit', () => {
    fc.assert(
      fc.property(fc.nat({ max: 35 }), fc.nat({ max: 0x2ff }), (at, code) => {
        const character = String.fromCharCode(code);
        const text = id.slice(0, at) + character + id.slice(at + 1);
        const isRight = id[at] === '-' ? character === '-' : /^[0-9a-f]$/.test(character);
        expect(parseId(text) !== null).toBe(isRight);
      }),
    );
  });

  it('are told from names, and say when they were made', () => {
    expect(idOrNameText(idOrNameValue(id))).toBe(id);
    expect(idOrNameText(idOrNameValue('cpu'))).toBe('cpu');
    const at = 1_700_000_000_123;
    expect(idTime(firstIdAt(at))).toBe(at);
    expect(idText(firstIdAt(at))).toBe('018bcfe5-687b-0000-0000-000000000000');
    expect(idTime(firstIdAt(-1))).toBe(0);
  });
});
