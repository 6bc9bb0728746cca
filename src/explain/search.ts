// Finds what was there at a time: alerts that were pending or firing, and events that came, by their labels.
import { matchesAll } from '../../rules/matchers.ts';
import type { Matcher } from '../../rules/types.ts';
import { routingLabels } from '../pipeline/route.ts';
import type { AlertRow } from '../pipeline/rows.ts';
import type { Services } from '../services.ts';
import type { AlertFilter } from '../store/store.ts';

export interface Span {
  /** Epoch milliseconds, both included. */
  readonly from: number;
  readonly to: number;
}

export interface Found {
  /** Newest first, open ones before those that are over, alerts before events. */
  readonly alerts: readonly AlertRow[];
  /** There are more than `limit`, or older ones that were not looked at. */
  readonly more: boolean;
}

type Source = Pick<Services, 'store' | 'breath'>;

const rowsPerPage = 200;
/** A page looks at 20,000 rows: beyond a million the search ends. */
const mostPages = 50;

/** The loop goes on between its pages. */
export async function findAlerts(
  { store, breath }: Source,
  tenant: string,
  matchers: readonly Matcher[],
  during: Span,
  limit: number,
): Promise<Found> {
  const rule = matchers.find(({ name, op }) => name === 'alertname' && op === '=')?.value;
  const named = rule === undefined ? {} : { rule };
  const filters: AlertFilter[] = [
    { kind: 'alert', states: ['pending', 'firing'], during, ...named },
    { kind: 'alert', states: ['resolved'], during, ...named },
    { kind: 'event', during },
  ];
  const alerts: AlertRow[] = [];
  let pages = 0;
  for (const filter of filters) {
    let cursor: string | null = null;
    do {
      const page = store.alerts(tenant, filter, rowsPerPage, cursor);
      for (const alert of page.items) {
        if (!matchesAll(matchers, alert.labels) && !matchesAll(matchers, routingLabels(alert))) continue;
        if (alerts.length === limit) return { alerts, more: true };
        alerts.push(alert);
      }
      cursor = page.next;
      if (cursor !== null && ++pages >= mostPages) return { alerts, more: true };
      await breath();
    } while (cursor !== null);
  }
  return { alerts, more: false };
}
