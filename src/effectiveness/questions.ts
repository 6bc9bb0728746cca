// What can be asked of how rules do, and the answers. Plain data: both pass between threads.
import type { Change, Goal, RankedRule } from '../../analysis/effectiveness/index.ts';
import type { Rule } from '../../rules/types.ts';

/** A rule as far as its figures are concerned. */
export interface AskedRule {
  readonly name: string;
  readonly enabled: boolean;
  /** What it reads of series, matchers as text; empty where it reads none. */
  readonly readings: readonly { readonly metric: string; readonly matchers: readonly string[] }[];
}

export interface EffectivenessQuery {
  readonly ask: 'effectiveness';
  readonly tenant: string;
  /** Those that there are; episodes of others are told of too. */
  readonly rules: readonly AskedRule[];
  /** Epoch milliseconds; `to` is not in it. */
  readonly from: number;
  readonly to: number;
  readonly now: number;
}

export interface EffectivenessAnswer {
  /** The most worth first. */
  readonly rules: readonly RankedRule[];
}

export interface SuggestQuestion {
  readonly rule: Rule;
  /** Rules that it asks for, and they in turn. */
  readonly others: readonly Rule[];
  /** Another rule is made of its alerts: to change it would change that one too. */
  readonly namedBy: readonly string[];
  /** Epoch milliseconds. */
  readonly from: number;
  readonly to: number;
  /** Only whether this loses anything, whatever it saves. */
  readonly only: { readonly goal: Goal; readonly change: Change } | null;
}

/** Why there is no suggestion. */
export const silences = {
  never_fired: 'it did not fire in this span',
  named_by_others: 'other rules are made of its alerts',
  nothing_to_tune: 'it has no key that could be moved',
  not_reproduced:
    'a replay of the stored samples does not tell of every alert that people acted on, so that nothing can be proven',
  nothing_found: 'no change that was tried does enough and loses nothing that people acted on',
} as const;
export type Silence = keyof typeof silences;

/** A change that was replayed on the stored samples and loses nothing that people acted on. */
export interface ProvenSuggestion {
  readonly goal: Goal;
  readonly change: Change;
  /** The change as keys of a rule. */
  readonly patch: Readonly<Record<string, string | number>>;
  /** Content hash of the rule with it. */
  readonly hash: string;
  /** As the rule is, and as it would be: alerts, and messages after grouping, dedupe and repeats. */
  readonly alerts: { readonly before: number; readonly after: number };
  readonly messages: { readonly before: number; readonly after: number };
  /** How much later the alerts that people acted on would come at most, and in the median; negative: earlier. */
  readonly latestMs: number;
  readonly medianMs: number;
  readonly text: string;
}

export interface SuggestAnswer {
  readonly from: number;
  readonly to: number;
  /** Alerts of the span that are stored, and those of them that people acted on. */
  readonly fired: number;
  readonly actedOn: number;
  /** Versions that were replayed. */
  readonly tried: number;
  readonly suggestions: readonly ProvenSuggestion[];
  /** Null where there are suggestions. */
  readonly none: Silence | null;
}
