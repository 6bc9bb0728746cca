// Stable order of a batch by time. Times of one request lie within hours of each other, so two counting passes over
// 11 bits each do it: a columnar body, one series after the other, is never in order and is sorted at each push.

const bits = 11;
const buckets = 1 << bits;
/** Below this, inserting is faster than counting. */
const few = 48;

let order = new Uint32Array(0);
let other = new Uint32Array(0);
const counts = new Uint32Array(buckets);

/**
 * The positions 0…count-1 by ascending time, equal times in the order given. Times are whole numbers, at most 2^53
 * apart. Good until the next call.
 */
export function orderByTime(times: Float64Array, count: number): Uint32Array {
  if (order.length < count) {
    order = new Uint32Array(Math.max(1_024, count * 2));
    other = new Uint32Array(order.length);
  }
  for (let i = 0; i < count; i++) order[i] = i;
  if (count <= few) insertInto(order, times, count);
  else {
    let least = times[0]!;
    let greatest = least;
    for (let i = 1; i < count; i++) {
      const at = times[i]!;
      if (at < least) least = at;
      else if (at > greatest) greatest = at;
    }
    const span = greatest - least;
    for (let unit = 1; unit <= span; unit *= buckets) pass(times, count, least, unit);
  }
  return order.subarray(0, count);
}

function insertInto(positions: Uint32Array, times: Float64Array, count: number): void {
  for (let i = 1; i < count; i++) {
    const at = times[i]!;
    let to = i;
    while (to > 0 && times[positions[to - 1]!]! > at) {
      positions[to] = positions[to - 1]!;
      to--;
    }
    positions[to] = i;
  }
}

/** Orders by one digit (of 11 bits) of the time since `least`, keeping the order that there is. */
function pass(times: Float64Array, count: number, least: number, unit: number): void {
  counts.fill(0);
  const digit = (position: number) => Math.floor((times[position]! - least) / unit) % buckets;
  for (let i = 0; i < count; i++) counts[digit(i)]!++;
  let sum = 0;
  for (let i = 0; i < buckets; i++) {
    const size = counts[i]!;
    counts[i] = sum;
    sum += size;
  }
  for (let i = 0; i < count; i++) {
    const position = order[i]!;
    other[counts[digit(position)]!++] = position;
  }
  [order, other] = [other, order];
}
