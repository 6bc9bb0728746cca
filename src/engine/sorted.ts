// Finding places in ascending lists.

/** The first place with a number greater than `limit`; the length when there is none. */
export function firstBeyond(numbers: readonly number[], limit: number): number {
  let high = numbers.length;
  if (high === 0 || numbers[high - 1]! <= limit) return high;
  let low = 0;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (numbers[middle]! <= limit) low = middle + 1;
    else high = middle;
  }
  return low;
}
