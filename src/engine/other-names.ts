// Names of deliveries that are in no row: the id of a call that carried several of them and had no answer, and the
// provider's id of a message that was lost before another channel took over. Kept in memory for a while: whoever is not
// found by them is sent again, or stays where it is.

const keptMs = 3_600_000;
const mostNames = 10_000;

interface Named {
  readonly at: number;
  readonly ids: Set<string>;
}

export class OtherNames {
  /** Oldest first. */
  readonly #byName = new Map<string, Named>();

  add(name: string, id: string, now: number): void {
    const known = this.#byName.get(name);
    if (known) known.ids.add(id);
    else this.#byName.set(name, { at: now, ids: new Set([id]) });
    for (const [oldest, { at }] of this.#byName) {
      if (this.#byName.size <= mostNames && at > now - keptMs) break;
      this.#byName.delete(oldest);
    }
  }

  of(name: string, now: number): readonly string[] {
    const known = this.#byName.get(name);
    return known && known.at > now - keptMs ? [...known.ids] : [];
  }
}
