import { describe, expect, it } from 'vitest';
import { emptyTotals } from './across.ts';
import { conditionTruths, judgeComposite } from './composite.ts';
import { parseRule, parseRuleFile } from './parse.ts';
import type { CompositeRule } from './types.ts';

const problemsOf = (rule: string) =>
  parseRuleFile(`rules:\n${rule}`, 'c.yaml').problems.map(
    ({ line, column, path, message }) => `${line}:${column} ${path}: ${message}`,
  );
const inApi = (rule: object) => {
  const read = parseRule({ name: 'C', ...rule }, { kind: 'api' });
  return 'rule' in read ? [] : read.problems.map(({ path, message }) => `${path}: ${message}`);
};
function composite(rule: object): CompositeRule {
  const read = parseRule({ name: 'C', by: [], ...rule }, { kind: 'api' });
  if ('problems' in read) throw new Error(JSON.stringify(read.problems));
  return read.rule as CompositeRule;
}
const m = { metric: 'm', threshold: 1 };

describe('the keys of a composite rule', () => {
  it('have every problem told where it stands, however deep', () => {
    expect(
      problemsOf(`  - name: Broken
    logic: XOR
    conditions:
      - { metric: cpu, threshold: high }
      - any:
          - { metric: mem, threshhold: 1 }
          - { metric: mem, threshold: 1, aggregate: avg }
          - not: { metric: mem, operator: gt, threshold: 1, resolve_threshold: 0 }
          - { rule: Other, state: gone, metric: mem }
      - { metric: mem, metric_name: mem, operator: gt, threshold: 1, resolve_threshold: 2 }
      - { metric: mem, aggregate: absent, window: 1m, threshold: 1 }
      - { at_least: 3, of: [{ metric: m, threshold: 1 }, { metric: m, threshold: .nan }] }
      - { all: [], any: [] }
      - 7
      - { state: firing }
      - { at_least: 2 }
      - { metric: m, threshold: 1, state: firing }
`),
    ).toMatchInlineSnapshot(`
      [
        "3:12 rules.0.logic: expected one of AND, OR, got "XOR"",
        "5:35 rules.0.conditions.0.threshold: expected a finite number, got "high"",
        "7:13 rules.0.conditions.1.any.0: expected a threshold",
        "7:40 rules.0.conditions.1.any.0.threshhold: unknown key "threshhold"; did you mean threshold?",
        "8:13 rules.0.conditions.1.any.1: expected a window such as 1m, because the aggregate is avg",
        "9:80 rules.0.conditions.1.any.2.not.resolve_threshold: a condition within not has no resolve_threshold; compare the other way round (lt for gt) without not",
        "10:35 rules.0.conditions.1.any.3.state: expected one of firing, pending, active, got "gone"",
        "10:49 rules.0.conditions.1.any.3.metric: a condition over a rule has no metric",
        "11:37 rules.0.conditions.2.metric_name: metric_name is another word for metric; write one of them",
        "11:89 rules.0.conditions.2.resolve_threshold: expected at most the threshold (1), because the operator is gt",
        "12:66 rules.0.conditions.3.threshold: the aggregate absent compares nothing and has no threshold",
        "13:21 rules.0.conditions.4.at_least: expected a whole number from 1 to 2, the number of conditions, got 3",
        "13:82 rules.0.conditions.4.of.1.threshold: expected a finite number, got NaN",
        "14:16 rules.0.conditions.5.all: expected at least one condition",
        "14:25 rules.0.conditions.5.any: a condition with all has no any",
        "15:9 rules.0.conditions.6: expected a condition (a map), got 7",
        "16:9 rules.0.conditions.7: expected a metric, or a rule",
        "16:9 rules.0.conditions.7: expected a threshold",
        "16:18 rules.0.conditions.7.state: a condition over a metric has no state",
        "17:9 rules.0.conditions.8.of: expected a list of conditions, got nothing",
        "18:43 rules.0.conditions.9.state: a condition over a metric has no state",
      ]
    `);
  });

  it('are told where they do not go together', () => {
    expect(inApi({ type: 'composite' })).toEqual([': expected conditions']);
    expect(inApi({ conditions: [] })).toEqual(['conditions: expected at least one condition']);
    expect(inApi({ conditions: 'cpu' })).toEqual(['conditions: expected a list of conditions, got "cpu"']);
    expect(inApi({ conditions: [m], logic: 'OR', at_least: 1 })).toEqual([
      'at_least: at_least stands instead of logic; write one of them',
    ]);
    expect(inApi({ conditions: [m, { metric: 'm' }], at_least: 3 })).toEqual([
      'conditions.1: expected a threshold',
      'at_least: expected at most 2, the number of conditions',
    ]);
    // One condition of two is wrong: the number of conditions is still two.
    expect(inApi({ conditions: [m, { metric: 'm' }], at_least: 2 })).toEqual([
      'conditions.1: expected a threshold',
    ]);
    expect(inApi({ conditions: [{ rule: 'A' }] })).toEqual([
      ': expected by: the labels on which the alerts of these rules are joined ([]: on none)',
    ]);
    expect(inApi({ conditions: [m], metric: 'm' })).toEqual([
      'metric: metric is a key of rules of type threshold and trend and anomaly; this one is of type composite',
    ]);
  });

  it('have bounds on how many there are and how deep', () => {
    let deep: object = m;
    for (let depth = 0; depth < 7; depth++) deep = { not: deep };
    expect(inApi({ conditions: [deep] })).toEqual([]);
    expect(inApi({ conditions: [{ not: deep }] })).toEqual([
      `conditions.0${'.not'.repeat(8)}: expected conditions at most 8 deep in one another`,
    ]);
    const many = (count: number) => Array.from({ length: count }, () => m);
    expect(inApi({ conditions: many(32) })).toEqual([]);
    expect(inApi({ conditions: many(33) })).toEqual(['conditions: expected at most 32 conditions']);
    expect(inApi({ conditions: [{ any: many(31) }] })).toEqual([]);
    expect(inApi({ conditions: [{ any: many(20) }, { any: many(20) }] })).toEqual([
      'conditions.1.any.10: expected at most 32 conditions in all',
    ]);
  });
});

/** By condition: true, false, or null for a metric of which nothing is known. */
function verdictOf(rule: CompositeRule, known: readonly (boolean | null)[], wasTrue = false, named = false) {
  const totals = known.map((truth) => ({
    ...emptyTotals(),
    count: truth === null ? 0 : 1,
    hits: Number(truth === true),
    least: 5,
    greatest: 5,
    sum: 5,
  }));
  const out = { verdict: 'insufficient_data' as const, value: Number.NaN };
  const context = { at: 100_000, since: 0, ruleState: () => named, occurrences: () => 0 };
  judgeComposite(rule, totals, context, wasTrue, out);
  return [out.verdict, Number.isNaN(out.value) ? null : out.value];
}

describe('conditions joined', () => {
  const three = [true, false, null] as const;
  const table = (rule: CompositeRule) =>
    three.flatMap((a) => three.map((b) => `${a} ${b} ${verdictOf(rule, [a, b]).join(' ')}`));

  it('by AND, OR and at least so many: what is unknown matters only where it could change the verdict', () => {
    const conditions = [m, m];
    expect(table(composite({ conditions }))).toEqual([
      'true true true 2',
      'true false false 1',
      'true null insufficient_data ',
      'false true false 1',
      'false false false 0',
      'false null false 0',
      'null true insufficient_data ',
      'null false false 0',
      'null null insufficient_data ',
    ]);
    expect(table(composite({ conditions, logic: 'or' }))).toEqual([
      'true true true 2',
      'true false true 1',
      'true null true 1',
      'false true true 1',
      'false false false 0',
      'false null insufficient_data ',
      'null true true 1',
      'null false insufficient_data ',
      'null null insufficient_data ',
    ]);
    expect(table(composite({ conditions, at_least: 1 }))).toEqual(
      table(composite({ conditions, logic: 'any' })),
    );
    expect(table(composite({ conditions, at_least: 2 }))).toEqual(table(composite({ conditions })));
    const nested = composite({ conditions: [{ not: { at_least: 2, of: [m, m, m] } }] });
    expect(verdictOf(nested, [true, true, null])).toEqual(['false', 0]);
    expect(verdictOf(nested, [false, false, null])).toEqual(['true', 1]);
    expect(verdictOf(nested, [true, false, null])).toEqual(['insufficient_data', null]);
  });

  it('know the alerts of another rule at any time', () => {
    const rule = composite({ conditions: [m, { not: { rule: 'Maintenance' } }] });
    expect(verdictOf(rule, [true])).toEqual(['true', 2]);
    expect(verdictOf(rule, [true], false, true)).toEqual(['false', 1]);
  });

  it('resolve at the resolve threshold of each, once the rule was true', () => {
    const rule = composite({ conditions: [{ ...m, across: 'max', threshold: 6, resolve_threshold: 4 }] });
    expect([verdictOf(rule, [true]), verdictOf(rule, [true], true)]).toEqual([
      ['false', 0],
      ['true', 1],
    ]);
  });

  it('wait for silence as long as something could have come', () => {
    const rule = composite({ conditions: [{ metric: 'm', aggregate: 'absent', window: '1m' }] });
    const truth = (newestAt: number, since: number) =>
      conditionTruths(
        rule,
        [{ ...emptyTotals(), newestAt }],
        { at: 100_000, since, ruleState: () => false, occurrences: () => 0 },
        false,
      )[0];
    expect(truth(40_001, 0)).toBe(false);
    expect(truth(40_000, 0)).toBe(true);
    expect(truth(40_000, 40_001)).toBeNull();
    expect(truth(Number.NEGATIVE_INFINITY, 40_000)).toBe(true);
  });
});
