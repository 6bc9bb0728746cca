// Which series' newest sample this process evaluated in a turn that was stored. Only then does the same sample once more
// say nothing: what it changed before may be lost with its turn, or with the process.
import { grown } from '../ingest/grown.ts';

export class StoredSamples {
  #turn = new Int32Array(1_024);
  #count = 0;
  /** 1 by series; a new process has stored none. */
  #stored = new Uint8Array(1_024);

  has(series: number): boolean {
    return this.#stored[series] === 1;
  }

  /** A sample of the series is evaluated in the turn that is under way. */
  evaluated(series: number): void {
    if (this.#count === this.#turn.length)
      this.#turn = grown(this.#turn, new Int32Array(this.#turn.length * 2));
    this.#turn[this.#count++] = series;
  }

  /** What the turn changed is durable. */
  turnStored(): void {
    this.#end(1);
  }

  /** What the turn changed is not, or nobody knows. */
  turnLost(): void {
    this.#end(0);
  }

  #end(mark: 0 | 1): void {
    for (let i = 0; i < this.#count; i++) {
      const series = this.#turn[i]!;
      if (series >= this.#stored.length)
        this.#stored = grown(this.#stored, new Uint8Array(Math.max(series + 1, this.#stored.length * 2)));
      this.#stored[series] = mark;
    }
    this.#count = 0;
  }
}
