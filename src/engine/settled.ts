// What the path of every sample reads, packed in columns by series: the range of values within which none of the series'
// rules has anything to say. A series is settled from the evaluation of all its pairs on, until something else than that
// changes one of them (every change of a pair says so). Within the range nothing is evaluated and no object touched.
import type { Rule, SeriesWindow } from '../../rules/types.ts';
import { grown } from '../ingest/grown.ts';
import { emptyWindow, type SeriesTable } from '../ingest/series.ts';
import { WindowSources } from './window-sources.ts';

// A series is one cache line of eight numbers.
const stride = 8;
const leastColumn = 0;
const greatestColumn = 1;
const wakeColumn = 2;
/** Pairs; 0 while the series is not bound. */
const pairsColumn = 3;
const firstSourceColumn = 4;
const quietColumn = 5;

/** What is read of a pair (rule, series). */
interface SettledPair {
  readonly rule: Rule;
  readonly verdict: 'unknown' | 'true' | 'false';
  readonly wakeAt: number;
  readonly quiet: boolean;
  readonly minds: boolean;
  readonly watched: boolean;
  /** The aggregate of a rule with a window, when it was evaluated last. */
  readonly value: number;
  /** Set by `bind`: what follows the window of the rule; -1 where it has none. */
  source: number;
}

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
  #columns = new Float64Array(0);

  constructor(table: SeriesTable) {
    this.#table = table;
  }

  /** Pairs of the series; 0 also for one that was never bound. */
  pairs(series: number): number {
    return this.#columns[series * stride + pairsColumn] ?? 0;
  }

  /** Takes up the pairs (at least one) of a series, whose last sample came at `quietSince` (engine time). */
  bind(series: number, pairs: readonly SettledPair[], quietSince: number): void {
    this.unbind(series);
    const at = series * stride;
    if (at >= this.#columns.length) this.#grow(series);
    this.#columns[at + pairsColumn] = pairs.length;
    this.#columns[at + quietColumn] = quietSince;
    this.unsettle(series);
    let first = -1;
    for (const pair of pairs) {
      const { aggregate, windowMs } = pair.rule;
      if (aggregate === 'last' || aggregate === 'absent') continue;
      pair.source = this.#sources.take(first, aggregate, windowMs);
      // A new one is put before the others.
      if (this.#sources.next(pair.source) === first) first = pair.source;
    }
    this.#columns[at + firstSourceColumn] = first;
  }

  unbind(series: number): void {
    if (this.pairs(series) === 0) return;
    this.#sources.giveBack(this.#columns[series * stride + firstSourceColumn]!);
    this.#columns[series * stride + pairsColumn] = 0;
  }

  /** Engine time of the last arrival. */
  quietSince(series: number): number {
    return this.#columns[series * stride + quietColumn]!;
  }

  arrived(series: number, now: number): void {
    this.#columns[series * stride + quietColumn] = now;
  }

  /** A pair of the series is not what the columns say any more: no value is within the range. */
  unsettle(series: number): void {
    this.#columns[series * stride + leastColumn] = Number.POSITIVE_INFINITY;
    this.#columns[series * stride + greatestColumn] = Number.NEGATIVE_INFINITY;
  }

  /** Whether no pair has anything to say of this sample, the series' newest. */
  holds(series: number, at: number, value: number): boolean {
    const columns = this.#columns;
    const line = series * stride;
    if (
      !(value >= columns[line + leastColumn]! && value <= columns[line + greatestColumn]!) ||
      at >= columns[line + wakeColumn]!
    )
      return false;
    const first = columns[line + firstSourceColumn]!;
    if (first === -1) return true;
    this.#table.view(series, this.#window);
    return this.#sources.within(first, this.#window, at);
  }

  /** Every pair was evaluated at the series' newest sample, of this value. */
  settle(series: number, pairs: readonly SettledPair[], value: number): void {
    this.unsettle(series);
    const columns = this.#columns;
    const line = series * stride;
    for (let s = columns[line + firstSourceColumn]!; s !== -1; s = this.#sources.next(s))
      this.#sources.widen(s);
    let { least, greatest } = everything;
    let wakeAt = Number.POSITIVE_INFINITY;
    const range = this.#range;
    for (const pair of pairs) {
      if (pair.quiet || (pair.minds && !pair.watched)) return;
      if (pair.wakeAt < wakeAt) wakeAt = pair.wakeAt;
      if (pair.source === -1) {
        sameVerdict(pair, value, range);
        if (range.least > least) least = range.least;
        if (range.greatest < greatest) greatest = range.greatest;
      } else {
        sameVerdict(pair, pair.value, range);
        this.#sources.narrow(pair.source, range.least, range.greatest);
      }
    }
    columns[line + leastColumn] = least;
    columns[line + greatestColumn] = greatest;
    columns[line + wakeColumn] = wakeAt;
  }

  #grow(series: number): void {
    const length = Math.max(1_024, series + 1, (this.#columns.length / stride) * 2);
    this.#columns = grown(this.#columns, new Float64Array(length * stride));
  }
}

const everything: Readonly<Range> = { least: Number.NEGATIVE_INFINITY, greatest: Number.POSITIVE_INFINITY };

/** Fills `out` with a range of values that leave the pair's verdict as it is; `value` (NaN: none) gave that verdict. */
function sameVerdict(pair: SettledPair, value: number, out: Range): void {
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
