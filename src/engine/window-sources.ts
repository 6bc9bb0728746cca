// The windows of the settled series: for each (series, window, aggregate), whatever the number of rules that read it, a
// state that follows the ring sample by sample and tells whether the aggregate is still within a range. It answers yes
// only where a fresh scan of the window would; where its own rounding leaves a doubt it answers no, and the scan decides.
import { counterBase } from '../../rules/aggregates/counters.ts';
import { aggregateAt, type WindowAggregate } from '../../rules/aggregates/index.ts';
import { perMilleOf } from '../../rules/aggregates/percentile.ts';
import { firstAfter, slot } from '../../rules/aggregates/points.ts';
import { rankOf } from '../../rules/aggregates/ranks.ts';
import type { SeriesWindow } from '../../rules/types.ts';
import { grown } from '../ingest/grown.ts';

const kinds = {
  count: 0,
  sum: 1,
  avg: 2,
  stddev: 3,
  rank: 4,
  increase: 5,
  rate: 6,
  delta: 7,
  scan: 8,
} as const;

/** Of what nothing can be followed sample by sample every look is a scan. */
function kindOf(aggregate: WindowAggregate): number {
  return aggregate in kinds ? kinds[aggregate as Exclude<keyof typeof kinds, 'rank' | 'scan'>] : kinds.scan;
}

/** Points that are added and taken away before sums start anew, on top of twice the window. */
const mostSteps = 4_096;
/** Of sums: far above the rounding of hi + lo, of the scan and of the division. */
const relativeError = 2 ** -50;
/** Of everything that was added or taken away: far above (2 · 4,096 + 4,096)² · 2^-106. */
const absoluteError = 2 ** -76;

/** Slots in parallel columns; those of one series are a list by `next`. */
export class WindowSources {
  readonly #free: number[] = [];
  #used = 0;
  readonly #aggregate: WindowAggregate[] = [];
  #kind = new Uint8Array(0);
  #perMille = new Uint16Array(0);
  #windowMs = new Float64Array(0);
  #next = new Int32Array(0);
  #least = new Float64Array(0);
  #greatest = new Float64Array(0);
  // What follows the ring: which points are in (as `SeriesWindow.dropped` counts them), and what is known of them.
  #stale = new Uint8Array(0);
  #edits = new Uint32Array(0);
  #tail = new Uint32Array(0);
  #end = new Uint32Array(0);
  #steps = new Uint32Array(0);
  #a = new Float64Array(0);
  #b = new Float64Array(0);
  #c = new Float64Array(0);
  #d = new Float64Array(0);

  /** Slots in use. */
  get size(): number {
    return this.#used - this.#free.length;
  }

  /** The slot of this window in the list that begins with `first` (-1: empty), or a new one at its head. */
  take(first: number, aggregate: WindowAggregate, windowMs: number): number {
    for (let s = first; s !== -1; s = this.#next[s]!) {
      if (this.#aggregate[s] === aggregate && this.#windowMs[s] === windowMs) return s;
    }
    const s = this.#free.pop() ?? this.#used++;
    if (s >= this.#kind.length) this.#grow();
    this.#aggregate[s] = aggregate;
    const perMille = aggregate === 'min' ? 0 : aggregate === 'max' ? 1_000 : perMilleOf(aggregate);
    this.#kind[s] = perMille === null ? kindOf(aggregate) : kinds.rank;
    this.#perMille[s] = perMille ?? 0;
    this.#windowMs[s] = windowMs;
    this.#next[s] = first;
    this.#stale[s] = 1;
    this.limit(s, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY);
    return s;
  }

  next(s: number): number {
    return this.#next[s]!;
  }

  /** Gives a whole list back. */
  giveBack(first: number): void {
    for (let s = first; s !== -1; s = this.#next[s]!) this.#free.push(s);
  }

  /** The range of the aggregate within which no rule has anything to say; empty when least > greatest. */
  limit(s: number, least: number, greatest: number): void {
    if (this.#least[s] === least && this.#greatest[s] === greatest) return;
    this.#least[s] = least;
    this.#greatest[s] = greatest;
    // What is counted of a rank is on which side of the range the points lie.
    if (this.#kind[s] === kinds.rank) this.#stale[s] = 1;
  }

  /** Whether every window of the list says the same as before of the series' newest sample, at `at`. */
  within(first: number, window: SeriesWindow, at: number): boolean {
    for (let s = first; s !== -1; s = this.#next[s]!) if (!this.#isWithin(s, window, at)) return false;
    return true;
  }

  #isWithin(s: number, window: SeriesWindow, at: number): boolean {
    const from = at - this.#windowMs[s]!;
    // Nothing is known of the whole window, so there is nothing to say.
    if (window.bornAt > from) return true;
    if (window.completeAfter > from || this.#kind[s] === kinds.scan) return this.#isScanWithin(s, window, at);
    const tail = this.#follow(s, window, from);
    const count = window.count - tail;
    const kind = this.#kind[s]!;
    switch (kind) {
      case kinds.count:
        return this.#holds(s, count, 0);
      case kinds.sum:
      case kinds.avg: {
        const sum = this.#a[s]! + this.#b[s]!;
        // Without a rounding so far there is none in the scan either, or none that shows.
        const error = this.#d[s] === 0 ? 0 : relativeError * Math.abs(sum) + absoluteError * this.#c[s]!;
        return this.#holds(
          s,
          kind === kinds.avg ? sum / count : sum,
          kind === kinds.avg ? error / count : error,
        );
      }
      case kinds.stddev:
        return this.#isDeviationWithin(s, count);
      case kinds.rank: {
        // The value at the rank is >= least if fewer values than that lie below, <= greatest if enough do not exceed it.
        const rank = rankOf(this.#perMille[s]!, count);
        return this.#a[s]! < rank && this.#b[s]! >= rank;
      }
      case kinds.delta: {
        if (count < 2) return true;
        const { values } = window;
        return this.#holds(s, values[slot(window, window.count - 1)]! - values[slot(window, tail)]!, 0);
      }
      default:
        return this.#isRiseWithin(s, window, tail, from, at);
    }
  }

  /** value ± error lies within the range. */
  #holds(s: number, value: number, error: number): boolean {
    if (value - error >= this.#least[s]! && value + error <= this.#greatest[s]!) return true;
    this.#stale[s] = 1;
    return false;
  }

  #isScanWithin(s: number, window: SeriesWindow, at: number): boolean {
    const value = aggregateAt(this.#aggregate[s]!, this.#windowMs[s]!, window, at);
    return Number.isNaN(value) || this.#holds(s, value, 0);
  }

  /** a: Σ(x - pivot), b: Σ(x - pivot)², c: pivot, d: the greatest b. */
  #isDeviationWithin(s: number, count: number): boolean {
    const mean = this.#a[s]! / count;
    const variance = Math.max(0, this.#b[s]! / count - mean * mean);
    const steps = this.#steps[s]! / count;
    const error = relativeError * (steps * steps * this.#d[s]! + 16 * variance);
    if (
      Math.sqrt(Math.max(0, variance - error)) >= this.#least[s]! &&
      Math.sqrt(variance + error) <= this.#greatest[s]!
    )
      return true;
    this.#stale[s] = 1;
    return false;
  }

  /** a: number of the last point that is below the one before it, as an offset that `#follow` keeps. */
  #isRiseWithin(s: number, window: SeriesWindow, tail: number, from: number, at: number): boolean {
    const base = counterBase(window, tail, from);
    const last = window.count - 1;
    // A reset in the window makes the increase a sum; that is rare enough to count it anew.
    if (base === -1 || this.#a[s]! >= tail + window.dropped) return this.#isScanWithin(s, window, at);
    if (base >= last) return true;
    const end = slot(window, last);
    const start = slot(window, base);
    const rise = window.values[end]! - window.values[start]!;
    if (this.#kind[s] === kinds.increase) return this.#holds(s, rise, 0);
    return this.#holds(s, rise / ((window.times[end]! - window.times[start]!) / 1_000), 0);
  }

  /** Brings the state up to the newest point; answers the first point of the window. */
  #follow(s: number, window: SeriesWindow, from: number): number {
    const { dropped, count } = window;
    let tail = (this.#tail[s]! - dropped) | 0;
    let end = (this.#end[s]! - dropped) | 0;
    if (
      this.#stale[s] === 1 ||
      this.#edits[s] !== window.edits ||
      tail < 0 ||
      this.#steps[s]! > mostSteps + 2 * (end - tail)
    ) {
      tail = firstAfter(window, from);
      end = tail;
      this.#restart(s, window, tail);
    }
    for (; end < count; end++) this.#add(s, window, end);
    for (; tail < count; tail++) {
      const place = slot(window, tail);
      if (window.times[place]! > from) break;
      this.#remove(s, window.values[place]!);
    }
    this.#tail[s] = tail + dropped;
    this.#end[s] = end + dropped;
    return tail;
  }

  #restart(s: number, window: SeriesWindow, tail: number): void {
    this.#stale[s] = 0;
    this.#edits[s] = window.edits;
    this.#steps[s] = 0;
    this.#a[s] = 0;
    this.#b[s] = 0;
    this.#c[s] = 0;
    this.#d[s] = 0;
    if (this.#kind[s] === kinds.stddev) this.#c[s] = window.values[slot(window, tail)]!;
    else if (this.#kind[s]! >= kinds.increase) this.#a[s] = -1;
  }

  #add(s: number, window: SeriesWindow, point: number): void {
    const value = window.values[slot(window, point)]!;
    switch (this.#kind[s]) {
      case kinds.sum:
      case kinds.avg:
        this.#sum(s, value);
        break;
      case kinds.stddev:
        this.#square(s, value, 1);
        break;
      case kinds.rank:
        if (value < this.#least[s]!) this.#a[s]!++;
        if (value <= this.#greatest[s]!) this.#b[s]!++;
        break;
      case kinds.increase:
      case kinds.rate:
        if (point > 0 && value < window.values[slot(window, point - 1)]!) this.#a[s] = point + window.dropped;
        break;
    }
  }

  #remove(s: number, value: number): void {
    switch (this.#kind[s]) {
      case kinds.sum:
      case kinds.avg:
        this.#sum(s, -value);
        break;
      case kinds.stddev:
        this.#square(s, value, -1);
        break;
      case kinds.rank:
        if (value < this.#least[s]!) this.#a[s]!--;
        if (value <= this.#greatest[s]!) this.#b[s]!--;
        break;
    }
  }

  /** a + b: the sum, of which a is rounded and b is what that lost (Knuth's two-sum); c: Σ|x|; d: 1 after a rounding. */
  #sum(s: number, value: number): void {
    const before = this.#a[s]!;
    const sum = before + value;
    const taken = sum - before;
    const lost = before - (sum - taken) + (value - taken);
    this.#a[s] = sum;
    if (lost !== 0) {
      this.#b[s]! += lost;
      this.#d[s] = 1;
    }
    this.#c[s]! += Math.abs(value);
    this.#steps[s]!++;
  }

  #square(s: number, value: number, sign: 1 | -1): void {
    const apart = value - this.#c[s]!;
    this.#a[s]! += sign * apart;
    this.#b[s]! += sign * apart * apart;
    if (this.#b[s]! > this.#d[s]!) this.#d[s] = this.#b[s]!;
    this.#steps[s]!++;
  }

  #grow(): void {
    const length = Math.max(64, this.#kind.length * 2);
    this.#kind = grown(this.#kind, new Uint8Array(length));
    this.#perMille = grown(this.#perMille, new Uint16Array(length));
    this.#windowMs = grown(this.#windowMs, new Float64Array(length));
    this.#next = grown(this.#next, new Int32Array(length));
    this.#least = grown(this.#least, new Float64Array(length));
    this.#greatest = grown(this.#greatest, new Float64Array(length));
    this.#stale = grown(this.#stale, new Uint8Array(length));
    this.#edits = grown(this.#edits, new Uint32Array(length));
    this.#tail = grown(this.#tail, new Uint32Array(length));
    this.#end = grown(this.#end, new Uint32Array(length));
    this.#steps = grown(this.#steps, new Uint32Array(length));
    this.#a = grown(this.#a, new Float64Array(length));
    this.#b = grown(this.#b, new Float64Array(length));
    this.#c = grown(this.#c, new Float64Array(length));
    this.#d = grown(this.#d, new Float64Array(length));
  }
}
