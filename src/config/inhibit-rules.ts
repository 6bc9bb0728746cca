// What holds back what, as the file says it: inhibition rules as Alertmanager has them, and services that depend on others.
import { formatMatcher, matcher } from '../../rules/matchers.ts';
import { isSyntaxProblem } from '../../rules/syntax-problem.ts';
import type { Matcher } from '../../rules/types.ts';
import type { InhibitRule } from '../pipeline/routing.ts';
import type { RoutingInput } from './routing-schema.ts';
import type { Path } from './source.ts';

/** Pairs of a service and one above it, at any remove. */
const mostPairs = 10_000;

export function inhibitRulesOf(
  { inhibit_rules: rules = [], dependencies }: RoutingInput,
  complain: (path: Path, message: string) => void,
): InhibitRule[] {
  const written = rules.map(
    (rule): InhibitRule => ({
      name: rule.name ?? `${shown(rule.source_matchers)} over ${shown(rule.target_matchers)}`,
      source: rule.source_matchers,
      target: rule.target_matchers,
      equal: rule.equal ?? [],
    }),
  );
  return dependencies === undefined ? written : [...written, ...dependencyRules(dependencies, complain)];
}

const shown = (matchers: readonly Matcher[]) => `{${matchers.map(formatMatcher).join(', ')}}`;

/** A service whose parent is down is held back by it, and so is what depends on the service in its turn. */
function dependencyRules(
  {
    label,
    depends_on: parents,
    equal = [],
    source_matchers: down = [],
  }: NonNullable<RoutingInput['dependencies']>,
  complain: (path: Path, message: string) => void,
): InhibitRule[] {
  const of = new Map(Object.entries(parents));
  const circle = circleIn(of);
  if (circle !== null) {
    const path = ['dependencies', 'depends_on', circle[0]!];
    complain(path, `depends on itself: ${circle.join(' → ')}`);
    return [];
  }
  const rules: InhibitRule[] = [];
  for (const child of of.keys()) {
    for (const parent of above(child, of)) {
      if (rules.length >= mostPairs) {
        complain(
          ['dependencies', 'depends_on'],
          `expected at most ${mostPairs} pairs of a service and one above it`,
        );
        return [];
      }
      rules.push({
        name: `${child} depends on ${parent}`,
        source: [is(label, parent), ...down],
        target: [is(label, child)],
        equal,
      });
    }
  }
  return rules;
}

function is(name: string, value: string): Matcher {
  const built = matcher(name, '=', value);
  if (isSyntaxProblem(built)) throw new Error(built.problem); // only a pattern can be wrong
  return built;
}

/** Everything above a service, nearest first. */
function above(service: string, parents: ReadonlyMap<string, readonly string[]>): ReadonlySet<string> {
  const found = new Set(parents.get(service));
  for (const one of found) for (const parent of parents.get(one) ?? []) found.add(parent);
  return found;
}

/** The services of a circle, the first one at both ends; null when there is none. */
function circleIn(parents: ReadonlyMap<string, readonly string[]>): string[] | null {
  const done = new Set<string>();
  for (const start of parents.keys()) {
    // Without recursion: a file may have a long chain.
    const path: string[] = [];
    const onPath = new Set<string>();
    const open: { readonly service: string; readonly left: boolean }[] = [{ service: start, left: false }];
    for (let at = open.pop(); at !== undefined; at = open.pop()) {
      const { service, left } = at;
      if (left) {
        path.pop();
        onPath.delete(service);
        done.add(service);
        continue;
      }
      if (onPath.has(service)) return [...path.slice(path.indexOf(service)), service];
      if (done.has(service)) continue;
      path.push(service);
      onPath.add(service);
      open.push({ service, left: true });
      for (const parent of parents.get(service) ?? []) open.push({ service: parent, left: false });
    }
  }
  return null;
}
