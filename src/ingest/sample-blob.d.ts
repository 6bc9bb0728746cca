export interface SampleColumns {
  readonly times: Float64Array;
  readonly values: Float64Array;
}
export interface FlushColumns extends SampleColumns {
  readonly series: Uint32Array;
}
export declare function encodeFlush(block: FlushColumns): Buffer;
export declare function decodeFlush(blob: Buffer): FlushColumns;
export declare function encodeChunk(columns: SampleColumns): Buffer;
export declare function decodeChunk(blob: Buffer): SampleColumns;
/** Samples of one series in time order; of equal times the one that came last stays. */
export declare function mergeSamples(times: readonly number[], values: readonly number[]): SampleColumns;
