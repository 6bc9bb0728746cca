// One-minute aggregates of one series, for windows that hold more points than a ring. Minute m holds the samples of
// [m, m + 1) minutes; what is in a bucket does not depend on the order in which its samples came.
import type { MinuteTotals, MinuteWindow, SeriesWindow } from '../types.ts';
import { firstAfter, slot } from './points.ts';

export const minuteMs = 60_000;

/** Minutes that are kept at most: a week. */
export const mostMinutes = 10_080;

/** How long before a window its counter may have been read last for that value to count (Prometheus' lookback). */
export const counterLookbackMs = 300_000;

// Columns of a bucket. `minute` is NaN in one that was never filled; an old number means that it is stale.
const minuteColumn = 0;
const countColumn = 1;
const sumColumn = 2;
const squaresColumn = 3;
const minColumn = 4;
const maxColumn = 5;
const firstColumn = 6;
const lastColumn = 7;
const firstAtColumn = 8;
const lastAtColumn = 9;
const increaseColumn = 10;
const columns = 11;

/** What a counter rose by from one sample to the next; a fall is a reset to zero in between. */
export function riseOf(before: number, value: number): number {
  return value >= before ? value - before : value;
}

export class MinuteRing implements MinuteWindow {
  readonly capacity: number;
  readonly #data: Float64Array;
  #newest = Number.NEGATIVE_INFINITY;
  #completeAfter: number;

  /** For windows of up to `spanMs`. Every sample after `completeAfter` is going to be added. */
  constructor(spanMs: number, completeAfter: number) {
    this.capacity = MinuteRing.capacityFor(spanMs);
    this.#data = new Float64Array(this.capacity * columns);
    for (let i = 0; i < this.#data.length; i += columns) this.#data[i] = Number.NaN;
    this.#completeAfter = completeAfter;
  }

  /** Buckets that windows of `spanMs` touch, with those that a counter looks back to. */
  static capacityFor(spanMs: number): number {
    return Math.ceil((Math.min(spanMs, mostMinutes * minuteMs) + counterLookbackMs) / minuteMs) + 2;
  }

  /** Every sample with a time > completeAfter is in the minutes. */
  get completeAfter(): number {
    return Math.max(this.#completeAfter, (this.#newest - this.capacity + 1) * minuteMs - 1);
  }

  get bytes(): number {
    return this.#data.byteLength;
  }

  /** Takes the newest sample; times are whole milliseconds. */
  add(at: number, value: number): void {
    const minute = Math.floor(at / minuteMs);
    if (minute > this.#newest) this.#newest = minute;
    this.#put(this.#bucket(minute), minute, at, value);
  }

  /** Counts the minute of `at` anew from the ring, which must hold all of it. */
  rebuild(at: number, window: SeriesWindow): void {
    const minute = Math.floor(at / minuteMs);
    if (minute <= this.#newest - this.capacity) return;
    if (minute > this.#newest) this.#newest = minute;
    const bucket = this.#bucket(minute);
    this.#data[bucket] = Number.NaN;
    const end = (minute + 1) * minuteMs;
    for (let i = firstAfter(window, minute * minuteMs - 1); i < window.count; i++) {
      const place = slot(window, i);
      const time = window.times[place]!;
      if (time >= end) break;
      this.#put(bucket, minute, time, window.values[place]!);
    }
  }

  /** The same minutes with room for another span. */
  resized(spanMs: number): MinuteRing {
    const other = new MinuteRing(spanMs, this.completeAfter);
    other.#newest = this.#newest;
    const from = this.#newest - Math.min(this.capacity, other.capacity) + 1;
    for (let minute = from; minute <= this.#newest; minute++) {
      const bucket = this.#bucket(minute);
      if (this.#data[bucket] !== minute) continue;
      other.#data.set(this.#data.subarray(bucket, bucket + columns), other.#bucket(minute));
    }
    return other;
  }

  read(first: number, last: number, before: number | null, into: MinuteTotals): boolean {
    const data = this.#data;
    into.count = 0;
    for (let minute = first; minute <= last; minute++) {
      const at = this.#bucket(minute);
      if (data[at] !== minute) continue;
      const count = data[at + countColumn]!;
      const sum = data[at + sumColumn]!;
      if (into.count === 0) {
        into.count = count;
        into.sum = sum;
        into.squares = data[at + squaresColumn]!;
        into.min = data[at + minColumn]!;
        into.max = data[at + maxColumn]!;
        into.first = data[at + firstColumn]!;
        into.firstAt = data[at + firstAtColumn]!;
        into.increase = data[at + increaseColumn]!;
      } else {
        // Chan, Golub, LeVeque: Updating formulae and a pairwise algorithm for computing sample variances (1979).
        const apart = sum / count - into.sum / into.count;
        into.squares +=
          data[at + squaresColumn]! + (apart * apart * count * into.count) / (count + into.count);
        into.count += count;
        into.sum += sum;
        into.min = Math.min(into.min, data[at + minColumn]!);
        into.max = Math.max(into.max, data[at + maxColumn]!);
        into.increase += riseOf(into.last, data[at + firstColumn]!) + data[at + increaseColumn]!;
      }
      into.last = data[at + lastColumn]!;
      into.lastAt = data[at + lastAtColumn]!;
    }
    if (into.count === 0) return false;
    if (before !== null) this.#reachBack(first, before, into);
    return true;
  }

  #reachBack(first: number, before: number, into: MinuteTotals): void {
    for (let minute = first - 1; (minute + 1) * minuteMs > before; minute--) {
      const at = this.#bucket(minute);
      if (this.#data[at] !== minute) continue;
      if (this.#data[at + lastAtColumn]! < before) return;
      into.increase += riseOf(this.#data[at + lastColumn]!, into.first);
      into.first = this.#data[at + lastColumn]!;
      into.firstAt = this.#data[at + lastAtColumn]!;
      return;
    }
  }

  #bucket(minute: number): number {
    const index = minute % this.capacity;
    return (index < 0 ? index + this.capacity : index) * columns;
  }

  /** Adds a sample that is newer than every other in its minute. */
  #put(bucket: number, minute: number, at: number, value: number): void {
    const data = this.#data;
    if (data[bucket] !== minute) {
      data[bucket + minuteColumn] = minute;
      data[bucket + countColumn] = 1;
      data[bucket + sumColumn] = value;
      data[bucket + squaresColumn] = 0;
      data[bucket + minColumn] = value;
      data[bucket + maxColumn] = value;
      data[bucket + firstColumn] = value;
      data[bucket + lastColumn] = value;
      data[bucket + firstAtColumn] = at;
      data[bucket + lastAtColumn] = at;
      data[bucket + increaseColumn] = 0;
      return;
    }
    const count = data[bucket + countColumn]!;
    const sum = data[bucket + sumColumn]!;
    const meanBefore = sum / count;
    data[bucket + countColumn] = count + 1;
    data[bucket + sumColumn] = sum + value;
    // Welford.
    data[bucket + squaresColumn]! += (value - meanBefore) * (value - (sum + value) / (count + 1));
    if (value < data[bucket + minColumn]!) data[bucket + minColumn] = value;
    if (value > data[bucket + maxColumn]!) data[bucket + maxColumn] = value;
    data[bucket + increaseColumn]! += riseOf(data[bucket + lastColumn]!, value);
    data[bucket + lastColumn] = value;
    data[bucket + lastAtColumn] = at;
  }
}
