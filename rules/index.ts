/**
 * The rule language and its evaluators: reading rules, label sets and matchers, templates, verdicts, alert states.
 * Everything here is pure: no clock, no I/O.
 * @module tocsin/rules
 */
import { addSeries, type GroupTotals, judgeGroup } from './across.ts';
import { addSight, explainJoint, judgeAnomaly } from './anomaly-together.ts';
import { addToCondition, judgeComposite } from './composite.ts';
import {
  type Explanation,
  explainAcross,
  explainComposite,
  explainFrequency,
  explainPattern,
  explainSeries,
} from './explain.ts';
import { judgeFrequency } from './frequency.ts';
import type { GridRule } from './grid.ts';
import type { GroupContext } from './group-context.ts';
import type { Sight } from './sight.ts';
import { evaluateThreshold } from './threshold.ts';
import type { Evaluation, SeriesWindow, WindowRule } from './types.ts';

/** Fills `out` with what a rule says of one series at sample time `at`. */
export type Evaluator<R extends WindowRule = WindowRule> = (
  rule: R,
  window: SeriesWindow,
  at: number,
  wasTrue: boolean,
  out: Evaluation,
) => void;

/** For rules that are evaluated at each sample, by its window: a new type of them is a line here. */
export const evaluators = { threshold: evaluateThreshold, trend: evaluateThreshold } satisfies {
  readonly [Type in WindowRule['type']]: Evaluator<Extract<WindowRule, { type: Type }>>;
};

/** How a rule over several series makes its verdict: a group is taken in series by series, then judged. */
export interface GridEvaluator<R extends GridRule = GridRule> {
  /** Takes in one series under one reading; `totals` has one for each reading. `sight`: of a rule about unusual values. */
  add(
    rule: R,
    reading: number,
    window: SeriesWindow,
    at: number,
    wasTrue: boolean,
    totals: readonly GroupTotals[],
    sight: Sight | null,
  ): void;
  judge(
    rule: R,
    totals: readonly GroupTotals[],
    context: GroupContext,
    wasTrue: boolean,
    out: Evaluation,
  ): void;
}

type OnGrid<Type> = Extract<GridRule, { type: Type }>;

/** One for each rule type that can be on the grid; a new one is a line here. */
const gridEvaluators: { readonly [Type in GridRule['type']]: GridEvaluator<OnGrid<Type>> } = {
  threshold: {
    add: (rule, _reading, window, at, _wasTrue, [totals]) => addSeries(rule, window, at, totals!),
    judge: (rule, [totals], _context, wasTrue, out) => judgeGroup(rule, totals!, wasTrue, out),
  },
  composite: { add: addToCondition, judge: judgeComposite },
  frequency: { add() {}, judge: judgeFrequency },
  pattern: { add() {}, judge: judgeFrequency },
  anomaly: {
    add: (rule, reading, _window, _at, _wasTrue, totals, sight) => addSight(rule, sight, totals[reading]!),
    judge: judgeAnomaly,
  },
};

export function gridEvaluatorOf(rule: GridRule): GridEvaluator {
  return gridEvaluators[rule.type] as GridEvaluator;
}

/** Why a rule says what it says of one series at its newest sample up to `now`, in figures. */
export type SeriesExplainer<R extends WindowRule = WindowRule> = (
  rule: R,
  window: SeriesWindow,
  now: number,
  wasTrue: boolean,
) => Explanation;

/** The same of a group at a time of the grid; `totals` has one for each reading. */
export type GroupExplainer<R extends GridRule = GridRule> = (
  rule: R,
  totals: readonly GroupTotals[],
  context: GroupContext,
  wasTrue: boolean,
) => Explanation;

/** One for each rule type that is evaluated at samples; a new one is a line here. */
export const seriesExplainers = { threshold: explainSeries, trend: explainSeries } satisfies {
  readonly [Type in WindowRule['type']]: SeriesExplainer<Extract<WindowRule, { type: Type }>>;
};

/** One for each rule type that can be on the grid; a new one is a line here. */
const groupExplainers: { readonly [Type in GridRule['type']]: GroupExplainer<OnGrid<Type>> } = {
  threshold: explainAcross,
  composite: explainComposite,
  frequency: explainFrequency,
  pattern: explainPattern,
  anomaly: explainJoint,
};

export function groupExplainerOf(rule: GridRule): GroupExplainer {
  return groupExplainers[rule.type] as GroupExplainer;
}

export { clearTotals, emptyTotals, type GroupTotals } from './across.ts';
export {
  type AlertLife,
  inactive,
  type LifeChange,
  type LifeStep,
  type LifeTiming,
  nextAlertState,
  wakeAt,
} from './alert-state.ts';
export { formatDuration, longestDurationMs, parseDuration } from './duration.ts';
export type { Explanation } from './explain.ts';
export { fingerprint, hash64 } from './fingerprint.ts';
export type { GroupContext } from './group-context.ts';
export {
  canonicalLabels,
  emptyLabels,
  isForbiddenName,
  labelNames,
  labelSet,
  mergeLabels,
  withoutLabel,
} from './labels.ts';
export { hasLevels, type Leveled, levelReached } from './levels.ts';
export { formatMatcher, matcher, matchesAll, parseMatcher } from './matchers.ts';
export type { RuleDefaults } from './normalise/index.ts';
export { type ParsedRuleFile, parseRule, parseRuleFile } from './parse.ts';
export { readingsOf, ruleReferences } from './readings.ts';
export { dependencyCircles, type RuleReference, referrersOf, unknownReferences } from './references.ts';
export { ruleBody } from './rule-hash.ts';
export { ruleFileJsonSchema, ruleFileSchema, ruleSchema } from './schema.ts';
export { ruleLimits } from './schema-fields.ts';
export {
  mostUrgent,
  parseCategory,
  parsePriority,
  parseSeverity,
  priorityOf,
  severityRank,
} from './severity.ts';
export type { Sight } from './sight.ts';
export { isSyntaxProblem, type SyntaxProblem } from './syntax-problem.ts';
export {
  compileTemplate,
  render,
  type Template,
  type TemplateProblem,
  type TemplateScope,
} from './template/template.ts';
export { evaluateThreshold, shownValue, verdictOf } from './threshold.ts';
export * from './types.ts';
export { utf8Length, utf8Prefix } from './utf8.ts';
