// Reading alerts for an answer: one, or a page that is gathered in slices, so that no question about many alerts holds the
// loop for longer than one slice takes.
import { ApiError } from '../errors.ts';
import type { AlertRow } from '../pipeline/rows.ts';
import type { Services } from '../services.ts';
import type { AlertFilter } from '../store/store.ts';
import { toShownAlertBody } from './bodies/alert-body.ts';
import { isUuid } from './uuid.ts';

/**
 * Rows that a slice looks at (10 to 20 µs each), and those that it reads whole (20 to 40 µs). Measured beside 100,000 alerts
 * that fire: 1 to 3 ms a slice and 9 ms at worst, where a collection of garbage falls into it. Smaller ones would cost more
 * than they spare: a slice begins with a query of its own.
 */
const lookPerSlice = 250;
const readPerSlice = 50;
/** A question that finds little is answered after so many: 20,000 rows. Its cursor goes on from there. */
const slicesPerPage = 80;

/** The alert or event of a path, or `alert_not_found`. */
export function existing(services: Pick<Services, 'alert'>, tenant: string, id: string): AlertRow {
  const row = isUuid(id) ? services.alert(tenant, id) : null;
  if (row === null) throw new ApiError('alert_not_found');
  return row;
}

/**
 * A page as JSON text, `{"items":[…],"next":…}`, newest first; everybody else has a turn between two slices. Each slice is
 * written out at once: as text it is a fifth of what its objects hold until the last slice, and nothing is left to be
 * written in one piece at the end. Throws `invalid_cursor`.
 */
export async function alertPage(
  { store, escalations }: Pick<Services, 'store' | 'escalations'>,
  tenant: string,
  filter: AlertFilter,
  { limit, cursor }: { readonly limit: number; readonly cursor?: string | undefined },
): Promise<string> {
  const items: string[] = [];
  let next = cursor ?? null;
  for (let slice = 1; ; slice++) {
    const page = store.alerts(
      tenant,
      filter,
      Math.min(readPerSlice, limit - items.length),
      next,
      lookPerSlice,
    );
    for (const row of page.items)
      items.push(JSON.stringify(toShownAlertBody(row, escalations(tenant, row.id))));
    next = page.next;
    if (next === null || items.length >= limit || slice >= slicesPerPage)
      return `{"items":[${items.join(',')}],"next":${JSON.stringify(next)}}`;
    await new Promise((resolve) => setImmediate(resolve));
  }
}
