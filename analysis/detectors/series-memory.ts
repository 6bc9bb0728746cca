// What a detector knows of one series, as one block of bytes: what is saved is what is used, so a restored state goes on
// exactly as the one that was saved.

/** Raised when the meaning of a byte changes; states of another version are refused and the series learns anew. */
const version = 1;

/** Numbers at the head of every block: kind and version, seed. */
const headNumbers = 2;

/** What a detector keeps: `numbers` in double precision, `sketch` in single, `rows` in whole numbers of 8 bits. */
export interface Layout {
  /** A small integer, the detector's own. */
  readonly kind: number;
  readonly numbers: number;
  readonly sketch: number;
  readonly rows?: number;
}

export interface SeriesMemory {
  /** The whole block. */
  readonly bytes: Uint8Array;
  readonly numbers: Float64Array;
  readonly sketch: Float32Array;
  readonly rows: Int8Array;
  readonly seed: number;
}

/** Bytes of a block. */
export const memoryBytes = (layout: Layout): number =>
  rowsFrom(layout) + Math.ceil((layout.rows ?? 0) / 8) * 8;

const sketchFrom = ({ numbers }: Layout): number => (headNumbers + numbers) * 8;
const rowsFrom = (layout: Layout): number => sketchFrom(layout) + Math.ceil(layout.sketch / 2) * 8;

/** A block of a series that nothing is known of: every number is 0. */
export function freshMemory(layout: Layout, seed: number): SeriesMemory {
  const buffer = new ArrayBuffer(memoryBytes(layout));
  const head = new Float64Array(buffer, 0, headNumbers);
  head[0] = layout.kind * 65_536 + version;
  head[1] = seed >>> 0;
  return viewOf(layout, buffer);
}

const viewOf = (layout: Layout, buffer: ArrayBuffer): SeriesMemory => ({
  bytes: new Uint8Array(buffer),
  numbers: new Float64Array(buffer, headNumbers * 8, layout.numbers),
  sketch: new Float32Array(buffer, sketchFrom(layout), layout.sketch),
  rows: new Int8Array(buffer, rowsFrom(layout), layout.rows ?? 0),
  seed: new Float64Array(buffer, 0, headNumbers)[1]!,
});

/** A copy of a state, which later samples do not change. */
export const savedBytes = (memory: SeriesMemory): Uint8Array => memory.bytes.slice();

/**
 * The state whose copy `bytes` is. Throws where they are of another detector, another version or another size: what is
 * left then is a fresh state, which learns anew.
 */
export function restoredMemory(layout: Layout, bytes: Uint8Array): SeriesMemory {
  const expected = memoryBytes(layout);
  if (bytes.byteLength !== expected)
    throw new Error(`state of a series: expected ${expected} bytes, found ${bytes.byteLength}`);
  const buffer = bytes.slice().buffer as ArrayBuffer;
  const head = new Float64Array(buffer, 0, 1)[0]!;
  if (head !== layout.kind * 65_536 + version)
    throw new Error(
      `state of a series: expected kind ${layout.kind} in version ${version}, found kind ${Math.floor(head / 65_536)} in version ${head % 65_536}`,
    );
  return viewOf(layout, buffer);
}
