// What the path of every sample reads, packed in columns by series: the range of values within which none of the series'
// rules has anything to say. A series is settled from the evaluation of all its pairs on, until something else than that
// changes one of them (every change of a pair says so). Within the range nothing is evaluated and no object touched.
import type { SeriesWindow } from '../../rules/types.ts';
import { Detections } from '../detection/detections.ts';
import { grown } from '../ingest/grown.ts';
import type { SampleRows } from '../ingest/sample-rows.ts';
import { emptyWindow, type SeriesTable } from '../ingest/series.ts';
import { bits, PairStates, plain } from './pair-states.ts';
import { type RuleList, rangeStride } from './rule-list.ts';
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
/** Place of its first pair; the others follow. */
const blockColumn = 6;

export class SettledSeries {
  /** Of all pairs, also of those without a series. */
  readonly states = new PairStates();
  readonly #table: SeriesTable;
  readonly #sources = new WindowSources();
  readonly #window: SeriesWindow = emptyWindow();
  #columns = new Float64Array(0);
  /** By series; from its last binding where it is not bound. */
  readonly #lists: RuleList[] = [];
  // The range of each figure while a series is settled.
  #least = new Float64Array(8);
  #greatest = new Float64Array(8);

  /** What detectors know of the series. */
  readonly detections: Detections;

  constructor(table: SeriesTable, detections = new Detections({ table })) {
    this.#table = table;
    this.detections = detections;
  }

  /** Pairs of the series; 0 also for one that was never bound. */
  pairs(series: number): number {
    return this.#columns[series * stride + pairsColumn] ?? 0;
  }

  /** The rules of a series that is bound. */
  list(series: number): RuleList {
    return this.#lists[series]!;
  }

  /** The place of the first pair of a series that is bound, in the order of its rules. */
  block(series: number): number {
    return this.#columns[series * stride + blockColumn]!;
  }

  /** Pairs a series, whose last sample came at `quietSince` (engine time), with the rules (at least one) of a list. */
  bind(series: number, list: RuleList, quietSince: number): void {
    this.unbind(series);
    const line = series * stride;
    if (line >= this.#columns.length) this.#grow(series);
    // No hole: an array with holes is a hash table.
    while (this.#lists.length < series) this.#lists.push(list);
    this.#lists[series] = list;
    const columns = this.#columns;
    columns[line + pairsColumn] = list.rules.length;
    columns[line + quietColumn] = quietSince;
    columns[line + blockColumn] = this.states.take(list.states);
    this.unsettle(series);
    const { windows } = list;
    let first = -1;
    // From the last: a new one is put before the others.
    for (let i = windows.length - 1; i >= 0; i--)
      first = this.#sources.take(first, windows[i]!.aggregate, windows[i]!.windowMs);
    columns[line + firstSourceColumn] = first;
    if (list.figures > this.#least.length) {
      this.#least = new Float64Array(list.figures * 2);
      this.#greatest = new Float64Array(list.figures * 2);
    }
  }

  unbind(series: number): void {
    const count = this.pairs(series);
    if (count === 0) return;
    this.states.giveBack(this.block(series), count);
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

  /** Whether no pair has anything to say of this sample, the newest of its series. */
  holds(rows: SampleRows, row: number): boolean {
    const series = rows.series[row]!;
    const at = rows.times[row]!;
    const value = rows.values[row]!;
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

  /**
   * Evaluates the pairs of the series at these figures (see `RuleList`). When none of them has anything to say the series
   * is settled and the answer is -1, else it is the first one that may have: they are to be evaluated one by one from
   * there, and then settled.
   */
  evaluate(series: number, figures: Float64Array): number {
    return this.#pass(series, figures, true);
  }

  /** Every pair was evaluated at these figures, at the series' newest sample. */
  settle(series: number, figures: Float64Array): void {
    this.#pass(series, figures, false);
  }

  #pass(series: number, figures: Float64Array, judging: boolean): number {
    this.unsettle(series);
    const list = this.#lists[series]!;
    const { ranges, figureOf, figures: count } = list;
    const leasts = this.#least;
    const greatests = this.#greatest;
    for (let f = 0; f < count; f++) {
      leasts[f] = Number.NEGATIVE_INFINITY;
      greatests[f] = Number.POSITIVE_INFINITY;
    }
    const line = series * stride;
    const block = this.#columns[line + blockColumn]!;
    const pairs = figureOf.length;
    const states = this.states.bytes;
    let wakeAt = Number.POSITIVE_INFINITY;
    for (let i = 0; i < pairs; i++) {
      const state = states[block + i]!;
      if (state > plain) {
        if (judging || (state & (bits.quiet | bits.unwatched)) !== 0) return i;
        wakeAt = Math.min(wakeAt, this.states.wakeAt(block + i));
      }
      const range = i * rangeStride + (state & bits.verdict) * 2;
      let least = ranges[range]!;
      let greatest = ranges[range + 1]!;
      const f = figureOf[i]!;
      const figure = figures[f]!;
      if (!(figure >= least && figure <= greatest)) {
        // Only the side of a hole that the figure is on: a range has none.
        if (least > greatest && figure >= least) greatest = Number.POSITIVE_INFINITY;
        else if (least > greatest && figure <= greatest) least = Number.NEGATIVE_INFINITY;
        else if (judging) return i;
        else if (!(least <= greatest)) {
          least = Number.POSITIVE_INFINITY;
          greatest = Number.NEGATIVE_INFINITY;
        }
      }
      if (least > leasts[f]!) leasts[f] = least;
      if (greatest < greatests[f]!) greatests[f] = greatest;
    }
    const columns = this.#columns;
    let f = 1;
    for (let s = columns[line + firstSourceColumn]!; s !== -1; s = this.#sources.next(s)) {
      this.#sources.limit(s, leasts[f]!, greatests[f]!);
      f += 1;
    }
    columns[line + leastColumn] = leasts[0]!;
    columns[line + greatestColumn] = greatests[0]!;
    columns[line + wakeColumn] = wakeAt;
    return -1;
  }

  #grow(series: number): void {
    const length = Math.max(1_024, series + 1, (this.#columns.length / stride) * 2);
    this.#columns = grown(this.#columns, new Float64Array(length * stride));
  }
}
