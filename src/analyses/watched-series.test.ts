import { describe, expect, it } from 'vitest';
import { labelSet } from '../../rules/labels.ts';
import { parseRuleFile } from '../../rules/parse.ts';
import type { Rule } from '../../rules/types.ts';
import { SeriesTable } from '../ingest/series.ts';
import { WatchedSeries } from './watched-series.ts';

const now = 1_700_000_000_000;

const rulesOf = (text: string): readonly Rule[] => {
  const { rules, problems } = parseRuleFile(`rules:\n${text}`, 'rules.yaml');
  expect(problems).toEqual([]);
  return rules;
};

function begin() {
  const table = new SeriesTable({ limits: { seriesPerTenant: 10_000, pointsPerSeries: 4_096 } as never });
  const push = (tenant: string, metric: string, labels: Record<string, string>, value: number, at = now) => {
    const series = table.intern(tenant, metric, labelSet(labels));
    table.append(series, at, value);
    return series;
  };
  const watched = new WatchedSeries(table);
  const all = (tenant: string, rules: readonly Rule[]) => {
    const samples = watched.of(tenant, rules, now);
    const said = [];
    for (let next = samples.next(); ; next = samples.next()) {
      if (next.done === true) return { said, left: next.value };
      if (next.value !== null) said.push(next.value);
    }
  };
  return { table, push, watched, all };
}

describe('series that rules watch', () => {
  it('are those that a rule with a threshold and a side reads, of its tenant, and fresh', () => {
    const { push, all } = begin();
    push('acme', 'disk', { host: 'a' }, 40);
    push('acme', 'disk', { host: 'b' }, 50, now + 60_000);
    push('acme', 'disk', { host: 'old' }, 50, now - 600_000);
    push('globex', 'disk', { host: 'c' }, 60);
    const rules = rulesOf(`
  - { name: Full, type: threshold, metric: disk, match: ['host!="x"'], operator: gt, threshold: 90, for: 2m, severity: high }
  - { name: Low, type: threshold, metric: disk, match: ['host="a"'], operator: lte, threshold: 5, severity: info }
  - { name: Is, type: threshold, metric: disk, operator: eq, threshold: 7 }
  - { name: Off, type: threshold, metric: disk, operator: gt, threshold: 7, enabled: false }
`);
    const { said, left } = all('acme', rules);
    expect(left).toBe(0);
    expect(said.map(({ series, value, at }) => [series, value, at - now])).toEqual([
      ['Full: disk{"host":"a"}', 40, 0],
      ['Full: disk{"host":"b"}', 50, 0],
      ['Low: disk{"host":"a"}', 40, 0],
    ]);
    expect(said[0]!.thresholds).toEqual([
      {
        ...{ key: 'rule:Full:{"host":"a"}', value: 90, side: 'above', forMs: 120_000 },
        labels: { alertname: 'Full', host: 'a', severity: 'high' },
      },
    ]);
    expect(said[2]!.thresholds[0]).toMatchObject({ side: 'below', forMs: 0 });
  });

  it('are never those of another tenant that got the number of one that is gone meanwhile', () => {
    const { table, push, watched, all } = begin();
    push('acme', 'disk', { host: 'a' }, 40);
    const second = push('acme', 'disk', { host: 'b' }, 50);
    const rules = rulesOf('  - { name: Full, type: threshold, metric: disk, operator: gt, threshold: 90 }');
    const samples = watched.of('acme', rules, now);
    expect(samples.next().value).toMatchObject({ value: 40 });
    table.drop(second);
    expect(push('globex', 'disk', { host: 'secret' }, 70)).toBe(second);
    expect(samples.next()).toEqual({ done: true, value: 0 });
    table.drop(second);
    expect(all('acme', rules).said).toHaveLength(1);
  });

  it('are so many at most; how many are left out is said', () => {
    const { push, all } = begin();
    for (let n = 0; n < 2_100; n++) push('acme', 'disk', { host: `h${n}` }, 40);
    const rules = rulesOf('  - { name: Full, type: threshold, metric: disk, operator: gt, threshold: 90 }');
    const { said, left } = all('acme', rules);
    expect([said.length, left]).toEqual([2_000, 100]);
  });
});
