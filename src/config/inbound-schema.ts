// The parts of tocsin.yaml about what comes from outside: how urgent it is when it does not say so, and what has to come.
import { z } from 'zod';
import { type Classification, classifiedByDefault, plainClassification } from '../../rules/classify.ts';
import { isForbiddenName, labelSet } from '../../rules/labels.ts';
import { compilePattern, compileSearch, type Pattern } from '../../rules/pattern.ts';
import { parseCategory, parseSeverity } from '../../rules/severity.ts';
import { isSyntaxProblem, type SyntaxProblem } from '../../rules/syntax-problem.ts';
import { categories, type Matcher, severities } from '../../rules/types.ts';
import type { Heartbeat } from '../pipeline/heartbeat.ts';

function word<Word extends string>(known: readonly Word[], parse: (text: string) => Word | undefined) {
  const expected = `expected one of ${known.join(', ')}`;
  return z.string(expected).transform((text, context): Word => {
    const found = parse(text);
    if (found !== undefined) return found;
    context.addIssue({ code: 'custom', message: expected });
    return z.NEVER;
  });
}

function pattern(compile: (source: string) => Pattern | SyntaxProblem) {
  return z
    .string()
    .min(1, 'expected a regular expression')
    .transform((source, context): Pattern => {
      const compiled = compile(source);
      if (!isSyntaxProblem(compiled)) return compiled;
      context.addIssue({ code: 'custom', message: compiled.problem });
      return z.NEVER;
    });
}

const severity = word(severities, parseSeverity);
const category = word(categories, parseCategory);
const plainName = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9_.-]{0,127}$/, 'expected a name of letters, digits, "_", "-", "."');
const mostClassifyRules = 100;
const mostHeartbeats = 10_000;

/** `classify:`. `matcher` reads one of tocsin.yaml. */
export function classifySchema(matcher: z.ZodType<Matcher>) {
  const rule = z
    .strictObject({
      name: plainName.refine((name) => name !== classifiedByDefault, 'this name stands for the default'),
      type: pattern(compilePattern).optional(),
      match: z.array(matcher).min(1, 'expected at least one matcher').max(64).optional(),
      text: pattern(compileSearch).optional(),
      severity,
      category: category.optional(),
    })
    .refine(({ type, match, text }) => type !== undefined || match !== undefined || text !== undefined, {
      error: 'expected `type`, `match` or `text`; what holds for everything stands under `default`',
    });
  return z.strictObject({
    rules: z
      .array(rule)
      .max(mostClassifyRules)
      .refine(distinct, 'two of them have the same name')
      .default([]),
    default: z.strictObject({ severity, category: category.optional() }).optional(),
  });
}

/** `heartbeats:`. */
export function heartbeatsSchema(interval: z.ZodType<number>, duration: z.ZodType<number>) {
  const labelName = z
    .string()
    .min(1)
    .max(128)
    .refine((name) => !isForbiddenName(name), 'not allowed as a name');
  const heartbeat = z.strictObject({
    name: plainName,
    tenant: z
      .string()
      .regex(/^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$/, 'expected the name of a tenant')
      .optional(),
    interval,
    grace: duration.optional(),
    severity: severity.optional(),
    category: category.optional(),
    labels: z.record(labelName, z.string().max(2_048)).optional(),
    annotations: z.record(labelName, z.string().max(8_192)).optional(),
  });
  return z
    .array(heartbeat)
    .max(mostHeartbeats)
    .refine(
      (all) => distinct(all.map(({ name, tenant }) => ({ name: `${tenant ?? ''}/${name}` }))),
      'two of them have the same name',
    );
}

function distinct(all: readonly { readonly name: string }[]): boolean {
  return new Set(all.map(({ name }) => name)).size === all.length;
}

export function classificationOf(
  input: z.output<ReturnType<typeof classifySchema>> | undefined,
): Classification {
  if (input === undefined) return plainClassification;
  const rules = input.rules.map(({ name, type, match, text, severity, category }) => ({
    ...{ name, type: type ?? null, match: match ?? [], text: text ?? null },
    ...{ severity, category: category ?? null },
  }));
  const { default: otherwise } = input;
  if (otherwise === undefined) return { ...plainClassification, rules };
  return { rules, default: { severity: otherwise.severity, category: otherwise.category ?? null } };
}

/** By tenant; those that name none belong to `tenant`. */
export function heartbeatsOf(
  input: z.output<ReturnType<typeof heartbeatsSchema>> | undefined,
  tenant: string,
): Map<string, readonly Heartbeat[]> {
  const found = new Map<string, Heartbeat[]>();
  for (const one of input ?? []) {
    const list = found.get(one.tenant ?? tenant) ?? [];
    list.push({
      ...{ name: one.name, intervalMs: one.interval, graceMs: one.grace ?? 0 },
      ...{ severity: one.severity ?? 'high', category: one.category ?? 'system' },
      ...{ labels: labelSet(one.labels ?? {}), annotations: one.annotations ?? {} },
    });
    found.set(one.tenant ?? tenant, list);
  }
  return found;
}
