import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { labelSet } from '../../rules/labels.ts';
import { decodeJson } from './decode-json.ts';
import { decodeNdjson } from './decode-ndjson.ts';

const limits = { samplesPerRequest: 100, jsonDepth: 8 };
const bytes = (text: string) => new TextEncoder().encode(text);

describe('decodeNdjson', () => {
  it('reads one sample a line, with CRLF and blank lines between', () => {
    const body = '{"metric":"m","value":1}\r\n\n  \n{"metric":"m","labels":{"a":"b"},"value":2}';
    expect(decodeNdjson(bytes(body), limits)).toEqual({
      samples: [
        { index: 0, metric: 'm', labels: labelSet({}), value: 1 },
        { index: 1, metric: 'm', labels: labelSet({ a: 'b' }), value: 2 },
      ],
      rejected: [],
    });
  });

  it('rejects a bad line with its number and reads the others', () => {
    const { samples, rejected } = decodeNdjson(
      bytes('{"metric":"m","value":1}\n\n{"metric":\n{"metric":"m","value":"2"}\n{"metric":"m","value":3}\n'),
      limits,
    );
    expect(samples.map(({ index, value }) => [index, value])).toEqual([
      [0, 1],
      [3, 3],
    ]);
    expect(rejected[0]!.message).toMatch(/^line 3: not valid JSON/);
    expect(rejected[1]).toEqual({
      index: 2,
      code: 'invalid_sample',
      message: 'line 4: value must be a number, not a string',
    });
  });

  it('loses only the line whose bytes are not UTF-8', () => {
    const line = [...bytes('{"metric":"m","value":1}\n')];
    const body = Uint8Array.from([...line, 0x22, 0xff, 0x22, 0x0a, ...line]);
    const { samples, rejected } = decodeNdjson(body, limits);
    expect(samples.map(({ index }) => index)).toEqual([0, 2]);
    expect(rejected).toEqual([{ index: 1, code: 'invalid_sample', message: 'line 2: not valid UTF-8' }]);
  });

  it('refuses nesting beyond the limit before parsing, and lines beyond the cap', () => {
    expect(() => decodeNdjson(bytes(`{}\n${'['.repeat(9)}`), limits)).toThrow(
      expect.objectContaining({ code: 'too_deep' }),
    );
    const { samples, rejected } = decodeNdjson(bytes('{"metric":"m","value":1}\n'.repeat(102)), limits);
    expect(samples).toHaveLength(100);
    expect(rejected.map(({ code }) => code)).toEqual(['too_many_samples', 'too_many_samples']);
  });

  it('says the same as the JSON decoder says of the same samples', () => {
    const item = fc.oneof(
      fc.record({
        metric: fc.string(),
        value: fc.double({ noNaN: true, noDefaultInfinity: true }),
        labels: fc.dictionary(fc.string(), fc.string()),
      }),
      fc.jsonValue({ maxDepth: 2 }),
    );
    fc.assert(
      fc.property(fc.array(item, { maxLength: 10 }), (items) => {
        const asLines = decodeNdjson(bytes(items.map((one) => JSON.stringify(one)).join('\n')), limits);
        const asArray = decodeJson(bytes(JSON.stringify(items)), limits);
        expect(asLines.samples).toEqual(asArray.samples);
        expect(asLines.rejected.map(({ message }) => message.replace(/^line \d+: /, ''))).toEqual(
          asArray.rejected.map(({ message }) => message),
        );
      }),
    );
  });
});
