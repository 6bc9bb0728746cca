import { describe, expect, it } from 'vitest';
import { labelSet } from '../../rules/labels.ts';
import { SeriesTable } from '../ingest/series.ts';
import { aRule } from '../testing/builders.ts';
import { PairTable } from './pairs.ts';
import { SettledSeries } from './settled.ts';
import { WindowSources } from './window-sources.ts';

function holds(settled: SettledSeries, series: number, at: number, value: number): boolean {
  return settled.holds(
    { series: Int32Array.of(series), times: Float64Array.of(at), values: Float64Array.of(value) },
    0,
  );
}

const state = { openByKey: new Map() } as Parameters<PairTable['setRules']>[1];

function stage() {
  const table = new SeriesTable({ limits: { seriesPerTenant: 100 } });
  const settled = new SettledSeries(table);
  const pairs = new PairTable('t', table, settled);
  const series = (metric: string) => table.intern('t', metric, labelSet({}));
  return { table, settled, pairs, series };
}

describe('a settled series', () => {
  it('holds within the range that all its rules leave it, until one of its pairs changes', () => {
    const { table, settled, pairs, series } = stage();
    const id = series('cpu');
    const rules = [
      aRule({ name: 'High', threshold: 80 }),
      aRule({ name: 'Low', operator: 'lt', threshold: 10 }),
      aRule({ name: 'Odd', operator: 'eq', threshold: 66 }),
    ];
    pairs.setRules(rules, state, 0);
    const own = pairs.of(id);
    table.append(id, 1, 50);
    expect(holds(settled, id, 1, 50)).toBe(false);
    for (const pair of own) pair.verdict = 'false';
    settled.settle(id, Float64Array.of(50));
    expect([50, 10, 65.9, 66, 80, 9.9, Number.NaN].map((value) => holds(settled, id, 2, value))).toEqual([
      true,
      true,
      true,
      false,
      false,
      false,
      false,
    ]);
    own[0]!.wakeAt = 5;
    settled.settle(id, Float64Array.of(70));
    expect([4, 5].map((at) => holds(settled, id, at, 80))).toEqual([true, false]);
    for (const change of [
      () => (own[1]!.verdict = 'true'),
      () => (own[1]!.wakeAt = 3),
      () => (own[1]!.quiet = true),
      () => (own[1]!.watched = true),
    ]) {
      own[1]!.verdict = 'false';
      own[1]!.quiet = false;
      settled.settle(id, Float64Array.of(70));
      expect(holds(settled, id, 2, 70)).toBe(true);
      change();
      expect(holds(settled, id, 2, 70)).toBe(false);
    }
  });

  it('is none while a rule minds silence and nobody watches', () => {
    const { settled, pairs, series } = stage();
    const id = series('cpu');
    pairs.setRules([aRule({ noData: 'alert' })], state, 0);
    const own = pairs.of(id);
    own[0]!.verdict = 'false';
    settled.settle(id, Float64Array.of(1));
    expect(holds(settled, id, 1, 1)).toBe(false);
    own[0]!.watched = true;
    settled.settle(id, Float64Array.of(1));
    expect(holds(settled, id, 1, 1)).toBe(true);
  });
});

describe('a reload', () => {
  it('keeps the pairs of the metrics whose rules say the same, and the last arrival of the others', () => {
    const { settled, pairs, series } = stage();
    const [cpu, load, disk] = ['cpu', 'load', 'disk'].map(series) as [number, number, number];
    const rule = (metric: string, threshold: number) => aRule({ name: metric, metric, threshold });
    pairs.setRules([rule('cpu', 1), rule('load', 1), rule('disk', 1)], state, 100);
    const before = [cpu, load, disk].map((id) => pairs.of(id)[0]!);
    for (const id of [cpu, load, disk]) settled.arrived(id, 200);
    const moved = { ...rule('cpu', 1), origin: { kind: 'file', file: 'a', line: 9, column: 1 } as const };
    pairs.setRules([moved, rule('load', 2)], state, 300);
    expect(pairs.of(cpu)).toEqual([before[0]]);
    expect(pairs.of(load)[0]).not.toBe(before[1]);
    expect(pairs.of(disk)).toEqual([]);
    expect(before.map(({ gone }) => gone)).toEqual([false, true, true]);
    expect(pairs.of(load)[0]!.quietSince).toBe(200);
    expect([settled.pairs(load), settled.pairs(disk), pairs.count]).toEqual([1, 0, 2]);
    pairs.setRules([moved, rule('load', 2)], state, 400, true);
    expect(pairs.of(cpu)[0]).not.toBe(before[0]);
    expect(pairs.of(cpu)[0]!.quietSince).toBe(200);
  });
});

describe('windows', () => {
  it('are followed once, whatever the number of rules that read them, and given back', () => {
    const sources = new WindowSources();
    const a = sources.take(-1, 'avg', 60_000);
    const b = sources.take(a, 'p95', 60_000);
    const c = sources.take(b, 'avg', 120_000);
    expect(sources.take(c, 'avg', 60_000)).toBe(a);
    expect(sources.take(c, 'p95', 60_000)).toBe(b);
    expect(new Set([a, b, c]).size).toBe(3);
    expect([sources.next(c), sources.next(b), sources.next(a), sources.size]).toEqual([b, a, -1, 3]);
    sources.giveBack(c);
    expect(sources.size).toBe(0);
    expect([a, b, c]).toContain(sources.take(-1, 'max', 1));
  });
});
