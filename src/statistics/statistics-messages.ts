// What the main thread and the thread of statistics say to each other.
import type { FiguresQuery, TenantFigures } from './figures.ts';

export type ToStatistics = FiguresQuery;

export type FromStatistics =
  | { readonly kind: 'ready' }
  | { readonly kind: 'figures'; readonly figures: readonly TenantFigures[] };
