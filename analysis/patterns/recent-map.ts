// A map that forgets: above its size the entry that was used the longest ago goes.

export class RecentMap<V> {
  readonly #entries = new Map<string, V>();
  readonly #most: number;

  constructor(most: number) {
    this.#most = most;
  }

  get size(): number {
    return this.#entries.size;
  }

  /** The entry, as the latest used one. */
  use(key: string): V | undefined {
    const value = this.#entries.get(key);
    if (value === undefined) return undefined;
    this.#entries.delete(key);
    this.#entries.set(key, value);
    return value;
  }

  set(key: string, value: V): void {
    this.#entries.delete(key);
    this.#entries.set(key, value);
    if (this.#entries.size <= this.#most) return;
    for (const oldest of this.#entries.keys()) {
      this.#entries.delete(oldest);
      return;
    }
  }

  /** The entry, made where there is none. */
  useOr(key: string, make: () => V): V {
    const known = this.use(key);
    if (known !== undefined) return known;
    const made = make();
    this.set(key, made);
    return made;
  }

  delete(key: string): void {
    this.#entries.delete(key);
  }

  /** From the one that was used the longest ago to the latest. */
  entries(): IterableIterator<[string, V]> {
    return this.#entries.entries();
  }
}
