// Ids are UUIDv7 (RFC 9562, section 5.7): 48 bits of milliseconds, then a counter that keeps ids of one process in order.

/** Fills an array with random bytes; crypto.getRandomValues outside of the simulation. */
export type RandomBytes = (into: Uint8Array) => void;
export type NewId = () => string;

/** Asks `random` for many bytes at once and hands them out: a call into the system costs more than the whole id. */
export function pooledRandom(random: RandomBytes, poolBytes = 4_096): RandomBytes {
  const pool = new Uint8Array(poolBytes);
  let used = poolBytes;
  return (into) => {
    if (used + into.length > poolBytes) {
      random(pool);
      used = 0;
    }
    into.set(pool.subarray(used, used + into.length));
    used += into.length;
  };
}

const digits = Buffer.from('0123456789abcdef');

/**
 * Makes a generator of UUIDv7 strings, strictly increasing within one generator even when `now` stands still or the
 * counter of one millisecond runs over (then the millisecond is counted on).
 */
export function idGenerator(now: () => number, random: RandomBytes): NewId {
  const bytes = new Uint8Array(10);
  // Written in one piece: a text put together from fifteen is as many objects until somebody reads it.
  const text = Buffer.alloc(36, '-');
  /** Writes the last `count` hexadecimal digits of `value`, which has at most 32 bits, at `place`. */
  const write = (value: number, place: number, count: number): void => {
    for (let rest = value, i = place + count - 1; i >= place; i--, rest >>>= 4) text[i] = digits[rest & 15]!;
  };
  let lastMs = 0;
  let counter = 0;
  return () => {
    const ms = now();
    random(bytes);
    if (ms > lastMs) {
      lastMs = ms;
      counter = ((bytes[0]! & 0x07) << 8) | bytes[1]!; // 11 random bits: room for 2,048 to 4,096 ids in the millisecond
    } else if (++counter > 0xfff) {
      lastMs += 1;
      counter = 0;
    }
    write(Math.floor(lastMs / 0x10000), 0, 8);
    write(lastMs & 0xffff, 9, 4);
    write(0x7000 | counter, 14, 4);
    write(0x80 | (bytes[2]! & 0x3f), 19, 2);
    write(bytes[3]!, 21, 2);
    for (let i = 4; i < 10; i++) write(bytes[i]!, 16 + 2 * i, 2);
    return text.toString('latin1');
  };
}
