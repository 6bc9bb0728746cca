import { Ajv } from 'ajv';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { evaluators } from './index.ts';
import { ruleFileJsonSchema, ruleFileSchema, ruleShapes } from './schema.ts';

interface JsonSchema {
  readonly properties: Readonly<Record<string, JsonSchema & { enum?: string[]; pattern?: string }>>;
  readonly items: JsonSchema;
  readonly anyOf?: readonly JsonSchema[];
  readonly required?: readonly string[];
  readonly additionalProperties?: unknown;
}

describe('the JSON Schema of a rule file (AL-A14)', () => {
  const schema = ruleFileJsonSchema() as unknown as JsonSchema & { $schema: string };
  const rules = schema.properties.rules!.items.anyOf!;
  const rule = rules[0]!;

  it('is draft-7 and strict', () => {
    expect(schema.$schema).toBe('http://json-schema.org/draft-07/schema#');
    expect([schema, ...rules].map((one) => one.additionalProperties)).toEqual(Array(7).fill(false));
    expect(schema.required).toEqual(['rules']);
    expect(rules.map(({ required }) => required)).toEqual([
      ['name'],
      ['name', 'type'],
      ['name', 'conditions'],
      ['name', 'type'],
      ['name', 'type'],
      ['name', 'type'],
    ]);
  });

  it('knows every key, and offers the words of those that have some', () => {
    expect(rules.map(({ properties }) => Object.keys(properties))).toEqual(
      Object.values(ruleShapes).map((shape) => Object.keys(shape)),
    );
    expect(rule.properties.severity!.enum).toEqual(expect.arrayContaining(['warning', 'WARNING', 'medium']));
    expect(rule.properties.operator!.enum).toEqual(expect.arrayContaining(['gt', '>=']));
    expect(JSON.stringify(rule.properties.for)).toContain('pattern');
    expect(JSON.stringify(rule.properties.aggregate)).toContain('"p99.9"');
    expect(rule.properties.labels).toMatchObject({
      type: 'object',
      additionalProperties: { type: 'string' },
    });
  });
});

describe('an editor with the JSON Schema', () => {
  const valid = new Ajv({ allErrors: true }).compile(ruleFileJsonSchema());
  const accepts = (...rules: readonly string[]) =>
    valid(parse(`rules:\n${rules.map((rule) => `  - { name: A, ${rule} }`).join('\n')}`));

  it.each([
    'metric: m, threshold: 1',
    'metric_name: m, type: THRESHOLD, operator: ">=", threshold: 1, for: 1m30s, enabled: false',
    'metric: m, aggregate: p99.9, window: 1h, levels: [{severity: high, threshold: 1}, {level: critical, threshold: 2}]',
    'metric: m, aggregate: absent, window: 5m, by: [service]',
    'type: trend, metric: m, window: 1h, threshold: 1',
    'type: trend, metric: m, window: 1h, measure: crosses, within: 4h, confidence: 0.9, threshold: 90',
    'type: composite, conditions: [{metric: m, threshold: 1}, {rule: B, state: active}]',
    'conditions: [{any: [{not: {metric: m, aggregate: absent, window: 5m}}, {at_least: 1, of: [{rule: B}]}]}], logic: or',
    'type: frequency, event_type: login, window: 5m, threshold: 3, distinct: user, by: [host]',
    'type: frequency, of: alerts, window: 1h, levels: [{severity: high, threshold: 3}, {severity: critical, threshold: 9}]',
    'type: pattern, pattern: cascade, match: [\'service="cart"\'], window: 10m, by: [service]',
    'type: pattern, pattern: [BURST, storm], min_confidence: 0.8, for: 1m',
  ])('takes { %s }', (rule) => {
    accepts(rule);
    expect(valid.errors ?? []).toEqual([]);
  });

  it.each([
    ['an unknown key', 'metric: m, treshold: 1, threshold: 1'],
    ['a key of another type', 'metric: m, threshold: 1, measure: slope'],
    ['no threshold', 'metric: m'],
    ['no metric', 'threshold: 1'],
    ['an aggregate without a window', 'metric: m, aggregate: avg, threshold: 1'],
    ['a word that is none', 'metric: m, aggregate: mean, window: 1m, threshold: 1'],
    ['a type that is none', 'type: thresold, metric: m, threshold: 1'],
    ['a number in quotes', 'metric: m, threshold: "1"'],
    ['a span without a unit', 'metric: m, threshold: 1, for: 30'],
    ['an empty span', 'metric: m, threshold: 1, for: ""'],
    ['one level', 'metric: m, levels: [{severity: high, threshold: 1}]'],
    [
      'a level without a threshold',
      'metric: m, levels: [{severity: high, threshold: 1}, {severity: critical}]',
    ],
    ['a trend without a window', 'type: trend, metric: m, threshold: 1'],
    ['a trend without a threshold', 'type: trend, metric: m, window: 1h'],
    ['crosses without within', 'type: trend, metric: m, window: 1h, measure: crosses, threshold: 90'],
    ['a share above 1', 'type: trend, metric: m, window: 1h, threshold: 1, min_fit: 80'],
    ['no conditions', 'type: composite, conditions: []'],
    ['a condition without a threshold', 'conditions: [{metric: m}]'],
    ['an unknown key deep down', 'conditions: [{all: [{not: {rule: B, sate: firing}}]}]'],
    ['two kinds of condition in one', 'conditions: [{rule: B, metric: m, threshold: 1}]'],
    ['a frequency without a window', 'type: frequency, threshold: 3'],
    ['a pattern of another name', 'type: pattern, pattern: flood'],
    ['a pattern rule without a pattern', 'type: pattern, window: 5m'],
    ['more than certain', 'type: pattern, pattern: burst, min_confidence: 1.5'],
    ['the metric of a frequency', 'type: frequency, metric: m, window: 1m, threshold: 3'],
  ])('refuses %s', (_, rule) => {
    expect(accepts(rule)).toBe(false);
  });

  it('shows a text with every key that can be written', () => {
    const untold: string[] = [];
    const look = (one: unknown, path: string): void => {
      if (typeof one !== 'object' || one === null) return;
      for (const [key, value] of Object.entries(one)) {
        if (key === 'properties')
          for (const [name, about] of Object.entries(value as Record<string, { description?: string }>))
            if (!path.includes('.if') && !('description' in about || '$ref' in about))
              untold.push(`${path}.${name}`);
        look(value, `${path}.${key}`);
      }
    };
    look(ruleFileJsonSchema(), '');
    expect(untold).toEqual([]);
  });
});

describe('the schema', () => {
  it('reads a whole file', () => {
    const file = {
      rules: [{ name: 'A', metric: 'm', threshold: 1, severity: 'HIGH', for: '1m', labels: { a: 'b' } }],
    };
    expect(ruleFileSchema.parse(file).rules[0]).toMatchObject({ severity: 'high', for: 60_000 });
    expect(ruleFileSchema.safeParse({ ...file, extra: 1 }).success).toBe(false);
  });
});

describe('the registry', () => {
  it('has an evaluator for every rule type that is evaluated at each sample', () => {
    expect(Object.keys(evaluators)).toEqual(['threshold', 'trend']);
  });
});
