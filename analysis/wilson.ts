// The interval of a proportion by E. B. Wilson, "Probable Inference, the Law of Succession, and Statistical Inference",
// Journal of the American Statistical Association 22, 1927.

/** 95 %: the two-sided quantile of the normal distribution. */
const z = 1.959964;

/** Lower and upper bound of the probability behind `hits` of `of`; [0, 1] of none. */
export function wilson(hits: number, of: number): [number, number] {
  if (of === 0) return [0, 1];
  const rate = hits / of;
  const middle = (rate + (z * z) / (2 * of)) / (1 + (z * z) / of);
  const half = (z / (1 + (z * z) / of)) * Math.sqrt((rate * (1 - rate)) / of + (z * z) / (4 * of * of));
  return [Math.max(0, middle - half), Math.min(1, middle + half)];
}
