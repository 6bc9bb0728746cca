// When something occurred, of one group of a rule that counts: the newest ones, in order of time.
import { mostCounted } from '../../rules/frequency.ts';
import { firstBeyond } from './sorted.ts';

export class OccurrenceLog {
  readonly #times: number[] = [];
  /** Beside the times, where a rule counts distinct values. */
  readonly #values: string[] | null;

  constructor(distinct: boolean) {
    this.#values = distinct ? [] : null;
  }

  get size(): number {
    return this.#times.length;
  }

  /** Answers by how many entries the log grew: the oldest makes room for one more than can be counted. */
  add(at: number, value: string): number {
    const place = firstBeyond(this.#times, at);
    this.#times.splice(place, 0, at);
    this.#values?.splice(place, 0, value);
    if (this.#times.length <= mostCounted) return 1;
    this.#times.shift();
    this.#values?.shift();
    return 0;
  }

  /** How many there were in (from, to], or how many values. */
  count(from: number, to: number): number {
    const first = firstBeyond(this.#times, from);
    const last = firstBeyond(this.#times, to);
    if (this.#values === null) return last - first;
    return new Set(this.#values.slice(first, last)).size;
  }

  /** Lets go of what is not after `until`; answers how many entries that were. */
  forget(until: number): number {
    const gone = firstBeyond(this.#times, until);
    if (gone === 0) return 0;
    this.#times.splice(0, gone);
    this.#values?.splice(0, gone);
    return gone;
  }
}
