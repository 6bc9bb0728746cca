// A rule with levels has one verdict and one alert; how urgent that is depends on how far its figure is.
import { severityRank } from './severity.ts';
import { compare } from './threshold.ts';
import type { Level, Operator, Rule, Severity } from './types.ts';

/** Levels of a rule in rising urgency, and how a figure is compared with them. */
export interface Leveled {
  readonly operator: Operator;
  readonly levels: readonly Level[];
}

export function hasLevels(rule: Rule): rule is Rule & Leveled {
  return rule.type !== 'composite' && rule.levels !== undefined;
}

/**
 * The severity of the most urgent level that the figure reaches; null: it reaches none, and the verdict is false.
 *
 * `current` is the severity that the last verdict had, null where that was not true or came from silence. A level that
 * is not above it was reached before: it holds until the figure is back on the good side of its resolve threshold.
 * The figure is a number: of NaN there is no verdict.
 */
export function levelReached(
  { operator, levels }: Leveled,
  figure: number,
  current: Severity | null,
): Severity | null {
  const held = current === null ? -1 : severityRank(current);
  for (let i = levels.length - 1; i >= 0; i--) {
    const { severity, threshold, resolveThreshold } = levels[i]!;
    const limit = severityRank(severity) <= held ? (resolveThreshold ?? threshold) : threshold;
    if (compare(operator, figure, limit)) return severity;
  }
  return null;
}
