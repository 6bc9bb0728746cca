import { describe, expect, it } from 'vitest';
import { defaultLimits } from '../config/config.ts';
import { Aliases } from './aliases.ts';
import { decoderFor } from './decode.ts';
import { fuzzScanners } from './scan-fuzz.ts';
import { SeriesTable } from './series.ts';
import { takeBody } from './take.ts';

const now = 1_700_000_000_000;
const bytes = (text: string) => Buffer.from(text);

function stage(limits: Partial<typeof defaultLimits> = {}) {
  const all = { ...defaultLimits, ...limits };
  const table = new SeriesTable({ limits: all });
  const aliases = new Aliases(table, 1);
  return {
    table,
    aliases,
    take(body: string, type?: string, tenant = 'default') {
      const before = aliases.counts.scanned;
      const taken = takeBody(bytes(body), decoderFor(type)!, tenant, now, { table, aliases, limits: all });
      const samples = [...taken.series].map(
        (id, i) =>
          `${table.metricOf(id)}${JSON.stringify(table.labelsOf(id))} ${taken.values[i]} ${taken.times[i]! - now}`,
      );
      return { samples, rejected: taken.rejected, scanned: aliases.counts.scanned > before };
    },
  };
}

describe('scanners', () => {
  it('agree with the plain decoders on every body', { timeout: 300_000 }, () => {
    const { difference, scanned, cases } = fuzzScanners({ cases: 60_000, seed: 20 });
    expect(difference).toBeNull();
    // A fuzzer whose bodies all go the plain way compares nothing.
    expect(scanned / cases).toBeGreaterThan(0.25);
  });

  it.each([
    ['documented', '{"samples":[{"metric":"m","labels":{"a":"b"},"value":1.5,"timestamp":1700000000001}]}'],
    [
      'with spaces',
      '{ "samples": [ {"metric": "m", "labels": {"a": "b"}, "value": 1.5, "timestamp": 1700000000001} ] }',
    ],
    ['alphabetical', '[{"labels":{"a":"b"},"metric":"m","timestamp":1700000000001,"value":1.5}]'],
    ['time first', '[{"timestamp":1700000000001,"metric":"m","labels":{"a":"b"},"value":1.5}]'],
    ['one a line', '{"metric":"m","labels":{"a":"b"},"value":1.5,"timestamp":1700000000001}\r\n'],
    [
      'by columns',
      '{"series":[{"metric":"m","labels":{"a":"b"},"timestamps":[1700000000001],"values":[1.5]}]}',
    ],
    [
      'values first',
      '{"series":[{"labels":{"a":"b"},"metric":"m","values":[1.5],"timestamps":[1700000000001]}]}',
    ],
    ['Prometheus text', '# TYPE m gauge\nm{a="b"} 1.5 1700000000001\n'],
    ['quoted metric', '#\n{"m",a="b"} 15e-1 1700000000001'],
  ])('read the %s shape, when its series is new and when it is known', (_, body) => {
    const { take } = stage();
    for (let i = 0; i < 3; i++) {
      expect(take(body)).toEqual({ samples: ['m{"a":"b"} 1.5 1'], rejected: [], scanned: true });
    }
  });

  it.each([
    ['an unknown key', '[{"metric":"m","value":1,"unit":"s"}]'],
    ['metric and labels apart', '[{"metric":"m","value":1,"labels":{"a":"b"}}]'],
    ['a sample over several lines', '[{"metric":"m",\n"value":1}]'],
    ['labels that are null', '[{"metric":"m","labels":null,"value":1}]'],
  ])('leave %s to the plain decoder', (_, body) => {
    expect(stage().take(body)).toMatchObject({ rejected: [], scanned: false, samples: [expect.any(String)] });
  });

  it('know a series by every way to write it', () => {
    const { table, take } = stage();
    take('[{"metric":"m","labels":{"a":"b","c":"d"},"value":1}]');
    take('[{"metric":"m","labels":{"c":"d","a":"b"},"value":1}]');
    take('[{"metric":"m","labels":{"\\u0061":"b","c":"d"},"value":1}]');
    take('m{c="d",a="b"} 1');
    expect(table.countOf('default')).toBe(1);
  });

  it('forget an alias with its series, although the id lives on', () => {
    const { table, take } = stage();
    take('[{"metric":"old","value":1}]');
    table.drop(0);
    take('[{"metric":"new","value":2}]');
    expect(take('[{"metric":"old","value":3}]').samples).toEqual(['old{} 3 0']);
    expect(take('[{"metric":"new","value":4}]').samples).toEqual(['new{} 4 0']);
    expect(table.countOf('default')).toBe(2);
  });

  it('keep tenants apart', () => {
    const { table, take } = stage();
    take('up{a="b"} 1', undefined, 'one');
    take('up{a="b"} 1', undefined, 'two');
    expect([table.countOf('one'), table.countOf('two')]).toEqual([1, 1]);
  });

  it('do not take for JSON what another format wrote', () => {
    const { take } = stage();
    const sample = '{"metric":"m","value":1}';
    take(`[${sample}]`);
    take('em.x{a="b"} 1');
    expect(() => take(`[${sample},{em.x{a="b"},"value":1}]`)).toThrow(
      expect.objectContaining({ code: 'invalid_json' }),
    );
  });

  it('bear no series for a body that is refused as a whole', () => {
    const { table, take } = stage();
    expect(() => take('{"samples":[{"metric":"m","value":1},]}')).toThrow(
      expect.objectContaining({ code: 'invalid_json' }),
    );
    expect(table.countOf('default')).toBe(0);
  });

  it('remember a bounded number of ways to write a series', () => {
    const { table, aliases, take } = stage();
    for (let i = 0; i < 3_000; i++) {
      const gap = ' '.repeat(i % 1_500);
      expect(take(`[{"metric":"m",${gap}"labels":{},"value":${i}}]`).samples).toEqual([`m{} ${i} 0`]);
    }
    expect(table.countOf('default')).toBe(1);
    expect(aliases.of('default').size).toBeLessThanOrEqual(1_024);
  });

  it('order a body by time, equal times as they came', () => {
    const columns = (metric: string) =>
      `{"metric":"${metric}","timestamps":[${now},${now + 2},${now + 1}],"values":[1,2,3]}`;
    expect(stage().take(`{"series":[${columns('a')},${columns('b')}]}`).samples).toEqual([
      'a{} 1 0',
      'b{} 1 0',
      'a{} 3 1',
      'b{} 3 1',
      'a{} 2 2',
      'b{} 2 2',
    ]);
  });

  it('refuse samples one by one where only their numbers or names are bad', () => {
    const { take } = stage();
    const body = `m{a="b"} NaN\nm{a="b"} 1 1\n${'x'.repeat(300)} 1\nm{a="b"} 2\n`;
    const { samples, rejected, scanned } = take(body);
    expect(scanned).toBe(true);
    expect(samples).toEqual(['m{"a":"b"} 2 0']);
    expect(rejected.map(({ index, code }) => `${index} ${code}`)).toEqual([
      '0 value_not_finite',
      '1 timestamp_too_old',
      '2 invalid_metric_name',
    ]);
  });
});
