export declare class Random {
  #private;
  constructor(seed: number, stream?: number);
  /** Uniform in [0, 1). */
  next(): number;
  /** Whole number in [low, high]. */
  int(low: number, high: number): number;
  chance(p: number): boolean;
  pick<T>(list: readonly T[]): T;
  /** Exponentially distributed with this mean, whole and at least 1. */
  around(mean: number): number;
  bytes(into: Uint8Array): void;
}
