// How many rows a turn may commit: 200 at most, and fewer where the disk or the processor is slow, because everybody waits
// for the commit of the turn that is under way. What a commit costs is learned from the commits themselves, as a part that
// every commit has (the sync) and a part per row. Where the sync is slow a small turn would gain nothing and cost
// throughput, so a turn may always take as long again as its sync.

/** The most that a turn may hold, about. */
const mostRows = 200;
/** Below this the fixed part of a commit would be most of it. */
const leastRows = 30;
/** What a commit should take, milliseconds. */
const aimMs = 1.5;
/** What an earlier commit weighs against the one after it. */
const fading = 0.99;
/** A stall of the disk says nothing about rows. */
const longestMs = 25;

export class TurnBudget {
  #rows = mostRows;
  // Sums of the fading least squares of milliseconds over rows.
  #n = 0;
  #x = 0;
  #xx = 0;
  #y = 0;
  #xy = 0;

  /** Rows that the next turn may hold; a turn ends with the step that reaches it. */
  get rows(): number {
    return this.#rows;
  }

  /** A commit of so many rows took so long. */
  committed(rows: number, ms: number): void {
    const y = Math.min(ms, longestMs);
    this.#n = this.#n * fading + 1;
    this.#x = this.#x * fading + rows;
    this.#xx = this.#xx * fading + rows * rows;
    this.#y = this.#y * fading + y;
    this.#xy = this.#xy * fading + rows * y;
    const spread = this.#n * this.#xx - this.#x * this.#x;
    // Commits of one size do not tell the two parts apart: what was learned before stays.
    if (spread < this.#n * this.#n) return;
    const perRow = Math.max(0, (this.#n * this.#xy - this.#x * this.#y) / spread);
    const fixed = Math.max(0, (this.#y - perRow * this.#x) / this.#n);
    const aim = Math.max(aimMs, 2 * fixed);
    this.#rows =
      perRow === 0 ? mostRows : Math.min(mostRows, Math.max(leastRows, Math.round((aim - fixed) / perRow)));
  }
}
