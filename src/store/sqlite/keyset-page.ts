// Paging by key, newest first. A filter that matches rarely must not turn one request into a walk over a whole table:
// a page looks at so many rows at most and then hands out a cursor from which the next one goes on, even when it found
// fewer rows than were asked for.
import { ApiError } from '../../errors.ts';
import type { Page } from '../store.ts';

/** Rows that one page looks at: about 20 ms at worst. */
export const scanRows = 20_000;

/** Above every id. */
export const afterAllIds = Buffer.alloc(16, 0xff);

export function idOfCursor(cursor: string | null): Buffer {
  if (cursor === null) return afterAllIds;
  const bytes = Buffer.from(cursor, 'base64url');
  if (bytes.length !== 16 || bytes.toString('base64url') !== cursor) throw new ApiError('invalid_cursor');
  return bytes;
}

/** `null` when the cursor is absent: start at the newest. */
export function seqOfCursor(cursor: string | null): number | null {
  if (cursor === null) return null;
  const text = Buffer.from(cursor, 'base64url').toString('latin1');
  if (!/^\d{1,15}$/.test(text)) throw new ApiError('invalid_cursor');
  return Number(text);
}

export function cursorOfSeq(seq: number): string {
  return Buffer.from(String(seq), 'latin1').toString('base64url');
}

/** What one scan found, descending, and the id down to which it looked; null when it came to the end. */
export interface Scan<Row> {
  readonly rows: readonly Row[];
  readonly horizon: Buffer | null;
}

/** Settles a scan that asked for `limit + 1` rows and would have looked no further than `floor`. */
export function scanned<Row extends { readonly id: Buffer }>(
  rows: readonly Row[],
  limit: number,
  floor: Buffer | null,
): Scan<Row> {
  return { rows, horizon: rows.length > limit ? rows[rows.length - 1]!.id : floor };
}

/** One page out of several scans over parts of the same key space. */
export function pageOf<Row extends { readonly id: Buffer }, Item>(
  scans: readonly Scan<Row>[],
  limit: number,
  decode: (row: Row) => Item,
): Page<Item> {
  let horizon: Buffer | null = null;
  for (const scan of scans)
    if (scan.horizon !== null && (horizon === null || scan.horizon.compare(horizon) > 0))
      horizon = scan.horizon;
  const known = scans
    .flatMap((scan) => scan.rows)
    .filter((row) => horizon === null || row.id.compare(horizon) >= 0)
    .sort((a, b) => b.id.compare(a.id));
  const rows = known.slice(0, limit);
  const next = known.length > limit ? rows[rows.length - 1]!.id : horizon;
  return { items: rows.map(decode), next: next === null ? null : next.toString('base64url') };
}
