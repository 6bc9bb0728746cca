// When the values of a label occurred, of one group of a rule that counts each once. Of a value only what a grid time can
// tell apart is kept: a flood of one value must not push out the others.
import { mostCounted } from '../../rules/frequency.ts';
import { firstBeyond } from './sorted.ts';

export class DistinctLog {
  /** In order of time. */
  readonly #times: number[] = [];
  /** Beside the times. */
  readonly #values: string[] = [];
  /** By value: its last time. */
  readonly #newest = new Map<string, number>();
  readonly #intervalMs: number;
  /** Something came since the last grid time. */
  #news = false;

  /** `intervalMs`: from grid time to grid time. */
  constructor(intervalMs: number) {
    this.#intervalMs = intervalMs;
  }

  get size(): number {
    return this.#times.length;
  }

  get newestAt(): number {
    return this.#times.at(-1) ?? Number.NEGATIVE_INFINITY;
  }

  /** Answers by how many entries the log grew. */
  add(at: number, value: string): number {
    let grown = 1;
    const newest = this.#newest.get(value);
    if (newest !== undefined && this.#firstSeenAt(newest) === this.#firstSeenAt(at)) {
      // Both are seen from the same grid time on, and the later one for longer.
      if (at <= newest) return 0;
      this.#remove(newest, value);
      grown = 0;
    }
    if (newest === undefined || at > newest) this.#newest.set(value, at);
    const place = firstBeyond(this.#times, at);
    this.#times.splice(place, 0, at);
    this.#values.splice(place, 0, value);
    this.#news = true;
    if (this.#times.length <= mostCounted) return grown;
    this.#drop(1);
    return grown - 1;
  }

  /** How many values there were in (from, to]. */
  count(from: number, to: number): number {
    return new Set(this.#values.slice(firstBeyond(this.#times, from), firstBeyond(this.#times, to))).size;
  }

  /**
   * Lets go of what is not after `from`, and of what no grid time from `to` on needs: an earlier time of a value whose later
   * one is not after `to` either. Answers how many entries that were.
   */
  settle(from: number, to: number): number {
    const before = this.#times.length;
    this.#drop(firstBeyond(this.#times, from));
    if (this.#news) this.#compact(firstBeyond(this.#times, to));
    return before - this.#times.length;
  }

  /** Of the first `end` entries the last of each value stays. */
  #compact(end: number): void {
    const seen = new Set<string>();
    let kept = end;
    for (let i = end - 1; i >= 0; i--) {
      const value = this.#values[i]!;
      if (seen.has(value)) continue;
      seen.add(value);
      kept -= 1;
      this.#times[kept] = this.#times[i]!;
      this.#values[kept] = value;
    }
    this.#times.splice(0, kept);
    this.#values.splice(0, kept);
    // What lies ahead of the grid time has still to be looked at.
    this.#news = this.#times.length > end - kept;
  }

  /** The oldest `count` entries go. */
  #drop(count: number): void {
    for (let i = 0; i < count; i++) {
      const value = this.#values[i]!;
      if (this.#newest.get(value) === this.#times[i]) this.#newest.delete(value);
    }
    this.#times.splice(0, count);
    this.#values.splice(0, count);
  }

  #remove(at: number, value: string): void {
    let place = firstBeyond(this.#times, at) - 1;
    while (this.#values[place] !== value) place -= 1;
    this.#times.splice(place, 1);
    this.#values.splice(place, 1);
  }

  /** Number of the first grid time at which it counts. */
  #firstSeenAt(at: number): number {
    return Math.ceil(at / this.#intervalMs);
  }
}
