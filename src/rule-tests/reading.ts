// What both formats of test files are read with.
import { z } from 'zod';
import { parseDuration } from '../../rules/duration.ts';
import { labelSet } from '../../rules/labels.ts';
import type { Labels, Rule } from '../../rules/types.ts';
import type { Path, Source } from '../config/source.ts';
import { readLine } from '../ingest/decode-prometheus.ts';
import type { Place } from './rule-test.ts';
import { parseValues } from './series-notation.ts';

/** A longer test would look at a grid millions of times. */
const longestTestMs = 31 * 86_400_000;

/** A test file that is being read: its source, its problems, and the rules that it names. */
export interface Reading {
  readonly file: string;
  readonly source: Source;
  complain(path: Path, message: string): void;
  place(path: Path): Place;
  /** Rules of files named in the list at `path`, relative to this file. */
  rules(files: readonly string[], path: Path): readonly Rule[];
  /** The document in the shape of a schema; undefined when it is not, which has been said then. */
  shaped<T>(schema: z.ZodType<T>): T | undefined;
}

/** Whose the samples and events of a test are: the tenant of its rules. */
export function tenantOf(rules: readonly Rule[]): string {
  return rules[0]?.tenant ?? 'default';
}

const problemOf = (context: z.RefinementCtx, message: string) => {
  context.addIssue({ code: 'custom', message });
  return z.NEVER;
};

const spanOf = (leastMs: number) =>
  z
    .union([z.string(), z.number()], { error: 'expected a duration such as 1m30s' })
    .transform((text, context) => {
      const ms = parseDuration(text);
      if (typeof ms !== 'number') return problemOf(context, ms.problem);
      if (ms > longestTestMs) return problemOf(context, 'expected at most 31d');
      return ms >= leastMs ? ms : problemOf(context, 'expected more than 0s');
    });

/** A time since the start, in milliseconds. */
export const offset = spanOf(0);
/** The distance of two samples. */
export const interval = spanOf(1);

export const seriesName = z.string().transform((text, context): { metric: string; labels: Labels } => {
  const line = readLine(`${text} 0`);
  if (typeof line === 'string') return problemOf(context, `expected a series such as cpu{host="a"}: ${line}`);
  return { metric: line.metric, labels: labelSet(line.labels) };
});

export const values = z.union([z.string(), z.number()]).transform((text, context) => {
  const parsed = parseValues(String(text));
  return 'problem' in parsed ? problemOf(context, parsed.problem) : parsed;
});

// In YAML a label's value may look like a number.
export const texts = z.record(
  z.string(),
  z.union([z.string(), z.number(), z.boolean()], { error: 'expected a text' }).transform(String),
);
