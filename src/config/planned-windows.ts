// Rules name planned windows, the configuration says when they are: here they meet. Rule files are read by themselves, and
// read again while the configuration stands, so this comes behind each reading.
import { didYouMean } from '../../rules/did-you-mean.ts';
import { withWindows } from '../../rules/normalise/anomaly.ts';
import type { TimeInterval } from '../../rules/time-interval.ts';
import type { AnomalyRule, Problem, Rule } from '../../rules/types.ts';
import type { TocsinConfig } from './config.ts';
import type { ReadRules } from './rule-files.ts';

/** What was read, with the windows that rules name; a name that the configuration does not know is a problem. */
export function meetWindows(read: ReadRules, config: Pick<TocsinConfig, 'routing' | 'tenants'>): ReadRules {
  const problems: Problem[] = [];
  const rules = read.rules.map((rule) => {
    if (rule.type !== 'anomaly' || rule.detection.named === undefined) return rule;
    const { routing, tenants } = config;
    const known = (tenants.get(rule.tenant) ?? routing).written?.intervals ?? new Map<string, TimeInterval>();
    return metRule(rule, known, problems);
  });
  return { ...read, rules, problems: [...read.problems, ...problems] };
}

function metRule(rule: AnomalyRule, known: ReadonlyMap<string, TimeInterval>, problems: Problem[]): Rule {
  const windows: TimeInterval[] = [];
  for (const [i, name] of (rule.detection.named ?? []).entries()) {
    const window = known.get(name);
    if (window !== undefined) windows.push(window);
    else problems.push(unknownWindow(rule, i, name, [...known.keys()]));
  }
  return withWindows(rule, windows);
}

function unknownWindow({ origin, name }: Rule, i: number, window: string, known: readonly string[]): Problem {
  const { file, line, column } = origin.kind === 'file' ? origin : { file: 'api', line: 1, column: 1 };
  const near = didYouMean(window, known);
  const hint = near === undefined ? '' : `; did you mean ${JSON.stringify(near)}?`;
  const message = `the rule ${JSON.stringify(name)} names the time interval ${JSON.stringify(window)}, which time_intervals of the configuration does not have${hint}`;
  return { file, line, column, path: `exclude_time_intervals.${i}`, message };
}
