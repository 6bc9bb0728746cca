// Estimates that a few strange values do not move.

/** The middle of the values; NaN of none. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((one, other) => one - other);
  const middle = sorted.length >> 1;
  if (sorted.length % 2 === 1) return sorted[middle]!;
  return (sorted[middle - 1]! + sorted[middle]!) / 2;
}

/**
 * Standard deviation as the distances from a center say it, for normal values: the larger of what their median and what
 * their 80th percentile says, so that one in five may be anything; NaN of none.
 */
export function spreadAround(values: readonly number[], center: number): number {
  const distances = values.map((value) => Math.abs(value - center)).sort((one, other) => one - other);
  const far = distances[Math.ceil(0.8 * distances.length) - 1]!;
  return Math.max(1.4826 * median(distances), far / 1.2816);
}

/**
 * The slopes between all pairs of points with different x. Their median is the slope of H. Theil, "A rank-invariant method
 * of linear and polynomial regression analysis", 1950; the interval is of P. K. Sen, "Estimates of the regression
 * coefficient based on Kendall's tau", Journal of the American Statistical Association 63, 1968.
 */
export function slopesBetween(xs: readonly number[], ys: readonly number[]): number[] {
  const slopes: number[] = [];
  for (let i = 0; i < xs.length; i++)
    for (let j = i + 1; j < xs.length; j++)
      if (xs[j] !== xs[i]) slopes.push((ys[j]! - ys[i]!) / (xs[j]! - xs[i]!));
  return slopes;
}

/** The slope and where it lies with a probability of 95 %; null of fewer than five points. */
export function theilSen(
  xs: readonly number[],
  ys: readonly number[],
): { slope: number; low: number; high: number } | null {
  const n = xs.length;
  if (n < 5) return null;
  const slopes = slopesBetween(xs, ys).sort((one, other) => one - other);
  // Standard deviation of Kendall's statistic without ties.
  const reach = 1.96 * Math.sqrt((n * (n - 1) * (2 * n + 5)) / 18);
  const at = (rank: number) => slopes[Math.min(slopes.length - 1, Math.max(0, Math.round(rank)))]!;
  return {
    slope: median(slopes),
    low: at((slopes.length - reach) / 2),
    high: at((slopes.length + reach) / 2),
  };
}
