// What a root-cause analysis answers: hypotheses, best first, each with evidence that a person can check.

export const causeCategories = [
  'resource_exhaustion',
  'change',
  'dependency_failure',
  'network',
  'traffic_surge',
  'data_storage',
  'application_fault',
] as const;
export type CauseCategory = (typeof causeCategories)[number];

export const evidenceKinds = ['alert_order', 'change', 'metric', 'dependency', 'alert_kind'] as const;

/** One thing that speaks for a hypothesis (or against it: a negative weight). */
export interface Evidence {
  readonly kind: (typeof evidenceKinds)[number];
  /** Ids of the alerts and changes that it is about; may be empty. */
  readonly refs: readonly string[];
  /** A series' metric or an edge ("a → b") that it is about; absent where there is none. */
  readonly subject?: string;
  /** What was measured, by name; units are in the names. */
  readonly figures: Readonly<Record<string, number>>;
  /** Natural logarithm of the odds that it adds. */
  readonly weight: number;
}

export interface Hypothesis {
  readonly service: string;
  readonly category: CauseCategory;
  /** 0 … 1: probability that this service is the cause. */
  readonly confidence: number;
  readonly evidence: readonly Evidence[];
}

/** `unknown` where no hypothesis reaches the confidence that is asked for; they are shown all the same. */
export interface RootCause {
  readonly verdict: 'found' | 'unknown';
  readonly hypotheses: readonly Hypothesis[];
}
