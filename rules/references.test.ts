import { describe, expect, it } from 'vitest';
import { parseRule, parseRuleFile } from './parse.ts';
import { dependencyCircles, ranksOf, referrersOf, unknownReferences } from './references.ts';

const read = (text: string) => {
  const { rules, problems, references } = parseRuleFile(text, 'rules/c.yaml');
  expect(problems).toEqual([]);
  return { rules, references };
};
const said = (text: string) => {
  const { rules, references } = read(text);
  return unknownReferences(rules, references).map(
    ({ line, column, path, message }) => `${line}:${column} ${path}: ${message}`,
  );
};
const names = (name: string, ...others: string[]) =>
  `  - { name: ${name}, by: [], conditions: [${others.map((other) => `{ rule: ${other} }`).join(', ')}] }\n`;

describe('rules that name others', () => {
  it('are told of names that nobody has, at the condition, with the nearest', () => {
    expect(
      said(`rules:
  - { name: HighCpu, metric: cpu, threshold: 1 }
  - name: Both
    by: [host]
    conditions:
      - { rule: HighCpu }
      - any:
          - { metric: m, threshold: 1 }
          - not: { rule: high-cpu, state: active }
  - name: Other
    at_least: 1
    by: []
    conditions:
      - { at_least: 1, of: [{ all: [{ rule: Elsewhere }] }] }
`),
    ).toMatchInlineSnapshot(`
      [
        "9:26 rules.1.conditions.1.any.1.not.rule: there is no rule "high-cpu"; did you mean "HighCpu"?",
        "14:45 rules.2.conditions.0.of.0.all.0.rule: there is no rule "Elsewhere"",
      ]
    `);
  });

  it('may name a rule that is disabled, and rules further down', () => {
    expect(
      said(`rules:\n${names('A', 'B')}  - { name: B, metric: m, threshold: 1, enabled: false }\n`),
    ).toEqual([]);
  });

  it('cannot name themselves or one another in a circle; each circle is told once', () => {
    expect(
      said(
        `rules:\n${names('Self', 'Self')}${names('Leads', 'A')}${names('A', 'Fine', 'B')}${names('B', 'C')}${names('C', 'A')}${names('X', 'Y')}${names('Y', 'X')}  - { name: Fine, metric: m, threshold: 1 }\n`,
      ),
    ).toMatchInlineSnapshot(`
      [
        "2:48 rules.0.conditions.0.rule: a rule cannot name itself",
        "4:61 rules.2.conditions.1.rule: these rules name one another in a circle: "A" → "B" → "C" → "A"",
        "7:45 rules.5.conditions.0.rule: these rules name one another in a circle: "X" → "Y" → "X"",
      ]
    `);
  });

  it('know only the rules of their tenant', () => {
    const one = read(`tenant: one\nrules:\n${names('A', 'B')}`);
    const two = read('tenant: two\nrules:\n  - { name: B, metric: m, threshold: 1 }\n');
    const problems = unknownReferences([...one.rules, ...two.rules]);
    expect(problems.map(({ path, message }) => `${path}: ${message}`)).toEqual([
      'conditions.0.rule: there is no rule "B"',
    ]);
  });

  it('are checked through the API with the path in the rule', () => {
    const rule = parseRule({ name: 'A', by: [], conditions: [{ rule: 'B' }] }, { kind: 'api' });
    if (!('rule' in rule)) throw new Error('it is right');
    expect(unknownReferences([rule.rule])).toEqual([
      { file: 'api', line: 1, column: 1, path: 'conditions.0.rule', message: 'there is no rule "B"' },
    ]);
    expect(referrersOf('B', [rule.rule])).toEqual([rule.rule]);
    expect(referrersOf('A', [rule.rule])).toEqual([]);
  });

  it('have a rank by the longest way to a rule that names none; a chain of thousands is none too long', () => {
    const { rules } = read(
      `rules:\n${names('Top', 'Middle', 'Low')}${names('Middle', 'Low')}${names('Low', 'M')}${names('X', 'X')}`,
    );
    expect([...ranksOf(rules)].sort()).toEqual([
      ['Low', 1],
      ['Middle', 2],
      ['Top', 3],
    ]);
    const chain = Array.from({ length: 5_000 }, (_, i) => ({
      ...rules[2]!,
      name: `c${i}`,
      condition: { kind: 'all', of: [{ kind: 'rule', rule: `c${(i + 1) % 5_000}`, state: 'firing' }] },
    })) as never;
    expect(ranksOf(chain).size).toBe(0);
    expect(unknownReferences(chain)).toHaveLength(1);
  });
});

describe('what rules depend on', () => {
  const read = (text: string) => parseRuleFile(`rules:\n${text}`, 'r.yaml');
  const rule = (name: string, dependsOn: string) =>
    `  - { name: ${name}, metric: cpu, threshold: 1, depends_on: ${dependsOn} }\n`;

  it('is a list of names, with labels that have to be equal', () => {
    const { rules, problems } = read(rule('A', '[B, { rule: C, equal: [host] }]'));
    expect(problems).toEqual([]);
    expect(rules[0]!.dependsOn).toEqual([
      { rule: 'B', equal: [] },
      { rule: 'C', equal: ['host'] },
    ]);
  });

  it('is not the rule itself, and nothing else than names', () => {
    expect(read(rule('A', '[A]')).problems.map(({ message }) => message)).toEqual([
      'a rule cannot depend on itself',
    ]);
    expect(read(rule('A', '[7]')).problems).toHaveLength(1);
    expect(read(rule('A', '[{ rule: B, like: [x] }]')).problems).toHaveLength(1);
  });

  it('leads to no circle', () => {
    const { rules } = read(rule('A', '[B]') + rule('B', '[C]') + rule('C', '[A]') + rule('D', '[A]'));
    expect(dependencyCircles(rules).map(({ path, message }) => [path, message])).toEqual([
      ['depends_on.0', 'these rules name one another in a circle: "A" → "B" → "C" → "A"'],
    ]);
    expect(dependencyCircles(rules.slice(0, 2))).toEqual([]);
  });
});
