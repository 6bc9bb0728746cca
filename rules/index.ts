/**
 * The rule language and its evaluators: reading rules, label sets and matchers, templates, verdicts, alert states.
 * Everything here is pure: no clock, no I/O.
 * @module tocsin/rules
 */
import { addSeries, type GroupTotals, judgeGroup } from './across.ts';
import { type Explanation, explainAcross, explainThreshold } from './explain.ts';
import { evaluateThreshold } from './threshold.ts';
import type { Evaluation, Rule, RuleType, SeriesWindow } from './types.ts';

/** Fills `out` with what a rule says of one series at sample time `at`. */
export type Evaluator<R extends Rule = Rule> = (
  rule: R,
  window: SeriesWindow,
  at: number,
  wasTrue: boolean,
  out: Evaluation,
) => void;

/** One evaluator per rule type; a new rule type is a line here. */
export const evaluators = { threshold: evaluateThreshold } satisfies {
  readonly [Type in RuleType]: Evaluator<Extract<Rule, { type: Type }>>;
};

/** How a rule over several series makes its verdict: a group is taken in series by series, then judged. */
export interface GridEvaluator<R extends Rule = Rule> {
  add(rule: R, window: SeriesWindow, at: number, into: GroupTotals): void;
  judge(rule: R, totals: GroupTotals, wasTrue: boolean, out: Evaluation): void;
}

/** One for each rule type; a new one is a line here. */
export const gridEvaluators = { threshold: { add: addSeries, judge: judgeGroup } } satisfies {
  readonly [Type in RuleType]: GridEvaluator<Extract<Rule, { type: Type }>>;
};

/** Why a rule says what it says, in figures. */
export interface Explainer<R extends Rule = Rule> {
  /** Of one series at its newest sample up to `now`. */
  series(rule: R, window: SeriesWindow, now: number, wasTrue: boolean): Explanation;
  /** Of a group at a time of the grid. */
  group(rule: R, totals: GroupTotals, at: number, wasTrue: boolean): Explanation;
}

/** One for each rule type; a new one is a line here. */
export const explainers = { threshold: { series: explainThreshold, group: explainAcross } } satisfies {
  readonly [Type in RuleType]: Explainer<Extract<Rule, { type: Type }>>;
};

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
export {
  canonicalLabels,
  emptyLabels,
  isForbiddenName,
  labelNames,
  labelSet,
  mergeLabels,
  withoutLabel,
} from './labels.ts';
export { formatMatcher, matcher, matchesAll, parseMatcher } from './matchers.ts';
export type { RuleDefaults } from './normalise.ts';
export { type ParsedRuleFile, parseRule, parseRuleFile } from './parse.ts';
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
export { isSyntaxProblem, type SyntaxProblem } from './syntax-problem.ts';
export {
  compileTemplate,
  render,
  type Template,
  type TemplateProblem,
  type TemplateScope,
} from './template/template.ts';
export { evaluateThreshold, verdictOf } from './threshold.ts';
export * from './types.ts';
export { utf8Length, utf8Prefix } from './utf8.ts';
