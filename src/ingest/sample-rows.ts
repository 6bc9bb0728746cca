// Samples as columns. Where every sample passes, a function is given the columns and a row, not two numbers: a number with
// a fraction, or as large as a time, that is an argument costs an object.
export interface SampleRows {
  /** Ids of the series table. */
  readonly series: Int32Array;
  /** Sample times in epoch milliseconds. */
  readonly times: Float64Array;
  readonly values: Float64Array;
}

export function oneRow(): SampleRows {
  return { series: new Int32Array(1), times: new Float64Array(1), values: new Float64Array(1) };
}
