// Rules as they pass from one thread to another. Functions and prototypes do not: a matcher and a time interval go as
// their parts and are built again, a label set as its entries.
import { isLabelSet, labelSet } from '../../rules/labels.ts';
import { matcher } from '../../rules/matchers.ts';
import { isSyntaxProblem } from '../../rules/syntax-problem.ts';
import { compileTimeInterval, type TimeInterval } from '../../rules/time-interval.ts';
import type { TimeIntervalSpec } from '../../rules/time-interval-spec.ts';
import type { Matcher, Rule } from '../../rules/types.ts';

/** What a thread can send. */
export type Portable =
  | { readonly kind: 'plain'; readonly value: unknown }
  | { readonly kind: 'list'; readonly items: readonly Portable[] }
  | { readonly kind: 'matcher'; readonly name: string; readonly op: Matcher['op']; readonly value: string }
  | { readonly kind: 'interval'; readonly name: string; readonly spec: readonly TimeIntervalSpec[] }
  | { readonly kind: 'labels'; readonly entries: readonly (readonly [string, string])[] }
  | { readonly kind: 'object'; readonly entries: readonly (readonly [string, Portable])[] };

export function portableRule(rule: Rule): Portable {
  return portable(rule);
}

/** The rule that was made portable. */
export function ruleOf(from: Portable): Rule {
  return revived(from) as Rule;
}

export function portable(value: unknown): Portable {
  if (typeof value !== 'object' || value === null) return { kind: 'plain', value };
  if (Array.isArray(value)) return { kind: 'list', items: value.map(portable) };
  if (isMatcher(value)) return { kind: 'matcher', name: value.name, op: value.op, value: value.value };
  if (isTimeInterval(value)) return { kind: 'interval', name: value.name, spec: value.spec };
  const entries = Object.entries(value);
  if (isLabelSet(value)) return { kind: 'labels', entries: Object.entries(value) };
  return { kind: 'object', entries: entries.map(([name, own]) => [name, portable(own)] as const) };
}

function isMatcher(value: object): value is Matcher {
  return 'matches' in value && typeof value.matches === 'function';
}

function isTimeInterval(value: object): value is TimeInterval {
  return 'nextChange' in value && typeof value.nextChange === 'function';
}

export function revived(from: Portable): unknown {
  switch (from.kind) {
    case 'plain':
      return from.value;
    case 'list':
      return from.items.map(revived);
    case 'matcher': {
      const built = matcher(from.name, from.op, from.value);
      // It was built once already.
      if (isSyntaxProblem(built)) throw new Error(`a matcher that cannot be built again: ${built.problem}`);
      return built;
    }
    case 'interval':
      return compileTimeInterval(from.name, from.spec);
    case 'labels':
      return labelSet(from.entries);
    case 'object':
      return Object.fromEntries(from.entries.map(([name, own]) => [name, revived(own)]));
  }
}
