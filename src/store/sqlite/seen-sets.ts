// Which label sets are known to be stored, and when that was seen last: 24 bytes each in a table of a fixed size, since a
// map of texts took 500. A set has eight places by its id; the one of them that was seen longest ago goes. What is not found
// here is written once more, which changes nothing.

/** 64 Ki sets in all: 1.8 MiB. */
const buckets = 8_192;
const ways = 8;
const wordsOfId = 4;

export class SeenSets {
  readonly #ids = new Uint32Array(buckets * ways * wordsOfId);
  /** A number for each tenant, from 1. */
  readonly #tenants = new Uint32Array(buckets * ways);
  /** Epoch milliseconds; 0: the place is free. */
  readonly #seenAt = new Float64Array(buckets * ways);
  readonly #numbers = new Map<string, number>();

  /** When the set with this id of 16 bytes was seen; undefined where that is not known. */
  get(tenant: string, id: Buffer): number | undefined {
    const number = this.#numbers.get(tenant);
    if (number === undefined) return undefined;
    const first = placeOf(id);
    for (let place = first; place < first + ways; place++)
      if (this.#holds(place, number, id)) return this.#seenAt[place];
    return undefined;
  }

  set(tenant: string, id: Buffer, seenAt: number): void {
    const number = this.#numbers.get(tenant) ?? this.#numbers.size + 1;
    this.#numbers.set(tenant, number);
    const first = placeOf(id);
    let into = first;
    for (let place = first; place < first + ways; place++) {
      if (this.#holds(place, number, id)) {
        into = place;
        break;
      }
      if (this.#seenAt[place]! < this.#seenAt[into]!) into = place;
    }
    for (let word = 0; word < wordsOfId; word++)
      this.#ids[into * wordsOfId + word] = id.readUInt32LE(4 * word);
    this.#tenants[into] = number;
    this.#seenAt[into] = seenAt;
  }

  #holds(place: number, tenant: number, id: Buffer): boolean {
    if (this.#tenants[place] !== tenant) return false;
    for (let word = 0; word < wordsOfId; word++)
      if (this.#ids[place * wordsOfId + word] !== id.readUInt32LE(4 * word)) return false;
    return true;
  }
}

/** The first of the places that a set may have: ids are hashes, so that all are as likely. */
const placeOf = (id: Buffer): number => (id.readUInt16LE(0) % buckets) * ways;
