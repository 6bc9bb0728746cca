// How long things took: mean, median and the 90th percentile.

export interface Spread {
  readonly count: number;
  /** Milliseconds, rounded. */
  readonly meanMs: number;
  /** The value that half of them reach at most, and the one that nine of ten do: values that occurred (nearest rank). */
  readonly medianMs: number;
  readonly p90Ms: number;
}

/** Of all lists together; null when they are empty. */
export function spreadOf(spansMs: readonly (readonly number[])[]): Spread | null {
  const count = spansMs.reduce((sum, { length }) => sum + length, 0);
  if (count === 0) return null;
  const sorted = new Float64Array(count);
  let at = 0;
  for (const list of spansMs) {
    sorted.set(list, at);
    at += list.length;
  }
  sorted.sort();
  const rank = (share: number) => sorted[Math.ceil(share * count) - 1]!;
  const sum = sorted.reduce((all, each) => all + each, 0);
  return { count, meanMs: Math.round(sum / count), medianMs: rank(0.5), p90Ms: rank(0.9) };
}
