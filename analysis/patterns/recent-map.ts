// A map that forgets: it holds at most so many entries, and never forgets one of the latest half of them. Two generations;
// when the young one is full it becomes the old one, and what was in the old one is gone (one Map in the order of use would
// wade through what it deleted at each eviction: 15 us at 4,000 entries).

export class RecentMap<V> {
  #young = new Map<string, V>();
  #old = new Map<string, V>();
  readonly #generation: number;

  constructor(most: number) {
    this.#generation = Math.max(1, Math.floor(most / 2));
  }

  /** At least as many as there are: what is in both generations counts twice. */
  get size(): number {
    return this.#young.size + this.#old.size;
  }

  /** The entry, as the latest used one. */
  use(key: string): V | undefined {
    const young = this.#young.get(key);
    if (young !== undefined) return young;
    const old = this.#old.get(key);
    if (old !== undefined) this.set(key, old);
    return old;
  }

  set(key: string, value: V): void {
    if (this.#young.size >= this.#generation && !this.#young.has(key)) {
      this.#old = this.#young;
      this.#young = new Map();
    }
    this.#young.set(key, value);
  }

  /** The entry, made where there is none. */
  useOr(key: string, make: () => V): V {
    const known = this.use(key);
    if (known !== undefined) return known;
    const made = make();
    this.set(key, made);
    return made;
  }

  /** All that is held, for those who count it. */
  values(): V[] {
    return [...this.#young.values(), ...this.#old.values()];
  }
}
