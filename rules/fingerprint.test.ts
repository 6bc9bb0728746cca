import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fingerprint, hash64 } from './fingerprint.ts';
import { labelSet } from './labels.ts';
import { compareUtf8, utf8Length, utf8Prefix } from './utf8.ts';

const encoder = new TextEncoder();
const anyText = fc.oneof(fc.string({ unit: 'binary' }), fc.string({ unit: 'grapheme' }), fc.string());

function fnv1a(bytes: Iterable<number>): string {
  let hash = 0xcbf29ce484222325n;
  for (const byte of bytes) hash = BigInt.asUintN(64, (hash ^ BigInt(byte)) * 0x100000001b3n);
  return hash.toString(16).padStart(16, '0');
}

function reference(record: Readonly<Record<string, string>>): string {
  const bytes: number[] = [];
  const names = Object.keys(record).sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
  for (const name of names) bytes.push(...encoder.encode(name), 0xff, ...encoder.encode(record[name]), 0xff);
  return fnv1a(bytes);
}

describe('fingerprint', () => {
  it('is what prometheus/common computes', () => {
    // model/signature_test.go: the empty set is 14695981039346656037, this one 5799056148416392346.
    expect(BigInt(`0x${fingerprint(labelSet({}))}`)).toBe(14695981039346656037n);
    const labels = labelSet({ name: 'garland, briggs', fear: 'love is not enough' });
    expect(BigInt(`0x${fingerprint(labels)}`)).toBe(5799056148416392346n);
  });

  it('is the FNV-1a of the labels in byte order, whatever the texts are', () => {
    fc.assert(
      fc.property(fc.dictionary(anyText, anyText), (record) => {
        const labels = labelSet(record);
        expect(fingerprint(labels)).toBe(reference(labels));
      }),
      { numRuns: 500 },
    );
  });

  it('orders names by their bytes where UTF-16 would order them otherwise', () => {
    const labels = labelSet({ '\u{ff5e}': 'a', '\u{1f600}': 'b', '10': 'c', '9': 'd' });
    expect(fingerprint(labels)).toBe(reference(labels));
  });

  it('does not depend on the order of labels', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(anyText, anyText)), (entries) => {
        const unique = [...new Map(entries)];
        expect(fingerprint(labelSet(unique.toReversed()))).toBe(fingerprint(labelSet(unique)));
      }),
    );
  });
});

describe('hash64', () => {
  it('is the FNV-1a of the UTF-8 bytes', () => {
    expect(hash64('')).toBe('cbf29ce484222325');
    expect(hash64('a')).toBe('af63dc4c8601ec8c');
    expect(hash64('foobar')).toBe('85944171f73967e8');
    fc.assert(
      fc.property(anyText, (text) => {
        expect(hash64(text)).toBe(fnv1a(encoder.encode(text)));
      }),
    );
  });
});

describe('utf8', () => {
  it('counts the bytes that an encoder makes', () => {
    fc.assert(
      fc.property(anyText, (text) => {
        expect(utf8Length(text)).toBe(encoder.encode(text).length);
      }),
    );
  });

  it('cuts at the last character that fits', () => {
    fc.assert(
      fc.property(anyText, fc.nat(40), (text, max) => {
        const cut = utf8Prefix(text, max);
        expect(text.startsWith(cut)).toBe(true);
        expect(utf8Length(cut)).toBeLessThanOrEqual(max);
        if (cut !== text) expect(utf8Length(cut) + 4).toBeGreaterThan(max);
      }),
    );
    expect(utf8Prefix('a😀b', 4)).toBe('a');
  });

  it('orders as the bytes do', () => {
    const wellFormed = fc.string({ unit: 'binary' });
    fc.assert(
      fc.property(wellFormed, wellFormed, (a, b) => {
        expect(Math.sign(compareUtf8(a, b))).toBe(Buffer.compare(Buffer.from(a), Buffer.from(b)));
      }),
      { numRuns: 500 },
    );
  });
});
