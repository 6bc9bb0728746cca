// What a source of the collector gives, and how rates come out of counters.

export interface Reading {
  readonly metric: string;
  readonly value: number;
  /** Beside `host`, which every reading gets. */
  readonly labels?: Readonly<Record<string, string>>;
}

/** One kind of measurement, read at `now` (epoch milliseconds). It may keep its last counters to form a rate. */
export interface Source {
  readonly name: string;
  read(now: number): readonly Reading[] | Promise<readonly Reading[]>;
}

interface Counter {
  readonly at: number;
  readonly total: number;
}

/** Turns counters into rates. */
export class Rates {
  #last = new Map<string, Counter>();
  #seen = new Map<string, Counter>();

  /** Growth per second since the last round; null for the first one and after a counter went back. */
  perSecond(name: string, total: number, now: number): number | null {
    const before = this.#last.get(name);
    this.#seen.set(name, { at: now, total });
    if (before === undefined || now <= before.at || total < before.total) return null;
    return ((total - before.total) * 1_000) / (now - before.at);
  }

  /** Ends a round: what was not seen in it is forgotten. */
  endRound(): void {
    this.#last = this.#seen;
    this.#seen = new Map();
  }
}
