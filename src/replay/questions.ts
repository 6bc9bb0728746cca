// What can be asked of rules on stored or given samples, and the answers. Nothing of it is stored or sent.
import type { NotifyReason } from '../../channels/message.ts';
import type { AnomalyRule, Labels, Matcher, Rule, Verdict } from '../../rules/types.ts';
import type { SuggestAnswer, SuggestQuestion } from '../effectiveness/questions.ts';

/** A sample of the question itself. */
export interface GivenSample {
  readonly metric: string;
  readonly labels: Labels;
  readonly value: number;
  /** Epoch milliseconds. */
  readonly timestamp: number;
}

export interface BacktestQuestion {
  readonly rules: readonly Rule[];
  /** Other versions of them, on the same samples; null: only one side. */
  readonly against: readonly Rule[] | null;
  /** In the order in which they came; null: the history. */
  readonly samples: readonly GivenSample[] | null;
  /** Epoch milliseconds. */
  readonly from: number;
  readonly to: number;
}

export interface EvaluateQuestion {
  readonly rules: readonly Rule[];
  readonly samples: readonly GivenSample[] | null;
  /** Epoch milliseconds. */
  readonly at: number;
}

export interface LabelSetOutcome {
  readonly labels: Labels;
  readonly fired: number;
  readonly firingMs: number;
}

/** What one rule would have done between `from` and `to`. */
export interface RuleOutcome {
  readonly rule: string;
  /** Episodes that began to fire. */
  readonly fired: number;
  /** Of these, how many ended and fired again within ten minutes. */
  readonly flaps: number;
  /** Episodes that ended before they fired. */
  readonly cleared: number;
  /** Alerts that fired already at `from`. */
  readonly firingAtStart: number;
  readonly firingAtEnd: number;
  /** Added up over all alerts. */
  readonly firingMs: number;
  readonly labelSets: number;
  /** Those that fired longest, at most ten. */
  readonly top: readonly LabelSetOutcome[];
  /** Messages that name an alert of the rule, over all receivers. */
  readonly messages: number;
}

export interface SideOutcome {
  readonly rules: readonly RuleOutcome[];
  /** Messages of all rules after grouping and dedupe, over all receivers. */
  readonly messages: number;
  readonly messagesByReceiver: Readonly<Record<string, number>>;
  readonly messagesByReason: Readonly<Partial<Record<NotifyReason, number>>>;
}

export interface BacktestAnswer {
  readonly from: number;
  readonly to: number;
  readonly samples: number;
  /** Samples that came too late to be taken. */
  readonly refused: number;
  readonly series: number;
  readonly outcome: SideOutcome;
  readonly against: SideOutcome | null;
}

/** What one rule says of one series or group. */
export interface VerdictAnswer {
  readonly rule: string;
  readonly labels: Labels;
  readonly verdict: Verdict;
  readonly value: number | null;
  readonly why: string;
  readonly state: 'inactive' | 'pending' | 'firing';
  /** Since when the verdict is true; null when it is not. */
  readonly since: number | null;
}

export interface EvaluateAnswer {
  readonly at: number;
  readonly verdicts: readonly VerdictAnswer[];
  /** There are more than are shown. */
  readonly more: boolean;
}

export interface ExpectedQuestion {
  readonly rule: AnomalyRule;
  /** Of the series that the rule reads. */
  readonly match: readonly Matcher[];
  /** Epoch milliseconds. */
  readonly from: number;
  readonly to: number;
}

/** One series, column by column: a row for each sample that was looked at. */
export interface ExpectedSeries {
  readonly metric: string;
  readonly labels: Labels;
  readonly timestamps: readonly number[];
  /** Null: not finite. */
  readonly values: readonly (number | null)[];
  /** Null while nothing is expected. */
  readonly low: readonly (number | null)[];
  readonly mid: readonly (number | null)[];
  readonly high: readonly (number | null)[];
  readonly score: readonly number[];
  readonly oneIn: readonly number[];
  readonly verdicts: readonly Verdict[];
}

export interface ExpectedAnswer {
  readonly from: number;
  readonly to: number;
  readonly series: readonly ExpectedSeries[];
  /** There are more series, or samples, than are shown. */
  readonly more: boolean;
}

/** Rejects with ApiError: `overloaded`, `query_too_large`, `query_timeout`, `unavailable`. */
export interface Replays {
  backtest(tenant: string, question: BacktestQuestion, signal?: AbortSignal): Promise<BacktestAnswer>;
  evaluate(tenant: string, question: EvaluateQuestion, signal?: AbortSignal): Promise<EvaluateAnswer>;
  expected(tenant: string, question: ExpectedQuestion, signal?: AbortSignal): Promise<ExpectedAnswer>;
  /** Changes of a rule that stored history proves to lose nothing that people acted on. */
  suggest(tenant: string, question: SuggestQuestion, signal?: AbortSignal): Promise<SuggestAnswer>;
}

/** What a question may cost. */
export const replayLimits = {
  spanMs: 31 * 86_400_000,
  samples: 2_000_000,
  /** Events that rules count. */
  events: 200_000,
  series: 10_000,
  rules: 100,
  timeMs: 60_000,
  /** Questions at once, over all tenants. */
  atOnce: 2,
  memoryMb: 512,
  verdicts: 1_000,
} as const;

/** A question that goes beyond a bound; the message says which. */
export class TooLarge extends Error {
  override name = 'TooLarge';
}
