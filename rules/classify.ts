// How urgent something is that did not say so itself: ordered rules, the first that matches decides, and who decided is told.
import { matchesAll } from './matchers.ts';
import type { Pattern } from './pattern.ts';
import type { Category, Labels, Matcher, Severity } from './types.ts';

export interface ClassifyRule {
  readonly name: string;
  /** Of the whole type of an event, or of the `alertname` of an alert; null: any. */
  readonly type: Pattern | null;
  readonly match: readonly Matcher[];
  /** Found somewhere in the text; null: any. */
  readonly text: Pattern | null;
  readonly severity: Severity;
  /** Null: what the rule does not say. */
  readonly category: Category | null;
}

export interface Classification {
  readonly rules: readonly ClassifyRule[];
  readonly default: { readonly severity: Severity; readonly category: Category | null };
}

/** What is looked at. */
export interface Unclassified {
  readonly type: string;
  /** As the sender gave them, also a `severity` that is none of ours. */
  readonly labels: Labels;
  readonly text: string;
}

export interface Classified {
  readonly severity: Severity;
  readonly category: Category | null;
  /** The name of the rule that decided, or `default`. */
  readonly by: string;
}

/** The name of what decides when no rule does. */
export const classifiedByDefault = 'default';

/** Without a configuration everything is a warning. */
export const plainClassification: Classification = {
  rules: [],
  default: { severity: 'warning', category: null },
};

/** Of a longer text the beginning is looked at: what a regular expression costs grows with it. */
const longestText = 2_048;

/** The first rule of which everything that it asks for holds. */
export function classify(by: Classification, { type, labels, text }: Unclassified): Classified {
  const beginning = text.length > longestText ? text.slice(0, longestText) : text;
  for (const rule of by.rules) {
    if (rule.type !== null && !rule.type(type)) continue;
    if (!matchesAll(rule.match, labels)) continue;
    if (rule.text !== null && !rule.text(beginning)) continue;
    return { severity: rule.severity, category: rule.category, by: rule.name };
  }
  return { ...by.default, by: classifiedByDefault };
}
