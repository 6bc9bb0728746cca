// Finds which of many sets of matchers take a label set without trying each of them: every set is filed under one of its
// matchers that an absent label does not satisfy, by value where that is an equality, else by what its label's values
// were found to satisfy. A thousand silences cost a label set some ten look-ups.
import { matchesAll } from '../../rules/matchers.ts';
import type { Labels, Matcher } from '../../rules/types.ts';

export interface Matched {
  readonly matchers: readonly Matcher[];
}

/** Values of one label whose answers are kept; beyond that all of them are found anew. */
const mostAnswers = 10_000;

/** What is filed under one label name. */
class Drawer<T> {
  /** By the value that an equality matcher asks for. */
  readonly equal = new Map<string, Set<T>>();
  /** Under matchers that have to be asked. */
  readonly asked = new Map<T, Matcher>();
  readonly #answers = new Map<string, readonly T[]>();

  /** Those of `asked` whose matcher takes the value. */
  taking(value: string): readonly T[] {
    const known = this.#answers.get(value);
    if (known) return known;
    const found: T[] = [];
    for (const [item, matcher] of this.asked) if (matcher.matches(value)) found.push(item);
    if (this.#answers.size >= mostAnswers) this.#answers.clear();
    this.#answers.set(value, found);
    return found;
  }

  forget(): void {
    this.#answers.clear();
  }
}

export class MatcherIndex<T extends Matched> {
  readonly #drawers = new Map<string, Drawer<T>>();
  /** Sets that a label set without labels could satisfy. */
  readonly #always = new Set<T>();

  add(item: T): void {
    const primary = this.#primary(item);
    if (primary === null) {
      this.#always.add(item);
      return;
    }
    let drawer = this.#drawers.get(primary.name);
    if (!drawer) {
      drawer = new Drawer();
      this.#drawers.set(primary.name, drawer);
    }
    if (primary.op === '=') {
      const known = drawer.equal.get(primary.value);
      if (known) known.add(item);
      else drawer.equal.set(primary.value, new Set([item]));
    } else {
      drawer.asked.set(item, primary);
      drawer.forget();
    }
  }

  remove(item: T): void {
    this.#always.delete(item);
    for (const { name, op, value } of item.matchers) {
      const drawer = this.#drawers.get(name);
      if (!drawer) continue;
      const equal = op === '=' ? drawer.equal.get(value) : undefined;
      equal?.delete(item);
      if (equal?.size === 0) drawer.equal.delete(value);
      if (drawer.asked.delete(item)) drawer.forget();
      if (drawer.equal.size === 0 && drawer.asked.size === 0) this.#drawers.delete(name);
    }
  }

  /** All whose matchers take the label set, in no order that means something. */
  matching(labels: Labels): T[] {
    const found: T[] = [];
    for (const item of this.#always) if (matchesAll(item.matchers, labels)) found.push(item);
    if (this.#drawers.size === 0) return found;
    for (const name in labels) {
      const drawer = this.#drawers.get(name);
      if (!drawer) continue;
      const value = labels[name]!;
      for (const item of drawer.equal.get(value) ?? [])
        if (matchesAll(item.matchers, labels)) found.push(item);
      if (drawer.asked.size === 0) continue;
      for (const item of drawer.taking(value)) if (matchesAll(item.matchers, labels)) found.push(item);
    }
    return found;
  }

  /** The equality that the fewest others are filed under, else any matcher that the absent label fails. */
  #primary({ matchers }: T): Matcher | null {
    let best: Matcher | null = null;
    let fewest = Number.POSITIVE_INFINITY;
    for (const matcher of matchers) {
      if (matcher.op === '=' && matcher.value !== '') {
        const count = this.#drawers.get(matcher.name)?.equal.get(matcher.value)?.size ?? 0;
        if (count < fewest) [best, fewest] = [matcher, count];
      } else if (best === null && !matcher.matches('')) best = matcher;
    }
    return best;
  }
}
