import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { labelSet } from '../../rules/labels.ts';
import type { Labels } from '../../rules/types.ts';
import { defaultLimits } from '../config/config.ts';
import type { RawSample } from '../services.ts';
import { admit } from './admit.ts';
import { SeriesTable } from './series.ts';

const now = 1_700_000_000_000;
const limits = { ...defaultLimits, seriesPerTenant: 3, samplesPerRequest: 50 };

function sample(over: Partial<RawSample> = {}): RawSample {
  return { index: 0, metric: 'm', labels: labelSet({}), value: 1, ...over };
}

function admitted(raw: readonly RawSample[], table = new SeriesTable({ limits })) {
  const { series, times, values, count, rejected } = admit(table, 't', raw, now, limits);
  const rows = Array.from({ length: count }, (_, i) => [
    table.metricOf(series[i]!),
    times[i]! - now,
    values[i]!,
  ]);
  return { rows, rejected, table };
}

const codeOf = (over: Partial<RawSample>) => admitted([sample(over)]).rejected[0]?.code ?? 'admitted';

describe('admit', () => {
  it('gives samples without a timestamp the present time, and takes times within the bounds', () => {
    const { rows, rejected } = admitted([
      sample({ timestamp: now - limits.pastMs }),
      sample(),
      sample({ timestamp: now + limits.futureMs }),
    ]);
    expect(rejected).toEqual([]);
    expect(rows.map(([, at]) => at)).toEqual([-limits.pastMs, 0, limits.futureMs]);
  });

  it('refuses numbers that are none and times that are not near', () => {
    expect(codeOf({ value: Number.NaN })).toBe('value_not_finite');
    expect(codeOf({ value: Number.NEGATIVE_INFINITY })).toBe('value_not_finite');
    expect(codeOf({ timestamp: now - limits.pastMs - 1 })).toBe('timestamp_too_old');
    expect(codeOf({ timestamp: now + limits.futureMs + 1 })).toBe('timestamp_in_future');
    expect(codeOf({ timestamp: now + 0.5 })).toBe('invalid_sample');
    expect(codeOf({ timestamp: Number.NaN })).toBe('invalid_sample');
  });

  it('asks whether a time is in seconds when it looks like it', () => {
    const { rejected } = admitted([sample({ timestamp: now / 1_000 })]);
    expect(rejected[0]!.message).toContain('is it in seconds?');
  });

  it('takes names with dots and any Unicode', () => {
    expect(codeOf({ metric: 'system.cpu.usage', labels: labelSet({ 'k8s.pod/name': 'x' }) })).toBe(
      'admitted',
    );
    expect(codeOf({ metric: '溫度 °C', labels: labelSet({ 機房: '台北\n二樓' }) })).toBe('admitted');
    expect(codeOf({ labels: labelSet({ alertname: 'x', severity: 'y' }) })).toBe('admitted');
  });

  it('refuses names that are empty, too long, forbidden, or hold what is no text', () => {
    const label = (name: string, value = 'v'): Labels =>
      Object.assign(Object.create(null), { [name]: value });
    expect(codeOf({ metric: '' })).toBe('invalid_metric_name');
    expect(codeOf({ metric: '__proto__' })).toBe('invalid_metric_name');
    expect(codeOf({ metric: 'a\nb' })).toBe('invalid_metric_name');
    expect(codeOf({ metric: 'a\ud800' })).toBe('invalid_metric_name');
    expect(codeOf({ metric: '溫'.repeat(85) })).toBe('admitted'); // 255 bytes
    expect(codeOf({ metric: '溫'.repeat(86) })).toBe('invalid_metric_name');
    expect(codeOf({ labels: label('') })).toBe('invalid_label_name');
    expect(codeOf({ labels: label('constructor') })).toBe('invalid_label_name');
    expect(codeOf({ labels: label('a\u0085') })).toBe('invalid_label_name');
    expect(codeOf({ labels: label('x'.repeat(129)) })).toBe('invalid_label_name');
    expect(codeOf({ labels: label('a', 'ü'.repeat(1_024)) })).toBe('admitted'); // 2,048 bytes
    expect(codeOf({ labels: label('a', 'ü'.repeat(1_025)) })).toBe('label_value_too_long');
    expect(codeOf({ labels: label('a', '\udc00') })).toBe('invalid_sample');
    const many = Object.fromEntries(Array.from({ length: 65 }, (_, i) => [`l${i}`, 'v']));
    expect(codeOf({ labels: labelSet(many) })).toBe('too_many_labels');
  });

  it('creates no series for a sample that it refuses', () => {
    const { table, rejected } = admitted([
      sample({ value: Number.NaN }),
      sample({ timestamp: 0 }),
      sample({ metric: '' }),
    ]);
    expect(rejected).toHaveLength(3);
    expect(table.counts().series).toBe(0);
  });

  it('takes no new series beyond the cap, and goes on with those that are there', () => {
    const raw = [0, 1, 2, 3, 0].map((i, index) => sample({ index, metric: `m${i}` }));
    const { rows, rejected } = admitted(raw);
    expect(rows.map(([metric]) => metric)).toEqual(['m0', 'm1', 'm2', 'm0']);
    expect(rejected.map(({ index, code }) => [index, code])).toEqual([[3, 'series_limit']]);
  });

  it('refuses samples beyond the cap of a request', () => {
    const { rows, rejected } = admitted(Array.from({ length: 52 }, (_, index) => sample({ index })));
    expect(rows).toHaveLength(50);
    expect(rejected.map(({ index, code }) => [index, code])).toEqual([
      [50, 'too_many_samples'],
      [51, 'too_many_samples'],
    ]);
  });

  it('puts samples into time order, those of equal time in the order of the request', () => {
    const one = fc.tuple(fc.nat(2), fc.nat(9));
    fc.assert(
      fc.property(fc.array(one, { maxLength: 50 }), (pairs) => {
        const raw = pairs.map(([metric, at], index) =>
          sample({ index, metric: `m${metric}`, timestamp: now + at, value: index }),
        );
        const { rows, rejected } = admitted(raw);
        expect(rejected).toEqual([]);
        const expected = pairs
          .map(([metric, at], index) => [`m${metric}`, at, index] as const)
          .sort((a, b) => a[1] - b[1] || a[2] - b[2]);
        expect(rows).toEqual(expected);
      }),
    );
  });
});
