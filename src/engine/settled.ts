// What the path of every sample reads, packed in columns by series: the range of values within which none of the series'
// rules has anything to say. A series is settled from the evaluation of all its pairs on, until something else than that
// changes one of them (every change of a pair says so). Within the range nothing is evaluated and no object touched.
import type { SeriesWindow } from '../../rules/types.ts';
import { grown } from '../ingest/grown.ts';
import { emptyWindow, type SeriesTable } from '../ingest/series.ts';
import type { RulePair } from './pairs.ts';
import { WindowSources } from './window-sources.ts';

const unbound = 0;
const open = 1;
const settled = 2;

/** A closed range of values; empty when least > greatest. */
interface Range {
  least: number;
  greatest: number;
}

export class SettledSeries {
  readonly #table: SeriesTable;
  readonly #sources = new WindowSources();
  readonly #window: SeriesWindow = emptyWindow();
  readonly #range: Range = { least: 0, greatest: 0 };
  #state = new Uint8Array(0);
  #least = new Float64Array(0);
  #greatest = new Float64Array(0);
  #wakeAt = new Float64Array(0);
  #quietSince = new Float64Array(0);
  #pairs = new Uint32Array(0);
  #firstSource = new Int32Array(0);

  constructor(table: SeriesTable) {
    this.#table = table;
  }

  /** Pairs of the series; 0 also for one that was never bound. */
  pairs(series: number): number {
    return this.#state[series] === undefined || this.#state[series] === unbound ? 0 : this.#pairs[series]!;
  }

  /** Takes up the pairs of a series, whose last sample came at `quietSince` (engine time). */
  bind(series: number, pairs: readonly RulePair[], quietSince: number): void {
    if (series >= this.#state.length) this.#grow(series);
    if (this.#state[series] !== unbound) this.unbind(series);
    this.#state[series] = open;
    this.#quietSince[series] = quietSince;
    this.#pairs[series] = pairs.length;
    let first = -1;
    for (const pair of pairs) {
      const { aggregate, windowMs } = pair.rule;
      if (aggregate === 'last' || aggregate === 'absent') continue;
      pair.source = this.#sources.take(first, aggregate, windowMs);
      // A new one is put before the others.
      if (this.#sources.next(pair.source) === first) first = pair.source;
    }
    this.#firstSource[series] = first;
  }

  unbind(series: number): void {
    if (this.pairs(series) === 0) return;
    this.#sources.giveBack(this.#firstSource[series]!);
    this.#firstSource[series] = -1;
    this.#state[series] = unbound;
  }

  /** Engine time of the last arrival. */
  quietSince(series: number): number {
    return this.#quietSince[series]!;
  }

  arrived(series: number, now: number): void {
    this.#quietSince[series] = now;
  }

  /** A pair of the series is not what the columns say any more. */
  unsettle(series: number): void {
    if (this.#state[series] === settled) this.#state[series] = open;
  }

  /** Whether no pair has anything to say of this sample, the series' newest. */
  holds(series: number, at: number, value: number): boolean {
    if (
      this.#state[series] !== settled ||
      !(value >= this.#least[series]! && value <= this.#greatest[series]!) ||
      at >= this.#wakeAt[series]!
    )
      return false;
    const first = this.#firstSource[series]!;
    if (first === -1) return true;
    this.#table.view(series, this.#window);
    return this.#sources.within(first, this.#window, at);
  }

  /** Every pair was evaluated at the series' newest sample, of this value. */
  settle(series: number, pairs: readonly RulePair[], value: number): void {
    const { least, greatest } = everything;
    this.#least[series] = least;
    this.#greatest[series] = greatest;
    this.#state[series] = open;
    let wakeAt = Number.POSITIVE_INFINITY;
    for (let s = this.#firstSource[series]!; s !== -1; s = this.#sources.next(s)) this.#sources.widen(s);
    for (const pair of pairs) {
      if (pair.quiet || (pair.minds && !pair.watched)) return;
      if (pair.wakeAt < wakeAt) wakeAt = pair.wakeAt;
      const range = this.#range;
      if (pair.source === -1) {
        sameVerdict(pair, value, range);
        if (range.least > this.#least[series]!) this.#least[series] = range.least;
        if (range.greatest < this.#greatest[series]!) this.#greatest[series] = range.greatest;
      } else {
        sameVerdict(pair, pair.value, range);
        this.#sources.narrow(pair.source, range.least, range.greatest);
      }
    }
    this.#wakeAt[series] = wakeAt;
    this.#state[series] = settled;
  }

  #grow(series: number): void {
    const length = Math.max(1_024, series + 1, this.#state.length * 2);
    this.#state = grown(this.#state, new Uint8Array(length));
    this.#least = grown(this.#least, new Float64Array(length));
    this.#greatest = grown(this.#greatest, new Float64Array(length));
    this.#wakeAt = grown(this.#wakeAt, new Float64Array(length));
    this.#quietSince = grown(this.#quietSince, new Float64Array(length));
    this.#pairs = grown(this.#pairs, new Uint32Array(length));
    this.#firstSource = grown(this.#firstSource, new Int32Array(length));
  }
}

const everything: Readonly<Range> = { least: Number.NEGATIVE_INFINITY, greatest: Number.POSITIVE_INFINITY };

/** Fills `out` with a range of values that leave the pair's verdict as it is; `value` (NaN: none) gave that verdict. */
function sameVerdict(pair: RulePair, value: number, out: Range): void {
  out.least = Number.POSITIVE_INFINITY;
  out.greatest = Number.NEGATIVE_INFINITY;
  const { verdict } = pair;
  const { aggregate, operator, threshold, resolveThreshold } = pair.rule;
  if (verdict === 'unknown') return;
  const isTrue = verdict === 'true';
  if (aggregate === 'absent') {
    if (!isTrue) Object.assign(out, everything);
    return;
  }
  const limit = isTrue ? (resolveThreshold ?? threshold) : threshold;
  let isAbove: boolean;
  let withLimit = false;
  if (operator === 'eq' || operator === 'neq') {
    if (isTrue === (operator === 'eq')) {
      out.least = limit;
      out.greatest = limit;
      return;
    }
    // Only the side that the value is on: the range has no hole.
    if (Number.isNaN(value)) return;
    isAbove = value > limit;
  } else {
    isAbove = (operator === 'gt' || operator === 'gte') === isTrue;
    withLimit = (operator === 'gte' || operator === 'lte') === isTrue;
  }
  if (isAbove) {
    out.least = withLimit ? limit : above(limit);
    out.greatest = Number.POSITIVE_INFINITY;
  } else {
    out.least = Number.NEGATIVE_INFINITY;
    out.greatest = withLimit ? limit : below(limit);
  }
}

const number = new Float64Array(1);
const bits = new BigInt64Array(number.buffer);

/** The next larger number; `value` is finite. */
function above(value: number): number {
  if (value === 0) return Number.MIN_VALUE;
  number[0] = value;
  bits[0]! += value > 0 ? 1n : -1n;
  return number[0];
}

function below(value: number): number {
  return -above(-value);
}
