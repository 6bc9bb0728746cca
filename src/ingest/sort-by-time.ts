// Stable order of a batch by time. Times of one request lie within hours of each other, so two counting passes over
// 11 bits each do it: a columnar body, one series after the other, is never in order and is sorted at each push.

const bits = 11;
const buckets = 1 << bits;
/** Below this, inserting is faster than counting. */
const few = 48;

let order = new Uint32Array(0);
let other = new Uint32Array(0);
/** Milliseconds since the earliest time, by position. */
let since = new Uint32Array(0);
const counts = new Uint32Array(buckets);

/**
 * The positions 0…count-1 by ascending time, equal times in the order given. Times are whole numbers. Good until the next
 * call.
 */
export function orderByTime(times: Float64Array, count: number): Uint32Array {
  if (order.length < count) {
    order = new Uint32Array(Math.max(1_024, count * 2));
    other = new Uint32Array(order.length);
    since = new Uint32Array(order.length);
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
    if (span >= 2 ** 32) order.subarray(0, count).sort((a, b) => times[a]! - times[b]! || a - b);
    else {
      for (let i = 0; i < count; i++) since[i] = times[i]! - least;
      for (let shift = 0; shift < 32 && span >>> shift > 0; shift += bits) pass(count, shift);
    }
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

/** Orders by 11 bits of `since`, keeping the order that there is. */
function pass(count: number, shift: number): void {
  counts.fill(0);
  for (let i = 0; i < count; i++) counts[(since[i]! >>> shift) & (buckets - 1)]!++;
  let sum = 0;
  for (let i = 0; i < buckets; i++) {
    const size = counts[i]!;
    counts[i] = sum;
    sum += size;
  }
  for (let i = 0; i < count; i++) {
    const position = order[i]!;
    other[counts[(since[position]! >>> shift) & (buckets - 1)]!++] = position;
  }
  [order, other] = [other, order];
}
