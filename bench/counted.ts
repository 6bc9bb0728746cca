// The two counts that every load ends with: what was lost and what came twice.
import type { Ledger } from './ledger.ts';
import { exactly, type Report } from './report.ts';

type Counted = Pick<Ledger, 'received' | 'outstanding' | 'missing' | 'doubled' | 'unexpected'>;

/**
 * Writes `<id>.lost` and `<id>.doubled`; both must be 0. To be called when the load is over and was waited for.
 * `skipped`: alerts that the program says were over before they could be told, which a server that falls behind by
 * seconds may say; it takes two changes that have no message, and is shown.
 */
export function countRows(report: Report, id: string, ledgers: readonly Counted[], skipped = 0): void {
  const sum = (of: (ledger: Counted) => number) => ledgers.reduce((total, ledger) => total + of(ledger), 0);
  const received = sum((ledger) => ledger.received);
  const against = `${received} received`;
  const lost = sum((ledger) => ledger.outstanding + ledger.missing) - 2 * skipped;
  const doubled = sum((ledger) => ledger.doubled + ledger.unexpected);
  report.row({
    id: `${id}.lost`,
    value: Math.max(0, lost),
    unit: 'alerts',
    against,
    bar: exactly(0),
    ...(skipped > 0 && { also: { resolved_before_told: skipped } }),
  });
  report.row({ id: `${id}.doubled`, value: doubled, unit: 'messages', against, bar: exactly(0) });
}
