import { describe, expect, it } from 'vitest';
import { decoderFor } from './decode.ts';
import { decodeJson } from './decode-json.ts';
import { decodeNdjson } from './decode-ndjson.ts';
import { decodePrometheus } from './decode-prometheus.ts';

const limits = { samplesPerRequest: 100, jsonDepth: 8 };

describe('decoderFor', () => {
  it('goes by the content type', () => {
    expect(decoderFor('application/json')).toBe(decodeJson);
    expect(decoderFor('Application/JSON; charset=UTF-8')).toBe(decodeJson);
    expect(decoderFor('application/x-ndjson')).toBe(decodeNdjson);
    expect(decoderFor('text/plain')).toBe(decodePrometheus);
    expect(decoderFor('text/plain; version=0.0.4; charset=utf-8')).toBe(decodePrometheus);
    expect(decoderFor('text/plain; version=1.0.0; escaping=allow-utf-8')).toBe(decodePrometheus);
  });

  it('has none for what it would misread', () => {
    expect(decoderFor('application/openmetrics-text; version=1.0.0')).toBeNull();
    expect(decoderFor('application/x-www-form-urlencoded')).toBeNull();
    expect(decoderFor('text/plain; version=2')).toBeNull();
    expect(decoderFor('application/json; charset=utf-16')).toBeNull();
    expect(decoderFor('__proto__')).toBeNull();
  });

  it('looks at the body when the sender did not say', () => {
    const metrics = (body: string) =>
      decoderFor(undefined)!(new TextEncoder().encode(body), limits).samples.map(({ metric }) => metric);
    expect(metrics(' \n[{"metric":"a","value":1}]')).toEqual(['a']);
    expect(metrics('{"samples":[{"metric":"a","value":1}]}')).toEqual(['a']);
    expect(metrics('{\n"samples":[{"metric":"a","value":1}]}')).toEqual(['a']);
    expect(metrics('{"metric":"a","value":1}\n{"metric":"b","value":1}')).toEqual(['a', 'b']);
    expect(metrics('{"metric":"a","value":1}')).toEqual(['a']);
    expect(metrics('# TYPE a gauge\na 1\n')).toEqual(['a']);
    expect(metrics('{"a.b", c="d"} 1\n')).toEqual(['a.b']);
    expect(metrics('')).toEqual([]);
  });

  it('refuses a body as a whole where it looks like JSON and is not', () => {
    const decode = decoderFor(null)!;
    expect(() => decode(new TextEncoder().encode('{"a":'), limits)).toThrow(
      expect.objectContaining({ code: 'invalid_json' }),
    );
    expect(() => decode(new TextEncoder().encode('{"a":'.repeat(1_000)), limits)).toThrow(
      expect.objectContaining({ code: 'too_deep' }),
    );
  });
});
