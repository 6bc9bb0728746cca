import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { findRootCause } from '../../analysis/root-cause/root-cause.ts';
import { wilson } from '../../analysis/wilson.ts';
import { familyOf, readTraffic, trafficFolders } from './petshop.ts';

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'petshop-'));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

const services = ['shop', 'search', 'payments'];

/** Latency and requests of three services; `slow` is the latency of search in each row. */
function metricsOf(from: number, slow: readonly number[], shop: readonly number[]): string {
  const columns = ['latency', 'requests'].flatMap((metric) => services.map((service) => [service, metric]));
  return [
    ['microservice', ...columns.map(([service]) => service)].join(','),
    ['metric', ...columns.map(([, metric]) => metric)].join(','),
    ['statistic', ...columns.map(([, metric]) => (metric === 'latency' ? 'Average' : 'Sum'))].join(','),
    `unix_timestamp${','.repeat(columns.length)}`,
    ...slow.map((latency, n) =>
      [from + n * 300, shop[n], latency, n % 2 ? '' : 0.2, 700, 650, 140].join(','),
    ),
    '',
  ].join('\n');
}

function writeTraffic(name: string): string {
  const folder = join(root, name);
  for (const part of ['noissue', 'train/issue_0']) mkdirSync(join(folder, part), { recursive: true });
  writeFileSync(
    join(folder, 'graph.csv'),
    ',shop,search,payments\nshop,0.0,1.0,1.0\nsearch,0.0,0.0,0.0\npayments,0.0,0.0,0.0\n',
  );
  const quiet = Array.from({ length: 40 }, (_, n) => n);
  writeFileSync(
    join(folder, 'noissue/metrics.csv'),
    metricsOf(
      9_000_000,
      quiet.map((n) => 0.01 + (n % 3) * 1e-4),
      quiet.map((n) => 0.09 + (n % 2) * 1e-3),
    ),
  );
  writeFileSync(
    join(folder, 'train/issue_0/metrics.csv'),
    metricsOf(1_500_000, [0.0101, 0.0102, 0.05, 0.049, 0.0101], [0.09, 0.091, 0.13, 0.129, 0.09]),
  );
  writeFileSync(
    join(folder, 'train/issue_0/target.json'),
    JSON.stringify({
      target: { node: 'shop', metric: 'latency', agg: 'Average', timestamp: 1 },
      root_cause: { node: 'search', metric: null },
      metadata: { reproducibility: { command: 'put-parameter --name searchdelay --value 500' } },
    }),
  );
  return folder;
}

describe('a folder in the layout of PetShop', () => {
  it('becomes one alert at the service that was slow, as old as our own detector finds, and the series of all', () => {
    const [issue, ...more] = readTraffic(writeTraffic('some_traffic'));
    expect(more).toEqual([]);
    expect(issue).toMatchObject({
      name: 'some_traffic/train/issue_0',
      split: 'train',
      family: 'misconfigured latency',
      truth: 'search',
    });
    const { alerts, series, edges, now } = issue!.input;
    expect(alerts.map(({ at, labels }) => [at, labels.service])).toEqual([[1_500_600_000, 'shop']]);
    expect(now).toBe(1_501_200_000);
    expect(edges.map(({ from, to }) => `${from} → ${to}`)).toEqual(['shop → search', 'shop → payments']);
    const search = series.find(({ service, metric }) => service === 'search' && metric === 'latency')!;
    expect(search.values).toHaveLength(45);
    // The quiet time lies a day before the issue, whatever its own dates say.
    expect(search.times[40]! - search.times[39]!).toBe(86_400_000);
    expect(findRootCause(issue!.input).hypotheses[0]!.service).toBe('search');
  });

  it('is found at any of three levels, and several are read', () => {
    writeTraffic('dataset/a_traffic');
    writeTraffic('dataset/b_traffic');
    expect(trafficFolders(root).map((folder) => folder.slice(root.length))).toEqual([
      '/dataset/a_traffic',
      '/dataset/b_traffic',
    ]);
  });

  it('says which file cannot be read, and what was expected', () => {
    const folder = writeTraffic('broken');
    writeFileSync(join(folder, 'graph.csv'), ',shop,search\nshop,0.0,1.0\nsearch,0.0\n');
    expect(() => readTraffic(folder)).toThrow(/graph\.csv:3: expected 2 cells, found 1/);
    writeTraffic('broken');
    writeFileSync(join(folder, 'train/issue_0/target.json'), '{"target":{"node":"shop"}}');
    expect(() => readTraffic(folder)).toThrow(/target\.json: expected target\.node, target\.metric/);
    writeTraffic('broken');
    writeFileSync(
      join(folder, 'train/issue_0/metrics.csv'),
      'microservice,a\nmetric,b\nstatistic,c\nnever,1\n',
    );
    expect(() => readTraffic(folder)).toThrow(/metrics\.csv: row 1 of the samples has no unix time/);
  });
});

it.each([
  ['stress --cpu 4', 'cpu hog'],
  ['leak_memory 200', 'memory leak'],
  ['issue_dynamo_db_requests -n 800', 'request overload'],
  ["sed 's/inject = false/inject = true/'", 'errors'],
  ['', 'other, seen in latency'],
])('a fault made by %j is of the family %s', (command, family) => {
  expect(familyOf(command, 'latency')).toBe(family);
});

it('gives the interval of Wilson', () => {
  const [low, high] = wilson(8, 10);
  expect([low.toFixed(4), high.toFixed(4)]).toEqual(['0.4902', '0.9433']);
  expect(wilson(0, 0)).toEqual([0, 1]);
});
