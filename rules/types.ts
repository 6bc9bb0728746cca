// The words of the rule language, used everywhere else.
//
//   sample       one (series, time, value). Its time is SAMPLE time: epoch milliseconds given by the sender.
//   series       a metric name and a label set; the unit that windows, verdicts and alerts are kept for.
//   rule         what somebody wants to be told about. A rule and a series are a PAIR.
//   verdict      what a rule says of a series at one sample: true, false, or insufficient_data.
//   episode      from the first true verdict to the resolve; one alert row. Pending until `for` has passed, then firing.
//   `for`        how long (sample time) a verdict must stay true before the alert fires.
//   keep_firing_for   how long (sample time) a firing alert outlives its last true verdict.
//   grid         the times at which a rule over several series is looked at: multiples of its `interval`.
//   group        the series of such a rule that have equal values of its `by` labels; it has a verdict and alerts as a
//                series has, at times of the grid (which are its sample time).
//   fingerprint  Alertmanager's FNV-1a over the full label set: an index and a display, never an identity.

import type { DetectorName } from '../analysis/detectors/detector.ts';
import type { PatternName } from '../analysis/patterns/pattern.ts';
import type { TimeInterval } from './time-interval.ts';

/** A label set. It inherits nothing; keys in ascending code-unit order, never an empty value. Build it with `labelSet()`. */
export type Labels = Readonly<Record<string, string>>;

export const severities = ['info', 'warning', 'high', 'critical', 'emergency'] as const;
/** Rising order of urgency. */
export type Severity = (typeof severities)[number];

export const priorities = ['P1', 'P2', 'P3', 'P4', 'P5'] as const;
/** P1 is the most urgent; one to one from `emergency` to `info` unless the rule sets it. */
export type Priority = (typeof priorities)[number];

export const categories = ['system', 'performance', 'security', 'business', 'quality', 'cost'] as const;
export type Category = (typeof categories)[number];

export const ruleTypes = ['threshold', 'trend', 'composite', 'frequency', 'anomaly', 'pattern'] as const;

export const operators = ['gt', 'gte', 'lt', 'lte', 'eq', 'neq'] as const;
export type Operator = (typeof operators)[number];

/** The aggregates that are words; percentiles are beside them. */
export const aggregates = [
  'last',
  'avg',
  'min',
  'max',
  'sum',
  'count',
  'stddev',
  'rate',
  'increase',
  'delta',
  'absent',
] as const;
/** `p1` … `p99.9`, at most one digit after the point. */
export type Percentile = `p${number}`;
/** What a trend rule compares, with all that its figure depends on in the word: see aggregates/trend.ts. */
export type TrendFigure = `trend ${string}`;
export type Aggregate = (typeof aggregates)[number] | Percentile | TrendFigure;

export const measures = ['slope', 'change', 'relative_change', 'crosses'] as const;
/** What a trend rule takes from the line through its window. */
export type Measure = (typeof measures)[number];

export const occurrenceKinds = ['events', 'alerts'] as const;
/** What a rule counts: of these a frequency rule, of findings of the analysis a pattern rule. */
export type OccurrenceKind = (typeof occurrenceKinds)[number] | 'findings';

export const namedStates = ['firing', 'pending', 'active'] as const;
/** Of another rule's alert, as a condition asks for it; `active` is pending or firing. */
export type NamedState = (typeof namedStates)[number];

/** The figures over the series of a group. */
export const directions = ['up', 'down', 'both'] as const;
/** On which side of what is expected a value has to be to be unusual. */
export type Direction = (typeof directions)[number];

export const acrossWords = ['sum', 'avg', 'min', 'max', 'count'] as const;
export type Across = (typeof acrossWords)[number];

export const noDataPolicies = ['ok', 'alert', 'keep'] as const;
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
      /** Of the git work tree that the file lies in, where that is known. */
      readonly commit?: string;
    }
  | { readonly kind: 'api' };

/** Of a rule over several series: how they are grouped, and when the groups are looked at. */
export interface Grid {
  /** Names of labels; series with equal values of all of them are a group. Empty: all are one. */
  readonly by: readonly string[];
  /** Grid times are the multiples of this since the epoch. */
  readonly intervalMs: number;
  /** A grid time is looked at so much later: until then its samples may come. */
  readonly evalDelayMs: number;
}

/** What an alert is a consequence of. */
export interface Dependency {
  /** The `alertname` of what comes first: a rule, or an alert from outside. */
  readonly rule: string;
  /** Labels whose values have to be the same on both; none: any such alert counts. */
  readonly equal: readonly string[];
}

/** What rules of every type have. */
export interface RuleBase {
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
  /** How often its series send, where somebody said so: by this its window was found to fit. */
  readonly sampleIntervalMs?: number;
  /** Overrides the receiver's dedupe window; absent = the receiver's. */
  readonly dedupeWindowMs?: number;
  /** False: nobody is told that its alerts ended; absent: the receiver says whether. */
  readonly sendResolved?: boolean;
  /** While an alert of one of these fires, alerts of this rule are held back. */
  readonly dependsOn?: readonly Dependency[];
  /** Content hash of the normalised rule: what `config_version` is looked up by. */
  readonly hash: string;
  readonly origin: Origin;
}

/** What is read of the series of one metric. */
export interface Reading {
  readonly metric: string;
  readonly match: readonly Matcher[];
  readonly aggregate: Aggregate;
  /** Span of the window in sample time; 0 for `last` of one series. The window at t is (t - windowMs, t]. */
  readonly windowMs: number;
}

/** A figure compared with a constant. */
export interface Comparison {
  readonly operator: Operator;
  readonly threshold: number;
  /** Hysteresis: once true, the verdict stays true until the value is back on the good side of this. */
  readonly resolveThreshold?: number;
}

/** One severity of a rule that has several: from which threshold on it is this urgent. */
export interface Level {
  readonly severity: Severity;
  readonly threshold: number;
  readonly resolveThreshold?: number;
}

/** A rule whose one alert is as urgent as the level that its figure has reached. */
interface Levelled {
  /** At least two, in rising urgency; the first has the severity and the thresholds of the rule itself. */
  readonly levels?: readonly Level[];
}

/** An aggregate of a window of one series, or a figure over those of a group, compared with a constant. */
export interface ThresholdRule extends RuleBase, Reading, Comparison, Levelled {
  readonly type: 'threshold';
  /** Over the series of a group. Given with `grid`, unless the aggregate is `absent`. */
  readonly across?: Across;
  /** Absent: the rule is about each series by itself, and evaluated at each of its samples. */
  readonly grid?: Grid;
}

/** The direction of one series: a figure of the line through its window (least squares), compared with a constant. */
export interface TrendRule extends RuleBase, Reading, Comparison, Levelled {
  readonly type: 'trend';
  readonly aggregate: TrendFigure;
  readonly measure: Measure;
  /** Of `slope`: the span that it is told for. */
  readonly perMs: number;
  /** Of `crosses`: how far ahead the line is followed; 0 for the others. */
  readonly withinMs: number;
  /** R² that the line must reach, 0..1; below it nothing is said of a direction: the verdict is false. */
  readonly minFit: number;
  /** Of `crosses`: the whole prediction interval of this confidence must be beyond the threshold; 0: the line itself. */
  readonly confidence: number;
  readonly grid?: undefined;
}

/** A condition of a composite rule over the series of one metric. Without `across` one series of the group is enough. */
export interface ConditionReading extends Reading, Comparison {
  readonly across?: Across;
}

/** What a composite rule joins; `reading` is an index into its readings. */
export type Condition =
  | { readonly kind: 'reading'; readonly reading: number }
  | { readonly kind: 'rule'; readonly rule: string; readonly state: NamedState }
  | { readonly kind: 'all' | 'any'; readonly of: readonly Condition[] }
  | { readonly kind: 'not'; readonly of: Condition }
  | { readonly kind: 'at_least'; readonly count: number; readonly of: readonly Condition[] };

/** Conditions over different metrics and other rules, joined on the labels of `grid.by`. */
export interface CompositeRule extends RuleBase {
  readonly type: 'composite';
  readonly grid: Grid;
  /** `by` was not given: it is the names of labels that the series of all readings have in common. */
  readonly shared: boolean;
  readonly readings: readonly ConditionReading[];
  readonly condition: Condition;
}

/** How many events or alerts there were in a window, compared with a constant. */
export interface FrequencyRule extends RuleBase, Comparison, Levelled {
  readonly type: 'frequency';
  readonly grid: Grid;
  readonly of: OccurrenceKind;
  /** Of the labels of the event or alert (with `alertname`, which of an event is its type, and `severity`). */
  readonly match: readonly Matcher[];
  /** Occurrences in (t - windowMs, t] count. */
  readonly windowMs: number;
  /** Instead of occurrences the values of this label are counted, each once. */
  readonly distinct?: string;
}

/** That the analysis has found a pattern in the alerts of a label scope, within the window. */
export interface PatternRule extends RuleBase, Comparison {
  readonly type: 'pattern';
  readonly grid: Grid;
  readonly of: 'findings';
  /** The patterns that are meant, in the order of `patternNames`. */
  readonly patterns: readonly PatternName[];
  /** Of the labels that all alerts of the finding share. */
  readonly match: readonly Matcher[];
  /** Findings of less say nothing. 0 … 1. */
  readonly minConfidence: number;
  /** So long after it was found, or said anew, a pattern counts. */
  readonly windowMs: number;
  readonly distinct?: undefined;
  readonly levels?: undefined;
}

/** A rule about things that occur, instead of series. */
export type CountingRule = FrequencyRule | PatternRule;

/** How series are watched for unusual values. Rules that watch a series the same way share what is known of it. */
export interface Detection {
  /** Equal for those that learn the same: all that a detector's state depends on, beside the series. */
  readonly key: string;
  readonly detector: DetectorName;
  /** Of the samples in these times nothing is learned and nothing said; null: the rule has none of its own. */
  readonly exclude: TimeInterval | null;
  /** Names of time intervals of the configuration that are left out too. */
  readonly named?: readonly string[];
  /** These intervals, once the rule has met its configuration. */
  readonly windows?: readonly TimeInterval[];
}

/** How the metrics of a rule are watched together. */
export interface JointDetection {
  /** Equal for rules that join the same; begins with "joint", as no key of a `Detection` does. */
  readonly key: string;
  readonly metrics: number;
}

/**
 * Values that are unusual for their series. As a comparison its figure is how much rarer the sample is than the rule
 * bears, see `anomalyFigure`; as a reading it is the newest sample.
 */
export interface AnomalyRule extends RuleBase, Reading, Comparison {
  readonly type: 'anomaly';
  /** One for each metric; the rule itself reads the first. */
  readonly readings: readonly Reading[];
  readonly detection: Detection;
  /** False alarms a week, of each series or group, that somebody bears. */
  readonly sensitivity: number;
  readonly direction: Direction;
  /** Smallest distance from the expected value that counts, in the unit of the metric. */
  readonly minChange: number;
  /** So long a series is only learned from. */
  readonly learningMs: number;
  /** Of several metrics: the labels that join their series. */
  readonly grid?: Grid;
  /** Given with `grid`. */
  readonly joint?: JointDetection;
  readonly levels?: undefined;
}

/** What made a sample unusual. */
export interface Finding {
  /** The sample: its value and its time. */
  readonly value: number;
  readonly at: number;
  /** 99 of 100 values were expected between these. */
  readonly low: number;
  readonly high: number;
  readonly mid: number;
  /** 0 is usual, towards 1 is strange. */
  readonly score: number;
  /** One in so many samples is as unusual as this. */
  readonly oneIn: number;
  /** Whether what is expected depends on the hour and the day. */
  readonly seasonal: boolean;
  /**
   * Of several metrics: those that made it unusual, the one that is farthest off first, which is the one above too.
   * Absent: the sample of one series was unusual by itself.
   */
  readonly together?: readonly Unfitting[];
}

/** A metric that made a combination unusual. */
export interface Unfitting {
  readonly metric: string;
  readonly value: number;
  /** 99 of 100 values were expected between these. */
  readonly low: number;
  readonly high: number;
  /** They were expected there beside the values of the other metrics; else, whatever those are. */
  readonly beside: boolean;
}

/** A rule about each series by itself, evaluated at each of its samples (or, with `grid`, about groups of them). */
export type ReadingRule = WindowRule | AnomalyRule;
/** Of these the window alone is what the verdict is made of. */
export type WindowRule = ThresholdRule | TrendRule;
export type Rule = ThresholdRule | TrendRule | CompositeRule | FrequencyRule | AnomalyRule | PatternRule;
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
  /** Points that left the ring at its old end, ever, modulo 2^32: point i is the same as long as `dropped + i` is. */
  dropped: number;
  /** Changes other than a newer point at the new end, ever, modulo 2^32. */
  edits: number;
  /** One-minute aggregates, for windows that need more points than a ring holds; null while nothing needs them. */
  minutes: MinuteWindow | null;
}

/** Samples by the minute; minute m holds the samples of [m, m + 1) · 60,000 ms. */
export interface MinuteWindow {
  /** Every sample with a time > completeAfter is in the minutes. */
  readonly completeAfter: number;
  /**
   * The samples of the minutes first..last in one; false when there are none. With `before`, the last sample of the
   * minutes before them begins `increase` and `firstAt`, if it is not older than that time.
   */
  read(first: number, last: number, before: number | null, into: MinuteTotals): boolean;
}

/** Several minutes in one. */
export interface MinuteTotals {
  count: number;
  sum: number;
  /** Sum of the squared distances from the mean. */
  squares: number;
  min: number;
  max: number;
  first: number;
  last: number;
  firstAt: number;
  lastAt: number;
  /** Of a counter, from the first sample to the last. */
  increase: number;
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
