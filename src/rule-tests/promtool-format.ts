// Prometheus' unit tests of rules (`promtool test rules`), as far as they are about alerts of rules that we can read.
import { z } from 'zod';
import { parseSeverity } from '../../rules/severity.ts';
import type { Rule } from '../../rules/types.ts';
import { plainRouting } from '../replay/routing.ts';
import { interval, offset, type Reading, seriesName, tenantOf, texts, values } from './reading.ts';
import type { Check, ExpectedAlert, RuleTest } from './rule-test.ts';

const defaultIntervalMs = 60_000;

const test = z.strictObject({
  interval: interval.optional(),
  name: z.string().optional(),
  start_timestamp: z.unknown().optional(),
  input_series: z
    .array(z.strictObject({ series: seriesName, values }))
    .max(10_000)
    .default([]),
  alert_rule_test: z
    .array(
      z.strictObject({
        eval_time: offset,
        alertname: z.string().min(1),
        exp_alerts: z
          .array(z.strictObject({ exp_labels: texts.nullish(), exp_annotations: texts.nullish() }))
          .nullish(),
      }),
    )
    .default([]),
  promql_expr_test: z.array(z.unknown()).default([]),
  external_labels: z.unknown().optional(),
  external_url: z.unknown().optional(),
});

const fileShape = z.strictObject({
  rule_files: z.array(z.string()).min(1, 'expected at least one rule file').max(1_000),
  evaluation_interval: interval.optional(),
  group_eval_order: z.unknown().optional(),
  fuzzy_compare: z.unknown().optional(),
  tests: z.array(test).min(1, 'expected at least one test').max(1_000),
});

export function readPromtoolTests(reading: Reading): readonly RuleTest[] {
  const file = reading.shaped(fileShape);
  if (file === undefined) return [];
  const rules = reading.rules(file.rule_files, ['rule_files']).map(atOnce);
  return file.tests.map((one, index): RuleTest => {
    const path = ['tests', index];
    const checks = one.alert_rule_test.map(({ eval_time: atMs, alertname, exp_alerts: alerts }, i): Check => {
      const at = [...path, 'alert_rule_test', i];
      if (rules.length > 0 && !rules.some(({ name }) => name === alertname))
        reading.complain(
          [...at, 'alertname'],
          `no rule of these files is called ${JSON.stringify(alertname)}`,
        );
      return {
        atMs,
        place: reading.place(at),
        rule: alertname,
        alerts: (alerts ?? []).map(({ exp_labels, exp_annotations }) =>
          expected(alertname, exp_labels ?? {}, exp_annotations ?? {}),
        ),
        firingOnly: true,
        routes: null,
        messages: null,
      };
    });
    return {
      name: one.name ?? `test ${index + 1}`,
      place: reading.place(path),
      tenant: tenantOf(rules),
      rules,
      routing: plainRouting(),
      series: one.input_series.map(({ series, values }) => ({
        ...series,
        values,
        intervalMs: one.interval ?? file.evaluation_interval ?? defaultIntervalMs,
      })),
      events: [],
      findings: [],
      edges: [],
      checks: checks.sort((a, b) => a.atMs - b.atMs),
      untried: one.promql_expr_test.map((_, i) => ({
        place: reading.place([...path, 'promql_expr_test', i]),
        what: 'promql_expr_test: there is no PromQL here',
      })),
    };
  });
}

/** There samples are known the moment they are due, so a grid waits for none. */
function atOnce(rule: Rule): Rule {
  return rule.grid === undefined ? rule : ({ ...rule, grid: { ...rule.grid, evalDelayMs: 0 } } as Rule);
}

function expected(
  rule: string,
  labels: Readonly<Record<string, string>>,
  annotations: Readonly<Record<string, string>>,
): ExpectedAlert {
  const { alertname: _rule, severity: text, ...others } = labels;
  const severity = text === undefined ? undefined : parseSeverity(text);
  // A severity that is none of ours stays a label, which no alert has.
  const kept = text !== undefined && severity === undefined ? { ...others, severity: text } : others;
  return { rule, state: 'firing', labels: kept, annotations, severity, exact: true };
}
