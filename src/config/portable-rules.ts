// Rules as they pass from one thread to another. Functions and prototypes do not: a matcher and a time interval go as
// their parts and are built again, a label set as its names and values. Most of a rule is plain and goes as it stands.
import { emptyLabels, isLabelSet, labelsInOrder } from '../../rules/labels.ts';
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
  | { readonly kind: 'labels'; readonly names: readonly string[]; readonly values: readonly string[] }
  /** An object of which only `made` are to be built again: of these `value` has what they are made of. */
  | {
      readonly kind: 'object';
      readonly value: Readonly<Record<string, unknown>>;
      readonly made: readonly string[];
    };

export function portableRule(rule: Rule): Portable {
  return portable(rule);
}

/** The rule that was made portable. */
export function ruleOf(from: Portable): Rule {
  return revived(from) as Rule;
}

export function portable(value: unknown): Portable {
  return parts(value) ?? { kind: 'plain', value };
}

/** Null: it can be sent as it stands. */
function parts(value: unknown): Portable | null {
  if (typeof value !== 'object' || value === null) return null;
  if (Array.isArray(value))
    return value.some((item) => parts(item) !== null) ? { kind: 'list', items: value.map(portable) } : null;
  if (isMatcher(value)) return { kind: 'matcher', name: value.name, op: value.op, value: value.value };
  if (isTimeInterval(value)) return { kind: 'interval', name: value.name, spec: value.spec };
  if (isLabelSet(value)) return { kind: 'labels', names: Object.keys(value), values: Object.values(value) };
  let copy: Record<string, unknown> | null = null;
  const made: string[] = [];
  for (const name of Object.keys(value)) {
    const own = parts((value as Readonly<Record<string, unknown>>)[name]);
    if (own === null) continue;
    copy ??= { ...value };
    copy[name] = own;
    made.push(name);
  }
  return copy === null ? null : { kind: 'object', value: copy, made };
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
      return from.names.length === 0 ? emptyLabels : labelsInOrder(from.names, from.values);
    case 'object': {
      const object: Record<string, unknown> = { ...from.value };
      for (const name of from.made) object[name] = revived(object[name] as Portable);
      return object;
    }
  }
}
