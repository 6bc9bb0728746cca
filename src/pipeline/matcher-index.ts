// Finds which of many sets of matchers take a label set without trying each of them: every set is filed under one of its
// matchers that an absent label does not satisfy, by value where that is an equality, else by what its label's values
// were found to satisfy. A thousand silences cost a label set some ten look-ups.
import { matchesAll } from '../../rules/matchers.ts';
import type { Labels, Matcher } from '../../rules/types.ts';

export interface Matched {
  readonly matchers: readonly Matcher[];
}

/** Values of one label whose answers are kept (some 10 MB); beyond that all of them are found anew. */
const mostAnswers = 100_000;

/** A set that is filed under a matcher which has to be asked. */
interface Asked<T> {
  readonly item: T;
  readonly matcher: Matcher;
  /** What it takes begins so: asked first, since a regular expression costs microseconds. */
  readonly prefix: string;
}

/** With what every value begins that the matcher takes, as far as that is plain to see. */
function prefixOf({ op, value }: Matcher): string {
  if (op !== '=~' || value.includes('|')) return '';
  const [plain = ''] = /^[^.^$*+?()[\]{}\\]*/u.exec(value) ?? [];
  // The last character before one of these may be left out.
  const next = value[plain.length];
  return next === '*' || next === '?' || next === '{' ? [...plain].slice(0, -1).join('') : plain;
}

/** What was found of a value, by the first `asked` of those there are to ask and after so many were taken away. */
interface Answer<T> {
  found: readonly Asked<T>[];
  asked: number;
  removed: number;
}

const none: readonly never[] = [];

/** What is filed under one label name. */
class Drawer<T> {
  /** By the value that an equality matcher asks for. */
  readonly equal = new Map<string, Set<T>>();
  readonly #asked = new Map<T, Asked<T>>();
  /** In the order in which they came, also those that are gone: an answer goes on from where it was. */
  #order: Asked<T>[] = [];
  #removed = 0;
  readonly #answers = new Map<string, Answer<T>>();
  /** By the prefix: a value that is new here asks those alone that begin as it does. */
  readonly #byPrefix = new Map<string, Set<Asked<T>>>();
  /** Length of prefixes → how many prefixes have it. */
  readonly #lengths = new Map<number, number>();

  get empty(): boolean {
    return this.equal.size === 0 && this.#asked.size === 0;
  }

  ask(item: T, matcher: Matcher): void {
    const asked = { item, matcher, prefix: prefixOf(matcher) };
    this.#asked.set(item, asked);
    this.#order.push(asked);
    const { prefix } = asked;
    const same = this.#byPrefix.get(prefix);
    if (same) {
      same.add(asked);
      return;
    }
    this.#byPrefix.set(prefix, new Set([asked]));
    this.#lengths.set(prefix.length, (this.#lengths.get(prefix.length) ?? 0) + 1);
  }

  remove(item: T): void {
    const asked = this.#asked.get(item);
    if (!asked) return;
    this.#asked.delete(item);
    this.#removed += 1;
    const { prefix } = asked;
    const same = this.#byPrefix.get(prefix)!;
    same.delete(asked);
    if (same.size === 0) {
      this.#byPrefix.delete(prefix);
      const left = this.#lengths.get(prefix.length)! - 1;
      if (left === 0) this.#lengths.delete(prefix.length);
      else this.#lengths.set(prefix.length, left);
    }
    if (this.#order.length <= 2 * this.#asked.size + 64) return;
    this.#order = [...this.#asked.values()];
    this.#answers.clear();
  }

  /** Those of the asked whose matcher takes the value. */
  taking(value: string): readonly Asked<T>[] {
    if (this.#asked.size === 0) return none;
    let answer = this.#answers.get(value);
    if (!answer) {
      if (this.#answers.size >= mostAnswers) this.#answers.clear();
      answer = { found: this.#ask(value), asked: this.#order.length, removed: this.#removed };
      this.#answers.set(value, answer);
    }
    if (answer.removed === this.#removed && answer.asked === this.#order.length) return answer.found;
    const isFiled = (asked: Asked<T>) => this.#asked.get(asked.item) === asked;
    if (answer.removed !== this.#removed) {
      answer.found = answer.found.filter(isFiled);
      answer.removed = this.#removed;
    }
    if (answer.asked < this.#order.length) {
      const news: Asked<T>[] = [];
      for (let i = answer.asked; i < this.#order.length; i++) {
        const asked = this.#order[i]!;
        if (value.startsWith(asked.prefix) && isFiled(asked) && asked.matcher.matches(value))
          news.push(asked);
      }
      if (news.length > 0) answer.found = [...answer.found, ...news];
      answer.asked = this.#order.length;
    }
    return answer.found;
  }

  #ask(value: string): readonly Asked<T>[] {
    const found: Asked<T>[] = [];
    for (const length of this.#lengths.keys()) {
      if (length > value.length) continue;
      for (const asked of this.#byPrefix.get(value.slice(0, length)) ?? none)
        if (asked.matcher.matches(value)) found.push(asked);
    }
    return found.length === 0 ? none : found;
  }
}

/** Of one that is filed under a matcher which takes the label set: where that is the only one it need not be asked again. */
const takes = ({ matchers }: Matched, labels: Labels) =>
  matchers.length === 1 || matchesAll(matchers, labels);

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
      drawer.ask(item, primary);
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
      drawer.remove(item);
      if (drawer.empty) this.#drawers.delete(name);
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
      for (const item of drawer.equal.get(value) ?? none) if (takes(item, labels)) found.push(item);
      for (const { item } of drawer.taking(value)) if (takes(item, labels)) found.push(item);
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
