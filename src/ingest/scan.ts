// What a scanner walks over and what it writes: a body as bytes, and columns of samples whose series are known by alias.
// A scan has no effects: series are looked up, none is born, so that a body may be given up at its last byte.
import type { AliasTable } from './alias-table.ts';

const nothing = Buffer.alloc(0);
const noView = new DataView(new ArrayBuffer(0));
/** Samples for which the columns stay from one body to the next. */
const keptSamples = 16_384;

/** Reads a whole body into the scan. False: not mine; the plain decoder says what is wrong with it, or takes it. */
export type Scanner = (scan: Scan) => boolean;

export class Scan {
  // What is read.
  bytes: Buffer = nothing;
  view: DataView = noView;
  end = 0;
  /** For samples without a time. */
  now = 0;
  // Set by `open` before anything is read.
  aliases!: AliasTable;

  // What is written: `count` samples in the order of the body.
  /** Id of the series; below zero the complement (~) of the number of an unknown one. */
  series = new Int32Array(1_024);
  times = new Float64Array(1_024);
  values = new Float64Array(1_024);
  count = 0;
  /** Where the unknown series stand in the body: pairs of first byte and byte after the last one. */
  readonly unknown: number[] = [];
  #most = 0;

  /** Begins with a body that may hold at most `most` samples. */
  open(body: Uint8Array, aliases: AliasTable, now: number, most: number): void {
    this.bytes = Buffer.isBuffer(body) ? body : Buffer.from(body.buffer, body.byteOffset, body.byteLength);
    this.view = new DataView(body.buffer, body.byteOffset, body.byteLength);
    this.end = body.byteLength;
    this.now = now;
    this.aliases = aliases;
    this.#most = most;
    this.restart();
  }

  /** Forgets what was read so far. */
  restart(): void {
    this.count = 0;
    this.unknown.length = 0;
  }

  /** Makes room for the next sample; false when there are as many as a request may hold. */
  room(): boolean {
    if (this.count < this.series.length) return this.count < this.#most;
    if (this.count >= this.#most) return false;
    const length = this.count * 2;
    const { series, times, values } = this;
    this.series = new Int32Array(length);
    this.times = new Float64Array(length);
    this.values = new Float64Array(length);
    this.series.set(series);
    this.times.set(times);
    this.values.set(values);
    return true;
  }

  /** The series that stands in these bytes, for `series`. */
  identify(from: number, to: number): number {
    const known = this.aliases.find(this.view, from, to);
    return known === -1 ? this.addUnknown(from, to) : known;
  }

  addUnknown(from: number, to: number): number {
    return ~(this.unknown.push(from, to) / 2 - 1);
  }

  /** Lets go of the body, and of columns that one large body made large. */
  close(): void {
    this.bytes = nothing;
    this.view = noView;
    this.unknown.length = 0;
    if (this.series.length > keptSamples) {
      this.series = new Int32Array(keptSamples);
      this.times = new Float64Array(keptSamples);
      this.values = new Float64Array(keptSamples);
    }
  }
}
