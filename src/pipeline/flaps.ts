// Flapping: an alert that begins to fire again and again. Known by when it did, over its episodes; with two bounds, so that
// one that flaps is called calm only when it does so half as often.

export interface FlappingConfig {
  /** It flaps when it began to fire so often … */
  readonly count: number;
  /** … within this time. */
  readonly windowMs: number;
}

/** Keys that fired once and never again are swept out when there are so many more than after the last sweep. */
const sweptFrom = 10_000;

export class Flaps {
  #config: FlappingConfig | null;
  /** alert key → when it began to fire, oldest first, as many as count at most; a number of its own while it is one. */
  readonly #starts = new Map<string, number | number[]>();
  #sweepAt = sweptFrom;

  constructor(config: FlappingConfig | null) {
    this.#config = config;
  }

  /** What is known stays known. */
  configure(config: FlappingConfig | null): void {
    this.#config = config;
    if (config === null) this.#starts.clear();
  }

  /** Keys in memory. */
  get size(): number {
    return this.#starts.size;
  }

  /** The alert of this key began to fire at `at`; calls come in any order of time. */
  started(key: string, at: number): void {
    if (this.#config === null) return;
    const known = this.#starts.get(key);
    if (known === undefined) {
      this.#starts.set(key, at);
      if (this.#starts.size > this.#sweepAt) this.#sweep(at);
      return;
    }
    const starts = typeof known === 'number' ? [known] : known;
    starts.push(at);
    starts.sort((a, b) => a - b);
    if (starts.length > this.#config.count) starts.shift();
    this.#starts.set(key, starts);
  }

  /** Until when it flaps, if nothing more happens; null when it does not. One that was told of (`known`) is calm later. */
  until(key: string, now: number, known: boolean): number | null {
    if (this.#config === null) return null;
    const starts = this.#starts.get(key);
    if (typeof starts !== 'object') return null;
    const { count, windowMs } = this.#config;
    const enough = known ? Math.ceil(count / 2) : count;
    const first = starts[starts.length - enough];
    if (first === undefined) return null;
    const until = first + windowMs;
    return until > now ? until : null;
  }

  /** How often it began to fire within the window, and since when; for people. */
  seen(key: string, now: number): number {
    const starts = this.#starts.get(key);
    if (this.#config === null || starts === undefined) return 0;
    const after = now - this.#config.windowMs;
    return (typeof starts === 'number' ? [starts] : starts).filter((at) => at > after).length;
  }

  #sweep(now: number): void {
    const after = now - this.#config!.windowMs;
    for (const [key, starts] of this.#starts) {
      const last = typeof starts === 'number' ? starts : starts.at(-1)!;
      if (last <= after) this.#starts.delete(key);
    }
    this.#sweepAt = Math.max(sweptFrom, 2 * this.#starts.size);
  }
}
