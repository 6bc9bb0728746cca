// Spearman's rank correlation: Pearson's of ranks, where those that are equal share the mean of their ranks.

/** −1 … 1; NaN where one side is all equal. */
export function spearman(one: readonly number[], other: readonly number[]): number {
  return pearson(ranksOf(one), ranksOf(other));
}

function ranksOf(values: readonly number[]): number[] {
  const order = values.map((value, i) => ({ value, i })).sort((a, b) => a.value - b.value);
  const ranks = new Array<number>(values.length);
  for (let first = 0; first < order.length; ) {
    let end = first + 1;
    while (end < order.length && order[end]!.value === order[first]!.value) end++;
    for (let k = first; k < end; k++) ranks[order[k]!.i] = (first + end + 1) / 2;
    first = end;
  }
  return ranks;
}

function pearson(xs: readonly number[], ys: readonly number[]): number {
  const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
  const [x, y] = [mean(xs), mean(ys)];
  let both = 0;
  let ofX = 0;
  let ofY = 0;
  for (let i = 0; i < xs.length; i++) {
    both += (xs[i]! - x) * (ys[i]! - y);
    ofX += (xs[i]! - x) ** 2;
    ofY += (ys[i]! - y) ** 2;
  }
  return both / Math.sqrt(ofX * ofY);
}
