// What the keys of a composite rule mean together: conditions over metrics and over other rules, and how they are joined.
import { leastLookbackMs } from '../grid.ts';
import { isMap, type PathProblem, readKeys } from '../read-keys.ts';
import type { Unhashed } from '../rule-hash.ts';
import { type ConditionDraft, conditionShape, type RuleDraft, ruleConditionShape } from '../schema.ts';
import { ruleLimits, shown } from '../schema-fields.ts';
import type { CompositeRule, Condition, ConditionReading, NamedState } from '../types.ts';
import { commonParts, type Reading, silenceParts } from './common.ts';
import { comparisonParts } from './comparison.ts';
import { gridParts } from './grid.ts';
import { checkMemory, checkWindow } from './threshold.ts';

type Draft = RuleDraft<'composite'>;
type Path = readonly (string | number)[];

export function normaliseComposite(reading: Reading<Draft>): Unhashed<CompositeRule> {
  const { draft, given, report } = reading;
  if (given.has('at_least') && given.has('logic'))
    report('at_least', 'at_least stands instead of logic; write one of them');
  if (!given.has('conditions')) report(null, 'expected conditions');
  else if (draft.conditions?.length === 0) report('conditions', 'expected at least one condition');
  const grid = gridParts(draft);
  const readings: ConditionReading[] = [];
  const reader = new ConditionReader(reading, readings, grid.evalDelayMs);
  const of = reader.list(draft.conditions ?? [], ['conditions'], 1);
  const count = draft.conditions?.length;
  if (draft.at_least !== undefined && count !== undefined && draft.at_least > count)
    report('at_least', `expected at most ${count}, the number of conditions`);
  const condition: Condition =
    draft.at_least === undefined
      ? { kind: draft.logic === 'OR' ? 'any' : 'all', of }
      : { kind: 'at_least', count: draft.at_least, of };
  if (given.has('conditions') && of.length > 0 && readings.length === 0 && !given.has('by'))
    report(null, 'expected by: the labels on which the alerts of these rules are joined ([]: on none)');
  const windowMs = Math.max(0, ...readings.map((one) => one.windowMs));
  return {
    type: 'composite',
    ...commonParts(reading, undefined),
    ...silenceParts(reading, windowMs),
    grid,
    shared: !given.has('by'),
    readings,
    condition,
  };
}

const joins = ['all', 'any', 'not', 'at_least', 'of'] as const;
const known = [...new Set([...Object.keys(conditionShape), ...Object.keys(ruleConditionShape), ...joins])];
type Shape = Parameters<typeof readKeys>[1];

/** Reads conditions wherever they stand in one another; every problem of all of them is reported. */
class ConditionReader {
  readonly #reading: Reading<Draft>;
  readonly #readings: ConditionReading[];
  readonly #evalDelayMs: number;
  #count = 0;

  constructor(reading: Reading<Draft>, readings: ConditionReading[], evalDelayMs: number) {
    this.#reading = reading;
    this.#readings = readings;
    this.#evalDelayMs = evalDelayMs;
  }

  list(values: unknown, path: Path, depth: number, negated = false): Condition[] {
    const { reportAt } = this.#reading;
    if (!Array.isArray(values)) {
      reportAt(path, `expected a list of conditions, got ${shown(values)}`);
      return [];
    }
    if (values.length === 0 && depth > 1) reportAt(path, 'expected at least one condition');
    return values.slice(0, ruleLimits.conditions).flatMap((value, i) => {
      const one = this.#one(value, [...path, i], depth, negated);
      return one === null ? [] : [one];
    });
  }

  #one(value: unknown, path: Path, depth: number, negated: boolean): Condition | null {
    const { reportAt } = this.#reading;
    this.#count += 1;
    if (this.#count > ruleLimits.conditions) {
      if (this.#count === ruleLimits.conditions + 1)
        reportAt(path, `expected at most ${ruleLimits.conditions} conditions in all`);
      return null;
    }
    if (depth > ruleLimits.conditionDepth) {
      reportAt(path, `expected conditions at most ${ruleLimits.conditionDepth} deep in one another`);
      return null;
    }
    if (!isMap(value)) {
      reportAt(path, `expected a condition (a map), got ${shown(value)}`);
      return null;
    }
    const kind = (['all', 'any', 'not', 'at_least'] as const).find((word) => Object.hasOwn(value, word));
    if (kind === undefined)
      return Object.hasOwn(value, 'rule') ? this.#rule(value, path) : this.#comparison(value, path, negated);
    const own = kind === 'at_least' ? ['at_least', 'of'] : [kind];
    for (const key of Object.keys(value))
      if (!own.includes(key)) reportAt([...path, key], `a condition with ${kind} has no ${key}`);
    switch (kind) {
      case 'not': {
        const of = this.#one(value.not, [...path, 'not'], depth + 1, true);
        return of === null ? null : { kind, of };
      }
      case 'at_least': {
        const of = this.list(value.of, [...path, 'of'], depth + 1, negated);
        const count = value.at_least;
        const most = Array.isArray(value.of) ? value.of.length : null;
        if (
          typeof count === 'number' &&
          Number.isInteger(count) &&
          count >= 1 &&
          count <= (most ?? Number.POSITIVE_INFINITY)
        )
          return { kind, count, of };
        const range = most === null || most === 0 ? 'above 0' : `from 1 to ${most}, the number of conditions`;
        reportAt([...path, 'at_least'], `expected a whole number ${range}, got ${shown(count)}`);
        return null;
      }
      default:
        return { kind, of: this.list(value[kind], [...path, kind], depth + 1, negated) };
    }
  }

  /** Reads the keys of a condition over `what`; those of another kind of condition are told as such. */
  #keys(value: Readonly<Record<string, unknown>>, shape: Shape, path: Path, what: string) {
    const misplaced = Object.keys(value).filter((key) => known.includes(key) && !Object.hasOwn(shape, key));
    for (const key of misplaced)
      this.#reading.reportAt([...path, key], `a condition over ${what} has no ${key}`);
    const problems: PathProblem[] = [];
    const read = readKeys(value, shape, path, problems, misplaced, known);
    for (const problem of problems) this.#reading.reportAt(problem.path, problem.message);
    return read;
  }

  #rule(value: Readonly<Record<string, unknown>>, path: Path): Condition | null {
    const { rule, state = 'firing' } = this.#keys(value, ruleConditionShape, path, 'a rule');
    return typeof rule === 'string' ? { kind: 'rule', rule, state: state as NamedState } : null;
  }

  #comparison(value: Readonly<Record<string, unknown>>, path: Path, negated: boolean): Condition | null {
    const { defaults, reportAt } = this.#reading;
    const given = new Set(Object.keys(value));
    const draft = this.#keys(value, conditionShape, path, 'a metric') as ConditionDraft;
    const report = (key: string | null, message: string): void =>
      reportAt(key === null ? path : [...path, key], message);
    if (given.has('metric') && given.has('metric_name'))
      report('metric_name', 'metric_name is another word for metric; write one of them');
    if (!given.has('metric') && !given.has('metric_name')) report(null, 'expected a metric, or a rule');
    // The rule being true would make it harder to stay true: it would flap between the two thresholds.
    if (negated && given.has('resolve_threshold'))
      report(
        'resolve_threshold',
        'a condition within not has no resolve_threshold; compare the other way round (lt for gt) without not',
      );
    const aggregate = draft.aggregate ?? 'last';
    if (!given.has('aggregate') || draft.aggregate !== undefined) {
      checkWindow(aggregate, draft.window, given, report, true);
      const sampleInterval = this.#reading.draft.sample_interval;
      checkMemory(
        aggregate,
        { draft: { window: draft.window, sample_interval: sampleInterval }, defaults, report },
        this.#evalDelayMs,
      );
    }
    const absent = aggregate === 'absent';
    if (absent)
      for (const key of ['operator', 'threshold', 'resolve_threshold', 'across'])
        if (given.has(key)) report(key, `the aggregate absent compares nothing and has no ${key}`);
    const comparison = absent
      ? ({ operator: 'gt', threshold: 0 } as const)
      : comparisonParts({ draft, given, report, reportAt });
    const windowMs =
      aggregate === 'last' ? Math.max(draft.window ?? 0, leastLookbackMs) : (draft.window ?? 0);
    const reading = this.#readings.length;
    this.#readings.push({
      metric: draft.metric ?? draft.metric_name ?? '',
      match: draft.match ?? [],
      aggregate,
      windowMs,
      operator: comparison.operator,
      threshold: comparison.threshold,
      ...(comparison.resolveThreshold === undefined ? {} : { resolveThreshold: comparison.resolveThreshold }),
      ...(draft.across === undefined ? {} : { across: draft.across }),
    });
    return { kind: 'reading', reading };
  }
}
