// Inhibition: while an alert that is a source fires, what it explains is not told. After Alertmanager's inhibit.go, with
// one thing added: alerts that inhibit each other in a circle hold nobody back, else none of them would ever be told.
import { matchesAll } from '../../rules/matchers.ts';
import type { Labels, Matcher, Rule } from '../../rules/types.ts';
import { type Matched, MatcherIndex } from './matcher-index.ts';
import { routingLabels } from './route.ts';
import type { InhibitRule } from './routing.ts';
import type { AlertRow } from './rows.ts';

/** What rules depend on, as inhibition: the alerts of the one hold back those of the other. */
export function dependenciesOf(rules: Iterable<Rule>): InhibitRule[] {
  const found: InhibitRule[] = [];
  for (const { name, dependsOn } of rules)
    for (const { rule, equal } of dependsOn ?? [])
      found.push({
        name: `${name} depends on ${rule}`,
        source: [isNamed(rule)],
        target: [isNamed(name)],
        equal,
      });
  return found;
}

const isNamed = (value: string): Matcher => ({
  name: 'alertname',
  op: '=',
  value,
  matches: (text) => text === value,
});

/** A rule with the alerts that are its sources now. */
interface Ruled {
  readonly rule: InhibitRule;
  /** Values of `equal` → firing sources. */
  readonly sources: Map<string, Set<AlertRow>>;
}

/** One side of a rule. */
interface Side extends Matched {
  readonly ruled: Ruled;
}

/** A firing alert, and the rules whose source it is. */
interface Source {
  readonly alert: AlertRow;
  readonly of: readonly { readonly ruled: Ruled; readonly key: string }[];
}

/** What holds an alert back. */
export interface Inhibited {
  readonly rule: string;
  readonly source: AlertRow;
}

/** A circle is looked for so far; beyond that nobody is held back. */
const mostAncestors = 1_000;

export class Inhibition {
  readonly #bySource = new MatcherIndex<Side>();
  readonly #byTarget = new MatcherIndex<Side>();
  /** By alert id. */
  readonly #firing = new Map<string, Source>();
  readonly rules: readonly InhibitRule[];

  constructor(rules: readonly InhibitRule[]) {
    this.rules = rules;
    for (const rule of rules) {
      const ruled: Ruled = { rule, sources: new Map() };
      this.#bySource.add({ matchers: rule.source, ruled });
      this.#byTarget.add({ matchers: rule.target, ruled });
    }
  }

  /** The alert fires (or does with another severity): it may be a source from now on. */
  add(alert: AlertRow): void {
    if (this.rules.length === 0) return;
    this.remove(alert.id);
    const labels = routingLabels(alert);
    const of = this.#bySource
      .matching(labels)
      .map(({ ruled }) => ({ ruled, key: keyOf(ruled.rule, labels) }));
    if (of.length === 0) return;
    for (const { ruled, key } of of) {
      const known = ruled.sources.get(key);
      if (known) known.add(alert);
      else ruled.sources.set(key, new Set([alert]));
    }
    this.#firing.set(alert.id, { alert, of });
  }

  /** The alert does not fire any more. */
  remove(id: string): void {
    const source = this.#firing.get(id);
    if (!source) return;
    for (const { ruled, key } of source.of) {
      const sources = ruled.sources.get(key);
      sources?.delete(source.alert);
      if (sources?.size === 0) ruled.sources.delete(key);
    }
    this.#firing.delete(id);
  }

  /** What holds the alert back now; null when nothing does. */
  holding(alert: AlertRow): Inhibited | null {
    if (this.#firing.size === 0) return null;
    for (const held of this.#over(alert)) if (!this.#leadsBack(held.source, alert)) return held;
    return null;
  }

  /** Sources of the circles that go through this alert: what they held back is held back no more, not by each other. */
  circlesOf(alert: AlertRow): readonly AlertRow[] {
    if (!this.#firing.has(alert.id)) return [];
    const above = new Set<AlertRow>();
    for (const { source } of this.#over(alert)) above.add(source);
    for (const at of above) {
      if (above.size >= mostAncestors) break;
      for (const { source } of this.#over(at)) above.add(source);
    }
    return [...above].filter((source) => source.id !== alert.id && this.#leadsBack(source, alert));
  }

  /** Sources of the rules that take the alert as a target. */
  *#over(alert: AlertRow): Generator<Inhibited> {
    const labels = routingLabels(alert);
    for (const { ruled } of this.#byTarget.matching(labels)) {
      const { rule } = ruled;
      const sources = ruled.sources.get(keyOf(rule, labels));
      if (!sources) continue;
      // As Alertmanager has it: what is source and target of a rule is not held back by what is both, too; nor is its end.
      const both = matchesAll(rule.source, labels);
      for (const source of sources) {
        if (source.id === alert.id) continue;
        if (both && matchesAll(rule.target, routingLabels(source))) continue;
        yield { rule: rule.name, source };
      }
    }
  }

  /** Whether `alert` is among what holds `source` back, at any remove. */
  #leadsBack(source: AlertRow, alert: AlertRow): boolean {
    if (!this.#firing.has(alert.id)) return false;
    const seen = new Set<AlertRow>([source]);
    for (const at of seen) {
      for (const { source: above } of this.#over(at)) {
        if (above.id === alert.id || seen.size >= mostAncestors) return true;
        seen.add(above);
      }
    }
    return false;
  }
}

function keyOf({ equal }: InhibitRule, labels: Labels): string {
  return equal.map((name) => JSON.stringify(labels[name] ?? '')).join();
}
