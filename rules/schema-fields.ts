// The kinds of value that a rule file holds, as zod types: read from YAML or JSON, transformed into what rules hold.
import { z } from 'zod';
import { parsePercentile, percentilePattern } from './aggregates/percentile.ts';
import { durationPattern, parseDuration } from './duration.ts';
import { isForbiddenName, labelSet } from './labels.ts';
import { parseMatcher } from './matchers.ts';
import { isSyntaxProblem } from './syntax-problem.ts';
import { compileTemplate } from './template/template.ts';
import { type Aggregate, aggregates, type Labels } from './types.ts';
import { utf8Length } from './utf8.ts';

/** Bounds on a rule file; a rule file is a text from outside. */
export const ruleLimits = {
  fileBytes: 8 * 1024 * 1024,
  rules: 10_000,
  nameLength: 128,
  descriptionLength: 4_096,
  metricBytes: 256,
  matchers: 32,
  labels: 64,
  /** Of a composite rule, in all and one in another. */
  conditions: 32,
  conditionDepth: 8,
  by: 16,
  labelNameBytes: 128,
  labelValueBytes: 2_048,
  annotations: 32,
  /** Problems that one reading reports; more would not be read by anybody. */
  problems: 1_000,
} as const;

/** A value as people recognise it, cut short. */
export function shown(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object' && value !== null) return 'a map';
  if (typeof value !== 'string') return String(value);
  return JSON.stringify(value.length > 40 ? `${value.slice(0, 40)}…` : value);
}

/** The error of a value of another kind: what was expected, what it was. */
export const expected = (what: string) => ({
  error: (issue: { readonly input?: unknown }) => `expected ${what}, got ${shown(issue.input)}`,
});

const control = /\p{Cc}/u;

/** One line of text, 1..max characters. */
export function line(max: number, what = 'text') {
  return z
    .string(expected(`${what} (put a value that looks like a number in quotes)`))
    .min(1, { error: `expected ${what}, got ""` })
    .max(max, { error: `expected at most ${max} characters` })
    .refine((text) => !control.test(text), { error: 'expected one line without control characters' });
}

export const freeText = z.string(expected('text')).max(ruleLimits.descriptionLength, {
  error: `expected at most ${ruleLimits.descriptionLength} characters`,
});

export const metric = line(ruleLimits.metricBytes, 'the name of a metric').refine(
  (text) => utf8Length(text) <= ruleLimits.metricBytes,
  { error: `expected at most ${ruleLimits.metricBytes} bytes` },
);

export const finiteNumber = z.number(expected('a finite number'));
export const flag = z.boolean(expected('true or false'));

/** `30s`, `1m30s`, `0`: milliseconds. */
export const duration = z
  .union(
    [z.string().meta({ pattern: durationPattern }), z.literal(0)],
    expected('a duration such as 30s, 1m30s, 4h or 1d'),
  )
  .transform((value, context) => {
    const ms = parseDuration(value);
    if (typeof ms === 'number') return ms;
    context.addIssue({ code: 'custom', message: ms.problem });
    return z.NEVER;
  });

export const positiveDuration = duration.refine((ms) => ms > 0, { error: 'expected a duration above 0' });

/** One of some words in any case, by way of `parse`, which may know aliases; `extra` are aliases that editors offer too. */
export function word<Word extends string>(
  known: readonly Word[],
  parse: (text: string) => Word | undefined,
  extra: readonly string[] = [],
) {
  const what = `one of ${known.join(', ')}`;
  return z
    .string(expected(what))
    .meta({
      enum: [...new Set([...known, ...known.flatMap((w) => [w.toUpperCase(), w.toLowerCase()]), ...extra])],
    })
    .transform((text, context): Word => {
      const found = parse(text);
      if (found !== undefined) return found;
      context.addIssue({ code: 'custom', message: `expected ${what}, got ${shown(text)}` });
      return z.NEVER;
    });
}

/** Looks a word up in any case. */
export function anyCase<Word extends string>(known: readonly Word[]): (text: string) => Word | undefined {
  const byWord = new Map(known.map((w) => [w.toLowerCase(), w]));
  return (text) => byWord.get(text.trim().toLowerCase());
}

const aggregateWord = anyCase(aggregates);
const usualPercentiles = ['p50', 'p90', 'p95', 'p99', 'p99.9'] as const;
const aggregateWords = `one of ${aggregates.join(', ')}, or a percentile from p1 to p99.9`;

/** A word, or a percentile from p1 to p99.9; `P95.0` is p95. */
export const aggregate = z
  .string(expected(aggregateWords))
  .meta({
    anyOf: [
      { enum: [...aggregates, ...aggregates.map((word) => word.toUpperCase()), ...usualPercentiles] },
      { pattern: percentilePattern },
    ],
  })
  .transform((text, context): Aggregate => {
    const found = aggregateWord(text) ?? parsePercentile(text.trim());
    if (found !== undefined) return found;
    context.addIssue({ code: 'custom', message: `expected ${aggregateWords}, got ${shown(text)}` });
    return z.NEVER;
  });

/** A list of matchers, compiled. */
export const matcherList = z
  .array(
    z.string(expected('a matcher such as env="prod"')).transform((text, context) => {
      const parsed = parseMatcher(text);
      if (!isSyntaxProblem(parsed)) return parsed;
      context.addIssue({ code: 'custom', message: `${parsed.problem} (at character ${parsed.offset + 1})` });
      return z.NEVER;
    }),
    expected(`a list of matchers such as ['env="prod"']`),
  )
  .max(ruleLimits.matchers, { error: `expected at most ${ruleLimits.matchers} matchers` });

const isMap = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

type Report = (name: string, message: string) => void;

/** A map of texts by name. Checked by hand: zod's records drop the key `__proto__` without a word. */
function textMap<Out>(
  max: number,
  what: string,
  check: (name: string, value: string, report: Report) => void,
  build: (entries: (readonly [string, string])[]) => Out,
) {
  return z
    .unknown()
    .meta({ type: 'object', additionalProperties: { type: 'string' }, maxProperties: max })
    .transform((input, context): Out => {
      if (!isMap(input)) {
        context.addIssue({ code: 'custom', message: `expected a map of ${what}, got ${shown(input)}` });
        return z.NEVER;
      }
      const names = Object.keys(input);
      if (names.length > max) {
        context.addIssue({ code: 'custom', message: `expected at most ${max} ${what}` });
        return z.NEVER;
      }
      const report: Report = (name, message) => context.addIssue({ code: 'custom', message, path: [name] });
      const entries: (readonly [string, string])[] = [];
      for (const name of names) {
        const value = input[name];
        if (isForbiddenName(name)) report(name, `the name ${JSON.stringify(name)} is not allowed`);
        else if (name === '' || utf8Length(name) > ruleLimits.labelNameBytes || control.test(name)) {
          report(
            name,
            `expected a name of 1 to ${ruleLimits.labelNameBytes} bytes without control characters`,
          );
        } else if (typeof value !== 'string') {
          report(name, `expected text (put a value that looks like a number in quotes), got ${shown(value)}`);
        } else {
          check(name, value, report);
          entries.push([name, value]);
        }
      }
      return build(entries);
    });
}

/** Names of labels to group by: a list in order, each once. */
export const labelNameList = z
  .array(
    line(ruleLimits.labelNameBytes, 'the name of a label').superRefine((name, context) => {
      const fault = faultOfGroupLabel(name);
      if (fault !== null) context.addIssue({ code: 'custom', message: fault });
    }),
    expected('a list of label names such as [service]'),
  )
  .max(ruleLimits.by, { error: `expected at most ${ruleLimits.by} labels` })
  .superRefine((names, context) => {
    for (const [i, name] of names.entries()) {
      if (names.indexOf(name) === i) continue;
      context.addIssue({ code: 'custom', message: `the label ${shown(name)} is named twice`, path: [i] });
    }
  });

function faultOfGroupLabel(name: string): string | null {
  if (isForbiddenName(name)) return `the name ${JSON.stringify(name)} is not allowed`;
  if (name === 'severity' || name === 'alertname')
    return `the label ${name} of an alert comes from its rule; group by another one`;
  return utf8Length(name) > ruleLimits.labelNameBytes
    ? `expected a name of at most ${ruleLimits.labelNameBytes} bytes`
    : null;
}

/** Labels that a rule or a group puts on its alerts. */
export const labelMap = textMap(
  ruleLimits.labels,
  'labels',
  (name, value, report) => {
    if (name === 'alertname') report(name, 'the label alertname is the name of the rule and cannot be set');
    if (name === 'severity')
      report(name, 'the label severity comes from the key severity of the rule; set that');
    if (utf8Length(value) > ruleLimits.labelValueBytes) {
      report(name, `expected a value of at most ${ruleLimits.labelValueBytes} bytes`);
    }
  },
  (entries): Labels => labelSet(entries),
);

/** Templates by name; each is compiled, so that a bad one is found when the file is read. */
export const annotationMap = textMap(
  ruleLimits.annotations,
  'annotations',
  (name, value, report) => {
    const compiled = compileTemplate(value);
    if ('message' in compiled) {
      report(name, `${compiled.message} (line ${compiled.line}, column ${compiled.column} of the template)`);
    }
  },
  (entries): Readonly<Record<string, string>> => labelSet(entries),
);
