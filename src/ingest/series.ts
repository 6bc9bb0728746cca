// The window memory: interned series with struct-of-arrays rings. A ring holds the newest points that it was ever given,
// without a hole, in time order with one point per time, whatever order they came in.
import { MinuteRing, minuteMs } from '../../rules/aggregates/minutes.ts';
import type { Labels, SeriesWindow } from '../../rules/types.ts';
import type { Limits } from '../config/config.ts';
import { grown } from './grown.ts';
import { RingSlab, ringSizes, SpareChunks } from './ring-slabs.ts';
import { oneRow, type SampleRows } from './sample-rows.ts';
import { SeriesIndex } from './series-index.ts';

/** What a sample did to its series. */
export const appended = {
  /** Newer than every other. */
  fresh: 0,
  /** The newest time again with the same value: nothing changed. */
  unchanged: 1,
  /** The newest time again with another value. */
  replaced: 2,
  /** Older than the newest: put in order, or replaced its equal, or dropped as older than what the ring still holds. */
  late: 3,
} as const;
export type Appended = (typeof appended)[keyof typeof appended];

/** Points that a ring without any `need` grows to. */
const usualSize = 64;
const noRing = 255;
const noPoints = new Float64Array(0);

/** A window to pass to `SeriesTable.view` again and again. */
export function emptyWindow(): SeriesWindow {
  return {
    times: noPoints,
    values: noPoints,
    base: 0,
    mask: 0,
    head: 0,
    count: 0,
    bornAt: Number.POSITIVE_INFINITY,
    completeAfter: Number.NEGATIVE_INFINITY,
    dropped: 0,
    edits: 0,
    minutes: null,
  };
}

export interface SeriesTableOptions {
  readonly limits: Pick<Limits, 'seriesPerTenant'>;
  /** Called for each series that appears (interned or restored), before its first sample. */
  readonly onBirth?: (id: number) => void;
}

export class SeriesTable {
  readonly #limit: number;
  readonly #onBirth: (id: number) => void;
  readonly #index = new SeriesIndex();
  readonly #spare = new SpareChunks();
  readonly #slabs = ringSizes.map((size) => new RingSlab(size, this.#spare));
  #points = 0;

  // One column per property, indexed by series id.
  #ring = new Uint8Array(0);
  #slot = new Int32Array(0);
  #head = new Uint16Array(0);
  #count = new Uint16Array(0);
  #bornAt = new Float64Array(0);
  #completeAfter = new Float64Array(0);
  #need = new Uint32Array(0);
  /** See `SeriesWindow`. */
  #dropped = new Uint32Array(0);
  #edits = new Uint32Array(0);
  /** Span of the windows that minutes may stand in for, where there are any; the minutes once a ring was too small. */
  readonly #minuteNeed = new Map<number, number>();
  readonly #minutes = new Map<number, MinuteRing>();
  readonly #scratch = emptyWindow();
  readonly #one = oneRow();
  #generation = new Int32Array(0);

  constructor(options: SeriesTableOptions) {
    this.#limit = options.limits.seriesPerTenant;
    this.#onBirth = options.onBirth ?? (() => {});
  }

  /** The id of a series that exists, else -1. */
  find(tenant: string, metric: string, labels: Labels): number {
    return this.#index.find(tenant, metric, labels);
  }

  /** The id of a series, which is born if need be; -1 when the tenant's cap of series is reached. */
  intern(tenant: string, metric: string, labels: Labels): number {
    return this.restore(tenant, metric, labels, Number.POSITIVE_INFINITY);
  }

  /**
   * As `intern`, for a series known from history: its first sample ever was at `bornAt`, and only samples after
   * `completeAfter` are going to be appended again. A series that is there already stays as it is.
   */
  restore(
    tenant: string,
    metric: string,
    labels: Labels,
    bornAt: number,
    completeAfter = Number.NEGATIVE_INFINITY,
  ): number {
    const known = this.#index.find(tenant, metric, labels);
    if (known !== -1) return known;
    if (this.#index.sizeOf(tenant) >= this.#limit) return -1;
    const id = this.#index.add(tenant, metric, labels);
    if (id >= this.#ring.length) this.#growColumns();
    this.#ring[id] = noRing;
    this.#head[id] = 0;
    this.#count[id] = 0;
    this.#bornAt[id] = bornAt;
    this.#completeAfter[id] = completeAfter;
    this.#need[id] = 0;
    this.#dropped[id] = 0;
    this.#edits[id] = 0;
    this.#onBirth(id);
    return id;
  }

  /** Takes a sample in. `at` in epoch milliseconds; neither number is NaN. */
  append(id: number, at: number, value: number): Appended {
    const one = this.#one;
    one.series[0] = id;
    one.times[0] = at;
    one.values[0] = value;
    return this.appendRow(one, 0);
  }

  /** The same for a row of a batch. */
  appendRow(rows: SampleRows, row: number): Appended {
    const outcome = this.#take(rows, row);
    if (this.#minutes.size > 0 && outcome !== appended.unchanged)
      this.#addToMinute(rows.series[row]!, rows.times[row]!, rows.values[row]!, outcome);
    return outcome;
  }

  #take(rows: SampleRows, row: number): Appended {
    const id = rows.series[row]!;
    const at = rows.times[row]!;
    const value = rows.values[row]!;
    if (at < this.#bornAt[id]!) this.#bornAt[id] = at;
    const count = this.#count[id]!;
    if (count === 0) {
      if (this.#ring[id] === noRing) {
        this.#ring[id] = 0;
        this.#slot[id] = this.#slabs[0]!.take();
      }
      this.#insert(id, 0, rows, row);
      return appended.fresh;
    }
    const slab = this.#slabs[this.#ring[id]!]!;
    const slot = this.#slot[id]!;
    const { times, values } = slab.chunk(slot);
    const base = slab.base(slot);
    const head = this.#head[id]!;
    const newest = base + ((head + count - 1) & (slab.size - 1));
    const newestAt = times[newest]!;
    if (at > newestAt) {
      if (count < slab.size) {
        const next = base + ((head + count) & (slab.size - 1));
        times[next] = at;
        values[next] = value;
        this.#count[id] = count + 1;
        this.#points++;
        return appended.fresh;
      }
      // The steady state: a full ring whose oldest point nobody reads any more.
      // The one after the oldest, so that the last point before a window stays.
      const second = times[base + ((head + 1) & (count - 1))]!;
      if (count >= usualSize && at - second >= this.#need[id]!) {
        const oldest = base + head;
        // As `#lose`, whose argument would be an object.
        if (times[oldest]! > this.#completeAfter[id]!) this.#completeAfter[id] = times[oldest]!;
        times[oldest] = at;
        values[oldest] = value;
        this.#head[id] = (head + 1) & (count - 1);
        this.#dropped[id]!++;
      } else this.#insert(id, count, rows, row);
      return appended.fresh;
    }
    if (at === newestAt) {
      if (values[newest] === value) return appended.unchanged;
      values[newest] = value;
      this.#edits[id]!++;
      return appended.replaced;
    }
    this.#edits[id]!++;
    const position = this.#firstFrom(id, at);
    const place = this.#place(id, position);
    if (times[place] === at) values[place] = value;
    // Below completeAfter points are missing already: one more there would leave a hole behind it.
    else if (at > this.#completeAfter[id]!) this.#insert(id, position, rows, row);
    return appended.late;
  }

  /** Points `into` at the ring; good until the next append. */
  view(id: number, into: SeriesWindow): void {
    const count = this.#count[id]!;
    into.count = count;
    into.bornAt = this.#bornAt[id]!;
    into.completeAfter = this.#completeAfter[id]!;
    into.dropped = this.#dropped[id]!;
    into.edits = this.#edits[id]!;
    into.minutes = this.#minutes.size === 0 ? null : (this.#minutes.get(id) ?? null);
    if (this.#ring[id] === noRing) {
      into.times = noPoints;
      into.values = noPoints;
      into.base = 0;
      into.mask = 0;
      into.head = 0;
      return;
    }
    const slab = this.#slab(id);
    const slot = this.#slot[id]!;
    const chunk = slab.chunk(slot);
    into.times = chunk.times;
    into.values = chunk.values;
    into.base = slab.base(slot);
    into.mask = slab.size - 1;
    into.head = this.#head[id]!;
  }

  /**
   * Tells the longest span that a rule reads of this series; a ring grows (to 4,096 points) before it loses part of it,
   * and keeps one point from before it. Where that is too little, spans of up to `minuteSpanMs` are kept by the minute.
   */
  need(id: number, spanMs: number, minuteSpanMs = 0): void {
    this.#need[id] = spanMs;
    if (minuteSpanMs > 0) this.#minuteNeed.set(id, minuteSpanMs);
    else if (this.#minuteNeed.size > 0) this.#minuteNeed.delete(id);
    const minutes = this.#minutes.get(id);
    if (minutes === undefined) return;
    if (minuteSpanMs === 0) this.#minutes.delete(id);
    else if (MinuteRing.capacityFor(minuteSpanMs) !== minutes.capacity)
      this.#minutes.set(id, minutes.resized(minuteSpanMs));
  }

  /** Time of the newest sample, -Infinity without one. */
  newestAt(id: number): number {
    const count = this.#count[id]!;
    return count === 0 ? Number.NEGATIVE_INFINITY : this.#chunk(id).times[this.#place(id, count - 1)]!;
  }

  /** Value of the newest sample, NaN without one. */
  newestValue(id: number): number {
    const count = this.#count[id]!;
    return count === 0 ? Number.NaN : this.#chunk(id).values[this.#place(id, count - 1)]!;
  }

  /** Smallest sample time ever, Infinity before the first one. */
  bornAt(id: number): number {
    return this.#bornAt[id]!;
  }

  tenantOf(id: number): string {
    return this.#index.tenant(id);
  }

  metricOf(id: number): string {
    return this.#index.metric(id);
  }

  /** Put together at each call (a microsecond): not for the path of every sample. */
  labelsOf(id: number): Labels {
    return this.#index.labels(id);
  }

  /** How often this id was given back: whoever remembers an id remembers this with it, since ids are used again. */
  generation(id: number): number {
    return this.#generation[id]!;
  }

  /** Number of a tenant's series. */
  countOf(tenant: string): number {
    return this.#index.sizeOf(tenant);
  }

  /** Series of a tenant, in no order; copy them before dropping any. */
  seriesOf(tenant: string): Iterable<number> {
    return this.#index.seriesOf(tenant);
  }

  /** Series of a metric, in no order; the list lives, so copy it before dropping any of them. */
  byMetric(tenant: string, metric: string): readonly number[] {
    return this.#index.byMetric(tenant, metric);
  }

  /** Forgets a series; its id goes to a later one. */
  drop(id: number): void {
    this.#index.remove(id);
    if (this.#ring[id] !== noRing) this.#slab(id).giveBack(this.#slot[id]!);
    this.#points -= this.#count[id]!;
    this.#ring[id] = noRing;
    this.#count[id] = 0;
    this.#minuteNeed.delete(id);
    this.#minutes.delete(id);
    this.#generation[id] = this.#generation[id]! + 1;
  }

  /** Totals; `bytes` counts rings, minutes and columns, not names and labels. */
  counts(): { readonly series: number; readonly points: number; readonly bytes: number } {
    const columns = [
      this.#ring,
      this.#slot,
      this.#head,
      this.#count,
      this.#bornAt,
      this.#completeAfter,
      this.#need,
      this.#dropped,
      this.#edits,
      this.#generation,
    ];
    let minuteBytes = 0;
    for (const minutes of this.#minutes.values()) minuteBytes += minutes.bytes;
    const bytes =
      minuteBytes +
      columns.reduce((sum, column) => sum + column.byteLength, 0) +
      this.#slabs.reduce((sum, slab) => sum + slab.bytes, 0);
    return { series: this.#index.size, points: this.#points, bytes };
  }

  #slab(id: number): RingSlab {
    return this.#slabs[this.#ring[id]!]!;
  }

  #chunk(id: number) {
    return this.#slab(id).chunk(this.#slot[id]!);
  }

  /** Where point `position` (0 = oldest) lies in the arrays of the chunk. */
  #place(id: number, position: number): number {
    const slab = this.#slab(id);
    return slab.base(this.#slot[id]!) + ((this.#head[id]! + position) & (slab.size - 1));
  }

  /** Position of the first point with a time >= `at`; there is one. */
  #firstFrom(id: number, at: number): number {
    const { times } = this.#chunk(id);
    let low = 0;
    let high = this.#count[id]! - 1;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (times[this.#place(id, middle)]! < at) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** Puts a new time before point `position`, after making room by growing or by losing the oldest point. */
  #insert(id: number, before: number, rows: SampleRows, row: number): void {
    const at = rows.times[row]!;
    const value = rows.values[row]!;
    let position = before;
    const count = this.#count[id]!;
    if (count === this.#slab(id).size && !this.#grow(id, position, at)) {
      if (position === 0) {
        this.#lose(id, at);
        return;
      }
      this.#lose(id, this.#chunk(id).times[this.#place(id, 0)]!);
      this.#head[id] = (this.#head[id]! + 1) & (count - 1);
      this.#dropped[id]!++;
      position--;
    } else {
      this.#count[id] = count + 1;
      this.#points++;
    }
    const { times, values } = this.#chunk(id);
    let to = this.#place(id, this.#count[id]! - 1);
    for (let i = this.#count[id]! - 1; i > position; i--) {
      const from = this.#place(id, i - 1);
      times[to] = times[from]!;
      values[to] = values[from]!;
      to = from;
    }
    times[to] = at;
    values[to] = value;
  }

  /** Notes that the sample at `at` is not in the ring (any more). */
  #lose(id: number, at: number): void {
    if (at > this.#completeAfter[id]!) this.#completeAfter[id] = at;
  }

  /** Time of the second-oldest point of a full ring if `at` were put before `position`. */
  #secondWith(id: number, position: number, at: number): number {
    const { times } = this.#chunk(id);
    if (position === 0) return times[this.#place(id, 0)]!;
    return position === 1 ? at : times[this.#place(id, 1)]!;
  }

  /** The largest ring is going to lose a point that a rule still reads: from here on the minutes keep it. */
  #startMinutes(id: number): void {
    const spanMs = this.#minuteNeed.get(id);
    if (spanMs === undefined || this.#minutes.has(id)) return;
    const minutes = new MinuteRing(spanMs, this.#completeAfter[id]!);
    const { times, values } = this.#chunk(id);
    for (let i = 0; i < this.#count[id]!; i++) {
      const place = this.#place(id, i);
      minutes.add(times[place]!, values[place]!);
    }
    this.#minutes.set(id, minutes);
  }

  #addToMinute(id: number, at: number, value: number, outcome: Appended): void {
    const minutes = this.#minutes.get(id);
    if (minutes === undefined) return;
    if (outcome === appended.fresh) minutes.add(at, value);
    // What belongs to a minute that the ring does not hold as a whole any more cannot be told from a repetition.
    else if (Math.floor(at / minuteMs) * minuteMs > this.#completeAfter[id]!) {
      this.view(id, this.#scratch);
      minutes.rebuild(at, this.#scratch);
    }
  }

  /** Moves a full ring to the next size if it is young, or would lose a point that a rule still reads. */
  #grow(id: number, position: number, at: number): boolean {
    const ring = this.#ring[id]!;
    const { times, values } = this.#chunk(id);
    const slab = this.#slab(id);
    const newest = Math.max(at, times[this.#place(id, slab.size - 1)]!);
    if (slab.size >= usualSize && newest - this.#secondWith(id, position, at) >= this.#need[id]!)
      return false;
    const larger = this.#slabs[ring + 1];
    if (larger === undefined) {
      this.#startMinutes(id);
      return false;
    }
    const slot = larger.take();
    const target = larger.chunk(slot);
    const base = larger.base(slot);
    for (let i = 0; i < slab.size; i++) {
      const from = this.#place(id, i);
      target.times[base + i] = times[from]!;
      target.values[base + i] = values[from]!;
    }
    slab.giveBack(this.#slot[id]!);
    this.#ring[id] = ring + 1;
    this.#slot[id] = slot;
    this.#head[id] = 0;
    return true;
  }

  #growColumns(): void {
    const length = Math.max(1_024, this.#ring.length * 2);
    this.#ring = grown(this.#ring, new Uint8Array(length));
    this.#slot = grown(this.#slot, new Int32Array(length));
    this.#head = grown(this.#head, new Uint16Array(length));
    this.#count = grown(this.#count, new Uint16Array(length));
    this.#bornAt = grown(this.#bornAt, new Float64Array(length));
    this.#completeAfter = grown(this.#completeAfter, new Float64Array(length));
    this.#need = grown(this.#need, new Uint32Array(length));
    this.#dropped = grown(this.#dropped, new Uint32Array(length));
    this.#edits = grown(this.#edits, new Uint32Array(length));
    this.#generation = grown(this.#generation, new Int32Array(length));
  }
}
