import { describe, expect, it } from 'vitest';
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
    expect([schema, ...rules].map((one) => one.additionalProperties)).toEqual(Array(5).fill(false));
    expect(schema.required).toEqual(['rules']);
    expect(rules.map(({ required }) => required)).toEqual([
      ['name'],
      ['name', 'type'],
      ['name', 'conditions'],
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
