import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { parseRule, parseRuleFile } from './parse.ts';
import { ruleDocument } from './rule-document.ts';

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
