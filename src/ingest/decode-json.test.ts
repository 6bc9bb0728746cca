import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { labelSet } from '../../rules/labels.ts';
import { ApiError } from '../errors.ts';
import { decodeJson } from './decode-json.ts';

const limits = { samplesPerRequest: 100, jsonDepth: 8 };
const bytes = (text: string) => new TextEncoder().encode(text);
const decode = (body: unknown) => decodeJson(bytes(JSON.stringify(body)), limits);

function codeOf(body: Uint8Array): string {
  try {
    decodeJson(body, limits);
  } catch (error) {
    if (error instanceof ApiError) return error.code;
    throw error;
  }
  return 'decoded';
}

describe('decodeJson', () => {
  it('reads {"samples": [...]} and a bare array alike', () => {
    const samples = [
      { metric: 'system.cpu.usage', labels: { host: 'a' }, value: 1.5, timestamp: 1_700_000_000_000 },
    ];
    const expected = [{ index: 0, ...samples[0], labels: labelSet({ host: 'a' }) }];
    expect(decode({ samples })).toEqual({ samples: expected, rejected: [] });
    expect(decode(samples)).toEqual({ samples: expected, rejected: [] });
  });

  it('takes a sample without labels and without a timestamp', () => {
    expect(decode([{ metric: 'm', value: 0 }]).samples).toEqual([
      { index: 0, metric: 'm', labels: labelSet({}), value: 0 },
    ]);
  });

  it('refuses bad samples one by one and says why', () => {
    const { samples, rejected } = decode([
      { metric: 'good', value: 1 },
      { metric: 'm', value: '12' },
      { metric: 7, value: 1 },
      { metric: 'm' },
      { metric: 'm', value: 1, labels: { code: 200 } },
      { metric: 'm', value: 1, labels: { up: true } },
      { metric: 'm', value: 1, labels: [] },
      { metric: 'm', value: 1, timestamp: '2026-01-01' },
      { metric: 'm', value: 1, timestamp: 1.5 },
      null,
      { metric: 'good', value: 2 },
    ]);
    expect(samples.map(({ index }) => index)).toEqual([0, 10]);
    expect(rejected.map(({ index, message }) => `${index}: ${message}`)).toEqual([
      '1: value must be a number, not a string',
      '2: metric must be a string, not a number',
      '3: value must be a number, not absent',
      '4: the value of label "code" must be a string, not a number',
      '5: the value of label "up" must be a string, not a boolean',
      '6: labels must be an object, not an array',
      '7: timestamp must be whole milliseconds since 1970, not a string',
      '8: timestamp must be whole milliseconds since 1970, not a fraction',
      '9: a sample must be an object, not null',
    ]);
    expect(new Set(rejected.map(({ code }) => code))).toEqual(new Set(['invalid_sample']));
  });

  it('reads series by columns, a point as a sample of its own', () => {
    const { samples, rejected } = decode({
      series: [
        { metric: 'a', labels: { host: 'x' }, timestamps: [1, 2], values: [10, 20] },
        { metric: 'b', timestamps: [], values: [] },
        { metric: 'c', timestamps: [3], values: [30] },
      ],
    });
    expect(rejected).toEqual([]);
    expect(samples).toEqual([
      { index: 0, metric: 'a', labels: labelSet({ host: 'x' }), value: 10, timestamp: 1 },
      { index: 1, metric: 'a', labels: labelSet({ host: 'x' }), value: 20, timestamp: 2 },
      { index: 2, metric: 'c', labels: labelSet({}), value: 30, timestamp: 3 },
    ]);
  });

  it('refuses bad points one by one and a bad series as one', () => {
    const { samples, rejected } = decode({
      series: [
        { metric: 'a', timestamps: [1, '2', 3], values: [1, 2, null] },
        { metric: 7, timestamps: [1, 2], values: [1, 2] },
        { metric: 'b', timestamps: [1], values: [1, 2] },
        { metric: 'b', values: [1] },
        'c',
        { metric: 'd', timestamps: [4], values: [4] },
      ],
    });
    expect(samples.map(({ index, metric }) => `${index} ${metric}`)).toEqual(['0 a', '7 d']);
    expect(rejected.map(({ index, message }) => `${index}: ${message}`)).toEqual([
      '1: series 0, point 1: timestamp must be whole milliseconds since 1970, not a string',
      '2: series 0, point 2: value must be a number, not null',
      '3: series 1: metric must be a string, not a number',
      '4: series 2: there are 1 timestamps and 2 values',
      '5: series 3: timestamps must be an array, not absent',
      '6: series 4: a series must be an object, not a string',
    ]);
  });

  it('refuses labels that would reach into a prototype', () => {
    const body = bytes('[{"metric":"m","value":1,"labels":{"__proto__":"x"}},{"metric":"m","value":1}]');
    const { samples, rejected } = decodeJson(body, limits);
    expect(samples).toHaveLength(1);
    expect(rejected[0]).toMatchObject({ index: 0, code: 'invalid_label_name' });
  });

  it('refuses the samples beyond the cap, and only those', () => {
    const { samples, rejected } = decode(Array.from({ length: 103 }, () => ({ metric: 'm', value: 1 })));
    expect(samples).toHaveLength(100);
    expect(rejected.map(({ index, code }) => [index, code])).toEqual([
      [100, 'too_many_samples'],
      [101, 'too_many_samples'],
      [102, 'too_many_samples'],
    ]);
  });

  it('keeps count of every refused sample, with a text for the first 1,000', () => {
    const { rejected } = decode(Array.from({ length: 5_000 }, () => 1));
    expect(rejected).toHaveLength(5_000);
    expect(new Set(rejected).size).toBeLessThan(1_003);
  });

  it('refuses a body as a whole with a code for each reason', () => {
    expect(codeOf(bytes(''))).toBe('invalid_json');
    expect(codeOf(bytes('{"samples":'))).toBe('invalid_json');
    expect(codeOf(Uint8Array.of(0x5b, 0x22, 0xff, 0x22, 0x5d))).toBe('invalid_json');
    expect(codeOf(bytes('{"sample":[]}'))).toBe('invalid_body');
    expect(codeOf(bytes('12'))).toBe('invalid_body');
    expect(codeOf(bytes('['.repeat(100_000)))).toBe('too_deep');
    expect(codeOf(bytes(`[${'{"a":'.repeat(8)}1${'}'.repeat(8)}]`))).toBe('too_deep');
  });

  it('throws nothing but ApiError, whatever the bytes', () => {
    const good = bytes(
      JSON.stringify({
        samples: [
          { metric: 'a.b', labels: { x: 'ü', y: '\\"' }, value: 1e300, timestamp: 1_700_000_000_000 },
          { metric: 'a.b', labels: {}, value: -0 },
        ],
      }),
    );
    const edit = fc.tuple(fc.nat(good.length - 1), fc.nat(255));
    fc.assert(
      fc.property(fc.array(edit, { maxLength: 6 }), fc.nat(good.length), (edits, length) => {
        const body = good.slice(0, length === 0 ? good.length : length);
        for (const [at, byte] of edits) if (at < body.length) body[at] = byte;
        expect(['decoded', 'invalid_json', 'invalid_body', 'too_deep']).toContain(codeOf(body));
      }),
      { numRuns: 3_000 },
    );
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), (body) => {
        codeOf(body);
      }),
    );
  });
});
