// Labels as numbers: each pair (name, value) is stored once, however many series have it, and is forgotten with the last
// of them. A series of five labels is five numbers instead of a text of 130 bytes.

export class LabelPairs {
  readonly #byName = new Map<string, Map<string, number>>();
  readonly #names: string[] = [];
  readonly #values: string[] = [];
  /** Series that have the pair. */
  readonly #uses: number[] = [];
  readonly #free: number[] = [];

  /** The number of a pair, -1 when no series has it. */
  find(name: string, value: string): number {
    return this.#byName.get(name)?.get(value) ?? -1;
  }

  /** The number of a pair that one more series has. */
  take(name: string, value: string): number {
    let values = this.#byName.get(name);
    const known = values?.get(value);
    if (known !== undefined) {
      this.#uses[known]!++;
      return known;
    }
    const pair = this.#free.pop() ?? this.#names.length;
    if (values === undefined) {
      values = new Map();
      this.#byName.set(copyOf(name), values);
    }
    const own = copyOf(value);
    values.set(own, pair);
    // The text of the other pairs of this name, where there are some.
    this.#names[pair] = values.size === 1 ? copyOf(name) : this.#names[values.values().next().value!]!;
    this.#values[pair] = own;
    this.#uses[pair] = 1;
    return pair;
  }

  /** One series less has it. */
  giveBack(pair: number): void {
    this.#uses[pair]!--;
    if (this.#uses[pair]! > 0) return;
    const name = this.#names[pair]!;
    const values = this.#byName.get(name)!;
    values.delete(this.#values[pair]!);
    if (values.size === 0) this.#byName.delete(name);
    this.#names[pair] = '';
    this.#values[pair] = '';
    this.#free.push(pair);
  }

  name(pair: number): string {
    return this.#names[pair]!;
  }

  value(pair: number): string {
    return this.#values[pair]!;
  }
}

/** A part of a body's text would keep all of that text in memory. */
function copyOf(text: string): string {
  return JSON.parse(JSON.stringify(text)) as string;
}
