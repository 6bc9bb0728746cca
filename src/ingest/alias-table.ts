// From the bytes that a client writes for a series (metric and labels as they stand in the body) to its id, without
// making a string of them. Bytes are compared to the last one; an alias holds only while its series lives. What an alias
// means was found out by the plain decoder, once.
import { grown } from './grown.ts';
import type { SeriesTable } from './series.ts';

/** Aliases per series of the tenant, on average, before all of them are forgotten and learned anew. */
const aliasesPerSeries = 4;
const fewestAliases = 1_024;
/** Bytes of all aliases of a tenant before they are forgotten. */
const mostBytes = 64 * 1024 * 1024;
/** A longer one is not remembered; one below 4 bytes has no word to compare. */
const longestAlias = 2_048;
const shortestAlias = 4;
/** Steps of a search: whoever crafts collisions gets the plain decoder's speed, not a long walk. */
const mostProbes = 32;

/** 1 MiB. */
const fewWords = 262_144;

// An alias is a record of eight 32-bit numbers, one half of a cache line.
const stride = 8;
const offsetOf = 0; // first word in the arena
const lengthOf = 1; // in bytes
const hashOf = 2;
const seriesOf = 3;
const generationOf = 4;
const nextOf = 5; // the alias that came after this one the last time

export class AliasTable {
  readonly #table: SeriesTable;
  readonly #tenant: string;
  readonly #seed: number;
  /** Bytes of the aliases as little-endian words: the whole ones, then the last four bytes once more. */
  #arena = new Int32Array(256);
  #used = 0;
  #records = new Int32Array(16 * stride);
  #count = 0;
  /** Open addressing: number of an alias plus one, 0 = free. */
  #slots = new Int32Array(32);
  #last = -1;
  /** The series that `follow` found. */
  followed = -1;

  constructor(table: SeriesTable, tenant: string, seed: number) {
    this.#table = table;
    this.#tenant = tenant;
    this.#seed = seed;
  }

  get size(): number {
    return this.#count;
  }

  /**
   * Clients send their series in the same order again and again: if the bytes at `at` are the alias that came next the
   * last time, answers its length and sets `followed`; else 0.
   */
  follow(view: DataView, at: number, end: number): number {
    if (this.#last < 0) return 0;
    const records = this.#records;
    const alias = records[this.#last * stride + nextOf]!;
    if (alias < 0) return 0;
    const record = alias * stride;
    const length = records[record + lengthOf]!;
    if (at + length > end || !this.#same(record, view, at, length)) return 0;
    const series = records[record + seriesOf]!;
    if (this.#table.generation(series) !== records[record + generationOf]!) return 0;
    this.#last = alias;
    this.followed = series;
    return length;
  }

  /** The series that these bytes stand for, -1 when that is not known. */
  find(view: DataView, from: number, to: number): number {
    if (to - from < shortestAlias || to - from > longestAlias) return -1;
    const alias = this.#search(view, from, to, this.#hash(view, from, to));
    if (alias < 0) return -1;
    const records = this.#records;
    const record = alias * stride;
    const series = records[record + seriesOf]!;
    if (this.#table.generation(series) !== records[record + generationOf]!) return -1;
    if (this.#last >= 0) records[this.#last * stride + nextOf] = alias;
    this.#last = alias;
    return series;
  }

  /** From now on these bytes stand for this series, as long as it lives. */
  remember(view: DataView, from: number, to: number, series: number): void {
    const length = to - from;
    if (length < shortestAlias || length > longestAlias) return;
    const hash = this.#hash(view, from, to);
    let alias = this.#search(view, from, to, hash);
    if (alias < 0) {
      const most = Math.max(fewestAliases, aliasesPerSeries * this.#table.countOf(this.#tenant));
      if (this.#count >= most || this.#used * 4 + length > mostBytes) this.clear();
      alias = this.#add(view, from, to, hash);
      if (alias < 0) return;
    }
    this.#records[alias * stride + seriesOf] = series;
    this.#records[alias * stride + generationOf] = this.#table.generation(series);
  }

  clear(): void {
    this.#arena = new Int32Array(256);
    this.#used = 0;
    this.#records = new Int32Array(16 * stride);
    this.#count = 0;
    this.#slots = new Int32Array(32);
    this.#last = -1;
  }

  #search(view: DataView, from: number, to: number, hash: number): number {
    const slots = this.#slots;
    const records = this.#records;
    const mask = slots.length - 1;
    for (let probe = 0; probe < mostProbes; probe++) {
      const alias = slots[(hash + probe) & mask]! - 1;
      if (alias < 0) return -1;
      const record = alias * stride;
      if (records[record + hashOf] === hash && records[record + lengthOf] === to - from) {
        if (this.#same(record, view, from, to - from)) return alias;
      }
    }
    return -1;
  }

  #same(record: number, view: DataView, at: number, length: number): boolean {
    const arena = this.#arena;
    const offset = this.#records[record + offsetOf]!;
    const words = length >> 2;
    for (let i = 0; i < words; i++) {
      if (view.getInt32(at + (i << 2), true) !== arena[offset + i]) return false;
    }
    return view.getInt32(at + length - 4, true) === arena[offset + words];
  }

  #add(view: DataView, from: number, to: number, hash: number): number {
    if (this.#count * 2 >= this.#slots.length) this.#rehash(this.#slots.length * 2);
    const alias = this.#count;
    if (!this.#place(alias, hash)) return -1;
    const length = to - from;
    const words = length >> 2;
    if (this.#used + words + 1 > this.#arena.length) this.#arena = larger(this.#arena, words + 1);
    if ((alias + 1) * stride > this.#records.length) this.#records = larger(this.#records, stride);
    const records = this.#records;
    const record = alias * stride;
    records[record + offsetOf] = this.#used;
    records[record + lengthOf] = length;
    records[record + hashOf] = hash;
    records[record + nextOf] = -1;
    for (let i = 0; i < words; i++) this.#arena[this.#used++] = view.getInt32(from + (i << 2), true);
    this.#arena[this.#used++] = view.getInt32(to - 4, true);
    this.#count++;
    return alias;
  }

  #place(alias: number, hash: number): boolean {
    const slots = this.#slots;
    const mask = slots.length - 1;
    for (let probe = 0; probe < mostProbes; probe++) {
      const slot = (hash + probe) & mask;
      if (slots[slot] !== 0) continue;
      slots[slot] = alias + 1;
      return true;
    }
    return false;
  }

  #rehash(length: number): void {
    this.#slots = new Int32Array(length);
    // One that finds no place is not found any more: its series is learned again.
    for (let alias = 0; alias < this.#count; alias++) {
      this.#place(alias, this.#records[alias * stride + hashOf]!);
    }
  }

  /** Eight bytes a step in two independent lanes, seeded, so that nobody outside can prepare collisions. */
  #hash(view: DataView, from: number, to: number): number {
    let a = this.#seed;
    let b = this.#seed ^ (to - from);
    let at = from;
    for (; at + 8 <= to; at += 8) {
      a = Math.imul(((a << 13) | (a >>> 19)) ^ view.getInt32(at, true), 0x9e3779b1);
      b = Math.imul(((b << 17) | (b >>> 15)) ^ view.getInt32(at + 4, true), 0x85ebca77);
    }
    if (at + 4 <= to) a = Math.imul(((a << 13) | (a >>> 19)) ^ view.getInt32(at, true), 0x9e3779b1);
    b = Math.imul(((b << 17) | (b >>> 15)) ^ view.getInt32(to - 4, true), 0x85ebca77);
    a ^= (b << 16) | (b >>> 16);
    a = Math.imul(a ^ (a >>> 15), 0xc2b2ae3d);
    return a ^ (a >>> 13);
  }
}

/** Small ones double, large ones grow by a quarter: half of 16 MiB empty is more than the copies are worth. */
function larger(array: Int32Array<ArrayBuffer>, least: number): Int32Array<ArrayBuffer> {
  const more = array.length < fewWords ? array.length : array.length >> 2;
  return grown(array, new Int32Array(array.length + Math.max(more, least)));
}
