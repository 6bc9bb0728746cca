// What the main thread and the fold's thread say to each other.

export interface FoldTask {
  readonly file: string;
  /** Flushes that end before this (epoch milliseconds) are folded. */
  readonly before: number;
}

/** Chunks to write in one transaction, their blobs end to end. */
export interface ChunkPiece {
  readonly kind: 'chunks';
  readonly hours: Float64Array;
  readonly shards: Uint32Array;
  readonly series: Uint32Array;
  /** Where each blob ends. */
  readonly ends: Uint32Array;
  readonly bytes: Uint8Array;
}

/** Flushes of which every chunk was handed over, oldest first. */
export interface FoldedFlushes {
  readonly kind: 'flushes';
  readonly shards: Uint32Array;
  readonly nos: Float64Array;
}

export type FromFold = ChunkPiece | FoldedFlushes | { readonly kind: 'end' };

/** A piece is written, or the flushes are deleted. */
export type ToFold = 'done';
