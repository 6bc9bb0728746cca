// Whether the loop waits for a sync of the journal or lets it go on beside. To hear of one that went on beside takes a pass of
// the loop, several milliseconds in a storm; a good disk is done in one. What the last ones took decides, and a slow disk is
// asked again the more seldom the slower it is.

/** A disk that takes no longer than this is waited for. */
const quickMs = 3;
/** What the last sync weighs against those before it: one stall makes no slow disk. */
const weight = 1 / 8;
/** A stall says how slow the disk was then, and no more. */
const longestMs = 1_000;
/** How many syncs a slow disk is spared for each `quickMs` that it took. */
const sparedPerQuick = 64;

export interface Pace {
  /** How the next sync is made. */
  next(): 'wait' | 'beside';
  /** One that was waited for took so long. */
  waited(ms: number): void;
}

export class SyncPace implements Pace {
  #meanMs = 0;
  /** How many more go on beside before the disk is tried again. */
  #beside = 0;
  #tries = true;

  next(): 'wait' | 'beside' {
    if (this.#beside === 0) return 'wait';
    this.#beside -= 1;
    this.#tries = this.#beside === 0;
    return 'beside';
  }

  waited(ms: number): void {
    const took = Math.min(ms, longestMs);
    this.#meanMs = this.#tries ? took : this.#meanMs + (took - this.#meanMs) * weight;
    this.#tries = false;
    if (this.#meanMs > quickMs) this.#beside = Math.ceil((sparedPerQuick * this.#meanMs) / quickMs);
  }
}
