import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { jsonDepthExceeds } from './json-depth.ts';

const bytes = (text: string) => new TextEncoder().encode(text);

function depthOf(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0;
  return 1 + Math.max(0, ...Object.values(value).map(depthOf));
}

describe('jsonDepthExceeds', () => {
  it('finds the depth of any JSON document', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 8, stringUnit: 'binary' }), fc.boolean(), (value, pretty) => {
        const text = bytes(JSON.stringify(value, null, pretty ? 2 : 0));
        const depth = depthOf(value);
        expect(jsonDepthExceeds(text, depth)).toBe(false);
        if (depth > 0) expect(jsonDepthExceeds(text, depth - 1)).toBe(true);
      }),
    );
  });

  it('does not count brackets inside strings, also after an escaped quote', () => {
    expect(jsonDepthExceeds(bytes('["[[[[", "\\"[[[", "\\\\", "{"]'), 1)).toBe(false);
  });

  it('begins anew at each line of NDJSON, whatever the line before was', () => {
    expect(jsonDepthExceeds(bytes('{"a":[\n{"a":[\n"\\\n[['), 2, true)).toBe(false);
    expect(jsonDepthExceeds(bytes('{}\n"\n[[[1]]]'), 2, true)).toBe(true);
  });

  it('answers for a million brackets', () => {
    expect(jsonDepthExceeds(bytes('['.repeat(1_000_000)), 64)).toBe(true);
  });
});
