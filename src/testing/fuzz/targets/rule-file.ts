// Rule files: every problem has its place, every rule that is taken can be shown, sent to another thread and is itself.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ruleDocument } from '../../../../rules/document.ts';
import { emptyLabels } from '../../../../rules/labels.ts';
import { parseRule, parseRuleFile } from '../../../../rules/parse.ts';
import { readPlainYaml } from '../../../../rules/plain-yaml.ts';
import { hashOfRule } from '../../../../rules/rule-hash.ts';
import { ruleLimits } from '../../../../rules/schema-fields.ts';
import { readAnyYaml } from '../../../../rules/yaml-source.ts';
import { portableRule, ruleOf } from '../../../config/portable-rules.ts';
import { materialOf, mutated } from '../mutate.ts';
import { claim, pureTarget, quoted, textOf } from '../target.ts';

// Commands and tests run in the project's folder; the program itself may have been compiled to another.
const root = process.cwd();
const examples = ['host', 'no-data', 'several-series'].map((name) =>
  readFileSync(join(root, 'examples/rules', `${name}.yaml`), 'utf8'),
);
const small = [
  'rules: []\n',
  'rules:\n  - { name: A, metric: cpu, operator: gt, threshold: 80 }\n',
  'group: g\ntenant: t\nlabels: { team: ops }\nrules:\n  - name: B\n    metric: m\n    match: [\'env=~"a|b"\']\n    aggregate: p99\n    window: 5m\n    operator: lt\n    threshold: -1.5e3\n    for: 1m\n    annotations: { summary: "{{ labels.host | upcase }}" }\n',
  'rules:\n  - &a { name: C, metric: up, aggregate: absent, window: 1m }\n  - *a\n',
  'rules:\n  - name: D\n    metric: m\n    across: sum\n    by: [host, env]\n    operator: gt\n    threshold: 1\n    interval: 15s\n    eval_delay: 2s\n    severity: high\n',
  'defaults: { for: 5m, no_data: ok, severity: high }\nrules:\n  - name: E\n    type: trend\n    metric: m\n    measure: crosses\n    window: 1h\n    within: 4h\n    min_fit: 0.8\n    confidence: 0.95\n    operator: gte\n    levels: [{ severity: high, threshold: 90 }, { severity: critical, threshold: 95, resolve_threshold: 93 }]\n',
  'rules:\n  - name: F\n    by: [host]\n    at_least: 2\n    conditions:\n      - { metric: a, threshold: 1, aggregate: avg, window: 5m }\n      - { not: { any: [{ rule: A, state: pending }, { metric: b, aggregate: absent, window: 1m }] } }\n      - { at_least: 1, of: [{ metric_name: c, operator: lt, threshold: 2, across: max }] }\n',
  'rules:\n  - { name: G, type: frequency, event_type: login, match: [\'user!=""\'], window: 5m, distinct: ip, by: [user], threshold: 3, operator: lt, eval_delay: 1s }\n',
];
const tokens = [
  'rules:',
  '\n  - ',
  '\n    ',
  'name: A',
  'metric: x',
  'operator: gt',
  'threshold: ',
  '80',
  'for: 1m',
  ': ',
  '#',
]
  .concat([
    '[',
    ']',
    '{',
    '}',
    ',',
    '- ',
    '? ',
    '&a ',
    '*a',
    '<<: ',
    '!!binary ',
    '!!str ',
    '|\n',
    '>-\n',
    '"',
    "'",
  ])
  .concat([
    '---\n',
    '...\n',
    '%YAML 1.2\n',
    '\t',
    '.inf',
    '.nan',
    '~',
    '0o17',
    '1_000',
    '2024-01-01',
    'labels: {',
    'across: avg',
  ])
  .concat([
    'match: [',
    'a=~"(", ',
    'window: 10y',
    'annotations: {',
    '{{ value }}',
    '{% if',
    'enabled: false',
    'no_data: ok',
  ])
  .concat([
    'type: trend',
    'type: composite',
    'type: frequency',
    'conditions: [',
    '{ not: ',
    '{ all: [',
    'at_least: 1',
    'levels: [',
    'measure: slope',
    'defaults: {',
    'distinct: a',
  ]);
// Whole examples are long: most cases are about the small ones.
const material = materialOf([...small, ...small, ...small, ...examples], tokens);
const longestMessage = 20_000;

export const ruleFile = pureTarget({
  name: 'rule-file',
  holds:
    'problems have a place within the file and a bounded text; a rule can be shown and sent to a thread and is itself; plain YAML is what the library reads',
  weight: 2,
  input: (random) => mutated(random, material),
  check(input) {
    const text = textOf(input);
    const plain = readPlainYaml(text);
    if (plain !== null) {
      const right = readAnyYaml(text);
      claim('value' in right, () => `the library refuses ${quoted(text)}`);
      const [here, there] = [JSON.stringify(plain.value), JSON.stringify(right.value)];
      claim(here === there, () => `${quoted(text)} is read as ${quoted(here)}, should be ${quoted(there)}`);
    }
    const { rules, problems } = parseRuleFile(text, 'rules/fuzz.yaml');
    const lines = text.split('\n').length;
    claim(problems.length <= ruleLimits.problems, `${problems.length} problems`);
    for (const { file, line, column, message } of problems) {
      const at = `${line}:${column}: ${message}`;
      claim(file === 'rules/fuzz.yaml' && Number.isInteger(line) && Number.isInteger(column), at);
      claim(line >= 1 && line <= lines && column >= 1, () => `a problem at ${at} of ${lines} lines`);
      claim(message !== '' && message.length <= longestMessage, () => quoted(at));
    }
    for (const rule of rules) {
      claim(hashOfRule(rule) === rule.hash, () => `${quoted(rule.name)} has another hash`);
      const again = ruleOf(structuredClone(portableRule(rule)));
      claim(hashOfRule(again) === rule.hash, () => `${quoted(rule.name)} is another one in a thread`);
      const shown = JSON.stringify(ruleDocument(rule));
      claim(JSON.stringify(ruleDocument(again)) === shown, () => `${quoted(rule.name)} is shown differently`);
      // How often its series send is said by the file and is no part of the rule.
      const { tenant, group, origin } = rule;
      const defaults = { tenant, group, labels: emptyLabels, sampleIntervalMs: 3_600_000 };
      const read = parseRule(JSON.parse(shown), origin, defaults);
      claim('rule' in read && read.rule.hash === rule.hash, () => `${quoted(shown)} is read as another rule`);
      claim(Number.isFinite(rule.forMs) && rule.name.length <= ruleLimits.nameLength, quoted(shown));
    }
  },
});
