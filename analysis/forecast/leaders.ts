// What came after what, counted: leaders, and of each the alerts that followed it. A storm of alerts that never came before
// makes a leader of each and follows each with the next twenty, and forgets them as fast. So there is no object for any of
// them: columns of numbers, a row of `mostFollowers` places for each leader, used again when a leader is forgotten.
import { fnv32 } from '../fnv32.ts';

export const mostLeaders = 2_000;
export const mostFollowers = 24;
const mostLags = 12;
/** A leader forgets half when it was counted so often. */
const forgetsAt = 64;
const none = -1;
const firstRows = 16;

/** A leader as it is saved; maps as lists of entries. */
export interface SavedLeader {
  readonly count: number;
  readonly followers: ReadonlyMap<string, SavedFollower>;
}

interface SavedFollower {
  readonly count: number;
  /** From leader to follower by their own clocks, milliseconds; the latest last. */
  readonly lags: readonly number[];
  /** Time of the leader that was counted last, so that a follower that comes twice counts once. */
  readonly countedFor: number;
}

export class Leaders {
  /** Key → row. */
  readonly #rows = new Map<string, number>();
  readonly #keys: string[] = [];
  /** From the one that was counted longest ago to the latest; `none` at the ends. */
  #older = new Int32Array(firstRows);
  #newer = new Int32Array(firstRows);
  #oldest = none;
  #newest = none;
  #counts = new Float64Array(firstRows);
  /** How many followers a row has: its first places, in the order in which they came. */
  #filled = new Uint8Array(firstRows);
  #hashes = new Int32Array(firstRows * mostFollowers);
  #followed = new Float64Array(firstRows * mostFollowers);
  #countedFor = new Float64Array(firstRows * mostFollowers);
  readonly #names: string[] = [];
  /** One lag is a number of its own. */
  readonly #lags: (number | number[])[] = [];

  get size(): number {
    return this.#rows.size;
  }

  has(key: string): boolean {
    return this.#rows.has(key);
  }

  /** The row of a leader; undefined where it is not known. It holds until the next leader is counted. */
  rowOf(key: string): number | undefined {
    return this.#rows.get(key);
  }

  /** How often it came. */
  countOf(row: number): number {
    return this.#counts[row]!;
  }

  /** Places of its followers: from this one on … */
  firstOf(row: number): number {
    return row * mostFollowers;
  }

  /** … to before this one. */
  endOf(row: number): number {
    return row * mostFollowers + this.#filled[row]!;
  }

  nameAt(place: number): string {
    return this.#names[place]!;
  }

  /** How often it followed. */
  followedAt(place: number): number {
    return this.#followed[place]!;
  }

  lagsAt(place: number): readonly number[] {
    const lags = this.#lags[place]!;
    return typeof lags === 'number' ? [lags] : lags;
  }

  /** How often a leader was followed by what is at this place of another one. */
  followedLike(row: number, place: number): number {
    const like = this.#find(row, this.#names[place]!, this.#hashes[place]!);
    return like === none ? 0 : this.#followed[like]!;
  }

  /** Counts a leader, as the latest one; the one that was counted longest ago may be forgotten for it. */
  count(key: string): void {
    const row = this.#latest(key);
    const count = this.#counts[row]! + 1;
    this.#counts[row] = count;
    if (count < forgetsAt) return;
    this.#counts[row] = count / 2;
    for (let place = this.endOf(row) - 1; place >= this.firstOf(row); place--) {
      this.#followed[place]! /= 2;
      if (this.#followed[place]! < 0.5) this.#remove(row, place);
    }
  }

  /** Learns that alert `key` came at `at` after these leaders, each with its time; its own is left out. */
  learn(leaders: Iterable<readonly [string, number]>, key: string, at: number): void {
    const hash = fnv32(key) | 0;
    for (const [leader, since] of leaders) {
      const row = leader === key ? undefined : this.#rows.get(leader);
      if (row !== undefined) this.#learnPair(row, key, hash, since, at);
    }
  }

  #learnPair(row: number, key: string, hash: number, since: number, at: number): void {
    const place = this.#find(row, key, hash);
    if (place === none) {
      const full = this.#filled[row]! >= mostFollowers;
      if (full && !this.#makeRoom(row)) return;
      const count = Math.min(this.#counts[row]!, 1);
      this.#append(row, key, hash, count, at - since, since);
      return;
    }
    if (this.#countedFor[place] === since) return;
    this.#countedFor[place] = since;
    this.#followed[place] = Math.min(this.#counts[row]!, this.#followed[place]! + 1);
    const known = this.#lags[place]!;
    const lags = typeof known === 'number' ? [known] : known;
    lags.push(at - since);
    if (lags.length > mostLags) lags.shift();
    this.#lags[place] = lags;
  }

  #append(
    row: number,
    name: string,
    hash: number,
    count: number,
    lags: number | number[],
    countedFor: number,
  ): void {
    const place = this.endOf(row);
    this.#filled[row]!++;
    this.#names[place] = name;
    this.#hashes[place] = hash;
    this.#followed[place] = count;
    this.#countedFor[place] = countedFor;
    this.#lags[place] = lags;
  }

  #find(row: number, key: string, hash: number): number {
    const end = this.endOf(row);
    for (let place = this.firstOf(row); place < end; place++)
      if (this.#hashes[place] === hash && this.#names[place] === key) return place;
    return none;
  }

  /** The first one that was counted once only goes. */
  #makeRoom(row: number): boolean {
    for (let place = this.firstOf(row); place < this.endOf(row); place++) {
      if (this.#followed[place]! > 1) continue;
      this.#remove(row, place);
      return true;
    }
    return false;
  }

  #remove(row: number, place: number): void {
    const end = this.endOf(row);
    for (const column of [this.#hashes, this.#followed, this.#countedFor, this.#names, this.#lags])
      (column as unknown[]).copyWithin(place, place + 1, end);
    this.#filled[row]!--;
    this.#clear(end - 1);
  }

  /** What is not used must not keep a text alive. */
  #clear(place: number): void {
    this.#names[place] = '';
    this.#lags[place] = 0;
  }

  /** The row of a leader as the latest one, made where there is none. */
  #latest(key: string): number {
    const known = this.#rows.get(key);
    if (known !== undefined) {
      if (known !== this.#newest) {
        this.#unlink(known);
        this.#link(known);
      }
      return known;
    }
    const row = this.#rows.size >= mostLeaders ? this.#forgetOldest() : this.#newRow();
    this.#rows.set(key, row);
    this.#keys[row] = key;
    this.#counts[row] = 0;
    this.#filled[row] = 0;
    this.#link(row);
    return row;
  }

  #forgetOldest(): number {
    const row = this.#oldest;
    this.#unlink(row);
    this.#rows.delete(this.#keys[row]!);
    for (let place = this.firstOf(row); place < this.endOf(row); place++) this.#clear(place);
    return row;
  }

  #newRow(): number {
    const row = this.#rows.size;
    if (row === this.#counts.length) this.#grow(Math.min(mostLeaders, 2 * row));
    for (let place = row * mostFollowers; place < (row + 1) * mostFollowers; place++) {
      this.#names.push('');
      this.#lags.push(0);
    }
    return row;
  }

  #grow(rows: number): void {
    const copied = <Column extends Float64Array | Int32Array | Uint8Array>(column: Column, into: Column) => {
      into.set(column);
      return into;
    };
    this.#older = copied(this.#older, new Int32Array(rows));
    this.#newer = copied(this.#newer, new Int32Array(rows));
    this.#counts = copied(this.#counts, new Float64Array(rows));
    this.#filled = copied(this.#filled, new Uint8Array(rows));
    this.#hashes = copied(this.#hashes, new Int32Array(rows * mostFollowers));
    this.#followed = copied(this.#followed, new Float64Array(rows * mostFollowers));
    this.#countedFor = copied(this.#countedFor, new Float64Array(rows * mostFollowers));
  }

  #link(row: number): void {
    this.#older[row] = this.#newest;
    this.#newer[row] = none;
    if (this.#newest === none) this.#oldest = row;
    else this.#newer[this.#newest] = row;
    this.#newest = row;
  }

  #unlink(row: number): void {
    const [older, newer] = [this.#older[row]!, this.#newer[row]!];
    if (older === none) this.#oldest = newer;
    else this.#newer[older] = newer;
    if (newer === none) this.#newest = older;
    else this.#older[newer] = older;
  }

  /** All of them as they are saved, the one that was counted longest ago first. */
  *[Symbol.iterator](): Generator<[string, SavedLeader]> {
    for (let row = this.#oldest; row !== none; row = this.#newer[row]!) {
      const followers = new Map<string, SavedFollower>();
      for (let place = this.firstOf(row); place < this.endOf(row); place++)
        followers.set(this.#names[place]!, {
          count: this.#followed[place]!,
          lags: this.lagsAt(place),
          countedFor: this.#countedFor[place]!,
        });
      yield [this.#keys[row]!, { count: this.#counts[row]!, followers }];
    }
  }

  /** Takes a leader up as it was saved, as the latest one. */
  restore(key: string, { count, followers }: SavedLeader): void {
    const row = this.#latest(key);
    this.#counts[row] = count;
    this.#filled[row] = 0;
    for (const [name, { count: followed, lags, countedFor }] of followers) {
      if (this.#filled[row]! >= mostFollowers) return;
      const kept = lags.length === 1 ? lags[0]! : [...lags];
      this.#append(row, name, fnv32(name) | 0, followed, kept, countedFor);
    }
  }
}
