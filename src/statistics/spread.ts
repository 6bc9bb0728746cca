// How long things took: mean, median and the 90th percentile.

export interface Spread {
  readonly count: number;
  /** Milliseconds, rounded. */
  readonly meanMs: number;
  /** The value that half of them reach at most, and the one that nine of ten do: values that occurred (nearest rank). */
  readonly medianMs: number;
  readonly p90Ms: number;
}

/** Null when there are none. */
export function spreadOf(spansMs: readonly number[]): Spread | null {
  const count = spansMs.length;
  if (count === 0) return null;
  const sorted = Float64Array.from(spansMs).sort();
  const rank = (share: number) => sorted[Math.ceil(share * count) - 1]!;
  const sum = sorted.reduce((all, each) => all + each, 0);
  return { count, meanMs: Math.round(sum / count), medianMs: rank(0.5), p90Ms: rank(0.9) };
}
