// Ids are UUIDv7 (RFC 9562, section 5.7): 48 bits of milliseconds, then a counter that keeps ids of one process in order.
import { inOnePiece } from '../rules/one-piece.ts';

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

const hex = Array.from({ length: 256 }, (_, i) => i.toString(16).padStart(2, '0'));

/**
 * Makes a generator of UUIDv7 strings, strictly increasing within one generator even when `now` stands still or the
 * counter of one millisecond runs over (then the millisecond is counted on).
 */
export function idGenerator(now: () => number, random: RandomBytes): NewId {
  const bytes = new Uint8Array(10);
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
    const high = Math.floor(lastMs / 0x10000)
      .toString(16)
      .padStart(8, '0');
    const low = (lastMs & 0xffff).toString(16).padStart(4, '0');
    const sequence = (0x7000 | counter).toString(16);
    const variant = hex[0x80 | (bytes[2]! & 0x3f)]! + hex[bytes[3]!]!;
    const tail = hex[bytes[4]!]! + hex[bytes[5]!]! + hex[bytes[6]!]! + hex[bytes[7]!]!;
    return inOnePiece(`${high}-${low}-${sequence}-${variant}-${tail}${hex[bytes[8]!]!}${hex[bytes[9]!]!}`);
  };
}
