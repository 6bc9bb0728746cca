import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { ruleDocument } from './document.ts';
import { parseRule, parseRuleFile } from './parse.ts';

const folder = fileURLToPath(new URL('../examples/rules/', import.meta.url));
const examples = readdirSync(folder, { recursive: true, encoding: 'utf8' })
  .filter((name) => /\.ya?ml$/.test(name))
  .flatMap((name) => parseRuleFile(readFileSync(folder + name, 'utf8'), name).rules);
const more = parseRuleFile(
  `
rules:
  - { name: every key, metric: a, match: ['env="p\\"q"', 'host=~"a|b"'], aggregate: p99.9, window: 90s, operator: '<=',
      threshold: -1.5, resolve_threshold: 2, for: 1m30s, keep_firing_for: 1d, no_data: alert, no_data_after: 7m,
      dedupe_window: 0, severity: emergency, priority: P5, category: cost, description: d, labels: { a: 'b' },
      annotations: { summary: '{{ value }}' }, enabled: false }
  - { name: silent, metric: a, aggregate: absent, window: 1500ms }
  - { name: silent group, metric: a, aggregate: absent, window: 5m, by: [] }
  - { name: levelled, metric: a, levels: [{ severity: warning, threshold: 1 }, { level: critical, threshold: 2, resolve_threshold: 1.5 }] }
  - { name: disk, type: trend, metric: a, measure: crosses, window: 1h, within: 4h, confidence: 0.95, operator: lt, threshold: 1 }
  - { name: slope, type: trend, metric: a, window: 1h, per: 1h, min_fit: 0, threshold: 1 }
  - { name: joined, by: [host], at_least: 2, conditions: [{ metric: a, threshold: 1 }, { rule: disk, state: active },
      { not: { any: [{ metric: b, aggregate: absent, window: 1m }, { all: [{ metric: c, across: sum, threshold: 2 }] }] } }] }
  - { name: shared, logic: or, conditions: [{ metric_name: a, operator: GT, threshold: 1 }, { metric_name: b, threshold: 1 }] }
  - { name: often, type: frequency, event_type: deploy.failed, window: 5m, threshold: 3, distinct: host, by: [env] }
  - { name: seed, type: THRESHOLD, metric_name: a, level: HIGH, priority: critical, threshold: 1 }
`,
  'more.yaml',
);

describe('a rule in the words of a file', () => {
  it.each([...examples, ...more.rules])('reads as the same rule: $name', (rule) => {
    expect(more.problems).toEqual([]);
    const { tenant, group, origin, hash } = rule;
    const read = parseRule(JSON.parse(JSON.stringify(ruleDocument(rule))), origin, {
      tenant,
      group,
      labels: {},
    });
    expect(read).toMatchObject({ rule: { hash } });
  });
});
