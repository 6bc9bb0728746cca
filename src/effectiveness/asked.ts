// Questions about rules as they are: what is told to the threads of them.
import { formatMatcher } from '../../rules/matchers.ts';
import { readingsOf, ruleReferences } from '../../rules/readings.ts';
import type { Rule } from '../../rules/types.ts';
import type { AskedRule, SuggestQuestion } from './questions.ts';

export function askedRule(rule: Rule): AskedRule {
  const readings = readingsOf(rule).map(({ metric, match }) => ({
    metric,
    matchers: match.map(formatMatcher),
  }));
  return { name: rule.name, enabled: rule.enabled, readings };
}

/** The rules whose alerts these ask for, and those that they ask for in turn; `rule` itself is not among them. */
export function askedBy(rule: Rule, all: readonly Rule[]): readonly Rule[] {
  const byName = new Map(all.map((other) => [other.name, other]));
  const found = new Map<string, Rule>();
  const visit = (one: Rule): void => {
    for (const name of ruleReferences(one)) {
      const other = byName.get(name);
      if (other === undefined || name === rule.name || found.has(name)) continue;
      found.set(name, other);
      visit(other);
    }
  };
  visit(rule);
  return [...found.values()];
}

/** Names of rules that are made of this one's alerts: combined with others, counted, or held back by them. */
export function namedBy({ name, labels }: Rule, all: readonly Rule[]): readonly string[] {
  return all
    .filter(
      (other) => other.name !== name && (ruleReferences(other).includes(name) || counts(other, name, labels)),
    )
    .map((other) => other.name);
}

/** Whether a rule that counts alerts may count those of this one: no matcher speaks against its name and own labels. */
function counts(other: Rule, name: string, labels: Rule['labels']): boolean {
  if (other.type !== 'frequency' || other.of !== 'alerts') return false;
  const known: Readonly<Record<string, string>> = { ...labels, alertname: name };
  return other.match.every((matcher) => {
    const value = known[matcher.name];
    return value === undefined || matcher.matches(value);
  });
}

/** What is to be asked for suggestions for a rule, of all that run beside it. */
export function suggestQuestion(
  rule: Rule,
  all: readonly Rule[],
  from: number,
  to: number,
  only: SuggestQuestion['only'] = null,
): SuggestQuestion {
  return { rule, others: askedBy(rule, all), namedBy: namedBy(rule, all), from, to, only };
}
