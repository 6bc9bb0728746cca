// Our own format of rule tests: series and events in, alerts and messages out. docs/backtest.md shows it.
import { dirname, resolve } from 'node:path';
import { z } from 'zod';
import { patternNames } from '../../analysis/patterns/pattern.ts';
import { notifyReasons } from '../../channels/message.ts';
import { labelSet } from '../../rules/labels.ts';
import { parseCategory, parsePriority, parseSeverity, priorityOf } from '../../rules/severity.ts';
import type { Rule } from '../../rules/types.ts';
import { topologyOf } from '../config/topology.ts';
import { interval, offset, type Reading, seriesName, tenantOf, texts, values } from './reading.ts';
import { type RoutingInput, readRoutingFile, routingInput, routingOf } from './routing-of-test.ts';
import type { Check, ExpectedAlert, RuleTest } from './rule-test.ts';

const word = <T>(parse: (text: string) => T | undefined, expected: string) =>
  z.string().transform((text, context) => {
    const known = parse(text);
    if (known !== undefined) return known;
    context.addIssue({ code: 'custom', message: expected });
    return z.NEVER;
  });
const severity = word(parseSeverity, 'expected a severity such as warning');
const priority = word(parsePriority, 'expected a priority from P1 to P5');
const category = word(parseCategory, 'expected a category such as system');

const name = z.string().min(1);

/** How sure a finding is that says nothing of it. */
const surely = 1;

const expectedAlert = z.strictObject({
  rule: name,
  state: z.enum(['pending', 'firing']).default('firing'),
  labels: texts.default({}),
  annotations: texts.default({}),
  severity: severity.optional(),
  priority: priority.optional(),
  value: z.number().optional(),
  receivers: z.array(name).optional(),
});

const expectedRoute = z.strictObject({
  labels: texts,
  receivers: z.array(name),
  muted: z.boolean().optional(),
});

const expectedMessage = z.strictObject({
  receiver: name,
  reason: z.enum(notifyReasons).optional(),
  status: z.enum(['firing', 'resolved']).optional(),
  alerts: z.int().min(1).optional(),
});

const fileShape = z.strictObject({
  rules: z.array(z.string()).min(1, 'expected at least one rule file').max(1_000),
  interval: interval.default(15_000),
  tests: z
    .array(
      z.strictObject({
        name,
        only: z.array(name).optional(),
        config: z.union([z.string(), routingInput]).optional(),
        interval: interval.optional(),
        series: z
          .array(z.strictObject({ series: seriesName, values }))
          .max(10_000)
          .default([]),
        events: z
          .array(
            z.strictObject({
              at: offset,
              type: name,
              message: z.string().default(''),
              severity: severity.default('info'),
              priority: priority.optional(),
              category: category.default('system'),
              impact: z.string().optional(),
              dedup_key: name.optional(),
              labels: texts.default({}),
            }),
          )
          .max(10_000)
          .default([]),
        findings: z
          .array(
            z.strictObject({
              at: offset,
              pattern: z.enum(patternNames),
              confidence: z
                .number()
                .min(0, 'expected at least 0')
                .max(1, 'expected at most 1')
                .default(surely),
              scope: texts.default({}),
            }),
          )
          .max(10_000)
          .default([]),
        expect: z
          .array(
            z
              .strictObject({
                at: offset,
                alerts: z.array(expectedAlert).optional(),
                messages: z.array(expectedMessage).optional(),
                routes: z.array(expectedRoute).optional(),
              })
              .refine(
                ({ alerts, messages, routes }) =>
                  alerts !== undefined || messages !== undefined || routes !== undefined,
                { error: 'expected alerts, messages or routes' },
              ),
          )
          .min(1, 'expected at least one check'),
      }),
    )
    .min(1, 'expected at least one test')
    .max(1_000),
});

export function readOwnTests(reading: Reading): readonly RuleTest[] {
  const file = reading.shaped(fileShape);
  if (file === undefined) return [];
  const rules = reading.rules(file.rules, ['rules']);
  return file.tests.map((test, index): RuleTest => {
    const path = ['tests', index];
    const run = test.only === undefined ? rules : rules.filter((rule) => test.only!.includes(rule.name));
    // Also of rules that could not be read: then those problems are said.
    if (rules.length > 0) {
      for (const [i, only] of (test.only ?? []).entries())
        if (!rules.some((rule) => rule.name === only))
          reading.complain([...path, 'only', i], `no rule of these files is called ${JSON.stringify(only)}`);
      test.expect.forEach((check, i) => {
        check.alerts?.forEach((alert, j) => {
          known(reading, run, alert, [...path, 'expect', i, 'alerts', j]);
        });
      });
    }
    const configPath = [...path, 'config'];
    const config: RoutingInput =
      typeof test.config === 'string'
        ? readRoutingFile(resolve(dirname(reading.file), test.config), tenantOf(rules), (message) =>
            reading.complain(configPath, message),
          )
        : (test.config ?? {});
    const checks = test.expect.map(
      ({ at, alerts, messages, routes }, i): Check => ({
        atMs: at,
        place: reading.place([...path, 'expect', i]),
        rule: null,
        alerts: alerts ?? null,
        firingOnly: false,
        routes: routes?.map((route) => ({ ...route, labels: labelSet(route.labels) })) ?? null,
        messages: messages ?? null,
      }),
    );
    return {
      name: test.name,
      place: reading.place(path),
      tenant: tenantOf(rules),
      rules: run,
      routing: routingOf(config, (inner, message) => reading.complain([...configPath, ...inner], message)),
      series: test.series.map(({ series, values }) => ({
        ...series,
        values,
        intervalMs: test.interval ?? file.interval,
      })),
      events: test.events.map(({ at, type, message, labels, dedup_key: dedupKey, ...event }) => ({
        atMs: at,
        event: {
          type,
          message,
          severity: event.severity,
          priority: event.priority ?? priorityOf(event.severity),
          category: event.category,
          labels: labelSet(labels),
          recipients: [],
          ...(event.impact !== undefined && { impact: event.impact }),
          ...(dedupKey !== undefined && { dedupKey }),
        },
      })),
      findings: test.findings.map(({ at, pattern, confidence, scope }) => ({
        atMs: at,
        finding: { pattern, confidence, scope: labelSet(scope) },
      })),
      edges: topologyOf(config.topology, tenantOf(rules)).get(tenantOf(rules)) ?? [],
      checks: checks.sort((a, b) => a.atMs - b.atMs),
      untried: [],
    };
  });
}

/** An alert of a rule that does not run can never be: a slip of the pen. */
function known(
  reading: Reading,
  rules: readonly Rule[],
  alert: ExpectedAlert,
  path: readonly (string | number)[],
): void {
  if (rules.some((rule) => rule.name === alert.rule)) return;
  reading.complain([...path, 'rule'], `no rule of this test is called ${JSON.stringify(alert.rule)}`);
}
