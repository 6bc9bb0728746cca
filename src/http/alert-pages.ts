// Reading alerts for an answer: one, or a page that is gathered in slices, so that no question about many alerts holds the
// loop for longer than one slice takes.
import { ApiError } from '../errors.ts';
import type { AlertRow } from '../pipeline/rows.ts';
import type { Services } from '../services.ts';
import type { AlertFilter } from '../store/store.ts';
import { toShownAlertBody } from './bodies/alert-body.ts';
import { isUuid } from './uuid.ts';

/**
 * Rows that a slice looks at (10 to 20 µs each), and those that it reads whole (20 to 40 µs): 1 to 2 ms. While garbage is
 * collected, a pass of the loop takes two to three times as long, for what it allocates is paid for there. Measured beside
 * 100,000 alerts that fire and their analyses: twice as much in a slice is no faster in all, and four times as many passes
 * are longer than 20 ms.
 */
const lookPerSlice = 125;
const readPerSlice = 25;
/** A question that finds little is answered after so many: 20,000 rows. Its cursor goes on from there. */
const slicesPerPage = 160;

/** The alert or event of a path, or `alert_not_found`. */
export function existing(services: Pick<Services, 'alert'>, tenant: string, id: string): AlertRow {
  const row = isUuid(id) ? services.alert(tenant, id) : null;
  if (row === null) throw new ApiError('alert_not_found');
  return row;
}

/**
 * A page as JSON, `{"items":[…],"next":…}` in UTF-8, newest first; everybody else has a turn between two slices. Each
 * slice is written out and encoded at once, into bytes beside the heap: its objects would live until the last slice, a
 * megabyte of text would be moved by each collection, and both would be left to be written in one piece at the end.
 * Throws `invalid_cursor`.
 */
export async function alertPage(
  { store, escalations, breath }: Pick<Services, 'store' | 'escalations' | 'breath'>,
  tenant: string,
  filter: AlertFilter,
  { limit, cursor }: { readonly limit: number; readonly cursor?: string | undefined },
): Promise<Uint8Array<ArrayBuffer>> {
  const parts = [Buffer.from('{"items":[')];
  let found = 0;
  let next = cursor ?? null;
  // What is one slice is answered at once.
  if (limit > readPerSlice) await breath();
  for (let slice = 1; ; slice++) {
    const page = store.alerts(tenant, filter, Math.min(readPerSlice, limit - found), next, lookPerSlice);
    const items = page.items.map((row) => toShownAlertBody(row, escalations(tenant, row.id)));
    if (items.length > 0)
      parts.push(Buffer.from(`${found > 0 ? ',' : ''}${JSON.stringify(items).slice(1, -1)}`));
    found += items.length;
    next = page.next;
    if (next === null || found >= limit || slice >= slicesPerPage)
      return Buffer.concat([...parts, Buffer.from(`],"next":${JSON.stringify(next)}}`)]);
    await breath();
  }
}
