// Short lists of numbers end to end, those of one length in one array: four bytes a number and nothing for the list.
import { grown } from './grown.ts';

interface SameLength {
  numbers: Int32Array;
  used: number;
  readonly free: number[];
}

export class NumberLists {
  readonly #byLength: SameLength[] = [];

  /** Where the lists of this length lie; good until the next `add`. */
  numbers(length: number): Int32Array {
    return this.#of(length).numbers;
  }

  /** Where a list begins in `numbers(length)`. */
  base(list: number, length: number): number {
    return list * length;
  }

  /** Keeps the first `length` of these numbers; answers the number of the list among those of its length. */
  add(from: Int32Array, length: number): number {
    const of = this.#of(length);
    const list = of.free.pop() ?? of.used++;
    const base = list * length;
    if (base + length > of.numbers.length)
      of.numbers = grown(of.numbers, new Int32Array(Math.max(length * 16, Math.ceil(base * 1.5))));
    for (let i = 0; i < length; i++) of.numbers[base + i] = from[i]!;
    return list;
  }

  remove(list: number, length: number): void {
    this.#of(length).free.push(list);
  }

  #of(length: number): SameLength {
    let of = this.#byLength[length];
    if (of === undefined) {
      of = { numbers: new Int32Array(0), used: 0, free: [] };
      this.#byLength[length] = of;
    }
    return of;
  }
}
