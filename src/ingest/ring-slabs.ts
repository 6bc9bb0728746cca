// Memory of the rings: for each ring size chunks of 8,192 points, cut into slots. No object per series, and a chunk
// whose last slot was given back is dropped, so that growing rings leave no dead copies of their smaller selves.

/** Points of a ring, by size class. Doubling bounds the waste to half of a ring. */
export const ringSizes = [16, 64, 128, 256, 512, 1_024, 2_048, 4_096] as const;

// 64 KiB for each array of a chunk: small beside the idle process, large beside the two array headers.
const chunkPoints = 8_192;
/** 1 MiB; more than that is left to the collector. */
const mostSpare = 8;

export interface Chunk {
  readonly times: Float64Array;
  readonly values: Float64Array;
}

interface OwnedChunk extends Chunk {
  used: number;
  /** Slots from here on were never given out. */
  untouched: number;
  /** Slots given back. */
  readonly returned: number[];
}

/** Chunks that nobody uses at the moment, of whatever size their rings were: growing rings leave one and need four. */
export class SpareChunks {
  readonly #chunks: Chunk[] = [];

  take(): Chunk {
    return (
      this.#chunks.pop() ?? { times: new Float64Array(chunkPoints), values: new Float64Array(chunkPoints) }
    );
  }

  giveBack({ times, values }: Chunk): void {
    if (this.#chunks.length < mostSpare) this.#chunks.push({ times, values });
  }
}

/** All rings of one size. A slot is a number; its points begin at `base(slot)` of the arrays of `chunk(slot)`. */
export class RingSlab {
  readonly size: number;
  readonly #spare: SpareChunks;
  readonly #perChunk: number;
  readonly #shift: number;
  readonly #chunks: (OwnedChunk | null)[] = [];
  /** Chunks with room, the last one is filled first. */
  readonly #open: number[] = [];
  /** Places of dropped chunks. */
  readonly #vacant: number[] = [];

  constructor(size: (typeof ringSizes)[number], spare: SpareChunks) {
    this.size = size;
    this.#spare = spare;
    this.#perChunk = chunkPoints / size;
    this.#shift = Math.log2(this.#perChunk);
  }

  take(): number {
    const index = this.#open.at(-1) ?? this.#addChunk();
    const chunk = this.#chunks[index]!;
    const slot = chunk.returned.pop() ?? chunk.untouched++;
    if (++chunk.used === this.#perChunk) this.#open.pop();
    return index * this.#perChunk + slot;
  }

  giveBack(slot: number): void {
    const index = slot >> this.#shift;
    const chunk = this.#chunks[index]!;
    chunk.returned.push(slot & (this.#perChunk - 1));
    if (chunk.used === this.#perChunk) this.#open.push(index);
    if (--chunk.used > 0) return;
    this.#open.splice(this.#open.indexOf(index), 1);
    this.#chunks[index] = null;
    this.#spare.giveBack(chunk);
    this.#vacant.push(index);
  }

  chunk(slot: number): Chunk {
    return this.#chunks[slot >> this.#shift]!;
  }

  base(slot: number): number {
    return (slot & (this.#perChunk - 1)) * this.size;
  }

  /** Bytes of the chunks that exist. */
  get bytes(): number {
    return (this.#chunks.length - this.#vacant.length) * chunkPoints * 2 * Float64Array.BYTES_PER_ELEMENT;
  }

  #addChunk(): number {
    const chunk: OwnedChunk = { ...this.#spare.take(), used: 0, untouched: 0, returned: [] };
    const index = this.#vacant.pop() ?? this.#chunks.length;
    this.#chunks[index] = chunk;
    this.#open.push(index);
    return index;
  }
}
