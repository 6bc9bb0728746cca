/** A label set. Null prototype, keys in ascending code-unit order, never an empty value. Build it with `labelSet()`. */
export type Labels = Readonly<Record<string, string>>;
export declare const severities: readonly ['info', 'warning', 'high', 'critical', 'emergency'];
/** Rising order of urgency. */
export type Severity = (typeof severities)[number];
export declare const priorities: readonly ['P1', 'P2', 'P3', 'P4', 'P5'];
/** P1 is the most urgent; one to one from `emergency` to `info` unless the rule sets it. */
export type Priority = (typeof priorities)[number];
export declare const categories: readonly [
  'system',
  'performance',
  'security',
  'business',
  'quality',
  'cost',
];
export type Category = (typeof categories)[number];
export declare const operators: readonly ['gt', 'gte', 'lt', 'lte', 'eq', 'neq'];
export type Operator = (typeof operators)[number];
export declare const aggregates: readonly ['last', 'avg', 'min', 'max', 'sum', 'count', 'absent'];
export type Aggregate = (typeof aggregates)[number];
export declare const noDataPolicies: readonly ['ok', 'alert', 'keep'];
/** What a series that stopped sending means: `ok` resolves, `alert` fires, `keep` leaves the state as it is. */
export type NoDataPolicy = (typeof noDataPolicies)[number];
export type MatchOperator = '=' | '!=' | '=~' | '!~';
/** One label matcher. `matches` answers for one label value; an absent label is the empty string. */
export interface Matcher {
  readonly name: string;
  readonly op: MatchOperator;
  readonly value: string;
  matches(labelValue: string): boolean;
}
/** Where a rule stands. `file` rules are the operator's and read-only through the API. */
export type Origin =
  | {
      readonly kind: 'file';
      readonly file: string;
      readonly line: number;
      readonly column: number;
    }
  | {
      readonly kind: 'api';
    };
interface RuleBase {
  /** Whose rule it is: `tenant:` of the rule file, `default` without one. */
  readonly tenant: string;
  /** Unique per tenant; becomes the label `alertname` and is the rule's identity. */
  readonly name: string;
  readonly group: string;
  readonly description: string;
  readonly category: Category;
  readonly severity: Severity;
  readonly priority: Priority;
  /** Put on every alert, over the series' own labels; without `alertname` and `severity`. */
  readonly labels: Labels;
  /** Liquid templates by name. */
  readonly annotations: Readonly<Record<string, string>>;
  readonly enabled: boolean;
  readonly forMs: number;
  readonly keepFiringForMs: number;
  readonly noData: NoDataPolicy;
  /** A series counts as stopped when no sample arrived for this long (engine time). */
  readonly noDataAfterMs: number;
  /** Overrides the receiver's dedupe window; absent = the receiver's. */
  readonly dedupeWindowMs?: number;
  /** Content hash of the normalised rule: what `config_version` is looked up by. */
  readonly hash: string;
  readonly origin: Origin;
}
/** An aggregate of a window of ONE series, compared with a constant. */
export interface ThresholdRule extends RuleBase {
  readonly type: 'threshold';
  readonly metric: string;
  readonly match: readonly Matcher[];
  readonly aggregate: Aggregate;
  /** Span of the window in sample time; 0 for `last`. The window at t is (t - windowMs, t]. */
  readonly windowMs: number;
  readonly operator: Operator;
  readonly threshold: number;
  /** Hysteresis: once true, the verdict stays true until the value is back on the good side of this. */
  readonly resolveThreshold?: number;
}
export type Rule = ThresholdRule;
export type RuleType = Rule['type'];
/**
 * A read-only view over one series' ring; filled in place and reused, so keep no reference.
 * Point i of `count` (oldest first) lies at index `(head + i) & mask` from `base`: `times[base + ((head + i) & mask)]`.
 */
export interface SeriesWindow {
  times: Float64Array;
  values: Float64Array;
  base: number;
  mask: number;
  head: number;
  count: number;
  /** Sample time of the series' first sample ever seen. */
  bornAt: number;
  /** Every sample with a time > completeAfter is still in the ring (-Infinity: nothing was overwritten). */
  completeAfter: number;
}
export type Verdict = 'true' | 'false' | 'insufficient_data';
/** Result of one evaluation, filled in place. `value` is NaN when there is nothing to show. */
export interface Evaluation {
  verdict: Verdict;
  value: number;
}
/** A problem in a rule file or a rule of the API: where, and what was expected. Line and column start at 1. */
export interface Problem {
  readonly file: string;
  readonly line: number;
  readonly column: number;
  /** Dotted path within the document, e.g. `rules.0.threshold`. */
  readonly path: string;
  readonly message: string;
}
