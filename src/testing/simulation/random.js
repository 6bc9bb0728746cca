// All chance of a simulation comes from here: one seed, one sequence (sfc32 after Chris Doty-Humphrey's PractRand).
export class Random {
  #a;
  #b;
  #c;
  #count = 1;
  constructor(seed, stream = 0) {
    this.#a = seed | 0;
    this.#b = Math.floor(seed / 0x100000000) | 0;
    this.#c = stream | 0;
    for (let i = 0; i < 15; i++) this.next();
  }
  /** Uniform in [0, 1). */
  next() {
    const t = (((this.#a + this.#b) | 0) + this.#count) | 0;
    this.#count = (this.#count + 1) | 0;
    this.#a = this.#b ^ (this.#b >>> 9);
    this.#b = (this.#c + (this.#c << 3)) | 0;
    this.#c = (((this.#c << 21) | (this.#c >>> 11)) + t) | 0;
    return (t >>> 0) / 0x100000000;
  }
  /** Whole number in [low, high]. */
  int(low, high) {
    return low + Math.floor(this.next() * (high - low + 1));
  }
  chance(p) {
    return p > 0 && this.next() < p;
  }
  pick(list) {
    if (list.length === 0) throw new Error('nothing to pick from');
    return list[this.int(0, list.length - 1)];
  }
  /** Exponentially distributed with this mean, whole and at least 1. */
  around(mean) {
    return Math.max(1, Math.round(-Math.log(1 - this.next()) * mean));
  }
  bytes(into) {
    for (let i = 0; i < into.length; i++) into[i] = this.int(0, 255);
  }
}
//# sourceMappingURL=random.js.map
