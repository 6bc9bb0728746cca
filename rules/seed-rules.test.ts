// The rules that people wrote before there was this product load word for word (AL-A17).
import { describe, expect, it } from 'vitest';
import { parseRule, parseRuleFile } from './parse.ts';

const threshold = {
  name: 'High CPU Usage',
  description: 'Alert when CPU exceeds 80%',
  category: 'SYSTEM',
  metric_name: 'system.cpu.usage',
  threshold: 80.0,
  operator: 'gt',
  level: 'WARNING',
  priority: 'HIGH',
};
const composite = {
  name: 'System Health Check',
  description: 'Multiple system metrics check',
  category: 'SYSTEM',
  conditions: [
    { metric_name: 'cpu.usage', operator: 'gt', threshold: 70 },
    { metric_name: 'memory.usage', operator: 'gt', threshold: 75 },
  ],
  logic: 'AND',
  level: 'HIGH',
};

const yaml = `
rules:
  - name: "High CPU Usage"
    description: "Alert when CPU exceeds 80%"
    category: SYSTEM
    metric_name: "system.cpu.usage"
    threshold: 80.0
    operator: "gt"
    level: WARNING
    priority: HIGH
  - name: "System Health Check"
    description: "Multiple system metrics check"
    category: SYSTEM
    conditions: [
        {"metric_name": "cpu.usage", "operator": "gt", "threshold": 70},
        {"metric_name": "memory.usage", "operator": "gt", "threshold": 75}
    ]
    logic: "AND"
    level: HIGH
`;

describe('the first rules that there were', () => {
  const { rules, problems } = parseRuleFile(yaml, 'seed.yaml');

  it('load from a file', () => {
    expect(problems).toEqual([]);
    expect(rules[0]).toMatchObject({
      ...{
        type: 'threshold',
        name: 'High CPU Usage',
        category: 'system',
        severity: 'warning',
        priority: 'P2',
      },
      ...{ metric: 'system.cpu.usage', aggregate: 'last', operator: 'gt', threshold: 80 },
    });
    expect(rules[1]).toMatchObject({
      ...{ type: 'composite', name: 'System Health Check', severity: 'high', priority: 'P3', shared: true },
      readings: [
        { metric: 'cpu.usage', operator: 'gt', threshold: 70 },
        { metric: 'memory.usage', operator: 'gt', threshold: 75 },
      ],
      condition: {
        kind: 'all',
        of: [
          { kind: 'reading', reading: 0 },
          { kind: 'reading', reading: 1 },
        ],
      },
    });
  });

  it('mean the same through the API', () => {
    for (const [i, keys] of [threshold, composite].entries()) {
      const read = parseRule(
        keys,
        { kind: 'api' },
        { tenant: 'default', group: 'seed', labels: rules[i]!.labels },
      );
      expect('rule' in read && read.rule.hash).toBe(rules[i]!.hash);
    }
  });
});

describe('defaults of a file', () => {
  const read = (rule: string) =>
    parseRuleFile(
      `
defaults: { for: 5m, keep_firing_for: 1m, severity: critical, category: cost, no_data: ok, annotations: { runbook: r, summary: s } }
rules:
  - ${rule}
`,
      'd.yaml',
    );

  it('hold where a rule says nothing', () => {
    const { rules, problems } = read('{ name: A, metric: m, threshold: 1 }');
    expect(problems).toEqual([]);
    expect(rules[0]).toMatchObject({
      ...{ forMs: 300_000, keepFiringForMs: 60_000, severity: 'critical', priority: 'P2', category: 'cost' },
      ...{ noData: 'ok', annotations: { runbook: 'r', summary: 's' } },
    });
  });

  it('give way to what it says', () => {
    const { rules } = read(
      '{ name: A, metric: m, threshold: 1, for: 0s, level: info, annotations: { summary: x } }',
    );
    expect(rules[0]).toMatchObject({ forMs: 0, severity: 'info', priority: 'P5' });
    expect({ ...rules[0]!.annotations }).toEqual({ runbook: 'r', summary: 'x' });
  });

  it('never stand against levels, and mean nothing to what knows no silence', () => {
    const levels = 'levels: [{ severity: high, threshold: 9 }, { severity: info, threshold: 5 }]';
    expect(read(`{ name: A, metric: m, ${levels} }`).rules[0]).toMatchObject({
      ...{ severity: 'info', threshold: 5 },
      levels: [
        { severity: 'info', threshold: 5 },
        { severity: 'high', threshold: 9 },
      ],
    });
    const { rules, problems } = read('{ name: A, type: frequency, window: 5m, threshold: 3 }');
    expect([rules[0]?.noData, problems]).toEqual(['keep', []]);
  });

  it('are checked like rules, all at once', () => {
    const { problems } = parseRuleFile('defaults: { fro: 5m, for: x, metric: m }\nrules: []\n', 'd.yaml');
    expect(problems.map(({ column, message }) => `${column} ${message}`)).toMatchInlineSnapshot(`
      [
        "13 unknown key "fro"; did you mean for?",
        "27 expected a duration such as 30s, 1m30s, 4h or 1d, got "x"",
        "30 unknown key "metric"",
      ]
    `);
    expect(parseRuleFile('defaults: 5\nrules: []\n', 'd.yaml').problems[0]?.message).toMatch(
      'expected a map',
    );
  });
});
