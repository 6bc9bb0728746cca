// Which rules name which others, and what can be wrong with that only between them: a name that nobody has, and rules
// that name one another in a circle. Names are of one tenant. One rule may be read from a file, another from the API.
import { didYouMean } from './did-you-mean.ts';
import { ruleReferences } from './readings.ts';
import type { Condition, Problem, Rule } from './types.ts';

/** One condition over another rule: whose it is, whom it names, and where that stands. */
export interface RuleReference {
  readonly tenant: string;
  readonly rule: string;
  readonly names: string;
  readonly file: string;
  /** Both start at 1; of the condition where that is known, else of the rule. */
  readonly line: number;
  readonly column: number;
  /** Dotted path, e.g. `conditions.1.any.0.rule`; in a file it begins with `rules.0`. */
  readonly path: string;
}

/** The nearest name is looked for so often: it is compared with every name of the tenant. */
const mostHints = 3;

/** Where in its conditions a rule names which others. */
export function referencePaths(
  rule: Rule,
): readonly { readonly names: string; readonly path: readonly (string | number)[] }[] {
  if (rule.type !== 'composite') return [];
  const found: { names: string; path: (string | number)[] }[] = [];
  const visit = (one: Condition, path: (string | number)[]): void => {
    if (one.kind === 'rule') found.push({ names: one.rule, path: [...path, 'rule'] });
    else if (one.kind === 'not') visit(one.of, [...path, 'not']);
    else if (one.kind !== 'reading') {
      const list = one.kind === 'at_least' ? 'of' : one.kind;
      one.of.forEach((inner, i) => void visit(inner, [...path, list, i]));
    }
  };
  // The outermost list is the key `conditions`, however it is joined.
  const { condition } = rule;
  const outermost = 'of' in condition && condition.kind !== 'not' ? condition.of : [condition];
  outermost.forEach((one, i) => void visit(one, ['conditions', i]));
  return found;
}

/** The references of rules of which no more is known than where each rule stands. */
export function referencesOf(rules: readonly Rule[]): readonly RuleReference[] {
  return rules.flatMap((rule) => {
    const { origin } = rule;
    const { file, line, column } = origin.kind === 'file' ? origin : { file: 'api', line: 1, column: 1 };
    return referencePaths(rule).map(({ names, path }) => ({
      ...{ tenant: rule.tenant, rule: rule.name, names, file, line, column },
      path: path.join('.'),
    }));
  });
}

/**
 * What is wrong with the references between rules, which are all there are: names that no rule of the tenant has, and
 * circles. A rule that is disabled may be named: it has no alerts. `references` are those of the rules, with their places.
 */
export function unknownReferences(
  rules: readonly Rule[],
  references: readonly RuleReference[] = referencesOf(rules),
): readonly Problem[] {
  if (references.length === 0) return [];
  const names = new Map<string, Set<string>>();
  for (const { tenant, name } of rules) {
    const own = names.get(tenant);
    if (own) own.add(name);
    else names.set(tenant, new Set([name]));
  }
  const problems: Problem[] = [];
  let hints = 0;
  for (const reference of references) {
    const known = names.get(reference.tenant) ?? new Set<string>();
    if (known.has(reference.names)) continue;
    const near = hints++ < mostHints ? didYouMean(reference.names, [...known]) : undefined;
    const hint = near === undefined ? '' : `; did you mean ${JSON.stringify(near)}?`;
    problems.push(problemAt(reference, `there is no rule ${JSON.stringify(reference.names)}${hint}`));
  }
  problems.push(...circles(references));
  return problems;
}

/** Rules that depend on one another in a circle: none of them would hold back any other. */
export function dependencyCircles(rules: readonly Rule[]): readonly Problem[] {
  const references = rules.flatMap((rule) => {
    const { origin } = rule;
    const { file, line, column } = origin.kind === 'file' ? origin : { file: 'api', line: 1, column: 1 };
    return (rule.dependsOn ?? []).map(({ rule: names }, i) => ({
      ...{ tenant: rule.tenant, rule: rule.name, names, file, line, column },
      path: `depends_on.${i}`,
    }));
  });
  return circles(references);
}

function problemAt({ file, line, column, path }: RuleReference, message: string): Problem {
  return { file, line, column, path, message };
}

const within = ({ tenant }: RuleReference, name: string): string => `${tenant}\0${name}`;

/** Each circle once, told at the first of its references. */
function circles(references: readonly RuleReference[]): readonly Problem[] {
  const byRule = new Map<string, RuleReference[]>();
  for (const reference of references) {
    const rule = within(reference, reference.rule);
    const own = byRule.get(rule);
    if (own) own.push(reference);
    else byRule.set(rule, [reference]);
  }
  const named = new Map([...byRule].map(([rule, own]) => [rule, own.map((one) => within(one, one.names))]));
  const ranks = ranksBy(named);
  // Whoever has no rank names somebody without one: following them ends in a circle.
  const endless = (name: string) => byRule.has(name) && !ranks.has(name);
  const problems: Problem[] = [];
  const seen = new Set<string>();
  for (const rule of byRule.keys()) {
    const walk: RuleReference[] = [];
    let at = rule;
    while (endless(at) && !seen.has(at)) {
      seen.add(at);
      const next = byRule.get(at)!.find((one) => endless(within(one, one.names)))!;
      walk.push(next);
      at = within(next, next.names);
    }
    const from = walk.findIndex((step) => within(step, step.rule) === at);
    if (from === -1) continue;
    const circle = walk.slice(from);
    const told = [...circle, circle[0]!].map((step) => JSON.stringify(step.rule)).join(' → ');
    const message =
      circle.length === 1 ? 'a rule cannot name itself' : `these rules name one another in a circle: ${told}`;
    problems.push(problemAt(circle[0]!, message));
  }
  return problems;
}

/**
 * By name of a rule that names others: by how many rules one after the other its verdict comes later than those of rules
 * that name none (which are not in the map and count as 0). Rules in a circle, and those that lead there, have none.
 */
export function ranksOf(rules: readonly Rule[]): ReadonlyMap<string, number> {
  const named = new Map<string, readonly string[]>();
  for (const rule of rules) {
    const names = ruleReferences(rule);
    if (names.length > 0) named.set(rule.name, names);
  }
  return ranksBy(named);
}

function ranksBy(named: ReadonlyMap<string, readonly string[]>): ReadonlyMap<string, number> {
  const ranks = new Map<string, number>();
  const waiting = new Map<string, number>();
  const referrers = new Map<string, string[]>();
  for (const [rule, names] of named) {
    const open = [...new Set(names)].filter((name) => named.has(name));
    waiting.set(rule, open.length);
    for (const name of open) {
      const own = referrers.get(name);
      if (own) own.push(rule);
      else referrers.set(name, [rule]);
    }
  }
  let layer = [...named.keys()].filter((rule) => waiting.get(rule) === 0);
  for (let rank = 1; layer.length > 0; rank++) {
    const next: string[] = [];
    for (const rule of layer) {
      ranks.set(rule, rank);
      for (const referrer of referrers.get(rule) ?? []) {
        const open = waiting.get(referrer)! - 1;
        waiting.set(referrer, open);
        if (open === 0) next.push(referrer);
      }
    }
    layer = next;
  }
  return ranks;
}

/** The rules that name this one. */
export function referrersOf(name: string, rules: readonly Rule[]): readonly Rule[] {
  return rules.filter((rule) => ruleReferences(rule).includes(name));
}
