// Which labels of an alert come from its rule and not from a series.
import type { Matcher } from '../../rules/types.ts';

/** Those that no series decides. */
export const conditionLabels: ReadonlySet<string> = new Set(['alertname', 'severity']);

/**
 * Whether an alert of which these labels are known could satisfy the matchers. A label that is not among them is the
 * series' to give; `certain` are names that are as they stand here, whatever the series or a level says.
 */
export function mayHave(
  matchers: readonly Matcher[],
  labels: Readonly<Record<string, string>>,
  certain: readonly string[],
): boolean {
  return matchers.every(
    (matcher) => !certain.includes(matcher.name) || matcher.matches(labels[matcher.name] ?? ''),
  );
}
