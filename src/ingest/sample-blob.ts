// Samples as bytes, column by column, little-endian: small to write and read back without a parser.
//
//   byte 0      version (1)
//   bytes 4-7   u32 count
//   then        f64 times[count], f64 values[count], and for a flush u32 series[count]
//
// A chunk holds one series, whose id is its key, and leaves the last column out.
import { endianness } from 'node:os';

const version = 1;
const headerBytes = 8;

export interface SampleColumns {
  readonly times: Float64Array;
  readonly values: Float64Array;
}

export interface FlushColumns extends SampleColumns {
  readonly series: Uint32Array;
}

// Typed arrays are in the order of the machine; all that Node runs on here are little-endian.
if (endianness() !== 'LE') throw new Error('sample history needs a little-endian machine');

function bytesOf(array: Float64Array | Uint32Array): Uint8Array {
  return new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
}

function encode(
  count: number,
  columns: readonly (Float64Array | Uint32Array)[],
  memory: (bytes: number) => Buffer = Buffer.allocUnsafe,
): Buffer {
  const blob = memory(headerBytes + columns.reduce((sum, column) => sum + column.byteLength, 0));
  blob.fill(0, 0, headerBytes);
  blob.writeUInt8(version, 0);
  blob.writeUInt32LE(count, 4);
  let at = headerBytes;
  for (const column of columns) {
    blob.set(bytesOf(column), at);
    at += column.byteLength;
  }
  return blob;
}

/** The header's count, after checking that the blob is whole. @throws when it is not one of ours. */
function countOf(blob: Buffer, bytesPerSample: number): number {
  if (blob.length < headerBytes || blob.readUInt8(0) !== version)
    throw new Error(`sample blob of unknown version ${blob[0]}`);
  const count = blob.readUInt32LE(4);
  if (blob.length !== headerBytes + count * bytesPerSample)
    throw new Error(`sample blob of ${blob.length} bytes says it holds ${count} samples`);
  return count;
}

/** Copies: a blob's bytes need not lie where a Float64Array may begin. */
function copy(blob: Buffer, at: number, bytes: number): ArrayBuffer {
  const into = new ArrayBuffer(bytes);
  new Uint8Array(into).set(blob.subarray(at, at + bytes));
  return into;
}

/** `memory` gives as many bytes as it is asked for, with anything in them. */
export function encodeFlush(block: FlushColumns, memory?: (bytes: number) => Buffer): Buffer {
  return encode(block.times.length, [block.times, block.values, block.series], memory);
}

export function decodeFlush(blob: Buffer): FlushColumns {
  const count = countOf(blob, 20);
  return {
    times: new Float64Array(copy(blob, headerBytes, count * 8)),
    values: new Float64Array(copy(blob, headerBytes + count * 8, count * 8)),
    series: new Uint32Array(copy(blob, headerBytes + count * 16, count * 4)),
  };
}

/** As `decodeFlush`, sharing the blob's memory where its bytes lie right. */
export function viewFlush(blob: Buffer): FlushColumns {
  if (blob.byteOffset % Float64Array.BYTES_PER_ELEMENT !== 0) return decodeFlush(blob);
  const count = countOf(blob, 20);
  const at = blob.byteOffset + headerBytes;
  return {
    times: new Float64Array(blob.buffer, at, count),
    values: new Float64Array(blob.buffer, at + count * 8, count),
    series: new Uint32Array(blob.buffer, at + count * 16, count),
  };
}

export function encodeChunk(columns: SampleColumns): Buffer {
  return encode(columns.times.length, [columns.times, columns.values]);
}

export function decodeChunk(blob: Buffer): SampleColumns {
  const count = countOf(blob, 16);
  return {
    times: new Float64Array(copy(blob, headerBytes, count * 8)),
    values: new Float64Array(copy(blob, headerBytes + count * 8, count * 8)),
  };
}

/** Samples of one series in time order; of equal times the one that came last stays. */
export function mergeSamples(times: ArrayLike<number>, values: ArrayLike<number>): SampleColumns {
  const order = Uint32Array.from({ length: times.length }, (_, index) => index);
  order.sort((a, b) => times[a]! - times[b]! || a - b);
  const last = order.filter(
    (index, place) => place === order.length - 1 || times[order[place + 1]!] !== times[index],
  );
  return {
    times: Float64Array.from(last, (index) => times[index]!),
    values: Float64Array.from(last, (index) => values[index]!),
  };
}
