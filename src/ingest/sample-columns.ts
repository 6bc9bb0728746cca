// Samples as three columns that grow by doubling: 20 bytes a sample and no object.
import type { SampleRows } from './sample-rows.ts';

export class SampleColumns {
  #series = new Uint32Array(64);
  #times = new Float64Array(64);
  #values = new Float64Array(64);
  #count = 0;

  /** Time and value of a row, under another number for its series. */
  push(series: number, { times, values }: SampleRows, row: number): void {
    if (this.#count === this.#series.length) this.#grow();
    this.#series[this.#count] = series;
    this.#times[this.#count] = times[row]!;
    this.#values[this.#count] = values[row]!;
    this.#count++;
  }

  /** Samples that there is room for. */
  get capacity(): number {
    return this.#series.length;
  }

  /** Begins again in the same memory; every view is void. */
  clear(): void {
    this.#count = 0;
  }

  /** The columns so far; they share memory with this. */
  view(): { series: Uint32Array; times: Float64Array; values: Float64Array } {
    return {
      series: this.#series.subarray(0, this.#count),
      times: this.#times.subarray(0, this.#count),
      values: this.#values.subarray(0, this.#count),
    };
  }

  #grow(): void {
    const length = this.#count * 2;
    const series = new Uint32Array(length);
    series.set(this.#series);
    this.#series = series;
    const times = new Float64Array(length);
    times.set(this.#times);
    this.#times = times;
    const values = new Float64Array(length);
    values.set(this.#values);
    this.#values = values;
  }
}
