// What is known of each pair (rule, series) between two samples: one byte, those of a series side by side in a block, and
// for the few that wait for `for` or `keep_firing_for` the time of it. A place is a pair's number in the bytes.
import { grown } from '../ingest/grown.ts';

export const lastVerdicts = ['unknown', 'false', 'true'] as const;
export type LastVerdict = (typeof lastVerdicts)[number];

/** The bits of a state. What is greater than `plain` is more than a verdict. */
export const bits = {
  /** Index into `lastVerdicts`. */
  verdict: 3,
  /** The last verdict came from silence, not from a sample: hysteresis does not apply to it. */
  quiet: 4,
  /** There is a time from which an unchanged verdict matters. */
  waits: 8,
  /** The rule minds silence, and no deadline for that is in the heap. */
  unwatched: 16,
} as const;
export const plain = bits.verdict;

/** Blocks have 8 bytes or a power of two more: one that is given back fits the next of its size. */
const sizeClass = (count: number): number => Math.max(0, 29 - Math.clz32(count - 1));

export class PairStates {
  #bytes = new Uint8Array(1_024);
  #used = 0;
  readonly #free: number[][] = [];
  readonly #wakeAt = new Map<number, number>();

  /** The state of every place; another array after `take`. */
  get bytes(): Uint8Array {
    return this.#bytes;
  }

  /** The first place of a block with these states. */
  take(states: Uint8Array): number {
    const size = sizeClass(states.length);
    const bytes = 8 << size;
    const block = this.#free[size]?.pop() ?? this.#used;
    if (block === this.#used) {
      this.#used += bytes;
      if (this.#used > this.#bytes.length)
        this.#bytes = grown(this.#bytes, new Uint8Array(Math.max(this.#used, this.#bytes.length * 2)));
    }
    this.#bytes.set(states, block);
    return block;
  }

  giveBack(block: number, count: number): void {
    for (let place = block; place < block + count; place++)
      if (this.has(place, bits.waits)) this.setWakeAt(place, Number.POSITIVE_INFINITY);
    const size = sizeClass(count);
    this.#free[size] ??= [];
    this.#free[size].push(block);
  }

  verdict(place: number): LastVerdict {
    return lastVerdicts[this.#bytes[place]! & bits.verdict]!;
  }

  setVerdict(place: number, verdict: LastVerdict): void {
    this.#bytes[place] = (this.#bytes[place]! & ~bits.verdict) | lastVerdicts.indexOf(verdict);
  }

  has(place: number, bit: number): boolean {
    return (this.#bytes[place]! & bit) !== 0;
  }

  set(place: number, bit: number, on: boolean): void {
    this.#bytes[place] = on ? this.#bytes[place]! | bit : this.#bytes[place]! & ~bit;
  }

  /** Sample time from which an unchanged verdict matters (`for`, `keep_firing_for`); Infinity: there is none. */
  wakeAt(place: number): number {
    return this.has(place, bits.waits) ? this.#wakeAt.get(place)! : Number.POSITIVE_INFINITY;
  }

  setWakeAt(place: number, at: number): void {
    const waits = at < Number.POSITIVE_INFINITY;
    if (waits) this.#wakeAt.set(place, at);
    else if (this.has(place, bits.waits)) this.#wakeAt.delete(place);
    this.set(place, bits.waits, waits);
  }
}
