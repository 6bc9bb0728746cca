import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isForbiddenName, labelSet } from '../../rules/labels.ts';
import { decodePrometheus } from './decode-prometheus.ts';

const limits = { samplesPerRequest: 100, jsonDepth: 8 };
const bytes = (text: string) => new TextEncoder().encode(text);
const decode = (text: string) => decodePrometheus(bytes(text), limits);
const messageOf = (line: string) => decode(line).rejected[0]?.message;

describe('decodePrometheus', () => {
  it('reads the example of the format’s description', () => {
    const { samples, rejected } = decode(`# HELP http_requests_total The total number of HTTP requests.
# TYPE http_requests_total counter
http_requests_total{method="post",code="200"} 1027 1395066363000
http_requests_total{method="post",code="400"}    3 1395066363000

# Escaping in label values:
msdos_file_access_time_seconds{path="C:\\\\DIR\\\\FILE.TXT",error="Cannot find file:\\n\\"FILE.TXT\\""} 1.458255915e9

# Minimalistic line:
metric_without_timestamp_and_labels 12.47

# A weird metric from before the epoch:
something_weird{problem="division by zero"} +Inf -3982045
http_request_duration_seconds_bucket{le="0.05",} 24054
rpc_duration_seconds NaN
`);
    expect(rejected).toEqual([]);
    expect(samples.map(({ metric, value, timestamp }) => [metric, value, timestamp])).toEqual([
      ['http_requests_total', 1027, 1395066363000],
      ['http_requests_total', 3, 1395066363000],
      ['msdos_file_access_time_seconds', 1.458255915e9, undefined],
      ['metric_without_timestamp_and_labels', 12.47, undefined],
      ['something_weird', Number.POSITIVE_INFINITY, -3982045],
      ['http_request_duration_seconds_bucket', 24054, undefined],
      ['rpc_duration_seconds', Number.NaN, undefined],
    ]);
    expect(samples[2]!.labels).toEqual(
      labelSet({ path: 'C:\\DIR\\FILE.TXT', error: 'Cannot find file:\n"FILE.TXT"' }),
    );
    expect(samples[6]!.index).toBe(6);
  });

  it('reads quoted UTF-8 names, dots in bare names, and CRLF', () => {
    const { samples, rejected } = decode(
      '{"my.metric", "la.bel"="v", host = "a" } 1\r\nsystem.cpu.usage{host="b"} 2\r\n{"nur einer"} 3\r\n{a="b","m"} 4',
    );
    expect(rejected).toEqual([]);
    expect(samples.map(({ metric, labels, value }) => [metric, { ...labels }, value])).toEqual([
      ['my.metric', { 'la.bel': 'v', host: 'a' }, 1],
      ['system.cpu.usage', { host: 'b' }, 2],
      ['nur einer', {}, 3],
      ['m', { a: 'b' }, 4],
    ]);
  });

  it('rejects a bad line with its number and reads the others', () => {
    const { samples, rejected } = decode('# a comment\na 1\n\nb{ 2\nc 3\n');
    expect(samples.map(({ index, metric }) => [index, metric])).toEqual([
      [0, 'a'],
      [2, 'c'],
    ]);
    expect(rejected).toEqual([
      { index: 1, code: 'invalid_sample', message: 'line 4: expected = after label "2"' },
    ]);
  });

  it('says what is wrong with a line', () => {
    expect(messageOf('m')).toBe('line 1: the value is missing');
    expect(messageOf('m{a="b"}')).toBe('line 1: the value is missing');
    expect(messageOf('m 1 2 3')).toBe('line 1: unexpected "3" after the timestamp');
    expect(messageOf('m 0x10')).toBe('line 1: "0x10" is not a number');
    expect(messageOf('m 1_000')).toBe('line 1: "1_000" is not a number');
    expect(messageOf('m 1 1.5')).toBe('line 1: the timestamp "1.5" must be whole milliseconds since 1970');
    expect(messageOf('m{a="b} 1')).toBe('line 1: a quoted text does not end');
    expect(messageOf('m{a="\\t"} 1')).toBe('line 1: unknown escape "\\\\t"');
    expect(messageOf('m{a=b} 1')).toBe('line 1: the value of label "a" must be quoted');
    expect(messageOf('m{a="1",a="2"} 1')).toBe('line 1: label "a" is there twice');
    expect(messageOf('m{a="1" b="2"} 1')).toBe('line 1: expected , or } after a label');
    expect(messageOf('m{="1"} 1')).toBe('line 1: a label name is missing');
    expect(messageOf('{} 1')).toBe('line 1: a metric name is missing');
    expect(messageOf('m{"n"} 1')).toBe('line 1: expected = after label "n"');
  });

  it('refuses labels that would reach into a prototype', () => {
    expect(decode('m{__proto__="x"} 1').rejected[0]).toMatchObject({ code: 'invalid_label_name' });
  });

  it('loses only the line whose bytes are not UTF-8', () => {
    const body = Uint8Array.from([...bytes('a 1\n'), 0xff, 0x20, 0x31, 0x0a, ...bytes('ü 2\n')]);
    const { samples, rejected } = decodePrometheus(body, limits);
    expect(samples.map(({ metric }) => metric)).toEqual(['a', 'ü']);
    expect(rejected).toEqual([{ index: 1, code: 'invalid_sample', message: 'line 2: not valid UTF-8' }]);
  });

  it('refuses the lines beyond the cap, comments not counted', () => {
    const { samples, rejected } = decode('# x\nm 1\n'.repeat(102));
    expect(samples).toHaveLength(100);
    expect(rejected.map(({ code }) => code)).toEqual(['too_many_samples', 'too_many_samples']);
  });

  it('reads back whatever was written in the format', () => {
    const name = fc.string({ minLength: 1, unit: 'grapheme' });
    const label = name.filter((text) => !isForbiddenName(text));
    const sample = fc.record({
      metric: name,
      labels: fc.dictionary(label, fc.string({ minLength: 1, unit: 'grapheme' }), { maxKeys: 4 }),
      value: fc.double(),
      timestamp: fc.option(fc.integer({ min: -1e12, max: 2e12 }), { nil: undefined }),
    });
    fc.assert(
      fc.property(fc.array(sample, { maxLength: 20 }), fc.boolean(), (written, windows) => {
        const lines = written.map(({ metric, labels, value, timestamp }) => {
          const pairs = Object.entries(labels).map(([key, text]) => `${quoted(key)}=${quoted(text)}`);
          return `{${[quoted(metric), ...pairs].join(',')}} ${numberText(value)} ${timestamp ?? ''}`;
        });
        const { samples, rejected } = decode(lines.join(windows ? '\r\n' : '\n'));
        expect(rejected).toEqual([]);
        expect(samples).toEqual(
          written.map(({ metric, labels, value, timestamp }, index) => ({
            index,
            metric,
            labels: labelSet(labels),
            value,
            ...(timestamp !== undefined && { timestamp }),
          })),
        );
      }),
    );
  });

  it('never throws', () => {
    const text = fc.stringMatching(/^[a-c{}",=\\ #\n\r.0-9+-eInfNa]*$/);
    fc.assert(
      fc.property(fc.oneof(text.map(bytes), fc.uint8Array()), (body) => {
        decodePrometheus(body, limits);
      }),
      { numRuns: 2_000 },
    );
  });
});

function quoted(text: string): string {
  return `"${text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')}"`;
}

function numberText(value: number): string {
  if (value === Number.POSITIVE_INFINITY) return '+Inf';
  if (value === Number.NEGATIVE_INFINITY) return '-Inf';
  return Object.is(value, -0) ? '-0' : String(value);
}
