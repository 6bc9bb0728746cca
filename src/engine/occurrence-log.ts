// When something occurred, of one group of a rule that counts: the newest ones, in order of time.
import { mostCounted } from '../../rules/frequency.ts';
import { firstBeyond } from './sorted.ts';

export class OccurrenceLog {
  readonly #times: number[] = [];

  get size(): number {
    return this.#times.length;
  }

  /** Answers by how many entries the log grew: the oldest makes room for one more than can be counted. */
  add(at: number, _value = ''): number {
    this.#times.splice(firstBeyond(this.#times, at), 0, at);
    if (this.#times.length <= mostCounted) return 1;
    this.#times.shift();
    return 0;
  }

  /** How many there were in (from, to]. */
  count(from: number, to: number): number {
    return firstBeyond(this.#times, to) - firstBeyond(this.#times, from);
  }

  /** Lets go of what is not after `from`, at grid time `to`; answers how many entries that were. */
  settle(from: number, _to: number): number {
    const gone = firstBeyond(this.#times, from);
    if (gone > 0) this.#times.splice(0, gone);
    return gone;
  }

  get newestAt(): number {
    return this.#times.at(-1) ?? Number.NEGATIVE_INFINITY;
  }
}
