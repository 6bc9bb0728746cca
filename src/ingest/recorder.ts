// Writes accepted samples to the history: collected column by column for each shard, written once a second in the order
// in which they came. What could not be written waits, up to a bound, and the oldest goes first.
import type { Clock, Timer } from '../clock.ts';
import type { History, HistoryBlock, HistorySeries } from './history.ts';
import { SampleColumns } from './sample-columns.ts';
import { oneRow, type SampleRows } from './sample-rows.ts';
import { appended, type SeriesTable } from './series.ts';

export interface RecorderOptions {
  readonly table: SeriesTable;
  readonly history: History;
  readonly clock: Clock;
  readonly shardOf: (tenant: string) => number;
  /** Called for each flush that failed; the samples wait for the next one. */
  readonly onFailure: (error: unknown, state: { readonly waiting: number; readonly dropped: number }) => void;
  /** Called when a flush succeeded after one that failed. */
  readonly onStored?: () => void;
  /** Called when everything that waited is stored, before anything else is recorded. */
  readonly onFlushed?: () => void;
  /** Default one second: what a kill may lose. */
  readonly flushMs?: number;
  /** Samples that may wait while flushes fail; default a million, 20 MB. */
  readonly maxWaiting?: number;
}

/** Who wants to know what a refill finds. */
export interface RefillListener {
  /** A series of the table, and its ids in the history; before its samples. */
  known?(id: number, shard: number, series: number): void;
  /** A sample that was new to its series. */
  fresh?(id: number, at: number, value: number): void;
}

/** What one call of `History.append` stores. */
interface Batch {
  declared: HistorySeries[];
  readonly blocks: readonly HistoryBlock[];
  /** What the blocks are views of. */
  readonly columns: readonly SampleColumns[];
  readonly samples: number;
}

/** Columns with room for more are not kept for the next second. */
const largestSpare = 131_072;

export class HistoryRecorder {
  readonly #options: RecorderOptions;
  readonly #flushMs: number;
  readonly #maxWaiting: number;
  #timer: Timer | null = null;
  #closed = false;
  #failing = false;
  /** Samples that were lost because flushes failed for too long. */
  #dropped = 0;

  // Columns by the table's series id; history id 0: not known to the history.
  #historyId = new Uint32Array(1_024);
  #shard = new Uint8Array(1_024);
  #bornAt = new Float64Array(1_024);

  readonly #one = oneRow();
  readonly #nextId = new Map<number, number>();
  #columns = new Map<number, SampleColumns>();
  /** Emptied columns. At a million samples a second, new ones would keep the collector as busy as the samples do us. */
  #spare: SampleColumns[] = [];
  /** Series to declare with the next batch, by the table's id; those whose id was taken away since. */
  #declared = new Map<number, HistorySeries>();
  #parted: HistorySeries[] = [];
  #collected = 0;
  readonly #sealed: Batch[] = [];
  #sealedSamples = 0;

  constructor(options: RecorderOptions) {
    this.#options = options;
    this.#flushMs = options.flushMs ?? 1_000;
    this.#maxWaiting = options.maxWaiting ?? 1_000_000;
  }

  /** Samples that are not stored yet. */
  get waiting(): number {
    return this.#collected + this.#sealedSamples;
  }

  get dropped(): number {
    return this.#dropped;
  }

  /** Takes a sample that was appended to the table's series `id`; it is stored with the next flush. */
  record(id: number, at: number, value: number): void {
    const one = this.#one;
    one.series[0] = id;
    one.times[0] = at;
    one.values[0] = value;
    this.recordRow(one, 0);
  }

  /** The same for a row of a batch. */
  recordRow(rows: SampleRows, row: number): void {
    if (this.#closed) throw new Error('the recorder is closed');
    const id = rows.series[row]!;
    if (id >= this.#historyId.length) this.#growColumns(id);
    if (this.#historyId[id] === 0) this.#identify(id);
    else if (rows.times[row]! < this.#bornAt[id]!) this.#declare(id, rows.times[row]!);
    const shard = this.#shard[id]!;
    let columns = this.#columns.get(shard);
    if (columns === undefined) {
      columns = this.#spare.pop() ?? new SampleColumns();
      this.#columns.set(shard, columns);
    }
    columns.push(this.#historyId[id]!, rows, row);
    // A tenth of the bound: losing the oldest batch must not mean losing everything.
    if (++this.#collected * 10 >= this.#maxWaiting) {
      this.#seal();
      // Written at once instead of up to ten of them in one go at the end of the second: 3 MB in memory, not 30. Where
      // one waits already, a flush is on its way or has failed, and the next one comes in its time.
      if (this.#sealed.length === 1) this.#hurry();
    }
    this.flushSoon();
  }

  /** Flushes within the second, also where no sample waits: something else is to be written behind the samples. */
  flushSoon(): void {
    if (this.#closed) return;
    this.#timer ??= this.#options.clock.at(this.#options.clock.now() + this.#flushMs, () => this.#onTimer());
  }

  /** The table drops series `id`: its waiting samples are stored still, the id is free. Call it before `table.drop`. */
  forget(id: number): void {
    const declared = this.#declared.get(id);
    if (declared !== undefined) this.#parted.push(declared);
    this.#declared.delete(id);
    if (id < this.#historyId.length) this.#historyId[id] = 0;
  }

  /** The history's ids of a series; null: it does not know it. */
  keyOf(id: number): { readonly shard: number; readonly series: number } | null {
    const series = this.#historyId[id] ?? 0;
    return series === 0 ? null : { shard: this.#shard[id]!, series };
  }

  /** Stores everything that waits, oldest first. False when the history failed; that was reported. */
  flush(): boolean {
    this.#seal();
    // As many as this flush needs; after a burst the others go.
    const emptied: SampleColumns[] = [];
    for (let batch = this.#sealed[0]; batch !== undefined; batch = this.#sealed[0]) {
      try {
        this.#options.history.append(batch.declared, batch.blocks);
      } catch (error) {
        this.#failing = true;
        this.#options.onFailure(error, { waiting: this.waiting, dropped: this.#dropped });
        return false;
      }
      this.#sealed.shift();
      this.#sealedSamples -= batch.samples;
      for (const columns of batch.columns) {
        columns.clear();
        if (columns.capacity <= largestSpare) emptied.push(columns);
      }
    }
    this.#spare = emptied;
    if (this.#failing) this.#options.onStored?.();
    this.#failing = false;
    this.#options.onFlushed?.();
    return true;
  }

  /**
   * At start: makes the history's series known to the table and appends its samples of [fromMs, toMs] in the order in
   * which they were flushed. The table's needs must be known by then (`onBirth`). `refused` series did not fit the cap.
   */
  refill(
    fromMs: number,
    toMs: number,
    heard: RefillListener = {},
  ): { series: number; refused: number; samples: number } {
    const { history, table } = this.#options;
    const known = history.series();
    const ids = new Map<number, Int32Array>();
    for (const { shard, id } of known) {
      this.#nextId.set(shard, Math.max(this.#nextId.get(shard) ?? 1, id + 1));
    }
    for (const [shard, next] of this.#nextId) ids.set(shard, new Int32Array(next).fill(-1));
    let refused = 0;
    for (const series of known) {
      const { shard, tenant, metric, labels, bornAt } = series;
      // What lies before fromMs is in the history but not going to be in the ring.
      const completeAfter = bornAt < fromMs ? fromMs - 1 : Number.NEGATIVE_INFINITY;
      const id = table.restore(tenant, metric, labels, bornAt, completeAfter);
      if (id === -1) {
        refused++;
        continue;
      }
      ids.get(shard)![series.id] = id;
      if (id >= this.#historyId.length) this.#growColumns(id);
      this.#historyId[id] = series.id;
      this.#shard[id] = shard;
      this.#bornAt[id] = bornAt;
      heard.known?.(id, shard, series.id);
    }
    let samples = 0;
    history.range(fromMs, toMs, (block) => {
      const of = ids.get(block.shard);
      for (let i = 0; i < block.series.length; i++) {
        const id = of?.[block.series[i]!] ?? -1;
        if (id === -1) continue;
        const at = block.times[i]!;
        const value = block.values[i]!;
        if (table.append(id, at, value) === appended.fresh) heard.fresh?.(id, at, value);
        samples++;
      }
    });
    return { series: known.length - refused, refused, samples };
  }

  /** Stores what waits and stops. False when that failed: what waited is lost. */
  close(): boolean {
    this.#closed = true;
    this.#timer?.cancel();
    this.#timer = null;
    return this.flush();
  }

  #hurry(): void {
    this.#timer?.cancel();
    this.#timer = this.#options.clock.at(this.#options.clock.now(), () => this.#onTimer());
  }

  #onTimer(): void {
    this.#timer = null;
    if (this.flush() || this.#closed) return;
    this.#timer = this.#options.clock.at(this.#options.clock.now() + this.#flushMs, () => this.#onTimer());
  }

  /** Gives a series its history id and has it declared with the next batch. */
  #identify(id: number): void {
    const shard = this.#options.shardOf(this.#options.table.tenantOf(id));
    const next = this.#nextId.get(shard) ?? 1;
    this.#nextId.set(shard, next + 1);
    this.#historyId[id] = next;
    this.#shard[id] = shard;
    this.#declare(id, this.#options.table.bornAt(id));
  }

  /** Declares a series, again when a late sample made it older. */
  #declare(id: number, bornAt: number): void {
    const { table } = this.#options;
    this.#bornAt[id] = bornAt;
    this.#declared.set(id, {
      shard: this.#shard[id]!,
      id: this.#historyId[id]!,
      tenant: table.tenantOf(id),
      metric: table.metricOf(id),
      labels: table.labelsOf(id),
      bornAt,
    });
  }

  /** Closes the present batch, and drops the oldest samples (never a declaration) beyond the bound. */
  #seal(): void {
    if (this.#collected === 0) return;
    this.#sealed.push({
      declared: [...this.#parted, ...this.#declared.values()],
      blocks: [...this.#columns].map(([shard, columns]) => ({ shard, ...columns.view() })),
      columns: [...this.#columns.values()],
      samples: this.#collected,
    });
    this.#sealedSamples += this.#collected;
    this.#columns = new Map();
    this.#declared = new Map();
    this.#parted = [];
    this.#collected = 0;
    while (this.#sealedSamples > this.#maxWaiting && this.#sealed.length > 1) {
      const oldest = this.#sealed.shift()!;
      const next = this.#sealed[0]!;
      next.declared = [...oldest.declared, ...next.declared];
      this.#sealedSamples -= oldest.samples;
      this.#dropped += oldest.samples;
    }
  }

  #growColumns(id: number): void {
    const length = Math.max(id + 1, this.#historyId.length * 2);
    const historyId = new Uint32Array(length);
    historyId.set(this.#historyId);
    this.#historyId = historyId;
    const shard = new Uint8Array(length);
    shard.set(this.#shard);
    this.#shard = shard;
    const bornAt = new Float64Array(length);
    bornAt.set(this.#bornAt);
    this.#bornAt = bornAt;
  }
}
