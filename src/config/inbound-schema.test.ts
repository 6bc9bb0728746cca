import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { classify } from '../../rules/classify.ts';
import { labelSet } from '../../rules/labels.ts';
import { loadConfig } from './load.ts';

const folder = mkdtempSync(join(tmpdir(), 'tocsin-inbound-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function load(yaml: string) {
  const file = join(folder, 'tocsin.yaml');
  writeFileSync(file, yaml);
  return loadConfig({ file, cwd: folder, env: {}, flags: {} });
}
function configOf(yaml: string) {
  const loaded = load(yaml);
  if ('problems' in loaded) throw new Error(JSON.stringify(loaded.problems));
  return loaded.config;
}
function problemsOf(yaml: string): [string, string][] {
  const loaded = load(yaml);
  if (!('problems' in loaded)) throw new Error('no problem');
  return loaded.problems.map(({ path, message }) => [path, message]);
}

it('reads what is expected and how urgent things are', () => {
  const { classification, heartbeats } = configOf(`
classify:
  rules:
    - { name: pages, match: ['severity="page"', team!=dev], severity: CRITICAL }
    - { name: pay, type: 'pay\\..*', text: lost, severity: medium, category: Business }
heartbeats:
  - { name: backup, interval: 1d, grace: 1h, severity: emergency, labels: { team: db } }
  - { name: backup, tenant: acme, interval: 5m, annotations: { summary: gone } }
`);
  const by = (type: string, labels: Record<string, string>, text = '') =>
    classify(classification, { type, labels: labelSet(labels), text });
  expect(by('x', { severity: 'page' })).toEqual({ severity: 'critical', category: null, by: 'pages' });
  expect(by('pay.out', { severity: 'page', team: 'dev' }, 'is lost')).toEqual({
    ...{ severity: 'warning', category: 'business', by: 'pay' },
  });
  expect(by('pay.out', {}).by).toBe('default');
  expect([...heartbeats].map(([tenant, [first]]) => [tenant, first])).toMatchObject([
    ['default', { name: 'backup', intervalMs: 86_400_000, graceMs: 3_600_000, severity: 'emergency' }],
    [
      'acme',
      { name: 'backup', intervalMs: 300_000, graceMs: 0, severity: 'high', annotations: { summary: 'gone' } },
    ],
  ]);
});

it('expects nothing and classifies as a warning unless told otherwise', () => {
  const { classification, heartbeats } = configOf('collector: { host: false }');
  expect([heartbeats.size, classification.rules, classification.default.severity]).toEqual([
    0,
    [],
    'warning',
  ]);
});

it('says every problem with its place', () => {
  expect(
    problemsOf(`
classify:
  rules:
    - { name: default, text: '(', severity: loud }
    - { name: a, severity: info }
    - { name: a, match: ['x'], severity: info }
  default: { category: cost }
heartbeats:
  - { name: 'a b', interval: 10ms, grace: soon }
  - { name: b, interval: 1m }
  - { name: b, interval: 1m, every: 1m }
`).map(([path]) => path),
  ).toEqual([
    'classify.rules.0.name',
    'classify.rules.0.text',
    'classify.rules.0.severity',
    'classify.rules.1',
    'classify.rules.2.match.0',
    'classify.default.severity',
    'heartbeats.0.name',
    'heartbeats.0.interval',
    'heartbeats.0.grace',
    'heartbeats.2.every',
  ]);
  const twice = 'heartbeats: [{ name: b, interval: 1m }, { name: b, interval: 2m }]';
  expect(problemsOf(twice)).toEqual([['heartbeats', 'two of them have the same name']]);
  const all = 'classify: { rules: [{ name: all, severity: info }] }';
  expect(problemsOf(all)[0]![1]).toContain('expected `type`, `match` or `text`');
});
