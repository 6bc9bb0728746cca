// What the main thread and the thread of statistics say to each other.
import type { EffectivenessAnswer, EffectivenessQuery } from '../effectiveness/questions.ts';
import type { FiguresQuery, TenantFigures } from './figures.ts';

export type ToStatistics = FiguresQuery | EffectivenessQuery;

export type FromStatistics =
  | { readonly kind: 'ready' }
  | { readonly kind: 'figures'; readonly figures: readonly TenantFigures[] }
  | ({ readonly kind: 'effectiveness' } & EffectivenessAnswer)
  | { readonly kind: 'too_large'; readonly message: string };
