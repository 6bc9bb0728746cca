import { describe, expect, it } from 'vitest';
import { matchesAll } from './matchers.ts';
import { parseRule, parseRuleFile } from './parse.ts';
import type { ThresholdRule } from './types.ts';

const problemsOf = (text: string): string[] =>
  parseRuleFile(text, 'rules/host.yaml').problems.map(
    (p) => `${p.line}:${p.column} ${p.path || '(file)'}: ${p.message}`,
  );

function only(text: string): ThresholdRule {
  const { rules, problems } = parseRuleFile(text, 'rules/host.yaml');
  expect(problems).toEqual([]);
  expect(rules).toHaveLength(1);
  return rules[0] as ThresholdRule;
}

const host = `group: host
labels: { team: infra }
rules:
  - name: HighCpu                     # becomes the label alertname
    type: threshold
    metric: system.cpu.usage
    match: ['env="prod"']
    aggregate: avg
    window: 1m
    operator: gt
    threshold: 80
    resolve_threshold: 70
    for: 30s
    keep_firing_for: 1m
    no_data: keep
    severity: warning
    category: system
    annotations:
      summary: "CPU of {{ labels.host }} at {{ value | round: 1 }} %"
`;

describe('a good rule file', () => {
  it('is read as it is documented', () => {
    const rule = only(host);
    const { match, hash, ...rest } = rule;
    expect(match.map((m) => [m.name, m.op, m.value])).toEqual([['env', '=', 'prod']]);
    expect(hash).toMatch(/^[0-9a-f]{16}$/);
    expect({ ...rest, labels: { ...rest.labels }, annotations: { ...rest.annotations } }).toEqual({
      type: 'threshold',
      tenant: 'default',
      name: 'HighCpu',
      group: 'host',
      description: '',
      category: 'system',
      severity: 'warning',
      priority: 'P4',
      labels: { team: 'infra' },
      annotations: { summary: 'CPU of {{ labels.host }} at {{ value | round: 1 }} %' },
      enabled: true,
      forMs: 30_000,
      keepFiringForMs: 60_000,
      noData: 'keep',
      noDataAfterMs: 60_000,
      metric: 'system.cpu.usage',
      aggregate: 'avg',
      windowMs: 60_000,
      operator: 'gt',
      threshold: 80,
      resolveThreshold: 70,
      origin: { kind: 'file', file: 'rules/host.yaml', line: 4, column: 5 },
    });
  });

  it('fills in what is left out', () => {
    expect(only('rules: [{ name: A, metric: m, threshold: 1 }]')).toMatchObject({
      group: 'host',
      category: 'system',
      severity: 'warning',
      priority: 'P4',
      aggregate: 'last',
      windowMs: 0,
      operator: 'gt',
      forMs: 0,
      keepFiringForMs: 0,
      noData: 'keep',
      noDataAfterMs: 60_000,
      enabled: true,
    });
    const long = only(
      'rules: [{ name: A, metric: m, threshold: 1, aggregate: max, window: 5m, dedupe_window: 0 }]',
    );
    expect(long).toMatchObject({ noDataAfterMs: 300_000, dedupeWindowMs: 0 });
    expect(only('rules: [{ name: A, metric: m, aggregate: absent, window: 10s }]')).toMatchObject({
      windowMs: 10_000,
      noDataAfterMs: 10_000,
    });
  });

  it('may be written in the words of the seed, in any case (AL-A2, AL-A4, AL-A17)', () => {
    const rule = only(`rules:
  - name: High CPU Usage
    description: Alert when CPU exceeds 80%
    category: SYSTEM
    metric_name: system.cpu.usage
    threshold: 80.0
    operator: "GT"
    level: WARNING
    priority: HIGH
`);
    expect(rule).toMatchObject({
      name: 'High CPU Usage',
      category: 'system',
      metric: 'system.cpu.usage',
      threshold: 80,
      operator: 'gt',
      severity: 'warning',
      priority: 'P2',
    });
    const signs = ['>', '>=', '<', '<=', '==', '!='].map(
      (sign) => only(`rules: [{ name: A, metric: m, threshold: 1, operator: '${sign}' }]`).operator,
    );
    expect(signs).toEqual(['gt', 'gte', 'lt', 'lte', 'eq', 'neq']);
  });

  it('gives its labels to every rule, and a rule may override them', () => {
    const { rules } = parseRuleFile(
      'labels: { team: infra, zone: a }\nrules:\n  - { name: A, metric: m, threshold: 1, labels: { team: web } }',
      'x.yml',
    );
    expect({ ...rules[0]?.labels }).toEqual({ team: 'web', zone: 'a' });
  });

  it('belongs to the tenant that it names', () => {
    expect(only('tenant: acme\nrules: [{ name: A, metric: m, threshold: 1 }]').tenant).toBe('acme');
    expect(problemsOf('tenant: a b\nrules: []')).toHaveLength(1);
    expect(problemsOf('tenant: 5\nrules: []')).toEqual([
      '1:9 tenant: expected the name of a tenant (put a value that looks like a number in quotes), got 5',
    ]);
  });

  it('may share values with anchors', () => {
    const { rules, problems } = parseRuleFile(
      `rules:
  - { name: A, metric: m, threshold: 1, match: &prod ['env=prod'], annotations: &texts { summary: hi } }
  - { name: B, metric: m, threshold: 1, match: *prod, annotations: *texts }`,
      'x.yml',
    );
    expect(problems).toEqual([]);
    expect(rules.map((rule) => matchesAll((rule as ThresholdRule).match, { env: 'prod' }))).toEqual([
      true,
      true,
    ]);
  });

  it('has rules whose hash follows what they say and not where they stand', () => {
    const rule = (keys: string) => only(`\n\nrules: [{ name: A, metric: m, threshold: 1${keys} }]`).hash;
    expect(rule('')).toBe(only('rules: [{ threshold: 1, metric: m, name: A, severity: WARNING }]').hash);
    expect(
      new Set(['', ', for: 1s', ', severity: high', ', match: [a=b]', ', annotations: {a: b}'].map(rule))
        .size,
    ).toBe(5);
  });
});

describe('a bad rule file', () => {
  it('answers with every problem at once, each where it stands', () => {
    const text = `groups: host
labels:
  severity: high
rules:
  - name: A
    metric: m
    agregate: avg
    treshold: 80
    for: 5 minutes
  - name: B
    metric: cpu
    threshold: "80"
    match: ['env="prod"', 'env=', 'host=~"("']
    operator: above
    severity: fatal
    window: 30
    annotations:
      summary: "{{ labels.host"
      title: |
        first
        {{ value | nope }}
    labels: { alertname: X, version: 1.10, constructor: x }
  - name: A
    metric: m
    threshold: .inf
    enabled: yes
    description:
  - just a text
  - threshold: 5
    metric: m
    metric_name: n
    level: low
    severity: high
`;
    expect(problemsOf(text)).toMatchInlineSnapshot(`
      [
        "1:1 groups: unknown key "groups"; did you mean group?",
        "3:13 labels.severity: the label severity comes from the key severity of the rule; set that",
        "5:5 rules.0: expected a threshold",
        "7:5 rules.0.agregate: unknown key "agregate"; did you mean aggregate?",
        "8:5 rules.0.treshold: unknown key "treshold"; did you mean threshold?",
        "9:10 rules.0.for: expected a duration such as 30s, 1m30s, 4h or 1d, got "5 minutes"",
        "12:16 rules.1.threshold: expected a finite number, got "80"",
        "13:27 rules.1.match.1: expected a value (write "" for the empty one), got the end (at character 5)",
        "13:35 rules.1.match.2: not a regular expression in RE2 syntax: error parsing regexp: missing closing ): \`(\` (at character 7)",
        "14:15 rules.1.operator: expected one of gt, gte, lt, lte, eq, neq, got "above"",
        "15:15 rules.1.severity: expected one of info, warning, high, critical, emergency, got "fatal"",
        "16:13 rules.1.window: expected a duration such as 30s, 1m30s, 4h or 1d, got 30",
        "18:16 rules.1.annotations.summary: output "{{ labels.host" not closed (line 1, column 1 of the template)",
        "19:14 rules.1.annotations.title: undefined filter: nope (line 2, column 1 of the template)",
        "22:26 rules.1.labels.alertname: the label alertname is the name of the rule and cannot be set",
        "22:38 rules.1.labels.version: expected text (put a value that looks like a number in quotes), got 1.1",
        "22:57 rules.1.labels.constructor: the name "constructor" is not allowed",
        "23:11 rules.2.name: the name "A" is used already by the rule in line 5",
        "25:16 rules.2.threshold: expected a finite number, got Infinity",
        "26:14 rules.2.enabled: expected true or false, got "yes"",
        "27:5 rules.2.description: expected text, got null",
        "28:5 rules.3: expected a rule (a map), got "just a text"",
        "29:5 rules.4: expected a name",
        "31:18 rules.4.metric_name: metric_name is another word for metric; write one of them",
        "32:12 rules.4.level: level is another word for severity; write one of them",
      ]
    `);
  });

  it('says what does not go together', () => {
    const rules = [
      'threshold: 80, resolve_threshold: 90',
      'threshold: 80, operator: "<", resolve_threshold: 70',
      'threshold: 80, operator: eq, resolve_threshold: 70',
      'threshold: 80, aggregate: avg',
      'threshold: 80, aggregate: avg, window: 0s',
      'threshold: 80, window: 1m',
      'aggregate: absent',
      'aggregate: absent, window: 1m, threshold: 5',
      'aggregate: average, window: 1m, threshold: 5',
      'threshold: 80, no_data_after: 0',
      'type: trend, threshold: 1',
      'conditions: [], logic: AND',
    ];
    const text = `rules:\n${rules.map((keys, i) => `  - { name: R${i}, metric: m, ${keys} }`).join('\n')}\n`;
    expect(problemsOf(text)).toMatchInlineSnapshot(`
      [
        "2:62 rules.0.resolve_threshold: expected at most the threshold (80), because the operator is gt",
        "3:77 rules.1.resolve_threshold: expected at least the threshold (80), because the operator is lt",
        "4:76 rules.2.resolve_threshold: the operator eq has no side to come back to and takes no resolve_threshold",
        "5:5 rules.3: expected a window such as 1m, because the aggregate is avg",
        "6:67 rules.4.window: expected a window above 0, because the aggregate is avg",
        "7:51 rules.5.window: the aggregate last reads the newest sample and has no window; name another aggregate (avg, max, …)",
        "8:5 rules.6: expected a window such as 1m, because the aggregate is absent",
        "9:70 rules.7.threshold: the aggregate absent compares nothing and has no threshold",
        "10:39 rules.8.aggregate: expected one of last, avg, min, max, sum, count, stddev, rate, increase, delta, absent, or a percentile from p1 to p99.9, got "average"",
        "11:58 rules.9.no_data_after: expected a duration above 0",
        "12:5 rules.10: expected a window such as 1h: the span that the line is laid through",
        "13:18 rules.11.metric: metric is a key of rules of type threshold and trend and anomaly; this one is of type composite",
        "13:41 rules.11.conditions: expected at least one condition",
      ]
    `);
  });

  it('says where the YAML is broken', () => {
    expect(
      [
        '',
        '# nothing\n',
        '- a\n',
        'rules: 5',
        'rules:\n  - name: A\n   metric: m\n',
        'rules: [\n',
        'rules: "unclosed\n',
        'rules: []\nrules: []\n',
        'rules:\n  - { name: A, name: B }',
        'rules: *nothing',
        'rules: []\n---\nrules: []\n',
        'rules: !!python/object {}\n',
        'rules: &a [*a]\n',
        '? [a]\n: b\n',
        '\u0000',
      ].map(problemsOf),
    ).toMatchInlineSnapshot(`
      [
        [
          "1:1 (file): expected a map with the key rules, got null",
        ],
        [
          "1:1 (file): expected a map with the key rules, got null",
        ],
        [
          "1:1 (file): expected a map with the key rules, got a list",
        ],
        [
          "1:8 rules: expected a list of rules, got 5",
        ],
        [
          "3:1 (file): Sequence item without - indicator",
        ],
        [
          "2:1 (file): Flow sequence in block collection must be sufficiently indented and end with a ]",
        ],
        [
          "2:1 (file): Missing closing "quote",
        ],
        [
          "2:1 (file): the key "rules" is there twice",
        ],
        [
          "2:16 (file): the key "name" is there twice",
        ],
        [
          "1:8 (file): no anchor &nothing before this alias",
        ],
        [
          "2:1 (file): expected one YAML document",
        ],
        [
          "1:8 (file): Unresolved tag: tag:yaml.org,2002:python/object",
        ],
        [
          "1:12 rules.0: expected a rule (a map), got a list",
        ],
        [
          "1:3 (file): expected a key that is text",
        ],
        [
          "1:1 (file): expected a map with the key rules, got "\\u0000"",
        ],
      ]
    `);
  });

  it('keeps its good rules apart from its bad ones', () => {
    const { rules, problems } = parseRuleFile(`${host}  - name: Bad\n`, 'x.yml');
    expect(rules.map((rule) => rule.name)).toEqual(['HighCpu']);
    expect(problems).toHaveLength(2);
  });
});

describe('a hostile rule file', () => {
  const bomb = [
    'a: &a [x, x]',
    ...'bcdefghij'
      .split('')
      .map((key, i) => `${key}: &${key} [${Array(10).fill(`*${'abcdefghi'[i]}`).join(',')}]`),
  ].join('\n');

  it.each([
    ['nested brackets', `rules: ${'['.repeat(100_000)}`, /nested more than 32 deep/],
    ['nested braces', `rules: ${'{a: '.repeat(1_000)}`, /nested more than 32 deep/],
    ['nested dashes', '- '.repeat(100_000), /nested more than 32 deep/],
    ['nested indentation', Array.from({ length: 1_400 }, (_, i) => `${' '.repeat(i)}a:\n`).join(''), /./],
    ['an alias bomb', bomb, /alias/i],
    ['many aliases', `rules: [&a x${', *a'.repeat(101)}]`, /more than 100 aliases/],
    ['a large text', `#${'x'.repeat(8 * 1024 * 1024)}`, /at most 8388608 bytes/],
    ['many rules', `rules:\n${'- a\n'.repeat(10_001)}`, /at most 10000 rules/],
    ['many keys', Array.from({ length: 50_000 }, (_, i) => `k${i}: 1`).join('\n'), /unknown key/],
    [
      'a prototype',
      'rules: [{ __proto__: { name: A }, metric: m, threshold: 1 }]',
      /unknown key "__proto__"/,
    ],
  ])('with %s is refused', (_what, text, message) => {
    const { rules, problems } = parseRuleFile(text, 'x.yml');
    expect(rules).toEqual([]);
    expect(problems.length).toBeLessThanOrEqual(1_000);
    expect(problems.some((problem) => message.test(problem.message))).toBe(true);
  });

  it('may hold brackets in its texts', () => {
    const text = `rules:\n  - { name: A, metric: m, threshold: 1, description: "${'['.repeat(100)}" }\n`;
    expect(problemsOf(text)).toEqual([]);
  });
});

describe('parseRule', () => {
  it('reads an object of the API', () => {
    const read = parseRule({ name: 'A', metric: 'm', threshold: 1, for: 0, level: 'High' }, { kind: 'api' });
    expect(read).toMatchObject({
      rule: { name: 'A', severity: 'high', priority: 'P3', group: 'api', origin: { kind: 'api' } },
    });
  });

  it('answers with every problem and its path', () => {
    expect(
      parseRule({ name: '', metric: 5, labels: { a: 1 }, match: ['a=b', 'c'] }, { kind: 'api' }),
    ).toMatchInlineSnapshot(`
      {
        "problems": [
          {
            "column": 1,
            "file": "api",
            "line": 1,
            "message": "expected a name, got """,
            "path": "name",
          },
          {
            "column": 1,
            "file": "api",
            "line": 1,
            "message": "expected the name of a metric (put a value that looks like a number in quotes), got 5",
            "path": "metric",
          },
          {
            "column": 1,
            "file": "api",
            "line": 1,
            "message": "expected text (put a value that looks like a number in quotes), got 1",
            "path": "labels.a",
          },
          {
            "column": 1,
            "file": "api",
            "line": 1,
            "message": "expected one of = != =~ !~ after "c" (at character 2)",
            "path": "match.1",
          },
          {
            "column": 1,
            "file": "api",
            "line": 1,
            "message": "expected a threshold",
            "path": "",
          },
        ],
      }
    `);
    for (const value of [null, undefined, 5, 'a', [], Object.create(null)]) {
      expect(parseRule(value, { kind: 'api' })).toHaveProperty('problems');
    }
  });
});

describe('the aggregate of a rule (AL-A6)', () => {
  const keys = (aggregate: string) =>
    `rules: [{ name: A, metric: m, threshold: 1, aggregate: ${aggregate}, window: 5m }]`;

  it.each([
    ['stddev', 'stddev'],
    ['RATE', 'rate'],
    ['increase', 'increase'],
    ['delta', 'delta'],
    ['p50', 'p50'],
    ['P99.9', 'p99.9'],
    ['p95.0', 'p95'],
    ['p7.5', 'p7.5'],
  ])('%s', (written, read) => {
    expect(only(keys(written)).aggregate).toBe(read);
  });

  it('is no percentile outside of p1 to p99.9', () => {
    expect(problemsOf(keys('p100'))).toEqual([
      '1:56 rules.0.aggregate: expected one of last, avg, min, max, sum, count, stddev, rate, increase, delta, absent, or a percentile from p1 to p99.9, got "p100"',
    ]);
  });

  it('is refused with the figure where the window cannot be held', () => {
    const rules = (head: string, over: string) => `${head}
rules:
  - { name: A, metric: m, threshold: 1, ${over} }
`;
    expect(problemsOf(rules('', 'aggregate: p95, window: 24h'))).toEqual([
      '3:65 rules.0.window: p95 over 1d needs 5,760 points at one per 15s; the most is 4,096',
    ]);
    expect(problemsOf(rules('', 'aggregate: p95, window: 24h, sample_interval: 30s'))).toEqual([]);
    expect(problemsOf(rules('sample_interval: 1m', 'aggregate: p95, window: 48h'))).toEqual([]);
    expect(
      problemsOf(rules('sample_interval: 1m', 'aggregate: p95, window: 1h, sample_interval: 500ms')),
    ).toEqual(['3:65 rules.0.window: p95 over 1h needs 7,200 points at one per 500ms; the most is 4,096']);
    expect(problemsOf(rules('sample_interval: 1s', 'aggregate: rate, window: 7d'))).toEqual([]);
    expect(problemsOf(rules('', 'aggregate: avg, window: 8d'))).toEqual([
      '3:65 rules.0.window: avg over 8d needs 11,520 minutes; the most is 10,080',
    ]);
    expect(problemsOf(rules('', 'aggregate: p95, window: 1h, sample_interval: 0s'))).toEqual([
      '3:86 rules.0.sample_interval: expected a duration above 0',
    ]);
  });
});
