// The report of a period: which figures it needs, and what it is about.
import { bucketEdges } from '../statistics/calendar.ts';
import type { FiguresQuery, TenantFigures } from '../statistics/figures.ts';

export const reportFormats = ['json', 'csv', 'html'] as const;
export type ReportFormat = (typeof reportFormats)[number];

export interface Report {
  /** Epoch milliseconds; `to` is not in the period. */
  readonly from: number;
  readonly to: number;
  /** Whose days count. */
  readonly zone: string;
  readonly madeAt: number;
  readonly figures: TenantFigures;
  /** Whether the reader may see what people did. */
  readonly withAudit: boolean;
}

/** Rules, label sets and kinds of acts that a report names. */
const namesShown = 20;

export function reportQuery(
  tenant: string,
  { from, to, zone, withAudit }: Pick<Report, 'from' | 'to' | 'zone' | 'withAudit'>,
): FiguresQuery {
  return {
    tenants: [tenant],
    from,
    to,
    by: ['severity', 'rule'],
    edges: bucketEdges(from, to, '1d', zone),
    with: [
      'total',
      'label_sets',
      'deliveries',
      'held_back',
      'storms',
      ...(withAudit ? (['acts'] as const) : []),
    ],
    limit: namesShown,
  };
}
