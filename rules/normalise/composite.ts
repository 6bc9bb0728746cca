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
  if (draft.at_least !== undefined && draft.at_least > of.length)
    report('at_least', `expected at most ${of.length}, the number of conditions`);
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

  list(values: unknown, path: Path, depth: number): Condition[] {
    const { reportAt } = this.#reading;
    if (!Array.isArray(values)) {
      reportAt(path, `expected a list of conditions, got ${shown(values)}`);
      return [];
    }
    if (values.length === 0 && depth > 1) reportAt(path, 'expected at least one condition');
    return values.slice(0, ruleLimits.conditions).flatMap((value, i) => {
      const one = this.#one(value, [...path, i], depth);
      return one === null ? [] : [one];
    });
  }

  #one(value: unknown, path: Path, depth: number): Condition | null {
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
      return Object.hasOwn(value, 'rule') ? this.#rule(value, path) : this.#comparison(value, path);
    const own = kind === 'at_least' ? ['at_least', 'of'] : [kind];
    for (const key of Object.keys(value))
      if (!own.includes(key)) reportAt([...path, key], `a condition with ${kind} has no ${key}`);
    switch (kind) {
      case 'not': {
        const of = this.#one(value.not, [...path, 'not'], depth + 1);
        return of === null ? null : { kind, of };
      }
      case 'at_least': {
        const of = this.list(value.of, [...path, 'of'], depth + 1);
        const count = value.at_least;
        if (typeof count === 'number' && Number.isInteger(count) && count >= 1 && count <= of.length)
          return { kind, count, of };
        reportAt(
          [...path, 'at_least'],
          `expected a whole number from 1 to ${of.length}, got ${shown(count)}`,
        );
        return null;
      }
      default:
        return { kind, of: this.list(value[kind], [...path, kind], depth + 1) };
    }
  }

  #keys(value: Readonly<Record<string, unknown>>, shape: Parameters<typeof readKeys>[1], path: Path) {
    const problems: PathProblem[] = [];
    const read = readKeys(value, shape, path, problems, [], known);
    for (const problem of problems) this.#reading.reportAt(problem.path, problem.message);
    return read;
  }

  #rule(value: Readonly<Record<string, unknown>>, path: Path): Condition | null {
    const { rule, state = 'firing' } = this.#keys(value, ruleConditionShape, path);
    return typeof rule === 'string' ? { kind: 'rule', rule, state: state as NamedState } : null;
  }

  #comparison(value: Readonly<Record<string, unknown>>, path: Path): Condition | null {
    const { defaults, reportAt } = this.#reading;
    const given = new Set(Object.keys(value));
    const draft = this.#keys(value, conditionShape, path) as ConditionDraft;
    const report = (key: string | null, message: string): void =>
      reportAt(key === null ? path : [...path, key], message);
    if (given.has('metric') && given.has('metric_name'))
      report('metric_name', 'metric_name is another word for metric; write one of them');
    if (!given.has('metric') && !given.has('metric_name')) report(null, 'expected a metric, or a rule');
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
